#include "exec/control.h"

#include <chrono>
#include <cstring>
#include <x86intrin.h>

#include "exec/divergence.h"
#include "exec/fault.h"
#include "exec/kernel_code.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

const Ins* yield(Warp& w, const Ins* at) {
    w.state = WarpState::Yielded;
    w.resume = at;
    return nullptr;
}

// Every loop passes here: the place where warps give way and where a launch that has failed elsewhere stops.
inline const Ins* back_edge(const Ins* ip, Warp& w, const Ins* target) {
    w.budget -= ip->aux & kSpins ? kSpinCost : 1;
    if (__builtin_expect(w.budget > 0, 1)) return target;
    return yield(w, target);
}

// The same for a group of lanes while others wait.
inline const Ins* back_edge_diverged(const Ins* ip, Warp& w, const Ins* target) {
    if (++w.spins >= (ip->aux & kSpins ? kSpinTurn : kLongTurn) && w.groupCount) {
        stop_group(w, target, w.active);
        w.rotate = true;
        choose_group(w);
        w.budget -= kSpinCost;
        if (w.budget <= 0) return yield(w, w.resume);
        return nullptr;
    }
    return back_edge(ip, w, target);
}

const Ins* branch(const Ins* ip, Warp&) { return ip + ip->imm; }
const Ins* branch_back_full(const Ins* ip, Warp& w) { return back_edge(ip, w, ip + ip->imm); }
const Ins* branch_back_masked(const Ins* ip, Warp& w) { return back_edge_diverged(ip, w, ip + ip->imm); }

inline uint32_t lanes_where(const Ins* ip, Warp& w) {
    return (predicate(ip, w, 0) ^ (0u - (ip->aux & kNegated))) & w.active;
}

const Ins* branch_if(const Ins* ip, Warp& w) {
    uint32_t taken = lanes_where(ip, w);
    if (taken == 0) return ip + 1;
    if (taken == w.active) return ip + ip->imm;
    return diverge(w, taken, ip + ip->imm, ip + 1);
}

template <bool masked> const Ins* branch_if_back(const Ins* ip, Warp& w) {
    uint32_t taken = lanes_where(ip, w);
    if (taken == 0) return ip + 1;
    if (taken == w.active) return masked ? back_edge_diverged(ip, w, ip + ip->imm) : back_edge(ip, w, ip + ip->imm);
    uint32_t spins = w.spins + 1;
    diverge(w, taken, ip + ip->imm, ip + 1);
    // The lowest group may be the one that loops, shrinking or not: its turn goes on counting.
    if (w.resume == ip + ip->imm) w.spins = spins;
    w.budget -= ip->aux & kSpins ? kSpinCost : 1;
    if (w.budget <= 0) return yield(w, w.resume);
    if (w.spins >= (ip->aux & kSpins ? kSpinTurn : kLongTurn)) {
        stop_group(w, w.resume, w.active);
        w.rotate = true;
        choose_group(w);
    }
    return nullptr;
}

const Ins* branch_indexed(const Ins* ip, Warp& w) {
    const Code& code = *w.block->launch->code;
    const std::vector<uint32_t>& targets = code.tables[size_t(ip->imm)];
    const uint32_t* index = reg<uint32_t>(ip, w, 0);
    uint32_t remaining = w.active;
    while (remaining) {
        int lane = __builtin_ctz(remaining);
        if (index[lane] >= targets.size())
            return fault(w, ip, kIllegalInstruction, lane, index[lane], "index outside the branch targets");
        uint32_t same = 0;
        for (uint32_t lanes = remaining; lanes; lanes &= lanes - 1) {
            if (index[__builtin_ctz(lanes)] == index[lane]) same |= lanes & (0u - lanes);
        }
        const Ins* target = code.ins.data() + targets[index[lane]];
        if (same == w.active && target > ip) return target;
        stop_group(w, target, same);
        remaining &= ~same;
    }
    w.rotate = false;
    choose_group(w);
    if (w.resume <= ip && --w.budget <= 0) return yield(w, w.resume);
    return nullptr;
}

const Ins* exit_lanes(const Ins*, Warp& w) { return end_lanes(w); }

const Ins* exit_if(const Ins* ip, Warp& w) {
    uint32_t ending = lanes_where(ip, w), staying = w.active & ~ending;
    if (!ending) return ip + 1;
    if (staying) stop_group(w, ip + 1, staying);
    w.active = ending;
    return end_lanes(w);
}

const Ins* trap(const Ins* ip, Warp& w) { return fault(w, ip, kLaunchFailed, __builtin_ctz(w.active), 0, "trap"); }

// Runs the next instruction in the lanes for which the predicate holds.
const Ins* guard_full(const Ins* ip, Warp& w) {
    uint32_t lanes = lanes_where(ip, w), all = w.active;
    if (lanes == all) return ip + 1;
    if (!lanes) return ip + 2;
    w.active = lanes;
    const Ins* next = ip[1].masked(ip + 1, w);
    w.active = all;
    // An instruction that has to wait will be run again, under its guard.
    if (!next && w.resume == ip + 1) w.resume = ip;
    return next;
}

const Ins* guard_masked(const Ins* ip, Warp& w) {
    uint32_t lanes = lanes_where(ip, w), all = w.active;
    if (!lanes) return ip + 2;
    w.active = lanes;
    const Ins* next = ip[1].masked(ip + 1, w);
    w.active = all;
    if (!next && w.resume == ip + 1) w.resume = ip;
    return next;
}

// ---- parameters, clocks ------------------------------------------------------------------------------------------------

