// Loads: ld.{global,shared,local,param} and generic ld, of 8 to 64 bits, scalar and vector.
//
// One handler serves the full and the masked case: memory is touched for active lanes only in both. Full warps take the
// short ways: contiguous lanes (a vector load), one address (a broadcast), v4.b32 from anywhere (a transpose).
#include "mem/access.h"
#include "mem/transpose.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

template <class T, int N, class D> ALWAYS_INLINE void destinations(const Ins* ip, Warp& w, D** out) {
    for (int j = 0; j < N; j++) out[j] = reg<D>(ip, w, j);
}

template <class T> ALWAYS_INLINE T element(const void* p, int j) {
    T value;
    __builtin_memcpy(&value, static_cast<const uint8_t*>(p) + j * sizeof(T), sizeof(T));
    return value;
}

// A sign-extended 8-bit value in a 16-bit register keeps the upper half of its slot zero.
template <class T> ALWAYS_INLINE uint32_t narrow_mask(const Ins* ip) {
    return T(-1) < T(0) && sizeof(T) < 4 && (ip->aux & kDestination16) ? 0xffffu : ~0u;
}

template <class T, int N, class D> ALWAYS_INLINE void load_contiguous(const Ins* ip, Warp& w, const void* from) {
    D* out[N];
    destinations<T, N, D>(ip, w, out);
#ifdef SOFTCUDA_TRANSPOSE
    if constexpr (sizeof(T) == 4 && N == 4 && sizeof(D) == 4) {
        load_v4_contiguous(from, out);
        return;
    }
#endif
    const D mask = sizeof(D) == 4 ? D(narrow_mask<T>(ip)) : ~D(0);
    if constexpr (N == 1) {
        D* __restrict d = out[0];
        for (int l = 0; l < kLanes; l++) d[l] = widened<T, D>(element<T>(from, l)) & mask;
    } else {
        for (int j = 0; j < N; j++) {
            D* __restrict d = out[j];
            for (int l = 0; l < kLanes; l++) d[l] = widened<T, D>(element<T>(from, l * N + j)) & mask;
        }
    }
}

template <class T, int N, class D> NOINLINE void load_lanes(const Ins* ip, Warp& w, const Pointers& p, uint32_t lanes) {
    D* out[N];
    destinations<T, N, D>(ip, w, out);
    const D mask = sizeof(D) == 4 ? D(narrow_mask<T>(ip)) : ~D(0);
    if (lanes != kAllLanes) {
        for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
            int l = __builtin_ctz(rest);
            const void* from = reinterpret_cast<const void*>(p.at[l]);
            for (int j = 0; j < N; j++) out[j][l] = widened<T, D>(element<T>(from, j)) & mask;
        }
        return;
    }
    const uint64_t first = p.at[0];
    uint64_t stride = 0, spread = 0;
    for (int l = 0; l < kLanes; l++) {
        stride |= (p.at[l] - first) ^ uint64_t(l * N * sizeof(T));
        spread |= p.at[l] ^ first;
    }
    if (stride == 0) return load_contiguous<T, N, D>(ip, w, reinterpret_cast<const void*>(first));
    if (spread == 0) {
        for (int j = 0; j < N; j++) {
            const D value = widened<T, D>(element<T>(reinterpret_cast<const void*>(first), j)) & mask;
            for (int l = 0; l < kLanes; l++) out[j][l] = value;
        }
        return;
    }
#ifdef SOFTCUDA_TRANSPOSE
    if constexpr (sizeof(T) == 4 && N == 4 && sizeof(D) == 4) {
        load_v4([&p](int l) { return reinterpret_cast<const uint8_t*>(p.at[l]); }, out);
        return;
    }
#endif
#ifdef SOFTCUDA_QUADS
    if constexpr (sizeof(T) == 4 && N == 1 && sizeof(D) == 4) {
        if (quads_adjoin(p, sizeof(T))) return load_quads(p, out[0]);
    }
#endif
    for (int l = 0; l < kLanes; l++) {
        const void* from = reinterpret_cast<const void*>(p.at[l]);
        for (int j = 0; j < N; j++) out[j][l] = widened<T, D>(element<T>(from, j)) & mask;
    }
}

