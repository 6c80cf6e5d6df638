// Softmax cross-entropy of class scores with label smoothing, its gradient, and the probabilities themselves.
//
//   p_ic = exp(z_ic) / Σ_k exp(z_ik),   q_ic = (1-ε)·[c = y_i] + ε/C
//   L_i  = -Σ_c q_ic·log p_ic = log Σ_c exp z_ic - (1-ε)·z_i,y - ε/C·Σ_c z_ic
//   loss = 1/N · Σ_i w_i·L_i
//   dz_ic = gradient_scale · w_i/N · (p_ic - q_ic)
//
//   softmax_cross_entropy_*(logits, labels, weight?, losses, hits, dlogits?, …)   losses[i] = L_i; hits[i] = 1 where the
//                                                         first largest score is the label's, else 0
//   softmax_cross_entropy_finish(losses, hits, weight?, loss, correct?, not_finite?, samples)   correct[0] += Σ hits
//   softmax_*(logits, probabilities, …)                   p, f32
//
// Arguments   logits, dlogits T[N][C], dlogits may be logits; labels I32[N] in 0 … C-1, another label gives a loss and
//             gradients of NaN; weight f32[N], null for ones; not_finite I32[1] becomes 1 when the loss is NaN or infinite.
// Mapping     a warp a sample, eight samples a block; the classes lane by lane, then warp butterflies. One block finishes,
//             in a fixed order.
// Traffic     N·C·sizeof(T): read three times (twice from cache), written once; about 12 operations and two exponentials
//             an element.
// Source      label smoothing: Szegedy et al. 2016 (arXiv:1512.00567).
// Measured    H200: bf16 [512, 10] in 4 us, finish 3 us.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/reduce.cuh"

namespace {

constexpr int kThreads = 256;
constexpr int kSamples = kThreads / 32;

// The largest of a row and where it is first; NaN counts as larger than all.
struct Largest {
    float value;
    int index;

    __device__ __forceinline__ void take(float v, int i) {
        const bool more = v > value || (v != v && value == value);
        const bool first = (v == value || (v != v && value != value)) && i < index;
        if (more || first) {
            value = v;
            index = i;
        }
    }
};

// log Σ exp z = top + log_sum, kept apart: scores may be so large that their sum with a logarithm would round it away.
struct Row {
    float top;
    float log_sum;
    float sum;  // Σ z
    int largest;
};

template <class T> __device__ __forceinline__ Row read_row(const T* z, int classes, int lane) {
    Largest top{__int_as_float(static_cast<int>(0xff800000u)), classes};
    float sum = 0.0f;
    for (int c = lane; c < classes; c += 32) {
        const float v = zoe::load_float(z + c);
        top.take(v, c);
        sum += v;
    }
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) {
        const float value = __shfl_xor_sync(zoe::kFullWarp, top.value, offset);
        const int index = __shfl_xor_sync(zoe::kFullWarp, top.index, offset);
        top.take(value, index);
    }
    float total = 0.0f;
    for (int c = lane; c < classes; c += 32) total += expf(zoe::load_float(z + c) - top.value);
    total = zoe::warp_sum(total);
    return {top.value, logf(total), zoe::warp_sum(sum), top.index};
}