const Ins* load_parameter(const Ins* ip, Warp& w) {
    const Launch& launch = *w.block->launch;
    uint32_t count = ip->aux >> kParameterCountShift, bytes = ip->aux & 15;
    bool based = ip->aux & kParameterBase;
    const uint64_t* base = based ? reg<uint64_t>(ip, w, int(count)) : nullptr;
    for (uint32_t k = 0; k < count; k++) {
        uint64_t offset = uint64_t(int64_t(ip->imm)) + k * bytes;
        uint64_t uniform = based ? 0 : parameter_value(launch.params + offset, ip->aux);
        for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
            int lane = __builtin_ctz(lanes);
            uint64_t bits = uniform;
            if (based) {
                uint64_t at = base[lane] + offset;
                if (at > launch.paramBytes || launch.paramBytes - at < bytes || at % bytes)
                    return fault(w, ip, kIllegalAddressError, lane, at, "parameter address out of range");
                bits = parameter_value(launch.params + at, ip->aux);
            }
            if (ip->aux & kParameterWide) reg<uint64_t>(ip, w, int(k))[lane] = bits;
            else reg<uint32_t>(ip, w, int(k))[lane] = uint32_t(bits);
        }
    }
    return ip + 1;
}

const Ins* read_clock(const Ins* ip, Warp& w) {
    uint64_t now;
    switch (Special(ip->aux & 255)) {
        case Special::GlobalTimer:
        case Special::GlobalTimerLo: now = uint64_t(std::chrono::steady_clock::now().time_since_epoch().count()); break;
        case Special::GlobalTimerHi:
            now = uint64_t(std::chrono::steady_clock::now().time_since_epoch().count()) >> 32;
            break;
        case Special::ClockHi: now = __rdtsc() >> 32; break;
        default: now = __rdtsc(); break;
    }
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        int lane = __builtin_ctz(lanes);
        if (ip->aux & 256) reg<uint64_t>(ip, w, 0)[lane] = now;
        else reg<uint32_t>(ip, w, 0)[lane] = uint32_t(now);
    }
    return ip + 1;
}

// ---- helpers that the decoder inserts ------------------------------------------------------------------------------------

const Ins* not_pred(const Ins* ip, Warp& w) {
    uint32_t& d = predicate(ip, w, 0);
    d = (d & ~w.active) | (~predicate(ip, w, 1) & w.active);
    return ip + 1;
}

template <class T> const Ins* add(const Ins* ip, Warp& w) {
    T* d = reg<T>(ip, w, 0);
    const T *a = reg<T>(ip, w, 1), *b = reg<T>(ip, w, 2);
    for (int l = 0; l < kLanes; l++) {
        if (w.active >> l & 1) d[l] = a[l] + b[l];
    }
    return ip + 1;
}

const Ins* widen(const Ins* ip, Warp& w) {
    uint64_t* d = reg<uint64_t>(ip, w, 0);
    const uint32_t* a = reg<uint32_t>(ip, w, 1);
    for (int l = 0; l < kLanes; l++) {
        if (w.active >> l & 1) d[l] = a[l];
    }
    return ip + 1;
}

const Ins* narrow(const Ins* ip, Warp& w) {
    uint32_t* d = reg<uint32_t>(ip, w, 0);
    const uint64_t* a = reg<uint64_t>(ip, w, 1);
    for (int l = 0; l < kLanes; l++) {
        if (w.active >> l & 1) d[l] = uint32_t(a[l]);
    }
    return ip + 1;
}

const Ins* nothing(const Ins* ip, Warp&) { return ip + 1; }

const Ins* nanosleep(const Ins* ip, Warp& w) {
    if (w.active != w.live) return ip + 1;  // the lanes it waits for may be in this warp: let the loop around it count
    return yield(w, ip + 1);
}

}  // namespace

uint64_t parameter_value(const uint8_t* from, uint32_t aux) {
    uint64_t bits = 0;
    uint32_t bytes = aux & 15;
    std::memcpy(&bits, from, bytes);
    if ((aux & kParameterSigned) && bytes < 8) {
        int shift = 64 - 8 * int(bytes);
        bits = uint64_t(int64_t(bits << shift) >> shift);
        if (!(aux & kParameterWide)) bits &= aux & kParameterHalf ? 0xffff : 0xffffffff;
    }
    return bits;
}

const ControlForms& control_forms() {
    static const ControlForms forms = {
        {"bra", "", branch, branch, nullptr},
        {"bra", "", branch_back_full, branch_back_masked, nullptr},
        {"bra", "=p", branch_if, branch_if, nullptr},
        {"bra", "=p", branch_if_back<false>, branch_if_back<true>, nullptr},
        {"brx.idx", "=w", branch_indexed, branch_indexed, nullptr},
        {"exit", "", exit_lanes, exit_lanes, nullptr},
        {"exit", "=p", exit_if, exit_if, nullptr},
        {"trap", "", trap, trap, nullptr},
        {"guard", "=p", guard_full, guard_masked, nullptr},
        {"ld.param", "", load_parameter, load_parameter, nullptr},
        {"mov.clock", "", read_clock, read_clock, nullptr},
    };
    return forms;
}

void add_control_forms(FormSink& sink) {
    auto both = [&](const char* name, const char* signature, Handler h) { sink.add({name, signature, h, h, nullptr}); };
    both("internal.not.pred", "p=p", not_pred);
    both("internal.add.b32", "w=ww", add<uint32_t>);
    both("internal.add.b64", "d=dd", add<uint64_t>);
    both("internal.widen", "d=w", widen);
    both("internal.narrow", "w=d", narrow);
    both("nanosleep.u32", "=w", nanosleep);
    // Kernels run one after the other: what a dependent one waits for is complete before it begins.
    both("griddepcontrol.wait", "=", nothing);
    both("griddepcontrol.launch_dependents", "=", nothing);
}

}  // namespace softcuda
