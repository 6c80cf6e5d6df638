// Happens-before through mbarriers: what those knew who arrived during a phase, those know who see that it is over.
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
    phase.completed.swap(phase.arriving);
    phase.arriving = phase.completed;
}

void check_mbarrier_observe(Warp& w, uint32_t offset) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    checker->clocks->join_from(clock_of(w), checker->phases[offset].completed);
    checker->clocks->advance(clock_of(w));
}

void check_mbarrier_init(Block& block, uint32_t offset) {
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) return;
    checker->phases[offset] = PhaseClocks{};
    if (checker->options.init) for (uint32_t o = offset; o < offset + 8; o++) checker->written[o] = 1;
}

}  // namespace softcuda
