// Group normalisation, optionally followed by SiLU, forward.
//
//   y = act((x − μ_g) · r_g · γ_c + β_c),   r_g = 1/√(σ²_g + ε),   μ, σ² over the channels and positions of group g
//   act(z) = z or z·sigmoid(z)
//
// Layouts: x, y [N, S, C]; gamma, beta [C] f32; mean, rstd [N, G] f32, kept for the backward. Any N, S, C ≥ 1, any G
// that divides C.
// The variance is the mean squared distance from the mean, by two passes over data held in shared memory, and never
// E[x²] − μ².
//
//   group_norm_forward      one block has whole groups of one sample: reads x once, writes y once.
//   group_norm_statistics,  the data of a group exceed shared memory: blocks of the first reduce one chunk each to
//   group_norm_apply        its mean and squared distances; those of the second merge them (Chan, Golub and LeVeque,
//                           1983) and apply. Reads x twice.
// Mapping: slices.cuh. Dynamic shared memory: the tile as it lies in memory, one pack for each thread and row of
// threads.
// Bytes: N·S·C·(read 1 or 2 + write 1) elements; about 12 instructions an element-pack lane with SiLU. Memory bound.
// Measured: H200, bf16 with SiLU: [64, 28, 28, 32] in 8 groups 9.9 us (PyTorch 28.9), [64, 64, 64, 256] in 32 groups
// 247 us (793).
#include "slices.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::norm {

// The tile's elements summed for each group and copied to `cache`.
template <class T, int V>
__device__ __forceinline__ void read_and_sum(const T* __restrict__ x, const Layout& l, const Tile<V>& tile,
                                             Raw<T, V>* cache, float (&sum)[1][V]) {
#pragma unroll
    for (int e = 0; e < V; ++e) sum[0][e] = 0.0f;
    if (!tile.active) return;
    const T* p = x + tile.first(l);
    const int64_t step = tile.step(l);
#pragma unroll 4
    for (int r = tile.row; r < tile.positions; r += tile.rows) {
        const Raw<T, V> raw = load_raw<T, V>(p);
        p += step;
        *cache = raw;
        cache += kThreads;
        float v[V];
        unpack(raw, v);
#pragma unroll
        for (int e = 0; e < V; ++e) sum[0][e] += v[e];
    }
}

// scratch.group[which][g] = Σ of the group's channel sums · factor. Ends with a barrier.
template <class T>
__device__ __forceinline__ void group_sums(Scratch<T, 1>& scratch, int which, int group_count, int channels,
                                           float factor) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    for (int g = static_cast<int>(threadIdx.x) >> 5; g < group_count; g += kThreads / 32) {
        float sum = 0.0f;
        for (int c = lane; c < channels; c += 32) sum += scratch.channel[0][g * channels + c];
        sum = warp_sum(sum);
        if (lane == 0) scratch.group[which][g] = sum * factor;
    }
    __syncthreads();
}

// Leaves the mean of each of the tile's groups in scratch.group[0], the sum of squared distances from it in group[1],
// and the tile in `cache`.
template <class T, int V>
__device__ __forceinline__ void tile_statistics(const T* __restrict__ x, const Layout& l, const Tile<V>& tile,
                                                Raw<T, V>* cache, Scratch<T, 1>& scratch) {
    const int channels = l.parts > 1 ? tile.width : l.group_channels();
    float sum[1][V];
    read_and_sum(x, l, tile, cache, sum);
    channel_sums<T, V, 1>(sum, tile, scratch);
    group_sums(scratch, 0, tile.group_count, channels, 1.0f / (static_cast<float>(tile.positions) * channels));
    if (tile.active) {
        float mean[V];
#pragma unroll
        for (int e = 0; e < V; ++e) {
            mean[e] = scratch.group[0][tile.group_of(l, e)];
            sum[0][e] = 0.0f;
        }
#pragma unroll 2
        for (int r = tile.row; r < tile.positions; r += tile.rows) {
            float v[V];
            unpack(*cache, v);
            cache += kThreads;
#pragma unroll
            for (int e = 0; e < V; ++e) {
                const float d = v[e] - mean[e];
                sum[0][e] = fmaf(d, d, sum[0][e]);
            }
        }
    }
    channel_sums<T, V, 1>(sum, tile, scratch);
    group_sums(scratch, 1, tile.group_count, channels, 1.0f);
}

// The thread's channels: y = x · scale + shift.
template <class T, int V>
__device__ __forceinline__ void affine(const Layout& l, const Tile<V>& tile, const Scratch<T, 1>& scratch,
                                       const float* __restrict__ gamma, const float* __restrict__ beta,
                                       float (&scale)[V], float (&shift)[V]) {
    gather(scale, gamma + tile.channel0 + tile.column);
    gather(shift, beta + tile.channel0 + tile.column);
#pragma unroll
    for (int e = 0; e < V; ++e) {
        const int g = tile.group_of(l, e);
        scale[e] *= scratch.group[1][g];
        shift[e] = fmaf(-scratch.group[0][g], scale[e], shift[e]);
    }
}

