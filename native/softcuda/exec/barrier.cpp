#include "exec/barrier.h"

#include <string>
#include <vector>

#include "async/waiting.h"
#include "check/hooks.h"
#include "exec/divergence.h"
#include "exec/fault.h"
#include "exec/kernel_code.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr size_t kMostWaiting = 12;  // of a report of a deadlock

enum class Kind { Sync, Arrive, Popc, And, Or };

BlockBarriers& barriers(Block& b) { return *static_cast<BlockBarriers*>(b.barriers); }

// Result of bar.red for the lanes of a group that it releases. The instruction lies before the place where they go on.
void deliver(Warp& w, const LaneGroup& g, const BarrierState& b);

void release(Block& block, int id) {
    if (block.checker != nullptr) check_barrier_release(block, id);
    block.events++;
    BlockBarriers& all = barriers(block);
    BarrierState done = all.barrier[id];
    all.barrier[id] = BarrierState{0, 0, false, 0, true, false};
    for (uint32_t i = 0; i < block.warps; i++) {
        Warp& w = block.warp[i];
        bool released = false;
        for (int k = 0; k < w.groupCount; k++) {
            LaneGroup& g = w.groups[k];
            if (g.barrier != id) continue;
            deliver(w, g, done);
            g.barrier = -1;
            released = true;
        }
        if (!released) continue;
        merge_groups(w);
        if (w.state == WarpState::AtBarrier) choose_group(w);
    }
}

bool complete(const BlockBarriers& all, const BarrierState& b) {
    return b.inUse && b.arrived >= (b.expected ? b.expected : all.liveThreads);
}

uint32_t lanes_waiting(const Warp& w, int id) {
    uint32_t lanes = 0;
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].barrier == id) lanes |= w.groups[k].lanes;
    }
    return lanes;
}

// The value of a barrier operand must be the same in all lanes that arrive together.
bool uniform(const Ins* ip, Warp& w, int k, uint32_t& value) {
    const uint32_t* v = reg<uint32_t>(ip, w, k);
    value = v[__builtin_ctz(w.active)];
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        if (v[__builtin_ctz(lanes)] != value) return false;
    }
    return true;
}

// `first`: place of the barrier's number among the operands; behind it the thread count if `counted`, and the predicate.
template <Kind kind, bool counted> const Ins* arrive(const Ins* ip, Warp& w) {
    constexpr int first = kind == Kind::Sync || kind == Kind::Arrive ? 0 : 1;
    Block& block = *w.block;
    BlockBarriers& all = barriers(block);
    uint32_t id = 0, count = 0;
    if (!uniform(ip, w, first, id) || (counted && !uniform(ip, w, first + 1, count)))
        return fault(w, ip, kLaunchFailed, -1, 0, "the lanes of a warp name different barriers or thread counts");
    if (id >= uint32_t(kBarriers))
        return fault(w, ip, kIllegalInstruction, -1, id, "there are 16 barriers, numbered from 0");
    if (counted && (count == 0 || count % kLanes))
        return fault(w, ip, kIllegalInstruction, -1, count,
                     "the thread count of a barrier must be a positive multiple of 32");
    BarrierState& b = all.barrier[id];
    if (b.inUse && b.expected != count)
        return fault(w, ip, kLaunchFailed, -1, id, "warps arrive at one barrier with different thread counts");
    if (!b.inUse) b = BarrierState{0, count, true, 0, true, false};
    b.arrived += uint32_t(__builtin_popcount(w.active));
    if (counted && (w.active | (kind == Kind::Arrive ? 0 : lanes_waiting(w, int(id)))) == w.live)
        b.arrived += uint32_t(kLanes - __builtin_popcount(w.live));
    if (kind != Kind::Sync && kind != Kind::Arrive) {
        uint32_t set = predicate(ip, w, first + (counted ? 2 : 1)) & w.active;
        b.popcount += uint32_t(__builtin_popcount(set));
        b.all = b.all && set == w.active;
        b.any = b.any || set != 0;
    }
    if (block.checker != nullptr) {
        if (kind == Kind::Arrive) check_barrier_signal(w, id);
        else check_barrier_arrive(w);
    }
    if (kind == Kind::Arrive) {
        if (complete(all, b)) release(block, int(id));
        return ip + 1;
    }
    stop_group(w, ip + 1, w.active, int32_t(id));
    w.active = 0;
    if (complete(all, b)) {
        w.state = WarpState::AtBarrier;  // so that the release chooses for this warp as for the others
        w.rotate = false;
        release(block, int(id));
        return nullptr;
    }
    w.rotate = false;
    return choose_group(w);
}

// __syncwarp: the lanes of the mask wait for each other. All lanes that run are together already, so in a warp that has
// not diverged there is nothing to do.
const Ins* warp_sync_full(const Ins* ip, Warp& w) {
    if (w.block->checker != nullptr) check_warp_barrier(w);
    return ip + 1;
}

