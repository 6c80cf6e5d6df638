// How the group-norm kernels cut their work, and their reductions within a block.
//
// x is [N, S, C], S spatial positions of C channels, channels last; a group is C/G neighbouring channels at all
// positions. A block of kThreads threads takes one tile of one sample: a slice of channels (whole groups, or one of
// `parts` parts of a group too wide for a block) at the positions of one chunk. Thread t holds the same V channels, a
// pack of 16 bytes or one element, at every position it visits: packs side by side in a row of the slice, rows of
// threads down the chunk. So its scale and shift stay in registers, and a warp reads whole sectors.
//
// The host chooses slice, parts and positions per chunk so that a slice has at most kMaxSlice channels.
#pragma once
#include <cstdint>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::norm {

inline constexpr int kThreads = 256;
inline constexpr int kMaxSlice = 256;

struct Layout {
    int positions, channels, groups;  // S, C, G
    int slice, parts;                 // channels of a slice; slices of a group, 1 when a slice holds whole groups
    int chunk, chunks;                // positions of a chunk; ⌈S / chunk⌉

    __device__ __forceinline__ int group_channels() const { return channels / groups; }
    __device__ __forceinline__ int slices() const {
        return parts > 1 ? groups * parts : (channels + slice - 1) / slice;
    }
};

// The tile of a block and the thread's place in it.
template <int V> struct Tile {
    int64_t sample;
    int chunk_index, part;
    int channel0, width, group0, group_count;  // of the slice
    int position0, positions;                  // of the chunk
    int column;                                // first channel of this thread, within the slice
    int row, rows;                             // first position of this thread within the chunk, step to its next
    bool active;

    __device__ __forceinline__ explicit Tile(const Layout& l) {
        const int slices = l.slices();
        const int block = static_cast<int>(blockIdx.x);
        const int outer = block / slices;
        const int s = block - outer * slices;
        sample = outer / l.chunks;
        chunk_index = outer - static_cast<int>(sample) * l.chunks;
        const int per_group = l.group_channels();
        if (l.parts > 1) {
            group0 = s / l.parts;
            part = s - group0 * l.parts;
            channel0 = group0 * per_group + part * l.slice;
            width = min(l.slice, (group0 + 1) * per_group - channel0);
            group_count = 1;
        } else {
            part = 0;
            channel0 = s * l.slice;
            width = min(l.slice, l.channels - channel0);
            group0 = channel0 / per_group;
            group_count = width / per_group;
        }
        position0 = chunk_index * l.chunk;
        positions = min(l.chunk, l.positions - position0);
        const int columns = width / V;
        rows = kThreads / columns;
        row = static_cast<int>(threadIdx.x) / columns;
        column = (static_cast<int>(threadIdx.x) - row * columns) * V;
        active = row < rows;
    }

    // Group, counted from group0, of the thread's channel e.
    __device__ __forceinline__ int group_of(const Layout& l, int e) const {
        return l.parts > 1 ? 0 : (column + e) / l.group_channels();
    }
    // Index of the thread's first element; `step` elements on is its next.
    __device__ __forceinline__ int64_t first(const Layout& l) const {
        return (sample * l.positions + position0 + row) * l.channels + channel0 + column;
    }
    __device__ __forceinline__ int64_t step(const Layout& l) const { return static_cast<int64_t>(rows) * l.channels; }
};

// A pack of V elements as it lies in memory.
template <class T, int V> struct alignas(V * sizeof(T)) Raw { T element[V]; };

template <class T, int V> __device__ __forceinline__ void unpack(const Raw<T, V>& raw, float (&v)[V]) {
    if constexpr (V == 1) {
        v[0] = to_float(raw.element[0]);
    } else {
        const uint4 q = *reinterpret_cast<const uint4*>(&raw);
        const uint32_t word[4] = {q.x, q.y, q.z, q.w};
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            if constexpr (sizeof(T) == 4) {
                v[i] = __uint_as_float(word[i]);
            } else {
                v[2 * i] = bf16_low(word[i]);
                v[2 * i + 1] = bf16_high(word[i]);
            }
        }
    }
}

template <class T, int V> __device__ __forceinline__ Raw<T, V> load_raw(const T* p) {
    Raw<T, V> raw;
    if constexpr (V == 1) {
        raw.element[0] = *p;
    } else {
        *reinterpret_cast<uint4*>(&raw) = *reinterpret_cast<const uint4*>(p);
    }
    return raw;
}

// V floats from an array without alignment.
template <int V> __device__ __forceinline__ void gather(float (&v)[V], const float* from) {
#pragma unroll
    for (int e = 0; e < V; ++e) v[e] = from[e];
}

// Shared memory of the reductions of K quantities.
template <class T, int K> struct Scratch {
    float thread[K][kThreads * kPack<T>];
    float stage[(K * kMaxSlice > kThreads) ? (K * kMaxSlice) : kThreads];
    float channel[K][kMaxSlice];
    float group[2][kMaxSlice];
};

// scratch.channel[k][c] = Σ over the block's threads of v[k], for each channel c of the slice, in a fixed order. Begins
// with no barrier (the previous use must lie behind one) and ends with one.
template <class T, int V, int K>
__device__ __forceinline__ void channel_sums(const float (&v)[K][V], const Tile<V>& tile, Scratch<T, K>& scratch) {
    const int thread = static_cast<int>(threadIdx.x);
#pragma unroll
    for (int k = 0; k < K; ++k) {
#pragma unroll
        for (int e = 0; e < V; ++e) scratch.thread[k][thread * V + e] = v[k][e];
    }
    __syncthreads();
    // thread[k] is now an array [rows][width]. Its columns are first summed in `split` interleaved parts.
    const int items = K * tile.width;
    const int split = items < kThreads ? kThreads / items : 1;
    for (int i = thread; i < items * split; i += kThreads) {
        const int s = i / items, item = i - s * items;
        const int k = item / tile.width, c = item - k * tile.width;
        float sum = 0.0f;
        for (int r = s; r < tile.rows; r += split) sum += scratch.thread[k][r * tile.width + c];
        scratch.stage[i] = sum;
    }
    __syncthreads();
    for (int item = thread; item < items; item += kThreads) {
        float sum = 0.0f;
        for (int s = 0; s < split; ++s) sum += scratch.stage[s * items + item];
        const int k = item / tile.width;
        scratch.channel[k][item - k * tile.width] = sum;
    }
    __syncthreads();
}

__device__ __forceinline__ float sigmoid(float z) {
    float e, r;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(e) : "f"(z * -1.4426950408889634f));
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(1.0f + e));
    return r;
}

}  // namespace zoe::norm
