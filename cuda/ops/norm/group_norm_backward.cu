// Group normalisation, optionally followed by SiLU, backward. With x̂ = (x − μ_g) r_g, z = x̂ γ + β and M = S·C/G:
//
//   dz = dy · act'(z),   act'(z) = 1 or σ(z) (1 + z (1 − σ(z)))
//   dβ_c = Σ dz,   dγ_c = Σ dz x̂                     (over samples and positions)
//   dx = r_g (dz γ_c − (1/M) Σ_g dz γ − x̂ (1/M) Σ_g dz γ x̂)
//
// Layouts: dy, x, dx [N, S, C]; gamma, beta [C], mean, rstd [N, G] f32 from the forward. Both group sums follow from
// the sums of one sample's channels, A_nc = Σ_s dz and B_nc = Σ_s dz x̂, which also give dβ and dγ; they are written to
// partial [N, chunks, 2, C] f32 (A, then B) and summed over samples by norm_parameter_gradient.
//
//   group_norm_backward         one block has whole groups of one sample; x and dy wait in shared memory for the sums:
//                               reads each once, writes dx once.
//   group_norm_backward_sums,   the data of a group exceed shared memory: the first writes partial, the second sums it
//   group_norm_backward_apply   for its groups and reads x and dy once more.
// Mapping: slices.cuh. Dynamic shared memory (first kernel): two packs for each thread and row of threads.
// Bytes: N·S·C·(2 or 4 read + 1 written) elements. Memory bound; with SiLU two exponentials an element.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: the sums of a group in one place. Not run on a GPU again yet.
#include "slices.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::norm {

// What turns x and dy into dz, for the thread's channels.
template <int V> struct Affine {
    float mean[V], scale[V], beta[V];  // z = (x − mean) · scale + beta, scale = r γ

    __device__ __forceinline__ void load(const Layout& l, const Tile<V>& tile, const float* gamma, const float* betas,
                                         const float* means, const float* rstds) {
        gather(scale, gamma + tile.channel0 + tile.column);
        gather(beta, betas + tile.channel0 + tile.column);
#pragma unroll
        for (int e = 0; e < V; ++e) {
            const int64_t g = tile.sample * l.groups + tile.group0 + tile.group_of(l, e);
            mean[e] = means[g];
            scale[e] *= rstds[g];
        }
    }

    // v: x in, x − mean out. g: dy in, dz out.
    __device__ __forceinline__ void activate(float (&v)[V], float (&g)[V], bool silu) const {
#pragma unroll
        for (int e = 0; e < V; ++e) v[e] -= mean[e];
        if (silu) {
#pragma unroll
            for (int e = 0; e < V; ++e) {
                const float z = fmaf(v[e], scale[e], beta[e]);
                const float s = sigmoid(z);
                g[e] *= fmaf(z * s, 1.0f - s, s);
            }
        }
    }
};

// Adds the thread's dz and dz (x − mean); keeps x and dy in `cache` (x, then dy, kThreads packs apart) where CACHED.
template <class T, int V, bool CACHED>
__device__ __forceinline__ void read_and_sum(const T* __restrict__ grad_y, const T* __restrict__ x, const Layout& l,
                                             const Tile<V>& tile, const Affine<V>& affine, bool silu, Raw<T, V>* cache,
                                             float (&sums)[2][V]) {
    const int64_t first = tile.first(l), step = tile.step(l);
    const T* from_x = x + first;
    const T* from_g = grad_y + first;
#pragma unroll 2
    for (int r = tile.row; r < tile.positions; r += tile.rows) {
        const Raw<T, V> raw_x = load_raw<T, V>(from_x), raw_g = load_raw<T, V>(from_g);
        from_x += step;
        from_g += step;
        if constexpr (CACHED) {
            cache[0] = raw_x;
            cache[kThreads] = raw_g;
            cache += 2 * kThreads;
        }
        float v[V], g[V];
        unpack(raw_x, v);
        unpack(raw_g, g);
        affine.activate(v, g, silu);
#pragma unroll
        for (int e = 0; e < V; ++e) {
            sums[0][e] += g[e];
            sums[1][e] = fmaf(g[e], v[e], sums[1][e]);
        }
    }
}

