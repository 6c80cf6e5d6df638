// cp.async: copies of 4, 8 or 16 bytes from global to shared memory that complete in groups.
//
// In fast mode a copy lands at once: PTX lets it land any time up to the wait for its group, and nothing may read it
// earlier, so that commit_group and wait_group have nothing to do. In checked mode it lands as late as is legal
// (check/async.cpp), so that a missing wait is seen.
//
// Operands: shared address, global address, bytes (an integer), and optionally the number of bytes to read, the rest
// being zero-filled, or a predicate that says to read none.
#include "mem/access.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

enum class Source { Whole, Sized, Ignored };

constexpr int kInvalidInstruction = 715;

ALWAYS_INLINE void copy_lane(uint64_t to, uint64_t from, uint32_t bytes, uint32_t read) {
    uint8_t* out = reinterpret_cast<uint8_t*>(to);
    const uint8_t* in = reinterpret_cast<const uint8_t*>(from);
    if (read == bytes) {
        if (bytes == 16) __builtin_memcpy(out, in, 16);
        else if (bytes == 8) __builtin_memcpy(out, in, 8);
        else __builtin_memcpy(out, in, 4);
        return;
    }
    for (uint32_t i = 0; i < bytes; i++) out[i] = i < read ? in[i] : 0;
}

// The lanes whose value is not that.
ALWAYS_INLINE __attribute__((unused)) uint32_t lanes_where_not(const uint32_t* value, uint32_t that) {
#if defined(__AVX512F__)
    const __m512i all = _mm512_set1_epi32(int(that));
    return _mm512_cmpneq_epi32_mask(_mm512_load_si512(value), all)
           | uint32_t(_mm512_cmpneq_epi32_mask(_mm512_load_si512(value + 16), all)) << 16;
#else
    uint32_t lanes = 0;
    for (int l = 0; l < kLanes; l++) lanes |= uint32_t(value[l] != that) << l;
    return lanes;
#endif
}

