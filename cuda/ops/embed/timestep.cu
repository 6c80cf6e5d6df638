// Sinusoidal embedding of timesteps, sines first.
//
//   out[n, i]       = sin(t_n·f_i)
//   out[n, D/2 + i] = cos(t_n·f_i)        f_i = exp(-ln(max_period)·i/(D/2)),  0 ≤ i < D/2
//
// and for odd D a last column of zeros. (diffusers: flip_sin_to_cos = false, downscale_freq_shift = 0.)
//
//   timestep_embedding_*(t, out, samples, width, log2_period)       t f32;  log2_period = log2(max_period), f64
//   timestep_embedding_i32_*(…)                                     t I32
//
// Mapping     one thread a frequency. The angle is taken in double precision and reduced to a turn before the sine, so that
//             t = 1000 loses nothing; the sine and cosine are single precision.
// Traffic     n·width·sizeof(T) bytes written; about 60 operations a pair.
// Source      Vaswani et al. 2017 (arXiv:1706.03762) §3.5; Ho, Jain, Abbeel 2020 (arXiv:2006.11239) appendix B.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/sines.cuh"

namespace {

constexpr int kThreads = 128;

template <class In, class T>
__device__ __forceinline__ void embed(const In* t, T* out, int samples, int width, double log2_period) {
    const int half = width >> 1;
    const int columns = half + (width & 1);
    const int64_t index = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t n = index / columns;
    const int i = static_cast<int>(index - n * columns);
    if (n >= samples) return;
    T* row = out + n * width;
    if (i == half) {
        zoe::store_float(row + width - 1, 0.0f);
        return;
    }
    float sine;
    float cosine;
    zoe::sine_cosine(static_cast<double>(t[n]), i, half, log2_period, sine, cosine);
    zoe::store_float(row + i, sine);
    zoe::store_float(row + half + i, cosine);
}

}  // namespace

#define ZOE_TIMESTEP(entry, IN, in, TYPE, type)                                                                        \
    ZOE_GEOMETRY(entry, timestep_embedding, simt, "in=" #IN " type=" #TYPE, kThreads, kThreads, 1, 1, 0)               \
    extern "C" __global__ void __launch_bounds__(kThreads)                                                             \
        entry(const in* __restrict__ t, type* __restrict__ out, int samples, int width, double log2_period) {          \
        embed(t, out, samples, width, log2_period);                                                                    \
    }

ZOE_TIMESTEP(timestep_embedding_f32, f32, float, f32, float)
ZOE_TIMESTEP(timestep_embedding_bf16, f32, float, bf16, zoe::bf16)
ZOE_TIMESTEP(timestep_embedding_i32_f32, i32, int32_t, f32, float)
ZOE_TIMESTEP(timestep_embedding_i32_bf16, i32, int32_t, bf16, zoe::bf16)