// The two sums of group g, of which every lane of a warp has a part.
template <class T>
__device__ __forceinline__ void store_group(Scratch<T, 2>& scratch, int g, int lane, float a, float b) {
    a = warp_sum(a);
    b = warp_sum(b);
    if (lane == 0) {
        scratch.group[0][g] = a;
        scratch.group[1][g] = b;
    }
}

// The thread's channels: dx = dz · scale + (x − mean) · slope + shift, from Σ_g dz γ in scratch.group[0] and Σ_g dz γ
// x̂ in scratch.group[1].
template <class T, int V>
__device__ __forceinline__ void gradient_terms(const Layout& l, const Tile<V>& tile, const float* __restrict__ rstds,
                                               const Scratch<T, 2>& scratch, float (&slope)[V], float (&shift)[V]) {
    const float inverse = 1.0f / (static_cast<float>(l.positions) * l.group_channels());
#pragma unroll
    for (int e = 0; e < V; ++e) {
        const int g = tile.group_of(l, e);
        const float r = rstds[tile.sample * l.groups + tile.group0 + g];
        slope[e] = -r * r * inverse * scratch.group[1][g];
        shift[e] = -r * inverse * scratch.group[0][g];
    }
}

template <class T, int V>
__device__ __forceinline__ void store_gradient(T* to, const Raw<T, V>& raw_x, const Raw<T, V>& raw_g,
                                               const Affine<V>& affine, const float (&slope)[V],
                                               const float (&shift)[V], bool silu) {
    float v[V], g[V];
    unpack(raw_x, v);
    unpack(raw_g, g);
    affine.activate(v, g, silu);
#pragma unroll
    for (int e = 0; e < V; ++e) v[e] = fmaf(g[e], affine.scale[e], fmaf(v[e], slope[e], shift[e]));
    store_values<T, V>(to, v);
}

// Sums the tile over its positions: channel[0] = Σ dz, channel[1] = Σ dz x̂, also written to partial.
template <class T, int V, bool CACHED>
__device__ __forceinline__ void tile_sums(const T* __restrict__ grad_y, const T* __restrict__ x,
                                          const float* __restrict__ rstd, float* __restrict__ partial, const Layout& l,
                                          const Tile<V>& tile, const Affine<V>& affine, bool silu, Raw<T, V>* cache,
                                          Scratch<T, 2>& scratch) {
    float sums[2][V] = {};
    if (tile.active) read_and_sum<T, V, CACHED>(grad_y, x, l, tile, affine, silu, cache, sums);
    channel_sums<T, V, 2>(sums, tile, scratch);
    float* const to = partial + (tile.sample * l.chunks + tile.chunk_index) * 2 * l.channels + tile.channel0;
    for (int c = static_cast<int>(threadIdx.x); c < tile.width; c += kThreads) {
        const int g = l.parts > 1 ? 0 : c / l.group_channels();
        const float b = scratch.channel[1][c] * rstd[tile.sample * l.groups + tile.group0 + g];
        scratch.channel[1][c] = b;
        to[c] = scratch.channel[0][c];
        to[l.channels + c] = b;
    }
    __syncthreads();
}

