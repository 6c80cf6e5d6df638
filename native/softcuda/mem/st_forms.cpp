// Stores: st.{global,shared,local} and generic st, of 8 to 64 bits, scalar and vector. Of several lanes that write one
// address the highest one's value stays (PTX leaves the winner open).
#include "mem/access.h"
#include "mem/transpose.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

template <class T> ALWAYS_INLINE void put(void* p, int j, T value) {
    __builtin_memcpy(static_cast<uint8_t*>(p) + j * sizeof(T), &value, sizeof(T));
}

template <class T, int N, class D> ALWAYS_INLINE void store_contiguous(const Ins* ip, Warp& w, void* to) {
#ifdef SOFTCUDA_TRANSPOSE
    if constexpr (sizeof(T) == 4 && N == 4 && sizeof(D) == 4) {
        const D* in[N];
        for (int j = 0; j < N; j++) in[j] = reg<D>(ip, w, 1 + j);
        store_v4_contiguous(to, in);
        return;
    }
#endif
    if constexpr (N == 1) {
        const D* in = reg<D>(ip, w, 1);
#pragma GCC ivdep
        for (int l = 0; l < kLanes; l++) put<T>(to, l, T(in[l]));
    } else if constexpr (N == 2) {
        const D *a = reg<D>(ip, w, 1), *b = reg<D>(ip, w, 2);
        alignas(64) T both[2 * kLanes];
        for (int l = 0; l < kLanes; l++) {
            both[2 * l] = T(a[l]);
            both[2 * l + 1] = T(b[l]);
        }
        __builtin_memcpy(to, both, sizeof both);
    } else {
        const D *a = reg<D>(ip, w, 1), *b = reg<D>(ip, w, 2), *c = reg<D>(ip, w, 3), *d = reg<D>(ip, w, 4);
        alignas(64) T all[4 * kLanes];
        for (int l = 0; l < kLanes; l++) {
            all[4 * l] = T(a[l]);
            all[4 * l + 1] = T(b[l]);
            all[4 * l + 2] = T(c[l]);
            all[4 * l + 3] = T(d[l]);
        }
        __builtin_memcpy(to, all, sizeof all);
    }
}

template <class T, int N, class D>
NOINLINE void store_lanes(const Ins* ip, Warp& w, const Pointers& p, uint32_t lanes) {
    const D* in[N];
    for (int j = 0; j < N; j++) in[j] = reg<D>(ip, w, 1 + j);
    if (lanes == kAllLanes) {
        uint64_t stride = 0;
        for (int l = 0; l < kLanes; l++) stride |= (p.at[l] - p.at[0]) ^ uint64_t(l * N * sizeof(T));
        if (stride == 0) return store_contiguous<T, N, D>(ip, w, reinterpret_cast<void*>(p.at[0]));
#ifdef SOFTCUDA_TRANSPOSE
        if constexpr (sizeof(T) == 4 && N == 4 && sizeof(D) == 4) {
            store_v4([&p](int l) { return reinterpret_cast<void*>(p.at[l]); }, in);
            return;
        }
#endif
#ifdef SOFTCUDA_QUADS
        if constexpr (sizeof(T) == 4 && N <= 2 && sizeof(D) == 4) {
            if (quads_adjoin(p, N * sizeof(T))) return store_quads<N>(p, in);
        }
#endif
        for (int l = 0; l < kLanes; l++)
            for (int j = 0; j < N; j++) put<T>(reinterpret_cast<void*>(p.at[l]), j, T(in[j][l]));
        return;
    }
    for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
        int l = __builtin_ctz(rest);
        for (int j = 0; j < N; j++) put<T>(reinterpret_cast<void*>(p.at[l]), j, T(in[j][l]));
    }
}

template <Space S, class T, int N, class D> const Ins* store(const Ins* ip, Warp& w) {
    constexpr uint32_t size = N * sizeof(T);
    if (uint8_t* to = contiguous<S>(ip, w, 0, size)) {
        store_contiguous<T, N, D>(ip, w, to);
        return ip + 1;
    }
    Pointers p;
    if (!reach<S>(ip, w, 0, size, Access::Write, p)) return nullptr;
    store_lanes<T, N, D>(ip, w, p, w.active);
    return ip + 1;
}

#define ST(SPACE, TEXT, TYPE, T, N, SIGNATURE, D)                                                                      \
    sink.add(                                                                                                          \
        {FORM_NAME("st" TEXT TYPE), SIGNATURE, store<Space::SPACE, T, N, D>, store<Space::SPACE, T, N, D>, nullptr});
#define ST_NARROW(SPACE, TEXT, N, W)                                                                                   \
    ST(SPACE, TEXT, ".b8", uint8_t, N, "=m" W, uint32_t)                                                               \
    ST(SPACE, TEXT, ".b16", uint16_t, N, "=m" W, uint32_t)                                                             \
    ST(SPACE, TEXT, ".b32", uint32_t, N, "=m" W, uint32_t)
#define ST_SPACE(SPACE, TEXT)                                                                                          \
    ST_NARROW(SPACE, TEXT, 1, "w")                                                                                     \
    ST_NARROW(SPACE, TEXT ".v2", 2, "ww")                                                                              \
    ST_NARROW(SPACE, TEXT ".v4", 4, "wwww")                                                                            \
    ST(SPACE, TEXT, ".b8", uint8_t, 1, "=md", uint64_t)                                                                \
    ST(SPACE, TEXT, ".b16", uint16_t, 1, "=md", uint64_t)                                                              \
    ST(SPACE, TEXT, ".b32", uint32_t, 1, "=md", uint64_t)                                                              \
    ST(SPACE, TEXT, ".b64", uint64_t, 1, "=md", uint64_t)                                                              \
    ST(SPACE, TEXT ".v2", ".b64", uint64_t, 2, "=mdd", uint64_t)

}  // namespace

void add_st_forms(FormSink& sink) {
    ST_SPACE(Global, ".global")
    ST_SPACE(Shared, ".shared")
    ST_SPACE(Cluster, ".shared::cluster")
    ST_SPACE(Local, ".local")
    ST_SPACE(Generic, "")
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
