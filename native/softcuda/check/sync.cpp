// Barriers and member masks: what the interpreter tells of them moves the clocks, and is checked.
#include "check/block_checker.h"
#include "exec/barrier.h"
#include "exec/control.h"
#include "exec/kernel_code.h"
#include "exec/levels.h"

namespace softcuda {

std::string hexadecimal(uint32_t value) {
    static const char digits[] = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = 28; shift >= 0; shift -= 4) text += digits[value >> shift & 15];
    return text;
}

bool about_to_end(const LaneGroup& g) { return g.at->full == control_forms().exit.full; }

namespace {

uint32_t lanes_at_barrier(const Warp& w, int barrier) {
    uint32_t lanes = 0;
    for (int k = 0; k < w.groupCount; k++)
        if (w.groups[k].barrier == barrier) lanes |= w.groups[k].lanes;
    return lanes;
}

}  // namespace

void check_members_wait(Warp& w, uint32_t missing) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync) return;
    uint32_t awaited = 0;
    for (int k = 0; k < w.groupCount; k++)
        if (!about_to_end(w.groups[k])) awaited |= w.groups[k].lanes;
    checker->awaited[w.index] = awaited & missing;
}

bool check_members(const Ins* ip, Warp& w, const uint32_t* mask) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync) return true;
    for (uint32_t rest = w.active; rest != 0; rest &= rest - 1) {
        const int l = __builtin_ctz(rest);
        if (!(mask[l] >> l & 1))
            return report(ip, w, kCheckLaunchFailed, l, mask[l],
                          "the member mask " + hexadecimal(mask[l]) + " does not name the lane that runs here");
        if (uint32_t missing = mask[l] & w.live & ~w.active)
            return report(ip, w, kCheckLaunchFailed, l, mask[l],
                          "the member mask " + hexadecimal(mask[l]) + " names lanes " + hexadecimal(missing)
                              + ", which do not run this instruction (active are " + hexadecimal(w.active) + ")");
    }
    checker->awaited[w.index] &= ~w.active;
    return true;
}

bool check_shuffle_sources(const Ins* ip, Warp& w, const uint32_t* mask, const uint32_t* source) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync) return true;
    for (uint32_t rest = w.active; rest != 0; rest &= rest - 1) {
        const int l = __builtin_ctz(rest);
        if (!(mask[l] & w.active & 1u << source[l]))
            return report(ip, w, kCheckLaunchFailed, l, mask[l],
                          "a shuffle reads lane " + std::to_string(source[l]) + ", which does not take part (members "
                              + hexadecimal(mask[l]) + ", active " + hexadecimal(w.active) + ")");
    }
    return true;
}

// A barrier is for whole warps. Lanes that are elsewhere may still come to the same instruction; they are noted, and
// reported when they end or arrive at another barrier instruction instead.
void check_barrier_arrive(Warp& w) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync) return;
    uint32_t absent = 0;
    for (int k = 0; k < w.groupCount; k++)
        if (w.groups[k].barrier < 0 && !about_to_end(w.groups[k])) absent |= w.groups[k].lanes;
    checker->absent[w.index] = absent;
}

void check_barrier_signal(Warp& w, uint32_t barrier) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    checker->clocks->join_into(clock_of(w), checker->signals[barrier]);
    checker->clocks->advance(clock_of(w));
}

bool check_lanes_end(Warp& w, uint32_t lanes) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync) return true;
    const uint32_t skipped = lanes & checker->absent[w.index], awaited = lanes & checker->awaited[w.index];
    for (int k = 0; k < w.groupCount; k++) {
        const LaneGroup& g = w.groups[k];
        if (skipped != 0 && g.barrier >= 0 && g.barrier < kBarriers)
            return report(g.at - 1, w, kCheckLaunchFailed, __builtin_ctz(skipped), 0,
                          "divergent barrier: lanes " + hexadecimal(skipped) + " ended without it while lanes "
                              + hexadecimal(g.lanes) + " wait there");
        if (awaited == 0 || g.barrier != kWarpBarrier) continue;
        if (w.block->launch->code->names[instruction_number(*w.block, g.at)] == std::string(kAlignedForm))
            return report_divergence(g.at, w, g.lanes, awaited);
        return report(g.at, w, kCheckLaunchFailed, __builtin_ctz(g.lanes), 0,
                      "the member mask names lanes " + hexadecimal(awaited)
                          + ", which ended without running this instruction (lanes " + hexadecimal(g.lanes)
                          + " wait for them)");
    }
    return true;
}

bool check_barrier_release(Block& block, int barrier) {
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) return true;
    std::vector<uint32_t> members;
    for (uint32_t i = 0; i < block.warps; i++) {
        Warp& w = block.warp[i];
        const LaneGroup* first = nullptr;
        for (int k = 0; k < w.groupCount; k++) {
            const LaneGroup& g = w.groups[k];
            if (g.barrier != barrier) continue;
            if (first != nullptr && g.at != first->at && checker->options.sync) {
                const Code& code = *block.launch->code;
                return report(first->at - 1, w, kCheckLaunchFailed, __builtin_ctz(first->lanes), 0,
                              "divergent barrier: lanes " + hexadecimal(first->lanes) + " wait here, lanes "
                                  + hexadecimal(g.lanes) + " at PTX line "
                                  + std::to_string(code.lines[instruction_number(block, g.at - 1)]));
            }
            first = &g;
        }
        if (first != nullptr) members.push_back(checker->firstWarp + i);
        if (lanes_at_barrier(w, barrier)) checker->absent[i] = 0;
    }
    checker->clocks->meet(members, checker->signals[size_t(barrier)]);
    checker->signals[size_t(barrier)].clear();
    return true;
}

void check_warp_barrier(Warp& w) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker != nullptr) checker->clocks->advance(clock_of(w));
}

}  // namespace softcuda
