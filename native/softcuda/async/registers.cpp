#include "async/registers.h"

#include "async/block_async.h"
#include "async/waiting.h"
#include "exec/kernel_code.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr int kInvalidInstruction = 715;
constexpr int kLaunchFailed = 719;

RegisterPool& pool_of(Block& block) {
    RegisterPool& pool = async_of(block).registers;
    if (pool.perThread.empty()) {
        async_of(block).used = true;
        pool.perThread.assign(block.warps, block.launch->code->launchRegisters);
        pool.unused = 0;
    }
    return pool;
}

// A kernel whose launch does not settle its registers cannot have them changed: ptxas ignores the instruction, with a
// warning.
template <bool more> const Ins* set(const Ins* ip, Warp& w) {
    const uint32_t wanted = uint32_t(ip->imm);
    if (wanted < 24 || wanted > 256 || wanted % 8)
        return fault(w, ip, kInvalidInstruction, -1, wanted, "setmaxnreg takes a multiple of 8 from 24 to 256");
    if (w.active != w.live)
        return fault(w, ip, kLaunchFailed, -1, 0, "setmaxnreg.aligned by some of the warp's lanes only");
    if (w.block->launch->code->launchRegisters == 0) return ip + 1;
    RegisterPool& pool = pool_of(*w.block);
    uint32_t& has = pool.perThread[w.index];
    if (more ? wanted < has : wanted > has) {
        const std::string text = std::string("setmaxnreg.") + (more ? "inc" : "dec") + " to " + std::to_string(wanted)
                                 + " registers by a warp that has " + std::to_string(has);
        return fault(w, ip, kInvalidInstruction, -1, wanted, text.c_str());
    }
    if (more && (wanted - has) * kLanes > pool.unused) return hold(ip, w);
    pool.unused += (has - wanted) * kLanes;  // modulo 2^32
    has = wanted;
    w.block->events++;
    return ip + 1;
}

}  // namespace

std::string describe_register_wait(const Warp& w) {
    const RegisterPool& pool = pool_of(*w.block);
    const uint32_t has = pool.perThread[w.index], wanted = uint32_t(w.resume->imm);
    return ", setmaxnreg.inc from " + std::to_string(has) + " to " + std::to_string(wanted)
           + " registers a thread: needs " + std::to_string((wanted - has) * kLanes) + ", the block's pool has "
           + std::to_string(pool.unused) + " left";
}

void add_register_forms(FormSink& sink) {
    sink.add({"setmaxnreg.inc.sync.aligned.u32", "=i", set<true>, set<true>, nullptr});
    sink.add({"setmaxnreg.dec.sync.aligned.u32", "=i", set<false>, set<false>, nullptr});
}

}  // namespace softcuda