#if defined(__AVX512F__) && !defined(SOFTCUDA_CHECKED)
// A full warp's copies of 16 bytes. The threads of a tiled kernel copy rows of a matrix, four neighbours 64 bytes side by
// side, which a swizzle then permutes within 64 bytes of shared memory: chunk j of the four goes to chunk j ^ f. Where that
// is so for all lanes, the first of each four tells everything, and the four are one vector. False, and nothing done, where
// it is not so, or where an address is wrong. With `Padding`, some fours may be zeros instead; without, that is not so.
template <Source R, bool Padding> ALWAYS_INLINE bool copy_rows(const Ins* ip, Warp& w) {
    constexpr int kOrXor = 0xf6, kOrAnd = 0xf8;  // a | (b ^ c), a | (b & c)
    const __m512i chunk = _mm512_setr_epi32(0, 16, 32, 48, 0, 16, 32, 48, 0, 16, 32, 48, 0, 16, 32, 48);
    const __m512i wide = _mm512_setr_epi64(0, 16, 32, 48, 0, 16, 32, 48);
    const __m512i firsts32 = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
    const __m512i firsts64 = _mm512_setr_epi64(0, 4, 8, 12, 0, 4, 8, 12);
    const Launch& launch = *w.block->launch;
    const uint64_t arenaBytes = launch.arenaHigh - launch.arenaLow;
    const uint32_t sharedBytes = w.block->sharedBytes;
    if (arenaBytes < 64 || sharedBytes < 64) return false;

    __m512i to[2], from[4], wrong = _mm512_setzero_si512();
    for (int i = 0; i < 2; i++) {
        to[i] = _mm512_add_epi32(_mm512_load_si512(reg<uint32_t>(ip, w, 0) + 16 * i), _mm512_set1_epi32(ip->imm));
        const __m512i expected = _mm512_xor_si512(_mm512_shuffle_epi32(to[i], _MM_PERM_AAAA), chunk);
        wrong = _mm512_ternarylogic_epi32(wrong, to[i], expected, kOrXor);
    }
    for (int i = 0; i < 4; i++) {
        from[i] = _mm512_load_si512(reg<uint64_t>(ip, w, 1) + 8 * i);
        const __m512i expected = _mm512_add_epi64(_mm512_permutex_epi64(from[i], 0), wide);
        wrong = _mm512_ternarylogic_epi32(wrong, from[i], expected, kOrXor);
    }
    __m512i row = _mm512_inserti64x4(_mm512_permutex2var_epi64(from[0], firsts64, from[1]),
                                     _mm512_castsi512_si256(_mm512_permutex2var_epi64(from[2], firsts64, from[3])), 1);
    const __m512i place = _mm512_permutex2var_epi32(to[0], firsts32, to[1]);

    alignas(64) static const uint8_t zeros[64] = {};
    __m512i offset = _mm512_sub_epi64(row, _mm512_set1_epi64(int64_t(launch.arenaLow)));
    if (R == Source::Sized) {
        __m512i size[2];
        for (int i = 0; i < 2; i++) {
            size[i] = _mm512_load_si512(reg<uint32_t>(ip, w, 3) + 16 * i);
            const __m512i expected = Padding ? _mm512_shuffle_epi32(size[i], _MM_PERM_AAAA) : _mm512_set1_epi32(16);
            wrong = _mm512_ternarylogic_epi32(wrong, size[i], expected, kOrXor);
            if (Padding) wrong = _mm512_ternarylogic_epi32(wrong, size[i], _mm512_set1_epi32(~16), kOrAnd);
        }
        if (Padding) {  // zeros may be named by any address
            const __m512i first = _mm512_permutex2var_epi32(size[0], firsts32, size[1]);
            const __mmask8 reading = __mmask8(_mm512_test_epi32_mask(first, first));
            row = _mm512_mask_mov_epi64(_mm512_set1_epi64(int64_t(zeros)), reading, row);
            offset = _mm512_maskz_mov_epi64(reading, offset);
        }
    }
    const __m512i lastOffset = _mm512_set1_epi64(int64_t(arenaBytes - 64));
    const __m512i lastPlace = _mm512_set1_epi32(int(sharedBytes - 1)), part = _mm512_set1_epi64(15);
    wrong = _mm512_ternarylogic_epi32(wrong, _mm512_max_epu64(offset, lastOffset), lastOffset, kOrXor);
    wrong = _mm512_ternarylogic_epi32(wrong, _mm512_max_epu32(_mm512_or_si512(place, _mm512_set1_epi32(63)), lastPlace),
                                      lastPlace, kOrXor);
    wrong = _mm512_ternarylogic_epi32(wrong, row, part, kOrAnd);
    wrong = _mm512_ternarylogic_epi32(wrong, place, _mm512_set1_epi32(15), kOrAnd);
    if (_mm512_test_epi32_mask(wrong, wrong) != 0) return false;

    alignas(64) static const uint64_t order[4][8] = {
        {0, 1, 2, 3, 4, 5, 6, 7}, {2, 3, 0, 1, 6, 7, 4, 5}, {4, 5, 6, 7, 0, 1, 2, 3}, {6, 7, 4, 5, 2, 3, 0, 1}};
    alignas(64) uint64_t source[8];
    alignas(64) uint32_t target[16], orderAt[16];  // orderAt: in bytes, 64 for each f
    _mm512_store_si512(source, row);
    _mm512_store_si512(target, _mm512_andnot_si512(_mm512_set1_epi32(63), place));
    _mm512_store_si512(orderAt, _mm512_slli_epi32(_mm512_and_si512(place, _mm512_set1_epi32(48)), 2));
    uint8_t* shared = w.block->shared;
    for (int i = 0; i < 8; i++) {
        const __m512i index = _mm512_load_si512(reinterpret_cast<const uint8_t*>(order) + orderAt[i]);
        const __m512i four = _mm512_loadu_si512(reinterpret_cast<const void*>(source[i]));
        _mm512_store_si512(shared + target[i], _mm512_permutexvar_epi64(index, four));
    }
    return true;
}
template <Source R> NOINLINE bool copy_padded_rows(const Ins* ip, Warp& w) { return copy_rows<R, true>(ip, w); }
#else
template <Source R, bool Padding> ALWAYS_INLINE bool copy_rows(const Ins*, Warp&) { return false; }
template <Source R> ALWAYS_INLINE bool copy_padded_rows(const Ins*, Warp&) { return false; }
#endif

