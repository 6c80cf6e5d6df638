// Happens-before through mbarriers and the cluster's barrier: what those knew who arrived during a phase, those know who see that it is over.
#include "check/block_checker.h"

namespace softcuda {

void check_mbarrier_arrive(Warp& w, Block& block, uint32_t offset) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    checker->clocks->join_into(clock_of(w), checker_of(block)->phases[offset].arriving);
    checker->clocks->advance(clock_of(w));
}

void check_mbarrier_complete(Block& block, uint32_t offset) {
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) return;
    PhaseClocks& phase = checker->phases[offset];
    phase.completed = phase.arriving;
    phase.phases++;
}

void check_mbarrier_observe(Warp& w, uint32_t offset) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    const PhaseClocks& phase = checker->phases[offset];
    checker->clocks->join_from(clock_of(w), phase.completed);
    checker->clocks->advance(clock_of(w));
    // Nothing is over yet: the other parity counts as that of the phase before the first.
    if (phase.phases == 0) return;
    SeenPhases& seen = checker->seen[w.index][offset];
    if (phase.phases == seen.next + 1) seen.next = phase.phases;
    else if (phase.phases != seen.next) seen.every = false;
}

bool check_mbarrier_vain(const Ins* ip, Warp& w, int lane, uint32_t offset, uint32_t parity) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync) return true;
    const SeenPhases seen = checker->seen[w.index][offset];
    const uint64_t over = checker->phases[offset].phases;
    if (!seen.every || (seen.next & 1) != parity || over < seen.next + 2) return true;
    return report(ip, w, kCheckLaunchFailed, lane, offset,
                  "parity aliasing: the wait for phase " + std::to_string(seen.next) + " of the mbarrier comes when " + std::to_string(over) +
                      " phases are over, so that its parity means a later one (a phase must be seen before the next but one begins)");
}

// The cluster's barrier keeps its clocks with the block of rank 0.
void check_cluster_arrive(Warp& w) {
    if (checker_of(*w.block) == nullptr) return;
    Clocks& clocks = *checker_of(*w.block)->clocks;
    clocks.join_into(clock_of(w), checker_of(*w.block->cluster->block[0])->clusterPhase.arriving);
    clocks.advance(clock_of(w));
}

void check_cluster_complete(Cluster& cluster) {
    BlockChecker* checker = checker_of(*cluster.block[0]);
    if (checker != nullptr) checker->clusterPhase.completed = checker->clusterPhase.arriving;
}

void check_cluster_observe(Warp& w) {
    if (checker_of(*w.block) == nullptr) return;
    Clocks& clocks = *checker_of(*w.block)->clocks;
    clocks.join_from(clock_of(w), checker_of(*w.block->cluster->block[0])->clusterPhase.completed);
    clocks.advance(clock_of(w));
}

void check_mbarrier_init(Block& block, uint32_t offset) {
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) return;
    checker->phases[offset] = PhaseClocks{};
    for (auto& seen : checker->seen) seen.erase(offset);
    if (checker->options.init)
        for (uint32_t o = offset; o < offset + 8; o++) checker->written[o] = 1;
}

}  // namespace softcuda
