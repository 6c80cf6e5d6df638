// Transfers of v4.b32 between lanes (16 bytes side by side in memory) and registers (one component, 32 lanes): transposes
// of 4-column matrices. With AVX-512 sixteen lanes at a time, with AVX2 four.
#pragma once
#include <immintrin.h>

#include "mem/access.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

#if defined(__AVX512F__)

// m[i]: lanes 4i to 4i+3, whole. out[c] + lane: component c of these 16 lanes.
ALWAYS_INLINE void columns_of_16(const __m512i* m, uint32_t* const* out, int lane) {
    const __m512i low = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
    const __m512i high = _mm512_setr_epi32(2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
    __m512i a = _mm512_permutex2var_epi32(m[0], low, m[1]), b = _mm512_permutex2var_epi32(m[2], low, m[3]);
    __m512i c = _mm512_permutex2var_epi32(m[0], high, m[1]), d = _mm512_permutex2var_epi32(m[2], high, m[3]);
    _mm512_store_si512(out[0] + lane, _mm512_shuffle_i64x2(a, b, 0x44));
    _mm512_store_si512(out[1] + lane, _mm512_shuffle_i64x2(a, b, 0xee));
    _mm512_store_si512(out[2] + lane, _mm512_shuffle_i64x2(c, d, 0x44));
    _mm512_store_si512(out[3] + lane, _mm512_shuffle_i64x2(c, d, 0xee));
}

// rows[j] holds lanes j, 4+j, 8+j and 12+j of the 16, whole.
ALWAYS_INLINE void rows_of_16(const uint32_t* const* in, int lane, __m512i* rows) {
    __m512i c0 = _mm512_load_si512(in[0] + lane), c1 = _mm512_load_si512(in[1] + lane);
    __m512i c2 = _mm512_load_si512(in[2] + lane), c3 = _mm512_load_si512(in[3] + lane);
    __m512i a = _mm512_unpacklo_epi32(c0, c1), b = _mm512_unpacklo_epi32(c2, c3);
    __m512i c = _mm512_unpackhi_epi32(c0, c1), d = _mm512_unpackhi_epi32(c2, c3);
    rows[0] = _mm512_unpacklo_epi64(a, b);
    rows[1] = _mm512_unpackhi_epi64(a, b);
    rows[2] = _mm512_unpacklo_epi64(c, d);
    rows[3] = _mm512_unpackhi_epi64(c, d);
}

// The fragments of matrix products lie so that four neighbouring lanes own neighbouring words, the next four those of
// another row: whether each four lanes access `size` bytes each side by side.
#define SOFTCUDA_QUADS 1
ALWAYS_INLINE __attribute__((unused)) bool quads_adjoin(const Pointers& p, int64_t size) {
    const __m512i steps = _mm512_setr_epi64(0, size, 2 * size, 3 * size, 0, size, 2 * size, 3 * size);
    uint32_t differ = 0;
    for (int l = 0; l < kLanes; l += 8) {
        const __m512i at = _mm512_load_si512(p.at + l);
        differ |= _mm512_cmpneq_epi64_mask(at, _mm512_add_epi64(_mm512_permutex_epi64(at, 0), steps));
    }
    return differ == 0;
}

ALWAYS_INLINE __attribute__((unused)) void load_quads(const Pointers& p, uint32_t* out) {
    for (int l = 0; l < kLanes; l += 4) __builtin_memcpy(out + l, reinterpret_cast<const void*>(p.at[l]), 16);
}
// N words of each lane.
template <int N> ALWAYS_INLINE void store_quads(const Pointers& p, const uint32_t* const* in) {
    for (int l = 0; l < kLanes; l += 4) {
        uint8_t* to = reinterpret_cast<uint8_t*>(p.at[l]);
        const __m128i a = _mm_load_si128(reinterpret_cast<const __m128i*>(in[0] + l));
        if (N == 1) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to), a);
        } else {
            const __m128i b = _mm_load_si128(reinterpret_cast<const __m128i*>(in[1] + l));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi32(a, b));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16), _mm_unpackhi_epi32(a, b));
        }
    }
}

ALWAYS_INLINE __m512i four_lanes(const void* a, const void* b, const void* c, const void* d) {
    const auto pair = [](const void* low, const void* high) {
        return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(low))),
                                       _mm_loadu_si128(static_cast<const __m128i*>(high)), 1);
    };
    return _mm512_inserti64x4(_mm512_castsi256_si512(pair(a, b)), pair(c, d), 1);
}

template <class At> ALWAYS_INLINE void load_v4(At at, uint32_t* const* out) {
    for (int h = 0; h < kLanes; h += 16) {
        __m512i m[4];
        for (int i = 0; i < 4; i++)
            m[i] = four_lanes(at(h + 4 * i), at(h + 4 * i + 1), at(h + 4 * i + 2), at(h + 4 * i + 3));
        columns_of_16(m, out, h);
    }
}

