// ldmatrix, stmatrix and movmatrix: 8 x 8 matrices of 16-bit elements between shared memory and the fragments of a warp.
//
// Fragment: lane l holds row l / 4, columns 2 (l % 4) and 2 (l % 4) + 1 in the low and high half of its register. So the
// 32 lanes of one register, side by side, are the matrix in row-major order: loading a matrix is gathering eight rows of
// 16 bytes. Row r of matrix j is at the address that lane 8 j + r names. .trans moves the transposed matrix.
#include "mem/access.h"

#if defined(__AVX512BW__)
#include <immintrin.h>
#endif

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// out and in may be the same 64-byte aligned 128 bytes.
ALWAYS_INLINE void transpose_8x8(const uint16_t* in, uint16_t* out) {
#if defined(__AVX512BW__)
    alignas(64) static const uint16_t index[32] = {0, 8,  16, 24, 32, 40, 48, 56, 1, 9,  17, 25, 33, 41, 49, 57,
                                                   2, 10, 18, 26, 34, 42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59};
    __m512i a = _mm512_load_si512(in), b = _mm512_load_si512(in + 32), i = _mm512_load_si512(index);
    _mm512_store_si512(out, _mm512_permutex2var_epi16(a, i, b));
    _mm512_store_si512(out + 32, _mm512_permutex2var_epi16(a, _mm512_add_epi16(i, _mm512_set1_epi16(4)), b));
#else
    uint16_t copy[64];
    __builtin_memcpy(copy, in, sizeof copy);
    for (int r = 0; r < 8; r++)
        for (int c = 0; c < 8; c++) out[8 * r + c] = copy[8 * c + r];
#endif
}

// The rows' addresses come from the first 8 N lanes, active or not in the strict sense: the instruction is .aligned, all
// lanes of the warp run it together. In a masked run (some lanes exited) inactive lanes' rows are skipped.
template <int N, Space S> ALWAYS_INLINE bool rows(const Ins* ip, Warp& w, int k, Pointers& p) {
    constexpr uint32_t naming = N == 4 ? kAllLanes : (1u << (8 * N)) - 1;
    return resolve<S>(ip, w, k, w.active & naming, 16, p);
}

template <int N, Space S, bool Trans> const Ins* load_matrix(const Ins* ip, Warp& w) {
    Pointers p;
    if (!rows<N, S>(ip, w, N, p)) return nullptr;
    if (!OBSERVED(ip, w, p, w.active & (N == 4 ? kAllLanes : (1u << (8 * N % 32)) - 1), 16, Access::Read)) return nullptr;
    const uint32_t active = w.active;
    for (int j = 0; j < N; j++) {
        uint32_t* to = reg<uint32_t>(ip, w, j);
        if (__builtin_expect(active == kAllLanes, 1)) {
            for (int r = 0; r < 8; r++)
                __builtin_memcpy(to + 4 * r, reinterpret_cast<const void*>(p.at[8 * j + r]), 16);
            if (Trans) transpose_8x8(reinterpret_cast<uint16_t*>(to), reinterpret_cast<uint16_t*>(to));
            continue;
        }
        alignas(64) uint32_t matrix[kLanes] = {};
        for (int r = 0; r < 8; r++)
            if (active >> (8 * j + r) & 1)
                __builtin_memcpy(matrix + 4 * r, reinterpret_cast<const void*>(p.at[8 * j + r]), 16);
        if (Trans) transpose_8x8(reinterpret_cast<uint16_t*>(matrix), reinterpret_cast<uint16_t*>(matrix));
        for (int l = 0; l < kLanes; l++)
            if (active >> l & 1) to[l] = matrix[l];
    }
    return ip + 1;
}

template <int N, Space S, bool Trans> const Ins* store_matrix(const Ins* ip, Warp& w) {
    Pointers p;
    if (!rows<N, S>(ip, w, 0, p)) return nullptr;
    if (!OBSERVED(ip, w, p, w.active & (N == 4 ? kAllLanes : (1u << (8 * N % 32)) - 1), 16, Access::Write)) return nullptr;
    for (int j = 0; j < N; j++) {
        alignas(64) uint32_t matrix[kLanes];
        __builtin_memcpy(matrix, reg<uint32_t>(ip, w, 1 + j), sizeof matrix);
        if (Trans) transpose_8x8(reinterpret_cast<uint16_t*>(matrix), reinterpret_cast<uint16_t*>(matrix));
        for (int r = 0; r < 8; r++)
            if (w.active >> (8 * j + r) & 1)
                __builtin_memcpy(reinterpret_cast<void*>(p.at[8 * j + r]), matrix + 4 * r, 16);
    }
    return ip + 1;
}

const Ins* move_matrix(const Ins* ip, Warp& w) {
    alignas(64) uint32_t matrix[kLanes];
    __builtin_memcpy(matrix, reg<uint32_t>(ip, w, 1), sizeof matrix);
    transpose_8x8(reinterpret_cast<uint16_t*>(matrix), reinterpret_cast<uint16_t*>(matrix));
    uint32_t* to = reg<uint32_t>(ip, w, 0);
    for (int l = 0; l < kLanes; l++) {
        uint32_t mask = 0 - (w.active >> l & 1);
        to[l] = (matrix[l] & mask) | (to[l] & ~mask);
    }
    return ip + 1;
}

}  // namespace

void add_ldmatrix_forms(FormSink& sink) {
#define MATRIX(OP, HANDLER, N, NUMBER, TRANS, TEXT, SPACE, SPACE_TEXT, SIGNATURE) \
    sink.add({FORM_NAME(OP ".sync.aligned.m8n8." NUMBER TEXT SPACE_TEXT ".b16"), SIGNATURE, \
              HANDLER<N, Space::SPACE, TRANS>, HANDLER<N, Space::SPACE, TRANS>, nullptr});
#define MATRIX_SPACE(SPACE, TEXT) \
    MATRIX("ldmatrix", load_matrix, 1, "x1", false, "", SPACE, TEXT, "w=m") \
    MATRIX("ldmatrix", load_matrix, 2, "x2", false, "", SPACE, TEXT, "ww=m") \
    MATRIX("ldmatrix", load_matrix, 4, "x4", false, "", SPACE, TEXT, "wwww=m") \
    MATRIX("ldmatrix", load_matrix, 1, "x1", true, ".trans", SPACE, TEXT, "w=m") \
    MATRIX("ldmatrix", load_matrix, 2, "x2", true, ".trans", SPACE, TEXT, "ww=m") \
    MATRIX("ldmatrix", load_matrix, 4, "x4", true, ".trans", SPACE, TEXT, "wwww=m") \
    MATRIX("stmatrix", store_matrix, 1, "x1", false, "", SPACE, TEXT, "=mw") \
    MATRIX("stmatrix", store_matrix, 2, "x2", false, "", SPACE, TEXT, "=mww") \
    MATRIX("stmatrix", store_matrix, 4, "x4", false, "", SPACE, TEXT, "=mwwww") \
    MATRIX("stmatrix", store_matrix, 1, "x1", true, ".trans", SPACE, TEXT, "=mw") \
    MATRIX("stmatrix", store_matrix, 2, "x2", true, ".trans", SPACE, TEXT, "=mww") \
    MATRIX("stmatrix", store_matrix, 4, "x4", true, ".trans", SPACE, TEXT, "=mwwww")
    MATRIX_SPACE(Shared, ".shared")
    MATRIX_SPACE(Generic, "")
#ifndef SOFTCUDA_CHECKED
    sink.add({"movmatrix.sync.aligned.m8n8.trans.b16", "w=w", move_matrix, move_matrix, nullptr});
#endif
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
