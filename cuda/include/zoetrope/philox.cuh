// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). A draw is a pure function of (seed, stream, element), whatever the launch geometry:
//
//   key     = seed                                   two 32-bit words
//   counter = (element / 4, stream)                  two 64-bit halves, element / 4 in the lower
//
// and element e takes word e mod 4 of the block of four. A key may also come from device memory, so that a recorded graph
// draws fresh numbers at every replay: `state` is {seed, step}, and step counts in the upper 32 bits of the stream.
//
// All functions of a word below use only IEEE-exact operations (fma, add, mul, sqrt, integer), spelled with the .rn
// intrinsics: a seed gives the same bits on every GPU and on softcuda.
#pragma once
#include <cstdint>

namespace zoe {

struct PhiloxKey {
    uint64_t seed;
    uint64_t stream;
};

// The key a kernel draws with: from its arguments alone, or with seed and step of a device state {seed, step}.
__device__ __forceinline__ PhiloxKey philox_key(uint64_t seed, uint64_t stream, const uint64_t* state) {
    if (state == nullptr) return {seed, stream};
    return {state[0], stream + (state[1] << 32)};
}

// Ten rounds on a 128-bit counter; the words of the published test vectors are x, y, z, w in order.
__device__ __forceinline__ uint4 philox4x32_10(uint4 c, uint2 key) {
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const uint32_t high0 = __umulhi(0xD2511F53u, c.x);
        const uint32_t low0 = 0xD2511F53u * c.x;
        const uint32_t high1 = __umulhi(0xCD9E8D57u, c.z);
        const uint32_t low1 = 0xCD9E8D57u * c.z;
        c = make_uint4(high1 ^ c.y ^ key.x, low1, high0 ^ c.w ^ key.y, low0);
        key.x += 0x9E3779B9u;
        key.y += 0xBB67AE85u;
    }
    return c;
}

// The four words of elements 4·block … 4·block + 3.
__device__ __forceinline__ uint4 philox_words(const PhiloxKey& key, uint64_t block) {
    return philox4x32_10(make_uint4(static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                    static_cast<uint32_t>(key.stream), static_cast<uint32_t>(key.stream >> 32)),
                         make_uint2(static_cast<uint32_t>(key.seed), static_cast<uint32_t>(key.seed >> 32)));
}

// Uniform in (0, 1]: 2^-32·word + 2^-33, rounded; never 0, so that its logarithm is finite.
__device__ __forceinline__ float uniform01(uint32_t word) {
    return __fmaf_rn(__uint2float_rn(word), 0x1p-32f, 0x1p-33f);
}

// Natural logarithm of u in [2^-33, 1], to 1 ulp or so: u = 2^e·(1+f) with 1+f in [2/3, 4/3),
// ln(1+f) = f - f²/2 + f³·P(f) with P fitted for least maximum relative error (3.8e-8).
__device__ __forceinline__ float log01(float u) {
    const int bits = __float_as_int(u);
    const int exponent = (bits - 0x3f2aaaab) >> 23;
    const float f = __fadd_rn(__int_as_float(bits - (exponent << 23)), -1.0f);
    float p = __fmaf_rn(0.13820241f, f, -0.15122184f);
    p = __fmaf_rn(p, f, 0.14042309f);
    p = __fmaf_rn(p, f, -0.16472326f);
    p = __fmaf_rn(p, f, 0.2000792f);
    p = __fmaf_rn(p, f, -0.25004238f);
    p = __fmaf_rn(p, f, 0.33333266f);
    p = __fmaf_rn(p, f, -0.5f);
    p = __fmaf_rn(__fmul_rn(p, f), f, f);
    return __fmaf_rn(__int2float_rn(exponent), 0.6931472f, p);
}

// Cosine and sine of the angle (word / 2^32)·2π - π/4: the top two bits are the quadrant, the other thirty the place
// r in [-1/2, 1/2) within it, in quarter turns; both series in r² have errors below 4e-8.
__device__ __forceinline__ void cos_sin_turn(uint32_t word, float& cosine, float& sine) {
    const float r = __fmul_rn(__int2float_rn(static_cast<int>((word << 2) ^ 0x80000000u)), 0x1p-32f);
    const float z = __fmul_rn(r, r);
    float s = __fmaf_rn(-0.0046021785f, z, 0.07968023f);
    s = __fmaf_rn(s, z, -0.6459635f);
    s = __fmaf_rn(s, z, 1.5707964f);
    s = __fmul_rn(s, r);
    float c = __fmaf_rn(-0.02042625f, z, 0.25360635f);
    c = __fmaf_rn(c, z, -1.233698f);
    c = __fmaf_rn(c, z, 1.0f);
    const bool odd = (word & 0x40000000u) != 0;  // quadrants 1 and 3
    const float a = odd ? s : c;
    const float b = odd ? c : s;
    // cos changes sign in quadrants 1 and 2, sin in 2 and 3.
    cosine = __int_as_float(__float_as_int(a) ^ static_cast<int>((word + 0x40000000u) & 0x80000000u));
    sine = __int_as_float(__float_as_int(b) ^ static_cast<int>(word & 0x80000000u));
}

// Two independent standard normals from two words (Box and Muller 1958); magnitudes reach sqrt(66·ln 2) = 6.76.
__device__ __forceinline__ float2 normal2(uint32_t first, uint32_t second) {
    const float radius = __fsqrt_rn(__fmul_rn(-2.0f, log01(uniform01(first))));
    float cosine, sine;
    cos_sin_turn(second, cosine, sine);
    return make_float2(__fmul_rn(radius, cosine), __fmul_rn(radius, sine));
}

// Standard normals of elements 4·block … 4·block + 3.
__device__ __forceinline__ float4 philox_normal4(const PhiloxKey& key, uint64_t block) {
    const uint4 w = philox_words(key, block);
    const float2 a = normal2(w.x, w.y);
    const float2 b = normal2(w.z, w.w);
    return make_float4(a.x, a.y, b.x, b.y);
}

// One of those four, for tails and unaligned data.
__device__ __forceinline__ float philox_normal(const PhiloxKey& key, uint64_t element) {
    const uint4 w = philox_words(key, element >> 2);
    const float2 pair = (element & 2) != 0 ? normal2(w.z, w.w) : normal2(w.x, w.y);
    return (element & 1) != 0 ? pair.y : pair.x;
}

// Word index mod 4 of a block.
__device__ __forceinline__ uint32_t word_of(const uint4& w, uint32_t index) {
    const uint32_t low = (index & 1) != 0 ? w.y : w.x;
    const uint32_t high = (index & 1) != 0 ? w.w : w.z;
    return (index & 2) != 0 ? high : low;
}

__device__ __forceinline__ uint32_t philox_word(const PhiloxKey& key, uint64_t element) {
    return word_of(philox_words(key, element >> 2), static_cast<uint32_t>(element));
}

}  // namespace zoe