template <class T, int V>
__device__ __forceinline__ void apply(T* y, const Raw<T, V>& raw, const float (&scale)[V], const float (&shift)[V],
                                      bool silu) {
    float v[V];
    unpack(raw, v);
#pragma unroll
    for (int e = 0; e < V; ++e) v[e] = fmaf(v[e], scale[e], shift[e]);
    if (silu) {
#pragma unroll
        for (int e = 0; e < V; ++e) v[e] *= sigmoid(v[e]);
    }
    store_values<T, V>(y, v);
}

template <class T, int V>
__device__ __forceinline__ void forward(const T* __restrict__ x, const float* __restrict__ gamma,
                                        const float* __restrict__ beta, T* __restrict__ y, float* __restrict__ mean,
                                        float* __restrict__ rstd, const Layout& l, float eps, bool silu,
                                        Scratch<T, 1>& scratch, void* dynamic) {
    const Tile<V> tile(l);
    Raw<T, V>* const cache = static_cast<Raw<T, V>*>(dynamic) + threadIdx.x;
    tile_statistics<T, V>(x, l, tile, cache, scratch);
    const float count = static_cast<float>(l.positions) * l.group_channels();
    for (int g = static_cast<int>(threadIdx.x); g < tile.group_count; g += kThreads) {
        const float r = 1.0f / sqrtf(scratch.group[1][g] / count + eps);
        scratch.group[1][g] = r;
        const int64_t at = tile.sample * l.groups + tile.group0 + g;
        mean[at] = scratch.group[0][g];
        rstd[at] = r;
    }
    __syncthreads();
    if (!tile.active) return;
    float scale[V], shift[V];
    affine<T, V>(l, tile, scratch, gamma, beta, scale, shift);
    T* to = y + tile.first(l);
    const int64_t step = tile.step(l);
    const Raw<T, V>* from = cache;
#pragma unroll 2
    for (int r = tile.row; r < tile.positions; r += tile.rows) {
        apply<T, V>(to, *from, scale, shift, silu);
        to += step;
        from += kThreads;
    }
}

// partial [N, G, chunks · parts] pairs (mean, squared distances) of the tiles.
template <class T, int V>
__device__ __forceinline__ void statistics(const T* __restrict__ x, float2* __restrict__ partial, const Layout& l,
                                           Scratch<T, 1>& scratch, void* dynamic) {
    const Tile<V> tile(l);
    tile_statistics<T, V>(x, l, tile, static_cast<Raw<T, V>*>(dynamic) + threadIdx.x, scratch);
    for (int g = static_cast<int>(threadIdx.x); g < tile.group_count; g += kThreads) {
        const int64_t group = tile.sample * l.groups + tile.group0 + g;
        partial[(group * l.chunks + tile.chunk_index) * l.parts + tile.part] =
            make_float2(scratch.group[0][g], scratch.group[1][g]);
    }
}

// Merges the partial statistics of the tile's groups: mean to scratch.group[0], 1/√(σ² + ε) to group[1].
template <class T, int V>
__device__ __forceinline__ void merge(const float2* __restrict__ partial, const Layout& l, const Tile<V>& tile,
                                      float eps, Scratch<T, 1>& scratch) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const int pieces = l.chunks * l.parts;
    const int channels = l.group_channels();
    const float count = static_cast<float>(l.positions) * channels;
    auto elements = [&](int piece) {
        const int c = piece / l.parts, part = piece - c * l.parts;
        const int width = l.parts > 1 ? min(l.slice, channels - part * l.slice) : channels;
        return static_cast<float>(min(l.chunk, l.positions - c * l.chunk)) * width;
    };
    for (int g = static_cast<int>(threadIdx.x) >> 5; g < tile.group_count; g += kThreads / 32) {
        const float2* const from = partial + (tile.sample * l.groups + tile.group0 + g) * pieces;
        float sum = 0.0f;
        for (int i = lane; i < pieces; i += 32) sum = fmaf(from[i].x, elements(i), sum);
        const float mean = warp_sum(sum) / count;
        float squares = 0.0f;
        for (int i = lane; i < pieces; i += 32) {
            const float d = from[i].x - mean;
            squares += fmaf(d * d, elements(i), from[i].y);
        }
        squares = warp_sum(squares);
        if (lane == 0) {
            scratch.group[0][g] = mean;
            scratch.group[1][g] = 1.0f / sqrtf(squares / count + eps);
        }
    }
    __syncthreads();
}

