// How the lanes of a warp part and meet again.
//
// Lanes of one warp that are at different instructions form groups. One group runs at a time: the one at the lowest
// instruction, because a compiler lays code out so that paths join behind both of them; so the others wait until it
// reaches them, and merge with it. A group that keeps branching backwards while others wait might be waiting for them (a
// spin lock), so after a while the group that has waited longest gets a turn.
#pragma once
#include "exec/code.h"

namespace softcuda {

constexpr int64_t kBudget = 1 << 14;     // backward branches before a warp lets others run
constexpr int64_t kSpinCost = 128;       // what a backward branch of a loop that may spin takes from the budget
constexpr uint32_t kSpinTurn = 64;       // backward branches of a diverged group in such a loop before others run
constexpr uint32_t kLongTurn = 1 << 20;  // the same in any other loop
constexpr int kRotatedSteps = 4096;      // instructions a group runs out of order

// A group stops at `at`; groups that wait at the same place for the same thing are one.
inline void stop_group(Warp& w, const Ins* at, uint32_t lanes, int32_t barrier = -1) {
    int k = w.groupCount;
    while (k > 0 && w.groups[k - 1].at > at) k--;
    for (int j = k; j > 0 && w.groups[j - 1].at == at; j--) {
        if (w.groups[j - 1].barrier == barrier) {
            w.groups[j - 1].lanes |= lanes;
            return;
        }
    }
    for (int j = w.groupCount; j > k; j--) w.groups[j] = w.groups[j - 1];
    w.groups[k] = {at, lanes, barrier, w.turn};
    w.groupCount++;
}

// Unites neighbours that wait at one place for the same thing, after some have been released.
void merge_groups(Warp& w);

// Makes the next group active; the active lanes must have been stopped or have ended before. Always returns nullptr, for
// a handler to return: the interpreter goes on at Warp::resume if the state is Running.
const Ins* choose_group(Warp& w);

// The lanes in `taken` (some, not all of the active ones) go to `target`, the others to `next`.
const Ins* diverge(Warp& w, uint32_t taken, const Ins* target, const Ins* next);

// The active lanes end.
const Ins* end_lanes(Warp& w);

}  // namespace softcuda
