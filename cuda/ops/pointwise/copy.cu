// Moving values: conversion between f32 and bf16, fill, byte copy.
//
//   cast_f32_bf16(x, out, n), cast_bf16_f32(x, out, n)   round to nearest even; widening is exact; NaN stays NaN
//   fill_words(out, bytes, word)                         the 32-bit word repeated over `bytes` bytes (a multiple of 2);
//                                                        f32, I32 and, with both halves equal, bf16
//   copy_bytes(x, out, bytes)                            x and out must not overlap
//
// Mapping     cast: zoetrope/elementwise.cuh. fill, copy: 64 bytes a thread in 16-byte packs; where the address of either
//             array is no multiple of 16, one element (fill: 2 bytes, copy: 1 byte) at a time.
// Traffic     cast 6·n bytes; fill writes, copy moves twice, its bytes.
// Measured    not by itself; it passed its tests on an H200.
#include "zoetrope/elementwise.cuh"

namespace {

constexpr int kThreads = 256;
constexpr int kTileBytes = kThreads * 64;

}  // namespace

ZOE_ELEMENT_GEOMETRY(cast_f32_bf16, cast, "from=f32 to=bf16")
extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)
    cast_f32_bf16(const float* x, zoe::bf16* out, int64_t n) {
    zoe::map(x, out, n, [](float v) { return v; });
}

ZOE_ELEMENT_GEOMETRY(cast_bf16_f32, cast, "from=bf16 to=f32")
extern "C" __global__ void __launch_bounds__(zoe::kElementThreads)
    cast_bf16_f32(const zoe::bf16* x, float* out, int64_t n) {
    zoe::map(x, out, n, [](float v) { return v; });
}

ZOE_GEOMETRY(fill_words, fill_words, simt, "", kThreads, kTileBytes, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads) fill_words(uint16_t* out, int64_t bytes, uint32_t word) {
    const uint4 pack = make_uint4(word, word, word, word);
    zoe::for_tile<kThreads, 8, 4>(
        bytes >> 1, zoe::aligned16(out), [&](int64_t i) { *reinterpret_cast<uint4*>(out + i) = pack; },
        [&](int64_t i) { out[i] = static_cast<uint16_t>((i & 1) != 0 ? word >> 16 : word); });
}

ZOE_GEOMETRY(copy_bytes, copy_bytes, simt, "", kThreads, kTileBytes, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    copy_bytes(const uint8_t* __restrict__ x, uint8_t* __restrict__ out, int64_t bytes) {
    zoe::for_tile<kThreads, 16, 4>(
        bytes, zoe::aligned16(x, out),
        [&](int64_t i) { *reinterpret_cast<uint4*>(out + i) = *reinterpret_cast<const uint4*>(x + i); },
        [&](int64_t i) { out[i] = x[i]; });
}
