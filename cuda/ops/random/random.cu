// Arrays of random numbers from Philox4x32-10 (zoetrope/philox.cuh): pure functions of (seed, stream, element).
//
//   random_normal_*(out, n, seed, stream, state, mean, deviation)    mean + deviation·z, z standard normal
//   random_uniform_*(out, n, seed, stream, state, low, high)         low + (high-low)·u, u in (0, 1]
//   random_bits(out, n, seed, stream, state, first)                  I32: the words themselves, from block of four `first` on
//   random_integers(out, n, seed, stream, state, bound)              I32 in 0 … bound-1, every value equally likely
//   random_shuffle(out, n, seed, stream, state, bound)               I32: the next n indices of an endless sequence that
//                                                                    runs through a fresh permutation of 0 … bound-1 in
//                                                                    each epoch; place = step·n + i, step from state
//   random_advance(state, step)                                      state[1] += step
//
// Arguments   state is null or I64 {seed, step} in device memory, which then replaces the seed and adds step·2^32 to the
//             stream. Values stored as bf16 are rounded, so a uniform may round to low.
// Mapping     a thread makes the four numbers of a Philox block; tiles of 4096 elements, single stores where the address is
//             no multiple of 16 bytes. The numbers do not depend on the mapping.
// Method      normals: Box, Muller 1958. Integers: multiply-shift with rejection (Lemire 2019, arXiv:1805.10941).
//             Permutation: a six-round Feistel network over the next power of four, walked until it falls inside the bound
//             (Black, Rogaway 2002), with Philox as the round function.
// Traffic     n·sizeof(T) bytes; about 45 operations a normal, 28 a uniform.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/elementwise.cuh"
#include "zoetrope/philox.cuh"

namespace {

constexpr int kThreads = zoe::kElementThreads;
constexpr int kTile = zoe::kElementTile;

template <class T> __device__ __forceinline__ bool aligned4(const T* p) {
    return (reinterpret_cast<uintptr_t>(p) & (4 * sizeof(T) - 1)) == 0;
}

// Calls make(block, v) for each group of four elements and stores what of it lies inside the array.
template <class T, class Make> __device__ __forceinline__ void generate(T* out, int64_t n, Make make) {
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kTile;
    const bool wide = aligned4(out);
#pragma unroll 1
    for (int step = 0; step < kTile; step += kThreads * 4) {
        const int64_t i = begin + step + static_cast<int>(threadIdx.x) * 4;
        if (i >= n) return;
        float v[4];
        make(static_cast<uint64_t>(i) >> 2, v);
        if (wide && i + 4 <= n) {
            zoe::store_floats(out + i, v);
        } else {
#pragma unroll
            for (int k = 0; k < 4; ++k) {
                if (i + k < n) zoe::store_float(out + i + k, v[k]);
            }
        }
    }
}

// A permutation of 0 … 4^half-1 at x: halves of `half` bits, each round adding a Philox word of one half to the other.
// The counter's second word has its top bit set, which no element's counter has: no word is used twice.
__device__ __forceinline__ uint32_t feistel(const zoe::PhiloxKey& key, uint64_t epoch, uint32_t x, int half) {
    const uint32_t mask = (1u << half) - 1u;
    uint32_t left = x >> half;
    uint32_t right = x & mask;
#pragma unroll 1
    for (uint32_t round = 0; round < 6; ++round) {
        const uint4 w =
            zoe::philox4x32_10(make_uint4(right, 0x80000000u + (static_cast<uint32_t>(epoch >> 32) << 4) + round,
                                          static_cast<uint32_t>(key.stream), static_cast<uint32_t>(epoch)),
                               make_uint2(static_cast<uint32_t>(key.seed), static_cast<uint32_t>(key.seed >> 32)));
        const uint32_t next = left ^ (w.x & mask);
        left = right;
        right = next;
    }
    return (left << half) | right;
}

}  // namespace

