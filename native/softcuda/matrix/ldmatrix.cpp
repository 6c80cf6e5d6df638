// ldmatrix, stmatrix and movmatrix: 8 x 8 matrices of 16-bit elements between shared memory and the fragments of a warp.
//
// Fragment: lane l holds row l / 4, columns 2 (l % 4) and 2 (l % 4) + 1 in the low and high half of its register. So the
// 32 lanes of one register, side by side, are the matrix in row-major order: loading a matrix is gathering eight rows of
// 16 bytes. Row r of matrix j is at the address that lane 8 j + r names. .trans moves the transposed matrix.
#include "mem/access.h"
#include "matrix/gather.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// The rows' addresses come from the first 8 N lanes, active or not in the strict sense: the instruction is .aligned, all
// lanes of the warp run it together. In a masked run (some lanes exited) inactive lanes' rows are skipped.
template <int N> constexpr uint32_t naming() { return N == 4 ? kAllLanes : (1u << (8 * N % 32)) - 1; }

template <int N, Space S> ALWAYS_INLINE bool rows(const Ins* ip, Warp& w, int k, Pointers& p) {
    return resolve<S>(ip, w, k, w.active & naming<N>(), 16, p);
}

#ifndef SOFTCUDA_CHECKED
#if defined(__AVX512BW__)
// Full warps, shared, 32-bit addresses. False, and nothing done, where an address is wrong. The row addresses are read where
// they are, and all rows before any result is written, which may take the addresses' place.
template <int N, bool Trans> ALWAYS_INLINE bool load_quick(const Ins* ip, Warp& w) {
    constexpr int kOrXor = 0xf6, kOrAnd = 0xf8;  // a | (b ^ c), a | (b & c)
    const uint32_t* base = reg<uint32_t>(ip, w, N);
    const uint32_t sharedBytes = w.block->sharedBytes;
    if (sharedBytes < 16) return false;
    const __m512i last = _mm512_set1_epi32(int(sharedBytes - 16)), part = _mm512_set1_epi32(15);
    __m512i wrong = _mm512_setzero_si512();
    for (int l = 0; l < 8 * N; l += 16) {
        const __m512i at = _mm512_load_si512(base + l), offset = _mm512_add_epi32(at, _mm512_set1_epi32(ip->imm));
        // Without the sign bit, base + displacement in 64 bits is the same address if it is one at all.
        __m512i these = _mm512_and_si512(at, _mm512_set1_epi32(INT32_MIN));
        these = _mm512_ternarylogic_epi32(these, _mm512_max_epu32(offset, last), last, kOrXor);
        these = _mm512_ternarylogic_epi32(these, offset, part, kOrAnd);
        wrong = _mm512_or_si512(wrong, N == 1 ? _mm512_maskz_mov_epi32(0xff, these) : these);
    }
    if (__builtin_expect(_mm512_test_epi32_mask(wrong, wrong) != 0, 0)) return false;
    const uint8_t* from = w.block->shared + ip->imm;
    __m512i low[N], high[N];
    for (int j = 0; j < N; j++) gather_matrix<Trans>([&](int r) { return from + base[8 * j + r]; }, low[j], high[j]);
    for (int j = 0; j < N; j++) {
        _mm512_store_si512(reg<uint32_t>(ip, w, j), low[j]);
        _mm512_store_si512(reg<uint32_t>(ip, w, j) + 16, high[j]);
    }
    return true;
}
#else
template <int N, bool Trans> ALWAYS_INLINE bool load_quick(const Ins* ip, Warp& w) {
    alignas(64) uint32_t offset[kLanes];
    narrow_offsets(ip, w, N, kAllLanes, offset);
    if (__builtin_expect(!offsets_in_range(offset, w.block->sharedBytes, naming<N>(), 16), 0)) return false;
    const uint8_t* shared = w.block->shared;
    for (int j = 0; j < N; j++)
        gather_matrix<Trans>([&](int r) { return shared + offset[8 * j + r]; }, reg<uint32_t>(ip, w, j));
    return true;
}
#endif
#endif

template <int N, Space S, bool Trans> const Ins* load_matrix(const Ins* ip, Warp& w) {
#ifndef SOFTCUDA_CHECKED
    if (S == Space::Shared && w.active == kAllLanes && !(ip->aux & kBaseWide) && load_quick<N, Trans>(ip, w))
        return ip + 1;
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
#define MATRIX(OP, HANDLER, N, NUMBER, TRANS, TEXT, SPACE, SPACE_TEXT, SIGNATURE)                                      \
    sink.add({FORM_NAME(OP ".sync.aligned.m8n8." NUMBER TEXT SPACE_TEXT ".b16"), SIGNATURE,                            \
              HANDLER<N, Space::SPACE, TRANS>, HANDLER<N, Space::SPACE, TRANS>, nullptr});
#define MATRIX_SPACE(SPACE, TEXT)                                                                                      \
    MATRIX("ldmatrix", load_matrix, 1, "x1", false, "", SPACE, TEXT, "w=m")                                            \
    MATRIX("ldmatrix", load_matrix, 2, "x2", false, "", SPACE, TEXT, "ww=m")                                           \
    MATRIX("ldmatrix", load_matrix, 4, "x4", false, "", SPACE, TEXT, "wwww=m")                                         \
    MATRIX("ldmatrix", load_matrix, 1, "x1", true, ".trans", SPACE, TEXT, "w=m")                                       \
    MATRIX("ldmatrix", load_matrix, 2, "x2", true, ".trans", SPACE, TEXT, "ww=m")                                      \
    MATRIX("ldmatrix", load_matrix, 4, "x4", true, ".trans", SPACE, TEXT, "wwww=m")                                    \
    MATRIX("stmatrix", store_matrix, 1, "x1", false, "", SPACE, TEXT, "=mw")                                           \
    MATRIX("stmatrix", store_matrix, 2, "x2", false, "", SPACE, TEXT, "=mww")                                          \
    MATRIX("stmatrix", store_matrix, 4, "x4", false, "", SPACE, TEXT, "=mwwww")                                        \
    MATRIX("stmatrix", store_matrix, 1, "x1", true, ".trans", SPACE, TEXT, "=mw")                                      \
    MATRIX("stmatrix", store_matrix, 2, "x2", true, ".trans", SPACE, TEXT, "=mww")                                     \
    MATRIX("stmatrix", store_matrix, 4, "x4", true, ".trans", SPACE, TEXT, "=mwwww")
    MATRIX_SPACE(Shared, ".shared")
    MATRIX_SPACE(Generic, "")
    sink.add({FORM_NAME("movmatrix.sync.aligned.m8n8.trans.b16"), "w=w", move_matrix, move_matrix, nullptr});
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
