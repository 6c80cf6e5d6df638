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
// The threads of a tiled kernel copy rows of a matrix, four neighbours 64 bytes side by side, which a swizzle then permutes
// within 64 bytes of shared memory: chunk j of the four goes to chunk j ^ f. Where that is so for all lanes, each four are
// one vector. False, and nothing done, where it is not. `reading`: lanes that do not copy zeros.
ALWAYS_INLINE bool copy_rows(uint8_t* shared, const uint32_t* offset, const Pointers& source, uint32_t reading) {
    if ((reading & 0x11111111u) * 15 != reading) return false;
    const __m512i chunk = _mm512_setr_epi32(0, 16, 32, 48, 0, 16, 32, 48, 0, 16, 32, 48, 0, 16, 32, 48);
    const __m512i wide = _mm512_setr_epi64(0, 16, 32, 48, 0, 16, 32, 48);
    uint32_t differ = 0;
    for (int l = 0; l < kLanes; l += 16) {
        const __m512i to = _mm512_load_si512(offset + l);
        differ |= _mm512_cmpneq_epi32_mask(to, _mm512_xor_si512(_mm512_shuffle_epi32(to, _MM_PERM_AAAA), chunk));
    }
    for (int l = 0; l < kLanes; l += 8) {
        const __m512i from = _mm512_load_si512(source.at + l);
        const __mmask8 these = __mmask8(reading >> l);
        differ |= _mm512_mask_cmpneq_epi64_mask(these, from, _mm512_add_epi64(_mm512_permutex_epi64(from, 0), wide));
    }
    if (differ != 0) return false;
    alignas(64) static const uint64_t order[4][8] = {
        {0, 1, 2, 3, 4, 5, 6, 7}, {2, 3, 0, 1, 6, 7, 4, 5}, {4, 5, 6, 7, 0, 1, 2, 3}, {6, 7, 4, 5, 2, 3, 0, 1}};
    alignas(64) static const uint8_t zeros[64] = {};
    for (int l = 0; l < kLanes; l += 4) {
        const uint64_t mask = lane_mask64(reading, l);
        __m512i row = _mm512_loadu_si512(
            reinterpret_cast<const void*>((source.at[l] & mask) | (reinterpret_cast<uint64_t>(zeros) & ~mask)));
        row = _mm512_permutexvar_epi64(_mm512_load_si512(order[offset[l] >> 4 & 3]), row);
        _mm512_storeu_si512(shared + (offset[l] & ~63u), row);
    }
    return true;
}
#else
ALWAYS_INLINE __attribute__((unused)) bool copy_rows(uint8_t*, const uint32_t*, const Pointers&, uint32_t) {
    return false;
}
#endif

template <Source R> const Ins* copy(const Ins* ip, Warp& w) {
    const uint32_t bytes = ip->arg[2], lanes = w.active;
    if (bytes != 4 && bytes != 8 && bytes != 16)
        return fault(w, ip, kInvalidInstruction, -1, 0, "cp.async copies 4, 8 or 16 bytes");
#ifndef SOFTCUDA_CHECKED
    if (R != Source::Ignored && lanes == kAllLanes && bytes == 16 && !(ip->aux & kBaseWide)) {
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
            if (copy_rows(w.block->shared, offset, source, reading)) return ip + 1;
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
