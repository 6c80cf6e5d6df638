// A bias times a number of each sample: an outer product, and its gradient with respect to the bias.
//
//   out[n,k] = scale[n] bias[k]
//   dbias[k] = sum_n scale[n] dy[n,k]   (+ dbias[k], when accumulating), n in order
//
// Layouts: out, dy [N,K] in the storage type; scale [N], bias and dbias [K] in f32.
// Mapping: scaled_bias_* 256 elements a block, one a thread; scaled_bias_backward_* one thread for each k, neighbouring
// threads neighbouring k, walking the samples: N is a batch.
// Bytes: N K sizeof(T); memory bound. Source: the definition.
// Measured: not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace {

constexpr int kThreads = 256, kColumns = 64;

template <class T>
__device__ __forceinline__ void scaled_bias(const float* scale, const float* bias, T* out, long long size,
                                            int channels) {
    const long long i = blockIdx.x * static_cast<long long>(kThreads) + threadIdx.x;
    if (i >= size) return;
    const long long n = i / channels;
    zoe::store_float(out + i, scale[n] * bias[i - n * channels]);
}

template <class T>
__device__ __forceinline__ void scaled_bias_backward(const float* scale, const T* dy, float* dbias, int samples,
                                                     int channels, int accumulate) {
    const int k = static_cast<int>(blockIdx.x) * kColumns + static_cast<int>(threadIdx.x);
    if (k >= channels) return;
    float sum = accumulate ? dbias[k] : 0.0f;
    for (int n = 0; n < samples; ++n)
        sum = fmaf(scale[n], zoe::load_float(dy + static_cast<long long>(n) * channels + k), sum);
    dbias[k] = sum;
}

}  // namespace

#define ENTRY(dtype, T)                                                                                                \
    ZOE_GEOMETRY(scaled_bias_##dtype, scaled_bias, simt, "type=" #dtype, kThreads, kThreads, 1, 1, 0)                  \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        scaled_bias_##dtype(const float* scale, const float* bias, T* out, long long size, int channels) {             \
        scaled_bias(scale, bias, out, size, channels);                                                                 \
    }                                                                                                                  \
    ZOE_GEOMETRY(scaled_bias_backward_##dtype, scaled_bias_backward, simt, "type=" #dtype, kColumns, kColumns, 1, 1,   \
                 0)                                                                                                    \
    extern "C" __global__ void __launch_bounds__(kColumns) scaled_bias_backward_##dtype(                               \
        const float* scale, const T* dy, float* dbias, int samples, int channels, int accumulate) {                    \
        scaled_bias_backward(scale, dy, dbias, samples, channels, accumulate);                                         \
    }

ENTRY(f32, float)
ENTRY(bf16, zoe::bf16)
