// Scaling and shifting the channels of each sample by vectors of its own: adaptive layer norm's modulation and gate.
//
//   affine_samples_*(x, residual, scale, shift, out, …, one)   out[s,p,c] = residual[s,p,c] + x[s,p,c]·(one + scale[s,c])
//                                                                           + shift[s,c]
//   sample_sums_*(dy, x, products, sums, …)                    products[s,c] = Σ_p dy[s,p,c]·x[s,p,c]
//                                                              sums[s,c] = Σ_p dy[s,p,c]
//
//   modulate   x·(1 + scale) + shift: one = 1;         dx the same of dy without shift; dscale, dshift the two sums
//   gate       residual + gate·x:     one = 0;         dx = gate·dy;                    dgate the products
//
// Layouts     x, dy, residual, out [S, P, C] without gaps, one type; scale, shift, products, sums of that type, rows of C
//             `stride` elements apart, so that they may be parts of one packed vector. residual, shift and sums may be null;
//             out may be x or residual.
// Mapping     affine: grid.x = samples · ceil(P·C / 4096), packs of 16 bytes where all is aligned, the channel carried
//             forward by addition. sums: grid.x = samples · ceil(C / columns); 16 lanes of a pack of channels by 16 of
//             places, whose sums are added in order.
// Traffic     affine 2 (3 with residual) elements a place and channel; sums 2 elements. Memory bound.
// Source      Peebles, Xie 2023 (arXiv:2212.09748), adaLN-Zero.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/elementwise.cuh"

namespace {

constexpr int kThreads = zoe::kElementThreads;
constexpr int kTile = zoe::kElementTile;
constexpr int kLanes = 16;

template <int V, class T>
__device__ __forceinline__ void affine(const T* x, const T* residual, const T* scale, const T* shift, T* out,
                                       int64_t begin, int64_t end, int channels, float one) {
    constexpr int kStep = kThreads * V;
    const uint32_t width = static_cast<uint32_t>(channels);
    uint32_t c = (static_cast<uint32_t>(begin % channels) + threadIdx.x * V) % width;
    const uint32_t advance = kStep % width;
#pragma unroll 2
    for (int64_t i = begin + static_cast<int>(threadIdx.x) * V; i < end; i += kStep) {
        float v[V];
        float g[V];
        float b[V] = {};
        zoe::load_values(x + i, v);
        zoe::load_values(scale + c, g);
        if (residual != nullptr) zoe::load_values(residual + i, b);
#pragma unroll
        for (int e = 0; e < V; ++e) v[e] = fmaf(v[e], one + g[e], b[e]);
        if (shift != nullptr) {
            zoe::load_values(shift + c, b);
#pragma unroll
            for (int e = 0; e < V; ++e) v[e] += b[e];
        }
        zoe::store_values(out + i, v);
        c += advance;
        if (c >= width) c -= width;
    }
}

template <class T>
__device__ __forceinline__ void affine_samples(const T* x, const T* residual, const T* scale, const T* shift, T* out,
                                               int samples, int64_t places, int channels, int64_t stride, float one) {
    constexpr int V = zoe::kPack<T>;
    const int tiles = static_cast<int>(gridDim.x) / samples;
    const int64_t size = places * channels;
    const int64_t sample = blockIdx.x / static_cast<unsigned>(tiles);
    const int64_t begin = static_cast<int64_t>(blockIdx.x - sample * tiles) * kTile;
    const int64_t end = begin + kTile < size ? begin + kTile : size;
    x += sample * size;
    out += sample * size;
    scale += sample * stride;
    if (residual != nullptr) residual += sample * size;
    if (shift != nullptr) shift += sample * stride;
    if (channels % V == 0 && zoe::aligned16(x, residual, scale, shift, out)) {
        affine<V>(x, residual, scale, shift, out, begin, end, channels, one);
    } else {
        affine<1>(x, residual, scale, shift, out, begin, end, channels, one);
    }
}

template <int V, class T>
__device__ __forceinline__ void sums_of(const T* dy, const T* x, T* products, T* sums, int64_t sample, int block,
                                        int64_t places, int channels, int64_t stride,
                                        float (&shared)[2][kLanes][kLanes * zoe::kPack<T>]) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes;
    const int row = static_cast<int>(threadIdx.x) / kLanes;
    const int c = (block * kLanes + lane) * V;
    float product[V] = {};
    float sum[V] = {};
    if (c < channels) {
        const int64_t base = sample * places * channels + c;
#pragma unroll 2
        for (int64_t p = row; p < places; p += kLanes) {
            float d[V];
            float v[V];
            zoe::load_values(dy + base + p * channels, d);
            zoe::load_values(x + base + p * channels, v);
#pragma unroll
            for (int e = 0; e < V; ++e) {
                product[e] = fmaf(d[e], v[e], product[e]);
                sum[e] += d[e];
            }
        }
    }
#pragma unroll
    for (int e = 0; e < V; ++e) {
        shared[0][row][lane * V + e] = product[e];
        shared[1][row][lane * V + e] = sum[e];
    }
    __syncthreads();
    // A thread a channel of the block's columns, or two of them.
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x); i < 2 * kLanes * V; i += kThreads) {
        const int which = i / (kLanes * V);
        const int column = i - which * (kLanes * V);
        const int channel = block * kLanes * V + column;
        T* to = which == 0 ? products : sums;
        if (channel >= channels || to == nullptr) continue;
        float total = 0.0f;
#pragma unroll
        for (int r = 0; r < kLanes; ++r) total += shared[which][r][column];
        zoe::store_float(to + sample * stride + channel, total);
    }
}

template <class T>
__device__ __forceinline__ void sample_sums(const T* dy, const T* x, T* products, T* sums, int samples, int64_t places,
                                            int channels, int64_t stride, int wide) {
    __shared__ float shared[2][kLanes][kLanes * zoe::kPack<T>];
    const int blocks = static_cast<int>(gridDim.x) / samples;
    const int64_t sample = blockIdx.x / static_cast<unsigned>(blocks);
    const int block = static_cast<int>(blockIdx.x - sample * blocks);
    if (wide) {
        sums_of<zoe::kPack<T>>(dy, x, products, sums, sample, block, places, channels, stride, shared);
    } else {
        sums_of<1>(dy, x, products, sums, sample, block, places, channels, stride, shared);
    }
}

}  // namespace

// sample_sums: tile_n channels a block with packs (wide), tile_k without.
#define ZOE_MODULATE(suffix, type)                                                                                     \
    ZOE_ELEMENT_GEOMETRY(affine_samples_##suffix, affine_samples, "type=" #suffix)                                     \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        affine_samples_##suffix(const type* x, const type* residual, const type* scale, const type* shift, type* out,  \
                                int samples, int64_t places, int channels, int64_t stride, float one) {                \
        affine_samples(x, residual, scale, shift, out, samples, places, channels, stride, one);                        \
    }                                                                                                                  \
    ZOE_GEOMETRY(sample_sums_##suffix, sample_sums, simt, "type=" #suffix, kThreads, 1, kLanes* zoe::kPack<type>,      \
                 kLanes, 0)                                                                                            \
    extern "C" __global__ void __launch_bounds__(kThreads) sample_sums_##suffix(                                       \
        const type* __restrict__ dy, const type* __restrict__ x, type* __restrict__ products, type* __restrict__ sums, \
        int samples, int64_t places, int channels, int64_t stride, int wide) {                                         \
        sample_sums(dy, x, products, sums, samples, places, channels, stride, wide);                                   \
    }

ZOE_MODULATE(f32, float)
ZOE_MODULATE(bf16, zoe::bf16)
