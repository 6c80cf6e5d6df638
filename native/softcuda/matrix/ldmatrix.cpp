// ldmatrix, stmatrix and movmatrix: 8 x 8 matrices of 16-bit elements between shared memory and the fragments of a warp.
//
// Fragment: lane l holds row l / 4, columns 2 (l % 4) and 2 (l % 4) + 1 in the low and high half of its register. So the
// 32 lanes of one register, side by side, are the matrix in row-major order: loading a matrix is gathering eight rows of
// 16 bytes. Row r of matrix j is at the address that lane 8 j + r names. .trans moves the transposed matrix.
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
template <bool Trans, class Row> ALWAYS_INLINE void gather_matrix(Row row, uint32_t* to) {
    __m512i a = four_lanes(row(0), row(1), row(2), row(3)), b = four_lanes(row(4), row(5), row(6), row(7));
    if (Trans) {
        alignas(64) static const uint16_t index[32] = {0, 8,  16, 24, 32, 40, 48, 56, 1, 9,  17, 25, 33, 41, 49, 57,
                                                       2, 10, 18, 26, 34, 42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59};
        const __m512i i = _mm512_load_si512(index);
        const __m512i first = _mm512_permutex2var_epi16(a, i, b);
        b = _mm512_permutex2var_epi16(a, _mm512_add_epi16(i, _mm512_set1_epi16(4)), b);
        a = first;
    }
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

// The rows' addresses come from the first 8 N lanes, active or not in the strict sense: the instruction is .aligned, all
// lanes of the warp run it together. In a masked run (some lanes exited) inactive lanes' rows are skipped.
template <int N> constexpr uint32_t naming() { return N == 4 ? kAllLanes : (1u << (8 * N % 32)) - 1; }

template <int N, Space S> ALWAYS_INLINE bool rows(const Ins* ip, Warp& w, int k, Pointers& p) {
    return resolve<S>(ip, w, k, w.active & naming<N>(), 16, p);
}

template <int N, Space S, bool Trans> const Ins* load_matrix(const Ins* ip, Warp& w) {
#ifndef SOFTCUDA_CHECKED
    if (S == Space::Shared && w.active == kAllLanes && !(ip->aux & kBaseWide)) {
        alignas(64) uint32_t offset[kLanes];
        narrow_offsets(ip, w, N, kAllLanes, offset);
        if (__builtin_expect(offsets_in_range(offset, w.block->sharedBytes, naming<N>(), 16), 1)) {
            const uint8_t* shared = w.block->shared;
            for (int j = 0; j < N; j++)
                gather_matrix<Trans>([&](int r) { return shared + offset[8 * j + r]; }, reg<uint32_t>(ip, w, j));
            return ip + 1;
        }
    }
#endif
    Pointers p;
    if (!rows<N, S>(ip, w, N, p)) return nullptr;
    if (!OBSERVED(ip, w, p, w.active & naming<N>(), 16, Access::Read)) return nullptr;
    const uint32_t active = w.active;
    for (int j = 0; j < N; j++) {
        uint32_t* to = reg<uint32_t>(ip, w, j);
        if (__builtin_expect(active == kAllLanes, 1)) {
            gather_matrix<Trans>([&](int r) { return reinterpret_cast<const uint8_t*>(p.at[8 * j + r]); }, to);
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
    if (!OBSERVED(ip, w, p, w.active & naming<N>(), 16, Access::Write)) return nullptr;
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
    sink.add({FORM_NAME("movmatrix.sync.aligned.m8n8.trans.b16"), "w=w", move_matrix, move_matrix, nullptr});
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