const Ins* warp_sync_masked(const Ins* ip, Warp& w) {
    uint32_t members = reg<uint32_t>(ip, w, 0)[__builtin_ctz(w.active)] & w.live;
    if (w.block->checker != nullptr) check_warp_barrier(w);
    if ((members & ~w.active) == 0) return ip + 1;
    uint32_t here = w.active;
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].at == ip + 1 && w.groups[k].barrier == kWarpBarrier) here |= w.groups[k].lanes;
    }
    stop_group(w, ip + 1, w.active, kWarpBarrier);
    w.active = 0;
    w.rotate = false;
    if ((members & ~here) == 0) {
        for (int k = 0; k < w.groupCount; k++) {
            if (w.groups[k].barrier == kWarpBarrier && w.groups[k].at == ip + 1) w.groups[k].barrier = -1;
        }
        merge_groups(w);
    }
    return choose_group(w);
}

void deliver(Warp& w, const LaneGroup& g, const BarrierState& b) {
    const Ins* ip = g.at - 1;
    bool popc = ip->full == arrive<Kind::Popc, false> || ip->full == arrive<Kind::Popc, true>;
    bool all = ip->full == arrive<Kind::And, false> || ip->full == arrive<Kind::And, true>;
    bool any = ip->full == arrive<Kind::Or, false> || ip->full == arrive<Kind::Or, true>;
    if (popc) {
        uint32_t* d = reg<uint32_t>(ip, w, 0);
        for (uint32_t lanes = g.lanes; lanes; lanes &= lanes - 1) d[__builtin_ctz(lanes)] = b.popcount;
    } else if (all || any) {
        uint32_t& p = predicate(ip, w, 0);
        p = (all ? b.all : b.any) ? p | g.lanes : p & ~g.lanes;
    }
}

}  // namespace

void reset_barriers(BlockBarriers& b, uint32_t threads) {
    for (BarrierState& s : b.barrier) s = BarrierState{0, 0, false, 0, true, false};
    b.liveThreads = threads;
}

void barrier_lanes_ended(Block& block, int lanes) {
    BlockBarriers& all = barriers(block);
    all.liveThreads -= uint32_t(lanes);
    for (int id = 0; id < kBarriers; id++) {
        if (all.barrier[id].expected == 0 && complete(all, all.barrier[id])) release(block, id);
    }
}

std::string describe_waiting(const Block& block) {
    const Code& code = *block.launch->code;
    const BlockBarriers& all = *static_cast<const BlockBarriers*>(block.barriers);
    auto lanes_at = [&](uint32_t lanes, size_t at) {
        return std::to_string(__builtin_popcount(lanes)) + " lanes at PTX line " + std::to_string(code.lines[at]);
    };
    // Warps side by side that wait for the same are told of together.
    struct Entry {
        uint32_t first, last;
        std::string what;
    };
    std::vector<Entry> entries;
    auto add = [&](uint32_t warp, const std::string& what) {
        if (!entries.empty() && entries.back().what == what && entries.back().last + 1 == warp)
            entries.back().last = warp;
        else entries.push_back({warp, warp, what});
    };
    for (uint32_t i = 0; i < block.warps; i++) {
        const Warp& w = block.warp[i];
        for (int k = 0; k < w.groupCount; k++) {
            const LaneGroup& g = w.groups[k];
            const size_t at = size_t(g.at - code.ins.data());
            std::string what = lanes_at(g.lanes, at ? at - 1 : 0);
            if (g.barrier >= 0 && g.barrier < kBarriers) {
                const BarrierState& b = all.barrier[g.barrier];
                what += ", barrier " + std::to_string(g.barrier) + " (" + std::to_string(b.arrived) + " of "
                        + std::to_string(b.expected ? b.expected : all.liveThreads) + " threads)";
            }
            add(i, what);
        }
        if (w.state == WarpState::Waiting)
            add(i, lanes_at(w.active, size_t(w.resume - code.ins.data())) + describe_wait(w));
    }
    std::string text;
    for (size_t e = 0; e < entries.size() && e < kMostWaiting; e++) {
        text +=
            entries[e].first == entries[e].last ? "; warp " : "; warps " + std::to_string(entries[e].first) + " to ";
        text += std::to_string(entries[e].last) + ": " + entries[e].what;
    }
    return text;
}

void add_barrier_forms(FormSink& sink) {
    auto both = [&](const char* name, const char* signature, Handler h) { sink.add({name, signature, h, h, nullptr}); };
    both("bar.sync", "=w", arrive<Kind::Sync, false>);
    both("bar.sync", "=ww", arrive<Kind::Sync, true>);
    both("bar.arrive", "=ww", arrive<Kind::Arrive, true>);
    both("bar.red.popc.u32", "w=wp", arrive<Kind::Popc, false>);
    both("bar.red.popc.u32", "w=wwp", arrive<Kind::Popc, true>);
    both("bar.red.and.pred", "p=wp", arrive<Kind::And, false>);
    both("bar.red.and.pred", "p=wwp", arrive<Kind::And, true>);
    both("bar.red.or.pred", "p=wp", arrive<Kind::Or, false>);
    both("bar.red.or.pred", "p=wwp", arrive<Kind::Or, true>);
    sink.add({"bar.warp.sync", "=w", warp_sync_full, warp_sync_masked, nullptr});
}

}  // namespace softcuda