template <class T, int V>
__device__ __forceinline__ void backward(const T* __restrict__ grad_y, const T* __restrict__ x,
                                         const float* __restrict__ gamma, const float* __restrict__ beta,
                                         const float* __restrict__ mean, const float* __restrict__ rstd,
                                         T* __restrict__ grad_x, float* __restrict__ partial, const Layout& l,
                                         bool silu, Scratch<T, 2>& scratch, void* dynamic) {
    const Tile<V> tile(l);
    Raw<T, V>* const cache = static_cast<Raw<T, V>*>(dynamic) + threadIdx.x;
    Affine<V> affine;
    affine.load(l, tile, gamma, beta, mean, rstd);
    tile_sums<T, V, true>(grad_y, x, rstd, partial, l, tile, affine, silu, cache, scratch);
    const int channels = l.group_channels();
    const int lane = static_cast<int>(threadIdx.x) & 31;
    for (int g = static_cast<int>(threadIdx.x) >> 5; g < tile.group_count; g += kThreads / 32) {
        float a = 0.0f, b = 0.0f;
        for (int c = lane; c < channels; c += 32) {
            const float weight = gamma[tile.channel0 + g * channels + c];
            a = fmaf(weight, scratch.channel[0][g * channels + c], a);
            b = fmaf(weight, scratch.channel[1][g * channels + c], b);
        }
        store_group(scratch, g, lane, a, b);
    }
    __syncthreads();
    if (!tile.active) return;
    float slope[V], shift[V];
    gradient_terms<T, V>(l, tile, rstd, scratch, slope, shift);
    T* to = grad_x + tile.first(l);
    const int64_t step = tile.step(l);
    const Raw<T, V>* from = cache;
#pragma unroll 2
    for (int r = tile.row; r < tile.positions; r += tile.rows) {
        store_gradient<T, V>(to, from[0], from[kThreads], affine, slope, shift, silu);
        to += step;
        from += 2 * kThreads;
    }
}

template <class T, int V>
__device__ __forceinline__ void sums(const T* __restrict__ grad_y, const T* __restrict__ x,
                                     const float* __restrict__ gamma, const float* __restrict__ beta,
                                     const float* __restrict__ mean, const float* __restrict__ rstd,
                                     float* __restrict__ partial, const Layout& l, bool silu, Scratch<T, 2>& scratch) {
    const Tile<V> tile(l);
    Affine<V> affine;
    affine.load(l, tile, gamma, beta, mean, rstd);
    tile_sums<T, V, false>(grad_y, x, rstd, partial, l, tile, affine, silu, nullptr, scratch);
}

template <class T, int V>
__device__ __forceinline__ void apply_tile(const T* __restrict__ grad_y, const T* __restrict__ x,
                                           const float* __restrict__ gamma, const float* __restrict__ beta,
                                           const float* __restrict__ mean, const float* __restrict__ rstd,
                                           const float* __restrict__ partial, T* __restrict__ grad_x, const Layout& l,
                                           bool silu, Scratch<T, 2>& scratch) {
    const Tile<V> tile(l);
    Affine<V> affine;
    affine.load(l, tile, gamma, beta, mean, rstd);
    const int channels = l.group_channels();
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const float* const from = partial + tile.sample * l.chunks * 2 * l.channels;
    for (int g = static_cast<int>(threadIdx.x) >> 5; g < tile.group_count; g += kThreads / 32) {
        const int channel0 = (tile.group0 + g) * channels;
        float a = 0.0f, b = 0.0f;
        for (int64_t i = lane; i < static_cast<int64_t>(l.chunks) * channels; i += 32) {
            const int64_t chunk = i / channels;
            const int c = channel0 + static_cast<int>(i - chunk * channels);
            const float* const p = from + chunk * 2 * l.channels + c;
            a = fmaf(gamma[c], p[0], a);
            b = fmaf(gamma[c], p[l.channels], b);
        }
        store_group(scratch, g, lane, a, b);
    }
    __syncthreads();
    if (!tile.active) return;
    float slope[V], shift[V];
    gradient_terms<T, V>(l, tile, rstd, scratch, slope, shift);
    const int64_t first = tile.first(l), step = tile.step(l);
    const T* from_x = x + first;
    const T* from_g = grad_y + first;
    T* to = grad_x + first;
#pragma unroll 2
    for (int r = tile.row; r < tile.positions; r += tile.rows) {
        store_gradient<T, V>(to, load_raw<T, V>(from_x), load_raw<T, V>(from_g), affine, slope, shift, silu);
        from_x += step;
        from_g += step;
        to += step;
    }
}

}  // namespace zoe::norm

