// The parts of a covariance matrix beside the products of the centred rows, which are matrix products.
//
//   covariance_centre_*   out[r,c] = x[r,c] − mean[c]
//   covariance_add        high + low += Σ_p partial[p], element by element and in order, by two-sums: the pair holds
//                         the sum as if it had been made with 48 bits
//   covariance_finish     out[i,j] = scale · (high + low)[min(i,j), max(i,j)]: symmetric to the last bit
//
// x [rows, d] f32 or bf16, mean f32 [d], out of centre f32 [rows, d]; partial f32 [parts, d, d], high, low, out f32 [d, d].
// Mapping: a thread an element. Bytes: each array once. Memory bound.
// Source: Knuth, The art of computer programming 2, 4.2.2 (two-sum).
// Measured: not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace {

constexpr int kThreads = 256;

__device__ __forceinline__ int64_t element() { return static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; }

template <class T> __device__ __forceinline__ void centre(const T* x, const float* mean, float* out, int64_t n, int d) {
    const int64_t i = element();
    if (i < n) out[i] = zoe::load_float(x + i) - mean[i % d];
}

}  // namespace

#define ZOE_CENTRE(suffix, type)                                                                                       \
    ZOE_GEOMETRY(covariance_centre_##suffix, covariance_centre, simt, "type=" #suffix, kThreads, kThreads, 1, 1, 0)    \
    extern "C" __global__ void __launch_bounds__(kThreads) covariance_centre_##suffix(                                 \
        const type* __restrict__ x, const float* __restrict__ mean, float* __restrict__ out, int64_t n, int d) {       \
        centre(x, mean, out, n, d);                                                                                    \
    }

ZOE_CENTRE(f32, float)
ZOE_CENTRE(bf16, zoe::bf16)

ZOE_GEOMETRY(covariance_add, covariance_add, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    covariance_add(const float* __restrict__ partial, float* __restrict__ high, float* __restrict__ low, int64_t n,
                   int parts, int first) {
    const int64_t i = element();
    if (i >= n) return;
    float sum = 0.0f;
    float error = 0.0f;
    if (first == 0) {
        sum = high[i];
        error = low[i];
    }
    for (int p = 0; p < parts; ++p) {
        // The .rn forms keep the compiler from rearranging what only exact order makes right.
        const float next = partial[p * n + i];
        const float total = __fadd_rn(sum, next);
        const float taken = __fsub_rn(total, sum);
        error = __fadd_rn(error, __fadd_rn(__fsub_rn(sum, __fsub_rn(total, taken)), __fsub_rn(next, taken)));
        sum = total;
    }
    high[i] = sum;
    low[i] = error;
}

ZOE_GEOMETRY(covariance_finish, covariance_finish, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    covariance_finish(const float* __restrict__ high, const float* __restrict__ low, float* __restrict__ out, int d,
                      float scale) {
    const int64_t i = element();
    if (i >= static_cast<int64_t>(d) * d) return;
    const int64_t row = i / d;
    const int64_t column = i - row * d;
    const int64_t from = row <= column ? i : column * d + row;
    out[i] = (high[from] + low[from]) * scale;
}