template <class T>
__device__ __forceinline__ void cross_entropy(const T* logits, const int32_t* labels, const float* weight,
                                              float* losses, float* hits, T* dlogits, int samples, int classes,
                                              float smoothing, float gradient_scale) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const int sample = static_cast<int>(blockIdx.x) * kSamples + (static_cast<int>(threadIdx.x) >> 5);
    if (sample >= samples) return;
    const int64_t begin = static_cast<int64_t>(sample) * classes;
    const T* const z = logits + begin;
    const Row row = read_row(z, classes, lane);
    const int label = labels[sample];
    const bool known = label >= 0 && label < classes;
    const float nan = __int_as_float(0x7fffffff);
    const float share = smoothing / static_cast<float>(classes);
    const float chosen = known ? zoe::load_float(z + label) : nan;
    if (lane == 0) {
        // Without smoothing the other scores may be -∞.
        const float loss = (row.top - chosen) + row.log_sum;
        losses[sample] = smoothing > 0.0f ? fmaf(smoothing, chosen, loss) - share * row.sum : loss;
        hits[sample] = row.largest == label ? 1.0f : 0.0f;
    }
    if (dlogits == nullptr) return;
    __syncwarp();
    const float slope = gradient_scale * (weight != nullptr ? weight[sample] : 1.0f) / static_cast<float>(samples);
    T* const d = dlogits + begin;
    for (int c = lane; c < classes; c += 32) {
        const float p = expf((zoe::load_float(z + c) - row.top) - row.log_sum);
        const float q = share + (c == label ? 1.0f - smoothing : 0.0f);
        zoe::store_float(d + c, known ? slope * (p - q) : nan);
    }
}

template <class T>
__device__ __forceinline__ void softmax(const T* logits, float* probabilities, int samples, int classes) {
    const int lane = static_cast<int>(threadIdx.x) & 31;
    const int sample = static_cast<int>(blockIdx.x) * kSamples + (static_cast<int>(threadIdx.x) >> 5);
    if (sample >= samples) return;
    const int64_t begin = static_cast<int64_t>(sample) * classes;
    const Row row = read_row(logits + begin, classes, lane);
    for (int c = lane; c < classes; c += 32) {
        probabilities[begin + c] = expf((zoe::load_float(logits + begin + c) - row.top) - row.log_sum);
    }
}

}  // namespace

#define ZOE_CROSS_ENTROPY(suffix, type)                                                                                \
    ZOE_GEOMETRY(softmax_cross_entropy_##suffix, softmax_cross_entropy, simt, "type=" #suffix, kThreads, kSamples, 1,  \
                 1, 0)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(kThreads) softmax_cross_entropy_##suffix(                             \
        const type* logits, const int32_t* labels, const float* weight, float* losses, float* hits, type* dlogits,     \
        int samples, int classes, float smoothing, float gradient_scale) {                                             \
        cross_entropy(logits, labels, weight, losses, hits, dlogits, samples, classes, smoothing, gradient_scale);     \
    }                                                                                                                  \
    ZOE_GEOMETRY(softmax_##suffix, softmax, simt, "type=" #suffix, kThreads, kSamples, 1, 1, 0)                        \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        softmax_##suffix(const type* logits, float* probabilities, int samples, int classes) {                         \
        softmax(logits, probabilities, samples, classes);                                                              \
    }

ZOE_CROSS_ENTROPY(f32, float)
ZOE_CROSS_ENTROPY(bf16, zoe::bf16)

ZOE_GEOMETRY(softmax_cross_entropy_finish, softmax_cross_entropy_finish, simt, "", kThreads, 1, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    softmax_cross_entropy_finish(const float* __restrict__ losses, const float* __restrict__ hits,
                                 const float* __restrict__ weight, float* __restrict__ loss,
                                 int32_t* __restrict__ correct, int32_t* __restrict__ not_finite, int samples) {
    __shared__ float shared[2 * kThreads / 32];
    float totals[2] = {0.0f, 0.0f};  // hits of at most 2^24 samples a thread add up exactly
    for (int i = static_cast<int>(threadIdx.x); i < samples; i += kThreads) {
        totals[0] += weight != nullptr ? weight[i] * losses[i] : losses[i];
        totals[1] += hits[i];
    }
    zoe::block_sums<kThreads, 2>(totals, shared);
    if (threadIdx.x != 0) return;
    const float mean = totals[0] / static_cast<float>(samples);
    loss[0] = mean;
    if (correct != nullptr) correct[0] += static_cast<int32_t>(totals[1]);
    if (not_finite != nullptr && !isfinite(mean)) not_finite[0] = 1;
}
