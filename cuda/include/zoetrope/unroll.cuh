// Loops whose counter is a constant expression in the body.
#pragma once

namespace zoe {

template <int V> struct Index { static constexpr int value = V; };

template <int I, int N, class F> __device__ __forceinline__ void unroll_from(F& f) {
    if constexpr (I < N) {
        f(Index<I>{});
        unroll_from<I + 1, N>(f);
    }
}

// Calls f(Index<0>{}) ... f(Index<N-1>{}).
template <int N, class F> __device__ __forceinline__ void unroll(F&& f) { unroll_from<0, N>(f); }

template <bool FIRST, class A, class B> struct ChooseType { using Type = A; };
template <class A, class B> struct ChooseType<false, A, B> { using Type = B; };
template <bool FIRST, class A, class B> using Choose = typename ChooseType<FIRST, A, B>::Type;

}  // namespace zoe
