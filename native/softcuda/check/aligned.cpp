// internal.aligned, which ptx/lower.cpp puts in front of instructions that are .aligned: in checked mode the lanes wait for each
// other there, as .sync asks, and it is a mistake if some go elsewhere. (wgmma and setmaxnreg look for themselves, in every mode;
// barriers of the block are in check/sync.cpp.)
#include "check/block_checker.h"
#include "exec/divergence.h"
#include "exec/levels.h"
#include "exec/members.h"

namespace softcuda {
namespace {

const Ins* aligned(const Ins* ip, Warp& w) {
    const BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync || w.active == w.live) return ip + 1;
    uint32_t all[kLanes];
    for (uint32_t& mask : all) mask = w.live;
    if (!await_members(ip, w, all)) return nullptr;
    uint32_t elsewhere = 0;
    for (int k = 0; k < w.groupCount; k++)
        if (!about_to_end(w.groups[k])) elsewhere |= w.groups[k].lanes;
    if (elsewhere == 0) return ip + 1;
    report_divergence(ip, w, w.active, elsewhere);
    return nullptr;
}

}  // namespace

bool report_divergence(const Ins* ip, Warp& w, uint32_t here, uint32_t elsewhere) {
    const std::string form = w.block->launch->code->names[instruction_number(*w.block, ip + 1)],
                      name = form.substr(0, form.find('!'));
    return report(ip + 1, w, kCheckLaunchFailed, __builtin_ctz(here), 0,
                  "divergent " + name + ": all lanes of the warp must run it together, lanes " + hexadecimal(here)
                      + " do, lanes " + hexadecimal(elsewhere) + " do not");
}

void add_aligned_forms(FormSink& sink) { sink.add({kAlignedForm, "=", aligned, aligned, nullptr}); }

}  // namespace softcuda
