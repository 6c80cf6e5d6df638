// A warp's hold on one row of C elements: 16-byte packs, the first kHeld of each lane in registers so that a row of up
// to 32·kHeld packs (1024 bf16, 512 f32) is read from memory once; longer rows are read again, from L1 as a rule. Rows
// whose size or address does not allow packs go element by element.
#pragma once
#include <cstdint>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::norm {

inline constexpr int kRowWarps = 4;  // rows of a block
inline constexpr int kRowThreads = 32 * kRowWarps;
inline constexpr int kHeld = 4;

// Calls body(column, values of the pack) for every pack of this lane, V elements at column … column+V-1.
template <class T, int V> struct Row {
    const T* from;
    int channels, lane;
    float held[kHeld][V];

    __device__ __forceinline__ Row(const T* row, int channels, int lane) : from(row), channels(channels), lane(lane) {
#pragma unroll
        for (int i = 0; i < kHeld; ++i) {
            const int c = (i * 32 + lane) * V;
            if (c < channels) load_values(from + c, held[i]);
        }
    }

    template <class Body> __device__ __forceinline__ void each(Body body) {
#pragma unroll
        for (int i = 0; i < kHeld; ++i) {
            const int c = (i * 32 + lane) * V;
            if (c < channels) body(c, held[i]);
        }
        for (int c = (kHeld * 32 + lane) * V; c < channels; c += 32 * V) {
            float v[V];
            load_values(from + c, v);
            body(c, v);
        }
    }
};

}  // namespace zoe::norm
