// The gradient penalty of adversarial training (R1 on real pictures, R2 on made ones) for networks that are piecewise
// linear in the picture, without differentiating twice.
//
//   penalty   P = (gamma/2) (1/N) sum_i |v_i|^2,   v_i = the gradient of sample i's score with respect to the picture x_i
//   squares_i = |v_i|^2
//   input_i   = scale_i x_i + (gamma/N) v_i
//
// At a picture where the network is linear, its score is J x + (what its biases give), and with the tangent v held fixed
// the gradient of P with respect to a weight is that of (gamma/N) sum_i J_i v_i. A loss whose derivative by score i is
// scale_i has the gradient of sum_i scale_i score_i. Both sums are outputs of one linear pass, through the same
// convolutions and the same branches of the activations, of the input above and of biases times scale_i: its ordinary
// backward pass gives the gradient of loss and penalty together.
//
//   gradient_penalty_*(x, v, scale, input, squares, size, share, gamma, gamma_last, gamma_steps, state?)
//
// With `state`, {seed, step} in device memory, gamma falls as a cosine from its first value to gamma_last at step
// gamma_steps; without, it stays.
// Arguments   x, v and input T[N][size], input may be x or v; scale, squares f32[N]; share = 1/N.
// Mapping     a block of 256 threads a sample, in packs of 16 bytes where size and addresses allow; sums in a fixed order.
// Traffic     3 N size sizeof(T) bytes; four operations an element.
// Source      Mescheder, Geiger, Nowozin, Which training methods for GANs do actually converge? (ICML 2018) for R1 and R2;
//             the tangent form is derived above.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/reduce.cuh"

namespace {

constexpr int kThreads = 256;

// The weight at the step that the state counts.
__device__ __forceinline__ float scheduled(float first, float last, long long steps, const long long* state) {
    if (state == nullptr || steps <= 0) return first;
    const float done = fminf(static_cast<float>(state[1]) / static_cast<float>(steps), 1.0f);
    return last + (first - last) * 0.5f * (1.0f + cospif(done));
}

template <class T, int V>
__device__ __forceinline__ float mix(const T* x, const T* v, T* input, long long size, float scale, float weight) {
    float square = 0.0f;
    for (long long i = static_cast<long long>(threadIdx.x) * V; i < size; i += kThreads * V) {
        float a[V], b[V];
        zoe::load_values(x + i, a);
        zoe::load_values(v + i, b);
#pragma unroll
        for (int e = 0; e < V; ++e) {
            square = fmaf(b[e], b[e], square);
            a[e] = fmaf(scale, a[e], weight * b[e]);
        }
        zoe::store_values(input + i, a);
    }
    return square;
}

template <class T>
__device__ __forceinline__ void gradient_penalty(const T* x, const T* v, const float* scale, T* input, float* squares,
                                                 long long size, float share, float gamma, float gamma_last,
                                                 long long gamma_steps, const long long* state) {
    __shared__ float shared[kThreads / 32];
    const long long begin = blockIdx.x * size;
    const float weight = share * scheduled(gamma, gamma_last, gamma_steps, state);
    x += begin, v += begin, input += begin;
    const bool wide = size % zoe::kPack<T> == 0 && zoe::aligned16(x, v, input);
    const float part = wide ? mix<T, zoe::kPack<T>>(x, v, input, size, scale[blockIdx.x], weight)
                            : mix<T, 1>(x, v, input, size, scale[blockIdx.x], weight);
    const float square = zoe::block_sum<kThreads>(part, shared);
    if (threadIdx.x == 0) squares[blockIdx.x] = square;
}

}  // namespace

#define ENTRY(dtype, T)                                                                                                \
    ZOE_GEOMETRY(gradient_penalty_##dtype, gradient_penalty, simt, "type=" #dtype, kThreads, 1, 1, 1, 0)               \
    extern "C" __global__ void __launch_bounds__(kThreads) gradient_penalty_##dtype(                                   \
        const T* x, const T* v, const float* scale, T* input, float* squares, long long size, float share,             \
        float gamma, float gamma_last, long long gamma_steps, const long long* state) {                                \
        gradient_penalty(x, v, scale, input, squares, size, share, gamma, gamma_last, gamma_steps, state);             \
    }

ENTRY(f32, float)
ENTRY(bf16, zoe::bf16)
