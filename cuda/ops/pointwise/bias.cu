// Adding a vector of channels to every place of an NHWC tensor.
//
//   add_bias(x, bias, out, places, channels)                   out[p,c] = x[p,c] + bias[c], bias f32
//   add_samples(x, v, out, samples, places, channels, alpha)   out[s,p,c] = x[s,p,c] + alpha·v[s,c]; v as x; x may be null:
//                                                              then out = alpha·v broadcast over the places
//
// Their gradients by bias and v are the sums of cuda/src/reduce/sum_rows.cu.
// Arguments   places·channels elements a sample; out may be x.
// Mapping     grid.x = samples · ceil(places·channels / 4096); sixteen elements a thread in packs where the channel count
//             is a multiple of the pack and addresses of 16 bytes. The channel is found by one division a thread and
//             carried forward by addition.
// Traffic     2·n·sizeof(T) bytes and the vectors; one operation an element.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/elementwise.cuh"

namespace {

constexpr int kThreads = zoe::kElementThreads;
constexpr int kTile = zoe::kElementTile;

// One tile of one sample: V elements a step, channel of the first known by division once.
template <int V, class T, class B>
__device__ __forceinline__ void add_channels(const T* x, const B* vector, T* out, int64_t begin, int64_t end,
                                             int channels, float alpha) {
    constexpr int kStep = kThreads * V;
    const uint32_t width = static_cast<uint32_t>(channels);
    const uint32_t offset = static_cast<uint32_t>(begin % channels);
    uint32_t c = (offset + threadIdx.x * V) % width;
    const uint32_t advance = kStep % width;
    const int count = static_cast<int>(end - begin);
    if (x != nullptr) x += begin;
    out += begin;
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x) * V; i < count; i += kStep) {
        if constexpr (V == 1) {
            const float base = x != nullptr ? zoe::load_float(x + i) : 0.0f;
            zoe::store_float(out + i, fmaf(alpha, zoe::load_float(vector + c), base));
        } else {
            float v[V] = {};
            float b[V];
            if (x != nullptr) zoe::load_floats(x + i, v);
            zoe::load_floats(vector + c, b);
#pragma unroll
            for (int k = 0; k < V; ++k) v[k] = fmaf(alpha, b[k], v[k]);
            zoe::store_floats(out + i, v);
        }
        c += advance;
        if (c >= width) c -= width;
    }
}

template <class T, class B>
__device__ __forceinline__ void add_vector(const T* x, const B* vector, T* out, int64_t size, int tiles, int channels,
                                           float alpha) {
    const int64_t sample = blockIdx.x / static_cast<unsigned>(tiles);
    const int64_t begin = static_cast<int64_t>(blockIdx.x - sample * tiles) * kTile;
    const int64_t end = begin + kTile < size ? begin + kTile : size;
    if (x != nullptr) x += sample * size;
    out += sample * size;
    vector += sample * channels;
    constexpr int V = zoe::kCommonPack<T, B>;
    if (channels % V == 0 && zoe::aligned16(x, vector, out)) {
        add_channels<V>(x, vector, out, begin, end, channels, alpha);
    } else {
        add_channels<1>(x, vector, out, begin, end, channels, alpha);
    }
}

}  // namespace

#define ZOE_BIAS(suffix, type)                                                                                         \
    ZOE_ELEMENT_GEOMETRY(add_bias_##suffix, add_bias, "type=" #suffix)                                                 \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        add_bias_##suffix(const type* x, const float* bias, type* out, int64_t places, int channels) {                 \
        add_vector(x, bias, out, places* channels, static_cast<int>(gridDim.x), channels, 1.0f);                       \
    }                                                                                                                  \
    ZOE_ELEMENT_GEOMETRY(add_samples_##suffix, add_samples, "type=" #suffix)                                           \
    extern "C" __global__ void __launch_bounds__(kThreads) add_samples_##suffix(                                       \
        const type* x, const type* v, type* out, int samples, int64_t places, int channels, float alpha) {             \
        add_vector(x, v, out, places* channels, static_cast<int>(gridDim.x) / samples, channels, alpha);               \
    }

ZOE_BIAS(f32, float)
ZOE_BIAS(bf16, zoe::bf16)
