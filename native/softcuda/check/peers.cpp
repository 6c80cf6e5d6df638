#include "check/peers.h"

#include "async/block_async.h"
#include "check/block_checker.h"

namespace softcuda {
namespace {

bool of_another_block(const Warp& w, const Block& block) {
    return &block != w.block && checker_of(*w.block)->options.sync;
}

}  // namespace

void check_mbarrier_made(Warp& w, int lane, uint32_t offset) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker != nullptr) checker->unfenced[offset] = w.index * kLanes + uint32_t(lane);
}

void check_mbarrier_fence(Warp& w) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    for (auto made = checker->unfenced.begin(); made != checker->unfenced.end();) {
        const bool mine = made->second / kLanes == w.index && (w.active >> made->second % kLanes & 1);
        made = mine ? checker->unfenced.erase(made) : std::next(made);
    }
}

bool check_begun(const Ins* ip, Warp& w, const Block& block, int lane, uint32_t offset) {
    if (!of_another_block(w, block) || async_of(*block.cluster->block[0]).clusterBarrier.phase != 0) return true;
    return report(ip, w, kCheckLaunchFailed, lane, offset,
                  "shared memory of rank " + std::to_string(block.rank)
                      + " is used before the cluster's first barrier is over, so that the block may not have begun"
                        " (a cluster barrier is missing)");
}

bool check_mbarrier_fenced(const Ins* ip, Warp& w, const Block& block, int lane, uint32_t offset) {
    if (!of_another_block(w, block)) return true;
    const auto& unfenced = checker_of(block)->unfenced;
    const auto made = unfenced.find(offset);
    if (made == unfenced.end()) return true;
    return report(ip, w, kCheckLaunchFailed, lane, offset,
                  "a bulk copy completes on an mbarrier of rank " + std::to_string(block.rank)
                      + " that its maker, warp " + std::to_string(made->second / kLanes) + ", lane "
                      + std::to_string(made->second % kLanes)
                      + ", has not fenced (fence.mbarrier_init behind mbarrier.init is missing)");
}

}  // namespace softcuda