template <Source R> const Ins* copy(const Ins* ip, Warp& w) {
    const uint32_t bytes = ip->arg[2], lanes = w.active;
    if (bytes != 4 && bytes != 8 && bytes != 16)
        return fault(w, ip, kInvalidInstruction, -1, 0, "cp.async copies 4, 8 or 16 bytes");
#ifndef SOFTCUDA_CHECKED
    if (R != Source::Ignored && lanes == kAllLanes && bytes == 16 && !(ip->aux & kBaseWide)) {
        if (copy_rows<R, false>(ip, w)) return ip + 1;
        if (R == Source::Sized && copy_padded_rows<R>(ip, w)) return ip + 1;
        alignas(64) uint32_t offset[kLanes];
        alignas(64) Pointers source;
        alignas(16) static const uint8_t zeros[16] = {};
        narrow_offsets(ip, w, 0, kAllLanes, offset);
        __builtin_memcpy(source.at, reg<uint64_t>(ip, w, 1), sizeof source.at);
        uint32_t reading = kAllLanes, partial = 0;
        if (R == Source::Sized) {
            const uint32_t* size = reg<uint32_t>(ip, w, 3);
            reading = lanes_where_not(size, 0);
            partial = reading & lanes_where_not(size, 16);
        }
        if (__builtin_expect(partial == 0 && offsets_in_range(offset, w.block->sharedBytes, kAllLanes, 16)
                                 && global_in_range(source, *w.block->launch, reading, 16),
                             1)) {
            if (R == Source::Sized && reading != kAllLanes) {  // what is all zeros is copied from zeros
                for (int l = 0; l < kLanes; l++) {
                    const uint64_t mask = lane_mask64(reading, l);
                    source.at[l] = (source.at[l] & mask) | (reinterpret_cast<uint64_t>(zeros) & ~mask);
                }
            }
            uint8_t* shared = w.block->shared;
            for (int l = 0; l < kLanes; l += 8) {  // loads first: none has to wait for a store it might overlap
                struct {
                    uint64_t half[2];
                } part[8];
                for (int i = 0; i < 8; i++)
                    __builtin_memcpy(&part[i], reinterpret_cast<const void*>(source.at[l + i]), 16);
                for (int i = 0; i < 8; i++) __builtin_memcpy(shared + offset[l + i], &part[i], 16);
            }
            return ip + 1;
        }
    }
#endif
    uint32_t read[kLanes], reading = lanes;
    for (int l = 0; l < kLanes; l++) read[l] = bytes;
    if (R == Source::Sized) {
        const uint32_t* size = reg<uint32_t>(ip, w, 3);
        reading = 0;
        for (int l = 0; l < kLanes; l++) {
            read[l] = size[l] < bytes ? size[l] : bytes;
            reading |= uint32_t(size[l] != 0) << l;
        }
        reading &= lanes;
    } else if (R == Source::Ignored) {
        const uint32_t ignored = predicate(ip, w, 3);
        for (int l = 0; l < kLanes; l++) read[l] = ignored >> l & 1 ? 0 : bytes;
        reading = lanes & ~ignored;
    }
    Pointers to, from;
    if (!resolve<Space::Shared>(ip, w, 0, lanes, bytes, to)) return nullptr;
    // The displacement belongs to the first address. A lane that reads nothing may name any source address.
    const uint64_t* source = reg<uint64_t>(ip, w, 1);
    for (int l = 0; l < kLanes; l++) from.at[l] = source[l];
    if (__builtin_expect(!global_in_range(from, *w.block->launch, reading, bytes), 0))
        return global_fault(ip, w, from, reading, bytes);
#ifdef SOFTCUDA_CHECKED
    return check_async_copy(ip, w, to.at, from.at, lanes, bytes, read) ? ip + 1 : nullptr;
#else
    for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
        const int l = __builtin_ctz(rest);
        copy_lane(to.at[l], from.at[l], bytes, read[l]);
    }
    return ip + 1;
#endif
}

const Ins* commit(const Ins* ip, Warp& w) {
#ifdef SOFTCUDA_CHECKED
    check_async_commit(w);
#else
    (void) w;
#endif
    return ip + 1;
}

// The operand: how many of the latest groups may still be pending.
const Ins* wait_group(const Ins* ip, Warp& w) {
#ifdef SOFTCUDA_CHECKED
    return check_async_wait(ip, w, uint32_t(ip->imm), false) ? ip + 1 : nullptr;
#else
    (void) w;
    return ip + 1;
#endif
}

const Ins* wait_all(const Ins* ip, Warp& w) {
#ifdef SOFTCUDA_CHECKED
    return check_async_wait(ip, w, 0, true) ? ip + 1 : nullptr;
#else
    (void) w;
    return ip + 1;
#endif
}

}  // namespace

void add_cp_async_forms(FormSink& sink) {
#define SAME(TEXT, SIGNATURE, HANDLER) sink.add({FORM_NAME(TEXT), SIGNATURE, HANDLER, HANDLER, nullptr});
    SAME("cp.async.shared.global", "=mmi", copy<Source::Whole>)
    SAME("cp.async.shared.global", "=mmiw", copy<Source::Sized>)
    SAME("cp.async.shared.global", "=mmip", copy<Source::Ignored>)
    SAME("cp.async.commit_group", "=", commit)
    SAME("cp.async.wait_group", "=i", wait_group)
    SAME("cp.async.wait_all", "=", wait_all)
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