#define ZOE_RANDOM(suffix, type)                                                                                       \
    ZOE_ELEMENT_GEOMETRY(random_normal_##suffix, random_normal, "type=" #suffix)                                       \
    extern "C" __global__ void __launch_bounds__(kThreads) random_normal_##suffix(                                     \
        type* out, int64_t n, uint64_t seed, uint64_t stream, const uint64_t* state, float mean, float deviation) {    \
        const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);                                               \
        generate(out, n, [&](uint64_t block, float(&v)[4]) {                                                           \
            const float4 z = zoe::philox_normal4(key, block);                                                          \
            v[0] = __fmaf_rn(deviation, z.x, mean);                                                                    \
            v[1] = __fmaf_rn(deviation, z.y, mean);                                                                    \
            v[2] = __fmaf_rn(deviation, z.z, mean);                                                                    \
            v[3] = __fmaf_rn(deviation, z.w, mean);                                                                    \
        });                                                                                                            \
    }                                                                                                                  \
    ZOE_ELEMENT_GEOMETRY(random_uniform_##suffix, random_uniform, "type=" #suffix)                                     \
    extern "C" __global__ void __launch_bounds__(kThreads) random_uniform_##suffix(                                    \
        type* out, int64_t n, uint64_t seed, uint64_t stream, const uint64_t* state, float low, float high) {          \
        const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);                                               \
        const float span = __fsub_rn(high, low);                                                                       \
        generate(out, n, [&](uint64_t block, float(&v)[4]) {                                                           \
            const uint4 w = zoe::philox_words(key, block);                                                             \
            v[0] = __fmaf_rn(span, zoe::uniform01(w.x), low);                                                          \
            v[1] = __fmaf_rn(span, zoe::uniform01(w.y), low);                                                          \
            v[2] = __fmaf_rn(span, zoe::uniform01(w.z), low);                                                          \
            v[3] = __fmaf_rn(span, zoe::uniform01(w.w), low);                                                          \
        });                                                                                                            \
    }

ZOE_RANDOM(f32, float)
ZOE_RANDOM(bf16, zoe::bf16)

ZOE_GEOMETRY(random_bits, random_bits, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    random_bits(uint32_t* out, int64_t n, uint64_t seed, uint64_t stream, const uint64_t* state, uint64_t first) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= n) return;
    const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);
    const uint4 w = zoe::philox_words(key, first + (static_cast<uint64_t>(i) >> 2));
    out[i] = zoe::word_of(w, static_cast<uint32_t>(i));
}

ZOE_GEOMETRY(random_integers, random_integers, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    random_integers(int32_t* out, int64_t n, uint64_t seed, uint64_t stream, const uint64_t* state, uint32_t bound) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= n) return;
    const zoe::PhiloxKey key = zoe::philox_key(seed, stream, state);
    uint64_t product = static_cast<uint64_t>(zoe::philox_word(key, i)) * bound;
    if (static_cast<uint32_t>(product) < bound) {
        // The lowest 2^32 mod bound fractions are surplus. Another draw comes from the same element with a try number in
        // the top byte of the counter, which no element reaches.
        const uint32_t surplus = (0u - bound) % bound;
        for (uint64_t attempt = 1; static_cast<uint32_t>(product) < surplus && attempt < 64; ++attempt) {
            const uint64_t other = static_cast<uint64_t>(i) + (attempt << 58);
            product = static_cast<uint64_t>(zoe::philox_word(key, other)) * bound;
        }
    }
    out[i] = static_cast<int32_t>(product >> 32);
}

ZOE_GEOMETRY(random_shuffle, random_shuffle, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    random_shuffle(int32_t* out, int64_t n, uint64_t seed, uint64_t stream, const uint64_t* state, uint32_t bound) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= n) return;
    // The step is a place in the sequence here, not part of the stream.
    const uint64_t step = state != nullptr ? state[1] : stream >> 32;
    const zoe::PhiloxKey key{state != nullptr ? state[0] : seed, stream & 0xffffffffu};
    const uint64_t place = step * static_cast<uint64_t>(n) + static_cast<uint64_t>(i);
    const uint64_t epoch = place / bound;
    uint32_t x = static_cast<uint32_t>(place - epoch * bound);
    const int bits = 32 - __clz(static_cast<int>(bound - 1));
    const int half = bits < 2 ? 1 : (bits + 1) / 2;
    do x = feistel(key, epoch, x, half);
    while (x >= bound);
    out[i] = static_cast<int32_t>(x);
}

ZOE_GEOMETRY(random_advance, random_advance, simt, "", 1, 1, 1, 1, 0)
extern "C" __global__ void random_advance(uint64_t* state, uint64_t step) { state[1] += step; }
