// The relativistic pairing loss of adversarial training, with its gradients: how far the scores of the pictures that
// should win are above those of the others, pair by pair.
//
//   loss = (1/N) sum_i softplus(loser_i - winner_i),   softplus(u) = ln(1 + e^u)
//   d loss / d winner_i = -sigma(loser_i - winner_i) / N,   d loss / d loser_i = +sigma(loser_i - winner_i) / N
//
// The discriminator's winners are the real pictures, the generator's its own. Both gradients of a pair are equal and
// opposite: only differences of scores have a meaning.
//
//   relativistic_*(winner, loser, loss, per_pair?, dwinner?, dloser?, mean_winner?, mean_loser?, not_finite?, n)
//
// Arguments   scores T[n]; everything else f32: loss, mean_winner and mean_loser [1], the others [n]; not_finite I32[1] is
//             set to 1 when the loss is NaN or infinite. Where there is a ?, null is allowed.
// Mapping     one block; thread t takes the pairs t, t + 256 ... in order, then the block's sums are made in a fixed order
//             (reduce.cuh): batches are small, and one launch is what costs.
// Traffic     2 n scores, 12 n bytes at most; about 20 operations and two exponentials a pair.
// Source      Jolicoeur-Martineau, The relativistic discriminator (ICLR 2019); Huang et al., The GAN is dead; long live the
//             GAN! (NeurIPS 2024), equation 2.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/reduce.cuh"

namespace {

constexpr int kThreads = 256;

template <class T>
__device__ __forceinline__ void relativistic(const T* winner, const T* loser, float* loss, float* per_pair,
                                             float* dwinner, float* dloser, float* mean_winner, float* mean_loser,
                                             int* not_finite, int n) {
    __shared__ float shared[3 * kThreads / 32];
    const float share = 1.0f / static_cast<float>(n);
    float sums[3] = {0.0f, 0.0f, 0.0f};
    for (int i = static_cast<int>(threadIdx.x); i < n; i += kThreads) {
        const float w = zoe::load_float(winner + i), l = zoe::load_float(loser + i), u = l - w;
        // In e^-|u| neither overflows, and no digits are lost where a pair is clearly won.
        const float e = expf(-fabsf(u));
        const float value = fmaxf(u, 0.0f) + log1pf(e);
        const float slope = (u > 0.0f ? 1.0f : e) / (1.0f + e) * share;
        // fmaxf drops a NaN; a difference keeps it.
        const float kept = u == u ? value : u;
        sums[0] += kept, sums[1] += w, sums[2] += l;
        if (per_pair) per_pair[i] = kept;
        if (dwinner) dwinner[i] = -slope;
        if (dloser) dloser[i] = slope;
    }
    zoe::block_sums<kThreads, 3>(sums, shared);
    if (threadIdx.x != 0) return;
    const float mean = sums[0] * share;
    loss[0] = mean;
    if (mean_winner) mean_winner[0] = sums[1] * share;
    if (mean_loser) mean_loser[0] = sums[2] * share;
    if (not_finite && !isfinite(mean)) not_finite[0] = 1;
}

}  // namespace

#define ENTRY(dtype, T)                                                                                                \
    ZOE_GEOMETRY(relativistic_##dtype, relativistic, simt, "type=" #dtype, kThreads, 1, 1, 1, 0)                       \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        relativistic_##dtype(const T* winner, const T* loser, float* loss, float* per_pair, float* dwinner,            \
                             float* dloser, float* mean_winner, float* mean_loser, int* not_finite, int n) {           \
        relativistic(winner, loser, loss, per_pair, dwinner, dloser, mean_winner, mean_loser, not_finite, n);          \
    }

ENTRY(f32, float)
ENTRY(bf16, zoe::bf16)
