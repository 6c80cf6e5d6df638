// The product of two fragments, D = A B + C, in fp32: the core of every mma.sync of floating-point type.
//
// Fragments (g = lane / 4, t = lane % 4; PTX ISA, "Matrix fragments for mma.m16n8k16"):
//   A register 2j      row g,     A register 2j + 1  row g + 8; elements k = (4 j + t) H + h
//   B register j       column g;  elements k = (4 j + t) H + h
//   C 0, 1             row g, columns 2t, 2t + 1;   C 2, 3   row g + 8
// with H elements of 32 / H bits in a register (1 for tf32, 2 for bf16 and f16) and J register pairs. So each register,
// read as 32 floats, is a row-major matrix [8][4], and one value of k is column t of A's times column t of B's.
//
// Order and rounding, the same on every level: products enter the fp32 accumulator one at a time by fused multiply-add
// (to nearest even), k pairs rising, within a pair the odd k first. That is what vdpbf16ps does. Products of two bf16,
// f16 or tf32 values are exact in fp32, so that the scalar level's multiply and add give the same bits, unless a product
// leaves the range of normal numbers. On the avx512bf16 level, vdpbf16ps takes subnormal inputs as zero and flushes
// subnormal results; the other levels keep them, as tensor cores do.
// Tensor cores themselves sum blocks of products in wider fixed-point arithmetic with truncation: their last bits differ.
#pragma once
#include "exec/code.h"
#include "matrix/half.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

#define MATRIX_INLINE inline __attribute__((always_inline))

enum class Element { Bf16, F16, Tf32 };
constexpr int halves(Element e) { return e == Element::Tf32 ? 1 : 2; }

#if defined(__AVX512F__)

struct Accumulator {
    __m512 c[4][2];  // [register][lanes 0-15, 16-31]
    MATRIX_INLINE void load(const float* const* from) {
        for (int i = 0; i < 4; i++)
            for (int h = 0; h < 2; h++) c[i][h] = _mm512_load_ps(from[i] + 16 * h);
    }
    MATRIX_INLINE void store(float* const* to) const {
        for (int i = 0; i < 4; i++)
            for (int h = 0; h < 2; h++) _mm512_store_ps(to[i] + 16 * h, c[i][h]);
    }
};

// Element h of 16 lanes as fp32.
template <Element E> MATRIX_INLINE __m512 unpacked(const uint32_t* from, int h) {
    __m512i x = _mm512_load_si512(from);
    if (E == Element::Bf16)
        return _mm512_castsi512_ps(h ? _mm512_and_si512(x, _mm512_set1_epi32(int(0xffff0000)))
                                     : _mm512_slli_epi32(x, 16));
    if (E == Element::F16) return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(h ? _mm512_srli_epi32(x, 16) : x));
    return _mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32(int(0xffffe000))));
}

template <int K> MATRIX_INLINE __m512 column(__m512 x) { return _mm512_permute_ps(x, K * 0x55); }

template <int K, int H>
MATRIX_INLINE void multiply_column(Accumulator& s, const __m512 (*x)[2], const __m512 (*y)[2], const __m512 (*b)[2]) {
    // Lane 4g + t of C needs B's columns 2t (even) and 2t + 1 (odd): elements 8t + K and 8t + 4 + K of B's 32.
    const __m512i even = _mm512_add_epi32(_mm512_setr_epi32(0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24),
                                          _mm512_set1_epi32(K));
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(4));
    for (int h = H - 1; h >= 0; h--) {
        const __m512 be = _mm512_permutex2var_ps(b[h][0], even, b[h][1]),
                     bo = _mm512_permutex2var_ps(b[h][0], odd, b[h][1]);
        for (int q = 0; q < 2; q++) {
            const __m512 top = column<K>(x[h][q]), low = column<K>(y[h][q]);
            s.c[0][q] = _mm512_fmadd_ps(top, be, s.c[0][q]);
            s.c[1][q] = _mm512_fmadd_ps(top, bo, s.c[1][q]);
            s.c[2][q] = _mm512_fmadd_ps(low, be, s.c[2][q]);
            s.c[3][q] = _mm512_fmadd_ps(low, bo, s.c[3][q]);
        }
    }
}