// Full warps, shared, 32-bit addresses: tiled kernels' other patterns without a trip over 64-bit pointers.
template <class T, int N, class D> ALWAYS_INLINE bool load_shared_quick(const Ins* ip, Warp& w) {
#if defined(SOFTCUDA_SHARED_V4) && !defined(SOFTCUDA_CHECKED)
    if (w.active != kAllLanes || (ip->aux & kBaseWide)) return false;
    const uint32_t* base = reg<uint32_t>(ip, w, N);
    const Block& block = *w.block;
    if constexpr (sizeof(T) == 4 && N == 4 && sizeof(D) == 4) {
        D* out[N];
        destinations<T, N, D>(ip, w, out);
        return load_shared_v4(block.shared, block.sharedBytes, base, ip->imm, out);
    }
    if constexpr (sizeof(T) == 4 && N == 1 && sizeof(D) == 4)
        return load_shared_b32(block.shared, block.sharedBytes, base, ip->imm, reg<D>(ip, w, 0));
#endif
    (void) ip, (void) w;
    return false;
}

template <Space S, class T, int N, class D> const Ins* load(const Ins* ip, Warp& w) {
    constexpr uint32_t size = N * sizeof(T);
    constexpr bool quads =
        S == Space::Shared && sizeof(T) == 4 && N == 4 && sizeof(D) == 4;  // finds contiguous lanes itself
    if (quads && load_shared_quick<T, N, D>(ip, w)) return ip + 1;
    if (const uint8_t* from = contiguous<S>(ip, w, N, size)) {
        load_contiguous<T, N, D>(ip, w, from);
        return ip + 1;
    }
    if (S == Space::Shared && !quads && load_shared_quick<T, N, D>(ip, w)) return ip + 1;
    Pointers p;
    if (!reach<S>(ip, w, N, size, Access::Read, p)) return nullptr;
    load_lanes<T, N, D>(ip, w, p, w.active);
    return ip + 1;
}

#define LD(SPACE, TEXT, TYPE, T, N, SIGNATURE, D)                                                                      \
    sink.add({FORM_NAME("ld" TEXT TYPE), SIGNATURE, load<Space::SPACE, T, N, D>, load<Space::SPACE, T, N, D>, nullptr});
#define LD_NARROW(SPACE, TEXT, N, W)                                                                                   \
    LD(SPACE, TEXT, ".b8", uint8_t, N, W "=m", uint32_t)                                                               \
    LD(SPACE, TEXT, ".s8", int8_t, N, W "=m", uint32_t)                                                                \
    LD(SPACE, TEXT, ".b16", uint16_t, N, W "=m", uint32_t)                                                             \
    LD(SPACE, TEXT, ".s16", int16_t, N, W "=m", uint32_t)                                                              \
    LD(SPACE, TEXT, ".b32", uint32_t, N, W "=m", uint32_t)                                                             \
    LD(SPACE, TEXT, ".s32", uint32_t, N, W "=m", uint32_t)
#define LD_SPACE(SPACE, TEXT)                                                                                          \
    LD_NARROW(SPACE, TEXT, 1, "w")                                                                                     \
    LD_NARROW(SPACE, TEXT ".v2", 2, "ww")                                                                              \
    LD_NARROW(SPACE, TEXT ".v4", 4, "wwww")                                                                            \
    LD(SPACE, TEXT, ".b8", uint8_t, 1, "d=m", uint64_t)                                                                \
    LD(SPACE, TEXT, ".s8", int8_t, 1, "d=m", uint64_t)                                                                 \
    LD(SPACE, TEXT, ".b16", uint16_t, 1, "d=m", uint64_t)                                                              \
    LD(SPACE, TEXT, ".s16", int16_t, 1, "d=m", uint64_t)                                                               \
    LD(SPACE, TEXT, ".b32", uint32_t, 1, "d=m", uint64_t)                                                              \
    LD(SPACE, TEXT, ".s32", int32_t, 1, "d=m", uint64_t)                                                               \
    LD(SPACE, TEXT, ".b64", uint64_t, 1, "d=m", uint64_t)                                                              \
    LD(SPACE, TEXT ".v2", ".b64", uint64_t, 2, "dd=m", uint64_t)

}  // namespace

void add_ld_forms(FormSink& sink) {
    LD_SPACE(Global, ".global")
    LD_SPACE(Shared, ".shared")
    LD_SPACE(Cluster, ".shared::cluster")
    LD_SPACE(Local, ".local")
    LD_SPACE(Param, ".param")
    LD_SPACE(Generic, "")
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
