// Forward noising q(x_t | x_0) with the noise made inside, and the target the network is to predict.
//
//   x_t    = √ᾱ_t·x_0 + √(1-ᾱ_t)·ε            ε standard normal
//   target = ε                       (prediction 0, epsilon)
//            √ᾱ_t·ε - √(1-ᾱ_t)·x_0   (prediction 1, v)
//            x_0                     (prediction 2, sample)
//
//   forward_noise_*(x0, t, alpha_bar, steps, xt, noise?, target?, samples, size, prediction, seed, stream, state)
//   forward_noise_u8_*(data, rows, index?, t, alpha_bar, steps, xt, noise?, target?, samples, size, prediction, seed, …)
//
// Arguments   x0, xt, noise, target: T[samples][size]; t I32[samples]; alpha_bar f32[steps]. The u8 entries take sample i
//             from row index[i] (row i when index is null) of the byte table data[rows][size], as byte·2/255 - 1, so that a
//             data set may stay on the device. A t outside 0 … steps-1 or an index outside the rows makes the sample NaN.
//             Element i·size + j takes normal number i·size + j of the key (zoetrope/philox.cuh): the noise equals
//             random_normal's for the same key and shape. It is rounded to T only where it is stored.
// Mapping     grid.x = samples · ceil(size / 4096); four elements a thread and step, one Philox block; one element at a
//             time where size is no multiple of 4 or an address not of 16 bytes.
// Traffic     up to 4·n·sizeof(T) bytes; about 50 operations an element.
// Source      Ho, Jain, Abbeel 2020 (arXiv:2006.11239) eq. 4; v: Salimans, Ho 2022 (arXiv:2202.00512).
// Measured    H200: 64 pictures of 28 x 28 in 5 us.
#include "zoetrope/elementwise.cuh"
#include "zoetrope/philox.cuh"