template <Element E, int J>
MATRIX_INLINE void multiply(const uint32_t* const* a, const uint32_t* const* b, float* const* c) {
    constexpr int H = halves(E);
    Accumulator s;
    s.load(c);
    for (int j = 0; j < J; j++) {
        __m512 x[H][2], y[H][2], z[H][2];
        for (int h = 0; h < H; h++)
            for (int q = 0; q < 2; q++) {
                x[h][q] = unpacked<E>(a[2 * j] + 16 * q, h);
                y[h][q] = unpacked<E>(a[2 * j + 1] + 16 * q, h);
                z[h][q] = unpacked<E>(b[j] + 16 * q, h);
            }
        multiply_column<0, H>(s, x, y, z);
        multiply_column<1, H>(s, x, y, z);
        multiply_column<2, H>(s, x, y, z);
        multiply_column<3, H>(s, x, y, z);
    }
    s.store(c);
}

#else

template <Element E> MATRIX_INLINE void unpack(const uint32_t* from, int h, float* to) {
#if defined(__AVX2__)
    for (int l = 0; l < kLanes; l += 8) {
        __m256i x = _mm256_load_si256(reinterpret_cast<const __m256i*>(from + l));
        if (E == Element::F16) {
            x = h ? _mm256_srli_epi32(x, 16) : _mm256_and_si256(x, _mm256_set1_epi32(0xffff));
            __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
            _mm256_store_ps(to + l, _mm256_cvtph_ps(packed));
        } else {
            x = E == Element::Tf32 ? _mm256_and_si256(x, _mm256_set1_epi32(int(0xffffe000)))
                : h                ? _mm256_and_si256(x, _mm256_set1_epi32(int(0xffff0000)))
                                   : _mm256_slli_epi32(x, 16);
            _mm256_store_ps(to + l, _mm256_castsi256_ps(x));
        }
    }
#else
    for (int l = 0; l < kLanes; l++) {
        const uint32_t x = from[l];
        to[l] = E == Element::F16    ? half_to_float(h ? x >> 16 : x & 0xffff)
                : E == Element::Tf32 ? float_of_bits(x & 0xffffe000)
                                     : float_of_bits(h ? x & 0xffff0000 : x << 16);
    }
#endif
}

// Eight rows of C (even and odd columns apart) += column k of x times column k of B.
template <int K> MATRIX_INLINE void multiply_column(float* even, float* odd, const float* x, const float* b) {
#if defined(__AVX2__)
    const __m128 first = _mm_setr_ps(b[K], b[8 + K], b[16 + K], b[24 + K]);
    const __m128 second = _mm_setr_ps(b[4 + K], b[12 + K], b[20 + K], b[28 + K]);
    const __m256 be = _mm256_set_m128(first, first), bo = _mm256_set_m128(second, second);
    for (int l = 0; l < kLanes; l += 8) {
        const __m256 row = _mm256_permute_ps(_mm256_load_ps(x + l), K * 0x55);
        _mm256_store_ps(even + l, _mm256_fmadd_ps(row, be, _mm256_load_ps(even + l)));
        _mm256_store_ps(odd + l, _mm256_fmadd_ps(row, bo, _mm256_load_ps(odd + l)));
    }
#else
    for (int l = 0; l < kLanes; l++) {
        const float row = x[(l & ~3) + K];
        even[l] += row * b[8 * (l & 3) + K];
        odd[l] += row * b[8 * (l & 3) + 4 + K];
    }
#endif
}

template <int K, int H>
MATRIX_INLINE void multiply_columns(float* const* c, const float (*x)[kLanes], const float (*y)[kLanes],
                                    const float (*b)[kLanes]) {
    for (int h = H - 1; h >= 0; h--) {
        multiply_column<K>(c[0], c[1], x[h], b[h]);
        multiply_column<K>(c[2], c[3], y[h], b[h]);
    }
}

template <Element E, int J>
MATRIX_INLINE void multiply(const uint32_t* const* a, const uint32_t* const* b, float* const* c) {
    constexpr int H = halves(E);
    for (int j = 0; j < J; j++) {
        alignas(64) float x[H][kLanes], y[H][kLanes], z[H][kLanes];
        for (int h = 0; h < H; h++) {
            unpack<E>(a[2 * j], h, x[h]);
            unpack<E>(a[2 * j + 1], h, y[h]);
            unpack<E>(b[j], h, z[h]);
        }
        multiply_columns<0, H>(c, x, y, z);
        multiply_columns<1, H>(c, x, y, z);
        multiply_columns<2, H>(c, x, y, z);
        multiply_columns<3, H>(c, x, y, z);
    }
}

