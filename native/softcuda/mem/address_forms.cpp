// Conversions between generic addresses and those of a space, and of the cluster's blocks, and the instructions that order or hint at memory accesses
// without touching it.
#include "mem/access.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

constexpr uint64_t window_of(Space s) {
    return s == Space::Shared || s == Space::Cluster ? kSharedWindow
           : s == Space::Local                       ? kLocalWindow
           : s == Space::Param                       ? kParamWindow
                                                     : 0;
}

// ToSpace: cvta.to. The window is all that tells the two apart; for global (and const) there is none.
template <Space S, bool ToSpace, bool Masked> const Ins* convert(const Ins* ip, Warp& w) {
    uint64_t* to = reg<uint64_t>(ip, w, 0);
    const uint64_t* from = reg<uint64_t>(ip, w, 1);
    const uint64_t window = window_of(S);
    const uint32_t lanes = Masked ? w.active : kAllLanes;
    for (int l = 0; l < kLanes; l++) {
        uint64_t value = ToSpace ? from[l] - window : from[l] + window, mask = lane_mask64(lanes, l);
        to[l] = (value & mask) | (to[l] & ~mask);
    }
    return ip + 1;
}

template <Space S, bool Masked> const Ins* is_space(const Ins* ip, Warp& w) {
    const uint64_t* address = reg<uint64_t>(ip, w, 1);
    uint32_t in = 0;
    for (int l = 0; l < kLanes; l++) {
        uint64_t window = address[l] & kWindowMask;
        bool member = S == Space::Global
                          ? window != kSharedWindow && window != kLocalWindow && window != kParamWindow
                          : window == window_of(S) && (S != Space::Shared || uint32_t(address[l]) >> kRankShift == 0);
        in |= uint32_t(member) << l;
    }
    uint32_t& out = predicate(ip, w, 0);
    out = Masked ? (in & w.active) | (out & ~w.active) : in;
    return ip + 1;
}

// Constants live in global memory; nothing lies in a constant window.
template <bool Masked> const Ins* is_const(const Ins* ip, Warp& w) {
    uint32_t& out = predicate(ip, w, 0);
    out = Masked ? out & ~w.active : 0;
    return ip + 1;
}

const Ins* nothing(const Ins* ip, Warp&) { return ip + 1; }

// membar, fence: host atomics in the other forms are sequentially consistent, plain accesses of x86-64 are ordered but
// for a store before a load: a full fence restores that.
const Ins* memory_fence(const Ins* ip, Warp& w) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#ifdef SOFTCUDA_CHECKED
    check_fence(w);
#else
    (void) w;
#endif
    return ip + 1;
}

}  // namespace

void add_address_forms(FormSink& sink) {
#define CVTA(TEXT, SPACE)                                                                                              \
    sink.add({FORM_NAME("cvta." TEXT ".u64"), "d=d", convert<Space::SPACE, false, false>,                              \
              convert<Space::SPACE, false, true>, nullptr});                                                           \
    sink.add({FORM_NAME("cvta.to." TEXT ".u64"), "d=d", convert<Space::SPACE, true, false>,                            \
              convert<Space::SPACE, true, true>, nullptr});                                                            \
    sink.add(                                                                                                          \
        {FORM_NAME("isspacep." TEXT), "p=d", is_space<Space::SPACE, false>, is_space<Space::SPACE, true>, nullptr});
    CVTA("global", Global)
    CVTA("shared", Shared)
    CVTA("shared::cluster", Cluster)
    CVTA("local", Local)
    CVTA("param", Param)
    sink.add({FORM_NAME("isspacep.const"), "p=d", is_const<false>, is_const<true>, nullptr});
    sink.add({FORM_NAME("prefetch"), "=m", nothing, nothing, nullptr});
    sink.add({FORM_NAME("nanosleep.u32"), "=w", nothing, nothing, nullptr});
    sink.add({FORM_NAME("membar"), "=", memory_fence, memory_fence, nullptr});
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