namespace {

constexpr int kThreads = zoe::kElementThreads;
constexpr int kTile = zoe::kElementTile;
constexpr int kEpsilon = 0;
constexpr int kVelocity = 1;

// The clean sample as floats: from T, or from a byte row.
template <class T> struct Typed {
    const T* x;
    __device__ __forceinline__ float one(int64_t i) const { return zoe::load_float(x + i); }
    __device__ __forceinline__ void four(int64_t i, float (&v)[4]) const { zoe::load_floats(x + i, v); }
};

struct Bytes {
    const uint8_t* x;
    __device__ __forceinline__ static float unit(uint32_t byte) {
        return fmaf(static_cast<float>(byte), 2.0f / 255.0f, -1.0f);
    }
    __device__ __forceinline__ float one(int64_t i) const { return unit(x[i]); }
    __device__ __forceinline__ void four(int64_t i, float (&v)[4]) const {
        const uint32_t word = *reinterpret_cast<const uint32_t*>(x + i);
        v[0] = unit(word & 0xffu);
        v[1] = unit((word >> 8) & 0xffu);
        v[2] = unit((word >> 16) & 0xffu);
        v[3] = unit(word >> 24);
    }
    __device__ __forceinline__ bool wide() const { return (reinterpret_cast<uintptr_t>(x) & 3) == 0; }
};

template <class T> struct Outputs {
    T* xt;
    T* noise;
    T* target;
};

struct Mixture {
    float signal;  // √ᾱ
    float spread;  // √(1-ᾱ)
    int prediction;
    __device__ __forceinline__ float xt(float x, float e) const { return fmaf(signal, x, spread * e); }
    __device__ __forceinline__ float target(float x, float e) const {
        if (prediction == kEpsilon) return e;
        return prediction == kVelocity ? fmaf(signal, e, -(spread * x)) : x;
    }
};

// `size` elements of one sample, whose first has number `base` among the normals.
template <class T, class Source>
__device__ __forceinline__ void noise_sample(Source source, Outputs<T> out, Mixture mix, int64_t begin, int64_t end,
                                             int64_t base, bool wide, const zoe::PhiloxKey& key) {
    if (wide) {
#pragma unroll 1
        for (int64_t i = begin + static_cast<int>(threadIdx.x) * 4; i < end; i += kThreads * 4) {
            const float4 z = zoe::philox_normal4(key, static_cast<uint64_t>(base + i) >> 2);
            const float e[4] = {z.x, z.y, z.z, z.w};
            float x[4];
            float v[4];
            source.four(i, x);
#pragma unroll
            for (int k = 0; k < 4; ++k) v[k] = mix.xt(x[k], e[k]);
            zoe::store_floats(out.xt + i, v);
            if (out.noise != nullptr) zoe::store_floats(out.noise + i, e);
            if (out.target != nullptr) {
#pragma unroll
                for (int k = 0; k < 4; ++k) v[k] = mix.target(x[k], e[k]);
                zoe::store_floats(out.target + i, v);
            }
        }
        return;
    }
#pragma unroll 1
    for (int64_t i = begin + static_cast<int>(threadIdx.x); i < end; i += kThreads) {
        const float e = zoe::philox_normal(key, base + i);
        const float x = source.one(i);
        zoe::store_float(out.xt + i, mix.xt(x, e));
        if (out.noise != nullptr) zoe::store_float(out.noise + i, e);
        if (out.target != nullptr) zoe::store_float(out.target + i, mix.target(x, e));
    }
}

struct Place {
    int sample;
    int64_t begin;
    int64_t end;
};

__device__ __forceinline__ Place place_of_block(int samples, int64_t size) {
    const unsigned tiles = gridDim.x / static_cast<unsigned>(samples);
    const unsigned sample = blockIdx.x / tiles;
    const int64_t begin = static_cast<int64_t>(blockIdx.x - sample * tiles) * kTile;
    return {static_cast<int>(sample), begin, begin + kTile < size ? begin + kTile : size};
}

__device__ __forceinline__ Mixture mixture_at(const int32_t* t, int sample, const float* alpha_bar, int steps,
                                              int prediction) {
    const int step = t[sample];
    float alpha = __int_as_float(0x7fffffff);
    if (step >= 0 && step < steps) alpha = alpha_bar[step];
    return {sqrtf(alpha), sqrtf(1.0f - alpha), prediction};
}

template <class T> __device__ __forceinline__ Outputs<T> advanced(Outputs<T> out, int64_t by) {
    return {out.xt + by, out.noise != nullptr ? out.noise + by : nullptr,
            out.target != nullptr ? out.target + by : nullptr};
}

template <class T>
__device__ __forceinline__ void forward_noise(const T* x0, const int32_t* t, const float* alpha_bar, int steps,
                                              Outputs<T> out, int samples, int64_t size, int prediction,
                                              const zoe::PhiloxKey& key) {
    const Place place = place_of_block(samples, size);
    const int64_t base = place.sample * size;
    const Mixture mix = mixture_at(t, place.sample, alpha_bar, steps, prediction);
    // Alignment is judged on the whole arrays: with four elements a store, rows of 4·k elements keep it.
    const bool wide = size % 4 == 0 && zoe::aligned16(x0, out.xt, out.noise, out.target);
    noise_sample(Typed<T>{x0 + base}, advanced(out, base), mix, place.begin, place.end, base, wide, key);
}

template <class T>
__device__ __forceinline__ void forward_noise_u8(const uint8_t* data, int64_t rows, const int32_t* index,
                                                 const int32_t* t, const float* alpha_bar, int steps, Outputs<T> out,
                                                 int samples, int64_t size, int prediction, const zoe::PhiloxKey& key) {
    const Place place = place_of_block(samples, size);
    const int64_t base = place.sample * size;
    Mixture mix = mixture_at(t, place.sample, alpha_bar, steps, prediction);
    int64_t row = index != nullptr ? index[place.sample] : place.sample;
    if (row < 0 || row >= rows) {
        row = 0;
        mix.signal = __int_as_float(0x7fffffff);
    }
    const Bytes source{data + row * size};
    const bool wide = size % 4 == 0 && source.wide() && zoe::aligned16(out.xt, out.noise, out.target);
    noise_sample(source, advanced(out, base), mix, place.begin, place.end, base, wide, key);
}

}  // namespace

#define ZOE_FORWARD_NOISE(suffix, type)                                                                                \
    ZOE_ELEMENT_GEOMETRY(forward_noise_##suffix, forward_noise, "type=" #suffix)                                       \
    extern "C" __global__ void __launch_bounds__(kThreads) forward_noise_##suffix(                                     \
        const type* x0, const int32_t* t, const float* alpha_bar, int steps, type* xt, type* noise, type* target,      \
        int samples, int64_t size, int prediction, uint64_t seed, uint64_t stream, const uint64_t* state) {            \
        forward_noise(x0, t, alpha_bar, steps, Outputs<type>{xt, noise, target}, samples, size, prediction,            \
                      zoe::philox_key(seed, stream, state));                                                           \
    }                                                                                                                  \
    ZOE_ELEMENT_GEOMETRY(forward_noise_u8_##suffix, forward_noise_u8, "type=" #suffix)                                 \
    extern "C" __global__ void __launch_bounds__(kThreads) forward_noise_u8_##suffix(                                  \
        const uint8_t* data, int64_t rows, const int32_t* index, const int32_t* t, const float* alpha_bar, int steps,  \
        type* xt, type* noise, type* target, int samples, int64_t size, int prediction, uint64_t seed,                 \
        uint64_t stream, const uint64_t* state) {                                                                      \
        forward_noise_u8(data, rows, index, t, alpha_bar, steps, Outputs<type>{xt, noise, target}, samples, size,      \
                         prediction, zoe::philox_key(seed, stream, state));                                            \
    }

ZOE_FORWARD_NOISE(f32, float)
ZOE_FORWARD_NOISE(bf16, zoe::bf16)