ALWAYS_INLINE void load_v4_contiguous(const void* from, uint32_t* const* out) {
    const uint8_t* p = static_cast<const uint8_t*>(from);
    for (int h = 0; h < kLanes; h += 16) {
        __m512i m[4];
        for (int i = 0; i < 4; i++) m[i] = _mm512_loadu_si512(p + 16 * h + 64 * i);
        columns_of_16(m, out, h);
    }
}

// v4.b32 from shared memory at base[lane] + displacement for all lanes; false, and nothing done, when one is out of the
// block's `size` bytes or misaligned. Threads of a tiled kernel that work on the same rows or columns of the tile read the
// same 16 bytes: four adjacent lanes that agree are one broadcast, lanes that read on from each other one vector load.
#define SOFTCUDA_SHARED_V4 1
ALWAYS_INLINE bool load_shared_v4(const uint8_t* shared, uint32_t size, const uint32_t* base, int32_t displacement,
                                  uint32_t* const* out) {
    const __m512i steps = _mm512_setr_epi32(0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240);
    const __m512i twice = _mm512_setr_epi32(0, 16, 32, 48, 64, 80, 96, 112, 0, 16, 32, 48, 64, 80, 96, 112);
    const __m512i apart = _mm512_set1_epi32(displacement), last = _mm512_set1_epi32(int(size - 16));
    const __m512i half[2] = {_mm512_add_epi32(_mm512_load_si512(base), apart),
                             _mm512_add_epi32(_mm512_load_si512(base + 16), apart)};
    const __mmask16 bad = _mm512_cmpgt_epu32_mask(half[0], last) | _mm512_cmpgt_epu32_mask(half[1], last)
                          | _mm512_test_epi32_mask(_mm512_or_si512(half[0], half[1]), _mm512_set1_epi32(15));
    if (__builtin_expect(bad != 0 || size < 16, 0)) return false;
    const bool same = _mm512_cmpneq_epi32_mask(half[0], half[1]) == 0;
    for (int h = 0; h < kLanes; h += 16) {
        const __m512i offset = half[h / 16];
        const uint32_t* from = base + h;
        const auto at = [&](int l) { return shared + uint32_t(from[l] + uint32_t(displacement)); };
        if (_mm512_cmpneq_epi32_mask(offset, _mm512_shuffle_epi32(offset, _MM_PERM_AAAA)) == 0) {
            const __m512i m = four_lanes(at(0), at(4), at(8), at(12));
            const __m512i value[4] = {_mm512_shuffle_epi32(m, _MM_PERM_AAAA), _mm512_shuffle_epi32(m, _MM_PERM_BBBB),
                                      _mm512_shuffle_epi32(m, _MM_PERM_CCCC), _mm512_shuffle_epi32(m, _MM_PERM_DDDD)};
            for (int j = 0; j < 4; j++) _mm512_store_si512(out[j] + h, value[j]);
            if (same)
                for (int j = 0; j < 4; j++) _mm512_store_si512(out[j] + 16, value[j]);
        } else {
            const __m512i distance = _mm512_sub_epi32(offset, _mm512_broadcastd_epi32(_mm512_castsi512_si128(offset)));
            __m512i m[4];
            if (_mm512_cmpneq_epi32_mask(distance, steps) == 0) {
                for (int i = 0; i < 4; i++) m[i] = _mm512_loadu_si512(at(0) + 64 * i);
            } else if (_mm512_cmpneq_epi32_mask(distance, twice) == 0) {
                m[0] = m[2] = _mm512_loadu_si512(at(0));
                m[1] = m[3] = _mm512_loadu_si512(at(0) + 64);
            } else {
                for (int i = 0; i < 4; i++) m[i] = four_lanes(at(4 * i), at(4 * i + 1), at(4 * i + 2), at(4 * i + 3));
            }
            columns_of_16(m, out, h);
            if (same) columns_of_16(m, out, 16);
        }
        if (same) break;
    }
    return true;
}

