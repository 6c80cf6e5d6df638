// Places of up to six dimensions: which element of each operand belongs to element i of the output in row-major order.
//
// Extents and steps are aligned to the right: n5 is innermost, and dimensions before the last `rank` are not looked
// at. A step is in elements and not negative; 0 repeats the operand along that dimension (broadcasting). The host
// has merged dimensions that lie next to each other in all operands, so that contiguous ones have rank 1.
#pragma once
#include <cstdint>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::array {

inline constexpr int kDims = 6;
inline constexpr int kThreads = 256;
inline constexpr int kTile = kThreads * 16;  // elements a block of an elementwise kernel

struct Extents {
    int64_t n0;
    int64_t n1;
    int64_t n2;
    int64_t n3;
    int64_t n4;
    int64_t n5;
};

struct Steps {
    int64_t s0;
    int64_t s1;
    int64_t s2;
    int64_t s3;
    int64_t s4;
    int64_t s5;
};

template <class Index, class Each>
__device__ __forceinline__ void coordinates(Index rest, const Extents& n, int rank, Each each) {
    const int64_t extent[kDims] = {n.n0, n.n1, n.n2, n.n3, n.n4, n.n5};
#pragma unroll
    for (int d = kDims - 1; d >= 0; --d) {
        if (kDims - d <= rank) {
            const Index size = static_cast<Index>(extent[d]);
            const Index quotient = rest / size;
            each(d, static_cast<int64_t>(rest - quotient * size));
            rest = quotient;
        }
    }
}

// The offsets of element i in K operands. Divisions in 32 bits are several times as fast as in 64.
template <int K>
__device__ __forceinline__ void place(int64_t i, const Extents& n, int rank, const Steps (&steps)[K],
                                      int64_t (&offset)[K]) {
#pragma unroll
    for (int k = 0; k < K; ++k) offset[k] = 0;
    const auto each = [&](int d, int64_t at) {
#pragma unroll
        for (int k = 0; k < K; ++k) {
            const int64_t step[kDims] = {steps[k].s0, steps[k].s1, steps[k].s2, steps[k].s3, steps[k].s4, steps[k].s5};
            offset[k] += at * step[d];
        }
    };
    if (i <= 0xffffffffLL) {
        coordinates(static_cast<uint32_t>(i), n, rank, each);
    } else {
        coordinates(static_cast<uint64_t>(i), n, rank, each);
    }
}

// V consecutive elements of the output begin here: where the innermost step is 1 they are read at once, where it is
// 0 they are one element.
template <int V, class T> __device__ __forceinline__ void read_run(const T* p, int64_t step, float (&v)[V]) {
    if (step == 1) {
        load_values(p, v);
    } else {
        const float one = load_float(p);
#pragma unroll
        for (int k = 0; k < V; ++k) v[k] = one;
    }
}

}  // namespace zoe::array
