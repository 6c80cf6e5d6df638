// Gathering 8 x 8 matrices of 16-bit elements into a warp's fragments.
#pragma once
#include "mem/access.h"
#include "mem/transpose.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// out and in may be the same 64-byte aligned 128 bytes.
ALWAYS_INLINE void transpose_8x8(const uint16_t* in, uint16_t* out) {
    uint16_t copy[64];
    __builtin_memcpy(copy, in, sizeof copy);
    for (int r = 0; r < 8; r++)
        for (int c = 0; c < 8; c++) out[8 * r + c] = copy[8 * c + r];
}

// One matrix whose row r begins at row(r), whole warp.
#if defined(__AVX512BW__)
template <bool Trans, class Row> ALWAYS_INLINE void gather_matrix(Row row, __m512i& a, __m512i& b) {
    a = four_lanes(row(0), row(1), row(2), row(3)), b = four_lanes(row(4), row(5), row(6), row(7));
    if (Trans) {
        alignas(64) static const uint16_t index[32] = {0, 8,  16, 24, 32, 40, 48, 56, 1, 9,  17, 25, 33, 41, 49, 57,
                                                       2, 10, 18, 26, 34, 42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59};
        const __m512i i = _mm512_load_si512(index);
        const __m512i first = _mm512_permutex2var_epi16(a, i, b);
        b = _mm512_permutex2var_epi16(a, _mm512_add_epi16(i, _mm512_set1_epi16(4)), b);
        a = first;
    }
}
template <bool Trans, class Row> ALWAYS_INLINE void gather_matrix(Row row, uint32_t* to) {
    __m512i a, b;
    gather_matrix<Trans>(row, a, b);
    _mm512_store_si512(to, a);
    _mm512_store_si512(to + 16, b);
}
#elif defined(__AVX2__)
template <bool Trans, class Row> ALWAYS_INLINE void gather_matrix(Row row, uint32_t* to) {
    __m128i r[8];
    for (int i = 0; i < 8; i++) r[i] = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(row(i))));
    if (Trans) {  // three rounds of interleaving rows i and i + 4
        for (int round = 0; round < 3; round++) {
            __m128i t[8];
            for (int i = 0; i < 4; i++) {
                t[2 * i] = _mm_unpacklo_epi16(r[i], r[i + 4]);
                t[2 * i + 1] = _mm_unpackhi_epi16(r[i], r[i + 4]);
            }
            for (int i = 0; i < 8; i++) r[i] = t[i];
        }
    }
    for (int i = 0; i < 8; i++) _mm_store_si128(reinterpret_cast<__m128i*>(to + 4 * i), r[i]);
}
#else
template <bool Trans, class Row> ALWAYS_INLINE void gather_matrix(Row row, uint32_t* to) {
    for (int r = 0; r < 8; r++) __builtin_memcpy(to + 4 * r, row(r), 16);
    if (Trans) transpose_8x8(reinterpret_cast<uint16_t*>(to), reinterpret_cast<uint16_t*>(to));
}
#endif

}  // namespace
}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
