// Entry of the checkers: which memory an access touches, and the life of a block's checker.
#include "check/block_checker.h"
#include "exec/kernel_code.h"
#include "mem/address.h"

namespace softcuda {

uint32_t instruction_number(const Block& block, const Ins* ip) { return uint32_t(ip - block.launch->code->ins.data()); }

std::string describe(const Block& block, const Accessor& who) {
    const Code& code = *block.launch->code;
    const uint32_t warps = block.warps * block.cluster->blocks;
    const bool product = who.warp >= warps;
    const uint32_t number = product ? who.warp - warps : who.warp, each = product ? warpgroups(block) : block.warps;
    std::string text = (product ? "wgmma of warpgroup " : "warp ") + std::to_string(number % each);
    if (block.cluster->blocks > 1) text = "rank " + std::to_string(number / each) + ", " + text;
    if (!product) text += who.manyLanes ? ", several lanes" : ", lane " + std::to_string(who.lane);
    if (who.at < code.lines.size()) text += ", PTX line " + std::to_string(code.lines[who.at]);
    return text;
}

const char* verb(Access access) {
    return access == Access::Read ? "read" : access == Access::Write ? "write" : "atomic operation";
}

bool report(const Ins* ip, Warp& w, int error, int lane, uint64_t address, const std::string& what) {
    fault(w, ip, error, lane, address, what.c_str());
    return false;
}

namespace {

// The block of the cluster in whose shared memory the byte lies; null when there is none.
Block* owner_of(Block& block, uint64_t host) {
    if (host - reinterpret_cast<uint64_t>(block.shared) < block.sharedBytes) return &block;
    for (uint32_t rank = 0; rank < block.cluster->blocks; rank++) {
        Block* other = block.cluster->block[rank];
        if (host - reinterpret_cast<uint64_t>(other->shared) < other->sharedBytes) return other;
    }
    return nullptr;
}

}  // namespace

bool check_access(const Ins* ip, Warp& w, const uint64_t* host, uint32_t lanes, uint32_t bytes, Access access) {
    Block& block = *w.block;
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) return true;
    const Launch& launch = *block.launch;
    const bool strong = access == Access::Atomic || (ip->aux & kStrongAccess) != 0;
    uint32_t global = 0;
    for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
        const int l = __builtin_ctz(rest);
        Block* owner = owner_of(block, host[l]);
        if (owner != nullptr) {
            if (!check_shared(ip, w, *owner, l, uint32_t(host[l] - reinterpret_cast<uint64_t>(owner->shared)), bytes,
                              access, strong))
                return false;
        } else if (host[l] - launch.arenaLow < launch.arenaHigh - launch.arenaLow) {
            global |= 1u << l;
        }
    }
    return global == 0 || check_global(ip, w, host, global, bytes, access, strong);
}

void check_fence(Warp&) {}

void check_launch_begin(Launch& launch) {
    launch.checker = nullptr;
    if (!check_options().any()) return;
    static char present;
    launch.checker = &present;
    if (check_options().race) global_race_launch_begin();
}

void check_launch_end(Launch& launch) { launch.checker = nullptr; }

void check_block_begin(Block& block) {
    if (block.launch->checker == nullptr) {
        check_block_free(block);
        return;
    }
    if (block.checker == nullptr) block.checker = new BlockChecker;
    BlockChecker& checker = *checker_of(block);
    checker.options = check_options();
    checker.serial = block.serial;
    // The blocks of a cluster begin in the order of their ranks.
    checker.clocks = &checker_of(*block.cluster->block[0])->ownClocks;
    checker.firstWarp = block.rank * block.warps;
    if (block.rank == 0) checker.clocks->reset((block.warps + warpgroups(block)) * block.cluster->blocks);
    checker.random = checker.options.seed ? (checker.options.seed + block.serial) * 0x9e3779b97f4a7c15ull | 1 : 0;
    checker.flights.clear();
    checker.wgmma.assign(block.warps, {});
    checker.warpgroups.assign(warpgroups(block), {});
    checker.bulkGroups.assign(block.warps, {});
    checker.fences.assign(size_t(block.warps) * kLanes, {});
    if (checker.options.init) checker.written.assign(block.sharedBytes, 0);
    if (checker.options.race) {
        checker.granules.assign((block.sharedBytes + 1) / 2, Granule{});
        checker.readers.clear();
        checker.locations.clear();
    }
    checker.phases.clear();
    checker.clusterPhase = PhaseClocks{};
    checker.seen.assign(block.warps, {});
    checker.unfenced.clear();
    checker.copies.assign(block.warps, WarpCopies{});
    checker.absent.assign(block.warps, 0);
    checker.awaited.assign(block.warps, 0);
    for (std::vector<uint32_t>& signal : checker.signals) signal.clear();
    checker.atomics = 0;
    checker.acquiring = false;
    checker.acquired = 0;
}

void check_block_free(Block& block) {
    delete checker_of(block);
    block.checker = nullptr;
}

}  // namespace softcuda