#endif

#if defined(__AVX512BF16__)

MATRIX_INLINE __m512 dot(__m512 c, __m512i a, __m512i b) { return _mm512_dpbf16_ps(c, (__m512bh) a, (__m512bh) b); }

// What row K of B's pairs gives each lane: of its even column and of its odd one.
struct ColumnPair {
    __m512i even, odd;
};

// From a fragment: lane 4g + t needs elements 8t + K and 8t + 4 + K of 32.
template <int K> MATRIX_INLINE ColumnPair columns_of_fragment(const uint32_t* b) {
    const __m512i even = _mm512_add_epi32(_mm512_setr_epi32(0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24),
                                          _mm512_set1_epi32(K));
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(4)), b0 = _mm512_load_si512(b),
                  b1 = _mm512_load_si512(b + 16);
    return {_mm512_permutex2var_epi32(b0, even, b1), _mm512_permutex2var_epi32(b0, odd, b1)};
}

// From a packed fragment, [K][odd or even][t]: no more than loads.
template <int K> MATRIX_INLINE ColumnPair columns_of_packed(const uint32_t* b) {
    const __m128i* row = reinterpret_cast<const __m128i*>(b + 8 * K);
    return {_mm512_broadcast_i32x4(_mm_load_si128(row)), _mm512_broadcast_i32x4(_mm_load_si128(row + 1))};
}

MATRIX_INLINE void pack_fragment(__m512i b0, __m512i b1, uint32_t* to) {
    const __m512i first = _mm512_setr_epi32(0, 8, 16, 24, 4, 12, 20, 28, 1, 9, 17, 25, 5, 13, 21, 29);
    _mm512_store_si512(to, _mm512_permutex2var_epi32(b0, first, b1));
    _mm512_store_si512(to + 16, _mm512_permutex2var_epi32(b0, _mm512_add_epi32(first, _mm512_set1_epi32(2)), b1));
}

// N products of column K of A's pairs, the same for all, and row K of B[i]'s, which columns(i) gives.
template <int K, int N, class Columns>
MATRIX_INLINE void multiply_row_of_pairs(Accumulator* sums, const uint32_t* top, const uint32_t* low, Columns columns) {
    constexpr _MM_PERM_ENUM pick = _MM_PERM_ENUM(K * 0x55);
    const __m512i t0 = _mm512_shuffle_epi32(_mm512_load_si512(top), pick),
                  t1 = _mm512_shuffle_epi32(_mm512_load_si512(top + 16), pick);
    const __m512i l0 = _mm512_shuffle_epi32(_mm512_load_si512(low), pick),
                  l1 = _mm512_shuffle_epi32(_mm512_load_si512(low + 16), pick);
    for (int i = 0; i < N; i++) {
        const auto [be, bo] = columns(i);
        Accumulator& s = sums[i];
        s.c[0][0] = dot(s.c[0][0], t0, be);
        s.c[1][0] = dot(s.c[1][0], t0, bo);
        s.c[0][1] = dot(s.c[0][1], t1, be);
        s.c[1][1] = dot(s.c[1][1], t1, bo);
        s.c[2][0] = dot(s.c[2][0], l0, be);
        s.c[3][0] = dot(s.c[3][0], l0, bo);
        s.c[2][1] = dot(s.c[2][1], l1, be);
        s.c[3][1] = dot(s.c[3][1], l1, bo);
    }
}

// All four rows of pairs, of B's fragments b[i] or of packed ones.
template <bool Packed, int N>
MATRIX_INLINE void multiply_pairs(Accumulator* sums, const uint32_t* top, const uint32_t* low,
                                  const uint32_t* const* b) {
#define SOFTCUDA_PAIRS(K)                                                                                              \
    multiply_row_of_pairs<K, N>(                                                                                       \
        sums, top, low, [b](int i) { return Packed ? columns_of_packed<K>(b[i]) : columns_of_fragment<K>(b[i]); });
    SOFTCUDA_PAIRS(0) SOFTCUDA_PAIRS(1) SOFTCUDA_PAIRS(2) SOFTCUDA_PAIRS(3)
#undef SOFTCUDA_PAIRS
}

#endif

}  // namespace
}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