// The same for single words.
ALWAYS_INLINE bool load_shared_b32(const uint8_t* shared, uint32_t size, const uint32_t* base, int32_t displacement,
                                   uint32_t* out) {
    const __m512i apart = _mm512_set1_epi32(displacement), last = _mm512_set1_epi32(int(size - 4));
    const __m512i a = _mm512_add_epi32(_mm512_load_si512(base), apart),
                  b = _mm512_add_epi32(_mm512_load_si512(base + 16), apart);
    const __mmask16 bad = _mm512_cmpgt_epu32_mask(a, last) | _mm512_cmpgt_epu32_mask(b, last)
                          | _mm512_test_epi32_mask(_mm512_or_si512(a, b), _mm512_set1_epi32(3));
    if (__builtin_expect(bad != 0 || size < 4, 0)) return false;
    const __m512i first = _mm512_broadcastd_epi32(_mm512_castsi512_si128(a));
    if ((_mm512_cmpneq_epi32_mask(a, first) | _mm512_cmpneq_epi32_mask(b, first)) == 0) {
        int32_t value;
        __builtin_memcpy(&value, shared + uint32_t(base[0] + uint32_t(displacement)), 4);
        _mm512_store_si512(out, _mm512_set1_epi32(value));
        _mm512_store_si512(out + 16, _mm512_set1_epi32(value));
    } else {
        const __m512i low = _mm512_i32gather_epi32(a, shared, 1), high = _mm512_i32gather_epi32(b, shared, 1);
        _mm512_store_si512(out, low);
        _mm512_store_si512(out + 16, high);
    }
    return true;
}

template <class At> ALWAYS_INLINE void store_v4(At at, const uint32_t* const* in) {
    for (int h = 0; h < kLanes; h += 16) {
        alignas(64) __m512i rows[4];
        rows_of_16(in, h, rows);
        for (int q = 0; q < 4; q++)  // lane order, so that of two lanes at one address the later one stays
            for (int j = 0; j < 4; j++)
                _mm_storeu_si128(static_cast<__m128i*>(at(h + 4 * q + j)),
                                 reinterpret_cast<const __m128i*>(&rows[j])[q]);
    }
}

ALWAYS_INLINE void store_v4_contiguous(void* to, const uint32_t* const* in) {
    uint8_t* p = static_cast<uint8_t*>(to);
    for (int h = 0; h < kLanes; h += 16) {
        __m512i r[4];
        rows_of_16(in, h, r);
        __m512i a = _mm512_shuffle_i32x4(r[0], r[1], 0x44), b = _mm512_shuffle_i32x4(r[2], r[3], 0x44);
        __m512i c = _mm512_shuffle_i32x4(r[0], r[1], 0xee), d = _mm512_shuffle_i32x4(r[2], r[3], 0xee);
        _mm512_storeu_si512(p + 16 * h, _mm512_shuffle_i32x4(a, b, 0x88));
        _mm512_storeu_si512(p + 16 * h + 64, _mm512_shuffle_i32x4(a, b, 0xdd));
        _mm512_storeu_si512(p + 16 * h + 128, _mm512_shuffle_i32x4(c, d, 0x88));
        _mm512_storeu_si512(p + 16 * h + 192, _mm512_shuffle_i32x4(c, d, 0xdd));
    }
}
#define SOFTCUDA_TRANSPOSE 1

#elif defined(__AVX2__)

ALWAYS_INLINE void transpose4(__m128i& r0, __m128i& r1, __m128i& r2, __m128i& r3) {
    __m128i a = _mm_unpacklo_epi32(r0, r1), b = _mm_unpacklo_epi32(r2, r3);
    __m128i c = _mm_unpackhi_epi32(r0, r1), d = _mm_unpackhi_epi32(r2, r3);
    r0 = _mm_unpacklo_epi64(a, b);
    r1 = _mm_unpackhi_epi64(a, b);
    r2 = _mm_unpacklo_epi64(c, d);
    r3 = _mm_unpackhi_epi64(c, d);
}

template <class At> ALWAYS_INLINE void load_v4(At at, uint32_t* const* out) {
    for (int l = 0; l < kLanes; l += 4) {
        __m128i r[4];
        for (int j = 0; j < 4; j++)
            r[j] = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(at(l + j))));
        transpose4(r[0], r[1], r[2], r[3]);
        for (int j = 0; j < 4; j++) _mm_store_si128(reinterpret_cast<__m128i*>(out[j] + l), r[j]);
    }
}

template <class At> ALWAYS_INLINE void store_v4(At at, const uint32_t* const* in) {
    for (int l = 0; l < kLanes; l += 4) {
        __m128i r[4];
        for (int j = 0; j < 4; j++) r[j] = _mm_load_si128(reinterpret_cast<const __m128i*>(in[j] + l));
        transpose4(r[0], r[1], r[2], r[3]);
        for (int j = 0; j < 4; j++) _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(at(l + j))), r[j]);
    }
}

ALWAYS_INLINE void load_v4_contiguous(const void* from, uint32_t* const* out) {
    const uint8_t* p = static_cast<const uint8_t*>(from);
    load_v4([p](int l) { return p + 16 * l; }, out);
}

ALWAYS_INLINE void store_v4_contiguous(void* to, const uint32_t* const* in) {
    uint8_t* p = static_cast<uint8_t*>(to);
    store_v4([p](int l) -> void* { return p + 16 * l; }, in);
}
#define SOFTCUDA_TRANSPOSE 1

#endif

}  // namespace
}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