#define ZOE_GROUP_NORM_BACKWARD(dtype, T)                                                                              \
    ZOE_GEOMETRY(group_norm_backward_##dtype, group_norm_backward, simt, "type=" #dtype, zoe::norm::kThreads,          \
                 zoe::norm::kMaxSlice, 1, 1, 0)                                                                        \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kThreads, 2) group_norm_backward_##dtype(                  \
        const T* grad_y, const T* x, const float* gamma, const float* beta, const float* mean, const float* rstd,      \
        T* grad_x, float* partial, int positions, int channels, int groups, int slice, int silu, int wide) {           \
        __shared__ zoe::norm::Scratch<T, 2> scratch;                                                                   \
        extern __shared__ __align__(128) unsigned char dynamic[];                                                      \
        const zoe::norm::Layout layout{positions, channels, groups, slice, 1, positions, 1};                           \
        if (wide) {                                                                                                    \
            zoe::norm::backward<T, zoe::kPack<T>>(grad_y, x, gamma, beta, mean, rstd, grad_x, partial, layout, silu,   \
                                                  scratch, dynamic);                                                   \
        } else {                                                                                                       \
            zoe::norm::backward<T, 1>(grad_y, x, gamma, beta, mean, rstd, grad_x, partial, layout, silu, scratch,      \
                                      dynamic);                                                                        \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(group_norm_backward_sums_##dtype, group_norm_backward_sums, simt, "type=" #dtype,                     \
                 zoe::norm::kThreads, zoe::norm::kMaxSlice, 1, 1, 0)                                                   \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kThreads, 2) group_norm_backward_sums_##dtype(             \
        const T* grad_y, const T* x, const float* gamma, const float* beta, const float* mean, const float* rstd,      \
        float* partial, int positions, int channels, int groups, int slice, int parts, int chunk, int chunks,          \
        int silu, int wide) {                                                                                          \
        __shared__ zoe::norm::Scratch<T, 2> scratch;                                                                   \
        const zoe::norm::Layout layout{positions, channels, groups, slice, parts, chunk, chunks};                      \
        if (wide) {                                                                                                    \
            zoe::norm::sums<T, zoe::kPack<T>>(grad_y, x, gamma, beta, mean, rstd, partial, layout, silu, scratch);     \
        } else {                                                                                                       \
            zoe::norm::sums<T, 1>(grad_y, x, gamma, beta, mean, rstd, partial, layout, silu, scratch);                 \
        }                                                                                                              \
    }                                                                                                                  \
    ZOE_GEOMETRY(group_norm_backward_apply_##dtype, group_norm_backward_apply, simt, "type=" #dtype,                   \
                 zoe::norm::kThreads, zoe::norm::kMaxSlice, 1, 1, 0)                                                   \
    extern "C" __global__ void __launch_bounds__(zoe::norm::kThreads, 2) group_norm_backward_apply_##dtype(            \
        const T* grad_y, const T* x, const float* gamma, const float* beta, const float* mean, const float* rstd,      \
        const float* partial, T* grad_x, int positions, int channels, int groups, int slice, int parts, int chunk,     \
        int chunks, int silu, int wide) {                                                                              \
        __shared__ zoe::norm::Scratch<T, 2> scratch;                                                                   \
        const zoe::norm::Layout layout{positions, channels, groups, slice, parts, chunk, chunks};                      \
        if (wide) {                                                                                                    \
            zoe::norm::apply_tile<T, zoe::kPack<T>>(grad_y, x, gamma, beta, mean, rstd, partial, grad_x, layout, silu, \
                                                    scratch);                                                          \
        } else {                                                                                                       \
            zoe::norm::apply_tile<T, 1>(grad_y, x, gamma, beta, mean, rstd, partial, grad_x, layout, silu, scratch);   \
        }                                                                                                              \
    }

ZOE_GROUP_NORM_BACKWARD(f32, float)
ZOE_GROUP_NORM_BACKWARD(bf16, zoe::bf16)