template <class T, int V>
__device__ __forceinline__ void apply_tile(const T* __restrict__ x, const float2* __restrict__ partial,
                                           const float* __restrict__ gamma, const float* __restrict__ beta,
                                           T* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd,
                                           const Layout& l, float eps, bool silu, Scratch<T, 1>& scratch) {
    const Tile<V> tile(l);
    merge<T, V>(partial, l, tile, eps, scratch);
    if (tile.chunk_index == 0 && tile.part == 0) {
        for (int g = static_cast<int>(threadIdx.x); g < tile.group_count; g += kThreads) {
            const int64_t at = tile.sample * l.groups + tile.group0 + g;
            mean[at] = scratch.group[0][g];
            rstd[at] = scratch.group[1][g];
        }
    }
    if (!tile.active) return;
    float scale[V], shift[V];
    affine<T, V>(l, tile, scratch, gamma, beta, scale, shift);
    const int64_t first = tile.first(l), step = tile.step(l);
    const T* from = x + first;
    T* to = y + first;
#pragma unroll 2
    for (int r = tile.row; r < tile.positions; r += tile.rows) {
        apply<T, V>(to, load_raw<T, V>(from), scale, shift, silu);
        from += step;
        to += step;
    }
}

}  // namespace zoe::norm

// The last geometry value is dynamic shared memory besides the cached tile: none.
#define ZOE_GROUP_NORM_FORWARD(dtype, T)                                                                               \
    ZOE_GEOMETRY(group_norm_forward_##dtype, group_norm_forward, simt, "type=" #dtype, zoe::norm::kThreads,            \
                 zoe::norm::kMaxSlice, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kThreads, 2) group_norm_forward_##dtype(                   \
        const T* x, const float* gamma, const float* beta, T* y, float* mean, float* rstd, int positions,              \
        int channels, int groups, int slice, float eps, int silu, int wide) {                                          \
        __shared__ zoe::norm::Scratch<T, 1> scratch;                                                                   \
        extern __shared__ __align__(128) unsigned char dynamic[];                                                      \
        const zoe::norm::Layout layout{positions, channels, groups, slice, 1, positions, 1};                           \
        if (wide) {                                                                                                    \
            zoe::norm::forward<T, zoe::kPack<T>>(x, gamma, beta, y, mean, rstd, layout, eps, silu, scratch, dynamic);  \
        } else {                                                                                                       \
            zoe::norm::forward<T, 1>(x, gamma, beta, y, mean, rstd, layout, eps, silu, scratch, dynamic);              \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(group_norm_statistics_##dtype, group_norm_statistics, simt, "type=" #dtype, zoe::norm::kThreads,      \
                 zoe::norm::kMaxSlice, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kThreads, 2)                                               \
        group_norm_statistics_##dtype(const T* x, float2* partial, int positions, int channels, int groups, int slice, \
                                      int parts, int chunk, int chunks, int wide) {                                    \
        __shared__ zoe::norm::Scratch<T, 1> scratch;                                                                   \
        extern __shared__ __align__(128) unsigned char dynamic[];                                                      \
        const zoe::norm::Layout layout{positions, channels, groups, slice, parts, chunk, chunks};                      \
        if (wide) {                                                                                                    \
            zoe::norm::statistics<T, zoe::kPack<T>>(x, partial, layout, scratch, dynamic);                             \
        } else {                                                                                                       \
            zoe::norm::statistics<T, 1>(x, partial, layout, scratch, dynamic);                                         \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(group_norm_apply_##dtype, group_norm_apply, simt, "type=" #dtype, zoe::norm::kThreads,                \
                 zoe::norm::kMaxSlice, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kThreads, 2)                                               \
        group_norm_apply_##dtype(const T* x, const float2* partial, const float* gamma, const float* beta, T* y,       \
                                 float* mean, float* rstd, int positions, int channels, int groups, int slice,         \
                                 int parts, int chunk, int chunks, float eps, int silu, int wide) {                    \
        __shared__ zoe::norm::Scratch<T, 1> scratch;                                                                   \
        const zoe::norm::Layout layout{positions, channels, groups, slice, parts, chunk, chunks};                      \
        if (wide) {                                                                                                    \
            zoe::norm::apply_tile<T, zoe::kPack<T>>(x, partial, gamma, beta, y, mean, rstd, layout, eps, silu,         \
                                                    scratch);                                                          \
        } else {                                                                                                       \
            zoe::norm::apply_tile<T, 1>(x, partial, gamma, beta, y, mean, rstd, layout, eps, silu, scratch);           \
        }                                                                                                              \
    }

ZOE_GROUP_NORM_FORWARD(f32, float)
ZOE_GROUP_NORM_FORWARD(bf16, zoe::bf16)
