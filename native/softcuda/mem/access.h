// From address operands to host pointers: what every form that touches memory begins with.
//
// Compiled once for each level, and once more as "checked" (SOFTCUDA_CHECKED), where every access passes the checkers
// of check/hooks.h between the translation of its addresses and the transfer of its data. All names are local to the
// translation unit, so that no level's code can stand in for another's.
#pragma once
#include <cstdint>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "async/block_async.h"
#include "exec/code.h"
#include "mem/address.h"

#include "check/hooks.h"
#ifdef SOFTCUDA_CHECKED
#define FORM_NAME(text) text "!checked"
#else
#define FORM_NAME(text) text
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

constexpr int kIllegalAddress = 700;
constexpr int kMisalignedAddress = 716;

enum class Space { Global, Shared, Cluster, Local, Param, Generic };  // Cluster: .shared::cluster

// Host addresses of the 32 lanes' accesses; those of inactive lanes are undefined.
struct alignas(64) Pointers {
    uint64_t at[kLanes];
};

ALWAYS_INLINE uint64_t lane_mask64(uint32_t lanes, int lane) { return 0 - uint64_t(lanes >> lane & 1); }

// The fault of the first lane in `lanes` for which the access is out of range or misaligned. Addresses as the program
// knows them (generic addresses with their window, offsets in the named spaces).
NOINLINE __attribute__((unused)) const Ins* address_fault(const Ins* ip, Warp& w, int lane, uint64_t address,
                                                          bool misaligned, const char* space) {
    (void) space;
    return misaligned ? fault(w, ip, kMisalignedAddress, lane, address, "misaligned address")
                      : fault(w, ip, kIllegalAddress, lane, address, space);
}

// Global: addresses are host addresses; they must lie in the arena.
#if defined(__AVX512F__)
ALWAYS_INLINE bool global_in_range(const Pointers& p, const Launch& launch, uint32_t lanes, uint32_t bytes) {
    const uint64_t size = launch.arenaHigh - launch.arenaLow;
    const __m512i low = _mm512_set1_epi64(int64_t(launch.arenaLow)), last = _mm512_set1_epi64(int64_t(size - bytes));
    const __m512i part = _mm512_set1_epi64(int64_t(bytes - 1));
    uint32_t bad = size < bytes;
    for (int l = 0; l < kLanes; l += 8) {
        const __m512i at = _mm512_load_si512(p.at + l);
        const __mmask8 these = __mmask8(lanes >> l);
        bad |= _mm512_mask_cmpgt_epu64_mask(these, _mm512_sub_epi64(at, low), last)
               | _mm512_mask_test_epi64_mask(these, at, part);
    }
    return bad == 0;
}

ALWAYS_INLINE bool offsets_in_range(const uint32_t* offset, uint32_t size, uint32_t lanes, uint32_t bytes) {
    const __m512i last = _mm512_set1_epi32(int(size - bytes)), part = _mm512_set1_epi32(int(bytes - 1));
    uint32_t bad = size < bytes;
    for (int l = 0; l < kLanes; l += 16) {
        const __m512i at = _mm512_load_si512(offset + l);
        const __mmask16 these = __mmask16(lanes >> l);
        bad |= _mm512_mask_cmpgt_epu32_mask(these, at, last) | _mm512_mask_test_epi32_mask(these, at, part);
    }
    return bad == 0;
}
#else
// Since the arena lies in the lower half of the address space, offsets and the distance to the last allowed one are both negative-free exactly when in range, so that
// one OR over the lanes of the two tells.
ALWAYS_INLINE bool global_in_range(const Pointers& p, const Launch& launch, uint32_t lanes, uint32_t bytes) {
    const uint64_t low = launch.arenaLow, last = launch.arenaHigh - launch.arenaLow - bytes;
    uint64_t range = 0, alignment = 0;
    for (int l = 0; l < kLanes; l++) {
        uint64_t offset = p.at[l] - low, mask = lane_mask64(lanes, l);
        range |= (offset | (last - offset)) & mask;
        alignment |= p.at[l] & mask;
    }
    return ((range >> 63) | (alignment & (bytes - 1))) == 0;
}

ALWAYS_INLINE bool offsets_in_range(const uint32_t* offset, uint32_t size, uint32_t lanes, uint32_t bytes) {
    const uint32_t last = size - bytes;  // wraps to "negative" when the space is smaller than the access
    uint32_t range = 0, alignment = 0;
    for (int l = 0; l < kLanes; l++) {
        uint32_t mask = 0 - (lanes >> l & 1);
        range |= (offset[l] | (last - offset[l])) & mask;
        alignment |= offset[l] & mask;
    }
    return ((range >> 31) | (alignment & (bytes - 1))) == 0;
}
#endif

NOINLINE __attribute__((unused)) const Ins* global_fault(const Ins* ip, Warp& w, const Pointers& p, uint32_t lanes,
                                                         uint32_t bytes) {
    const Launch& launch = *w.block->launch;
    const uint64_t last = launch.arenaHigh - launch.arenaLow - bytes;
    for (int l = 0; l < kLanes; l++) {
        if (!(lanes >> l & 1)) continue;
        if (p.at[l] - launch.arenaLow > last)
            return address_fault(ip, w, l, p.at[l], false, "global access outside device memory");
        if (p.at[l] & (bytes - 1)) return address_fault(ip, w, l, p.at[l], true, "");
    }
    return nullptr;
}

// Shared, local and param: 32-bit offsets from a base register of either bank. False when a wide one does not fit.
ALWAYS_INLINE bool narrow_offsets(const Ins* ip, Warp& w, int k, uint32_t lanes, uint32_t* offset) {
    if (ip->aux & kBaseWide) {
        const uint64_t* base = reg<uint64_t>(ip, w, k);
        uint64_t high = 0;
        for (int l = 0; l < kLanes; l++) {
            uint64_t sum = base[l] + int64_t(ip->imm);
            offset[l] = uint32_t(sum);
            high |= (sum >> 32) & lane_mask64(lanes, l);
        }
        return high == 0;
    }
    const uint32_t* base = reg<uint32_t>(ip, w, k);
    for (int l = 0; l < kLanes; l++) offset[l] = base[l] + uint32_t(ip->imm);
    return true;
}

NOINLINE __attribute__((unused)) const Ins* offset_fault(const Ins* ip, Warp& w, int k, uint32_t size, uint32_t lanes,
                                                         uint32_t bytes, const char* space) {
    for (int l = 0; l < kLanes; l++) {
        if (!(lanes >> l & 1)) continue;
        uint64_t offset = ip->aux & kBaseWide ? reg<uint64_t>(ip, w, k)[l] + int64_t(ip->imm)
                                              : uint32_t(reg<uint32_t>(ip, w, k)[l] + uint32_t(ip->imm));
        if (offset > size || size - offset < bytes) return address_fault(ip, w, l, offset, false, space);
        if (offset & (bytes - 1)) return address_fault(ip, w, l, offset, true, "");
    }
    return nullptr;
}

// The block that an address in the shared window names, of this block's cluster, and the offset there. Null: it names none,
// or one that has ended.
ALWAYS_INLINE const Block* named_block(const Block& block, uint32_t address, uint32_t& offset) {
    const uint32_t named = address >> kRankShift;
    offset = address & ((1u << kRankShift) - 1);
    if (named == 0) return &block;
    if (named > block.cluster->blocks) return nullptr;
    const Block* other = block.cluster->block[named - 1];
    return async_of(*other).ended ? nullptr : other;
}

NOINLINE __attribute__((unused)) bool resolve_cluster(const Ins* ip, Warp& w, const uint32_t* address, uint32_t lanes,
                                                      uint32_t bytes, Pointers& p) {
    for (int l = 0; l < kLanes; l++) {
        if (!(lanes >> l & 1)) continue;
        uint32_t offset;
        const Block* block = named_block(*w.block, address[l], offset);
        if (block == nullptr) {
            address_fault(ip, w, l, address[l], false,
                          "shared access in a block that the cluster does not have, or that has ended");
            return false;
        }
        if (offset > block->sharedBytes || block->sharedBytes - offset < bytes) {
            address_fault(ip, w, l, address[l], false, "shared access outside the block's shared memory");
            return false;
        }
        if (offset & (bytes - 1)) {
            address_fault(ip, w, l, address[l], true, "");
            return false;
        }
        p.at[l] = reinterpret_cast<uint64_t>(block->shared) + offset;
    }
    return true;
}

// A thread's local memory is as aligned as block->local + thread * localBytes is: the loader keeps localBytes a multiple
// of 16.
ALWAYS_INLINE uint64_t local_base(const Warp& w, int lane) {
    return reinterpret_cast<uint64_t>(w.block->local) + uint64_t(w.index * kLanes + lane) * w.block->localBytes;
}

// A generic address is a global one or lies in one of the windows, lane by lane.
NOINLINE __attribute__((unused)) bool resolve_generic(const Ins* ip, Warp& w, Pointers& p, uint32_t lanes,
                                                      uint32_t bytes) {
    const Block& block = *w.block;
    const Launch& launch = *block.launch;
    for (int l = 0; l < kLanes; l++) {
        if (!(lanes >> l & 1)) continue;
        uint64_t address = p.at[l], offset = uint32_t(address), size = 0, base = 0;
        // The displacement may carry an offset past its window's 32 bits, or below it: the bits between tell.
        uint64_t window = address & kWindowMask;
        if (window == kSharedWindow) {
            uint32_t within;
            const Block* owner = named_block(block, uint32_t(address), within);
            if (owner == nullptr) {
                address_fault(ip, w, l, address, false,
                              "shared access in a block that the cluster does not have, or that has ended");
                return false;
            }
            base = reinterpret_cast<uint64_t>(owner->shared);
            size = owner->sharedBytes;
            offset = within;
        } else if (window == kLocalWindow) {
            base = local_base(w, l);
            size = block.localBytes;
        } else if (window == kParamWindow) {
            base = reinterpret_cast<uint64_t>(launch.params);
            size = launch.paramBytes;
        } else {
            base = launch.arenaLow;
            size = launch.arenaHigh - launch.arenaLow;
            offset = address - base;
            window = 0;
        }
        if (window != 0 && (address & ~kWindowMask) >> 32) offset = ~uint64_t(0);
        if (offset > size || size - offset < bytes) {
            address_fault(ip, w, l, address, false, "generic access outside every memory space");
            return false;
        }
        if (address & (bytes - 1)) {
            address_fault(ip, w, l, address, true, "");
            return false;
        }
        p.at[l] = base + offset;
    }
    return true;
}

// Translates and checks the address operand k of an access of `bytes` (a power of two) by `lanes`. False after a fault.
template <Space S>
ALWAYS_INLINE bool resolve(const Ins* ip, Warp& w, int k, uint32_t lanes, uint32_t bytes, Pointers& p) {
    if (S == Space::Global || S == Space::Generic) {
        const uint64_t* base = reg<uint64_t>(ip, w, k);
        const int64_t displacement = ip->imm;
        for (int l = 0; l < kLanes; l++) p.at[l] = base[l] + displacement;
        if (__builtin_expect(global_in_range(p, *w.block->launch, lanes, bytes), 1)) return true;
        if (S == Space::Generic) return resolve_generic(ip, w, p, lanes, bytes);
        global_fault(ip, w, p, lanes, bytes);
        return false;
    }
    alignas(64) uint32_t offset[kLanes];
    if (S == Space::Cluster) {
        if (narrow_offsets(ip, w, k, lanes, offset)) return resolve_cluster(ip, w, offset, lanes, bytes, p);
        offset_fault(ip, w, k, 0, lanes, bytes, "shared access outside the block's shared memory");
        return false;
    }
    const Block& block = *w.block;
    const uint32_t size = S == Space::Shared  ? block.sharedBytes
                          : S == Space::Local ? block.localBytes
                                              : block.launch->paramBytes;
    bool fits = narrow_offsets(ip, w, k, lanes, offset);
    if (__builtin_expect(!fits || !offsets_in_range(offset, size, lanes, bytes), 0)) {
        offset_fault(ip, w, k, size, lanes, bytes,
                     S == Space::Shared  ? "shared access outside the block's shared memory"
                     : S == Space::Local ? "local access outside the thread's local memory"
                                         : "access outside the kernel's parameters");
        return false;
    }
    if (S == Space::Local) {
        for (int l = 0; l < kLanes; l++) p.at[l] = local_base(w, l) + offset[l];
    } else {
        const uint64_t base = reinterpret_cast<uint64_t>(S == Space::Shared ? block.shared : block.launch->params);
        for (int l = 0; l < kLanes; l++) p.at[l] = base + offset[l];
    }
    return true;
}

// In checked mode, tells the checkers of the access; false after a fault. In fast mode nothing, at no cost.
#ifdef SOFTCUDA_CHECKED
ALWAYS_INLINE bool observed(const Ins* ip, Warp& w, const Pointers& p, uint32_t lanes, uint32_t bytes, Access access) {
    return check_access(ip, w, p.at, lanes, bytes, access);
}
#define OBSERVED(ip, w, p, lanes, bytes, access) observed(ip, w, p, lanes, bytes, access)
#else
#define OBSERVED(ip, w, p, lanes, bytes, access) true
#endif

// Translates the address operand k of a warp's access of `bytes` and shows it to the checkers. False after a fault.
template <Space S> ALWAYS_INLINE bool reach(const Ins* ip, Warp& w, int k, uint32_t bytes, Access access, Pointers& p) {
    if (!resolve<S>(ip, w, k, w.active, bytes, p)) return false;
    (void) access;
    return OBSERVED(ip, w, p, w.active, bytes, access);
}

// Full warps whose lane l is at lane 0's address + l * size, the commonest access of all: one check of the first and the last
// lane is enough. Null: it is not one, or out of range, or misaligned; in checked mode, where every lane is looked at, always.
template <Space S> ALWAYS_INLINE uint8_t* contiguous(const Ins* ip, Warp& w, int k, uint32_t size) {
#ifndef SOFTCUDA_CHECKED
    const Block& block = *w.block;
    if (w.active != kAllLanes) return nullptr;
    if (S == Space::Global) {
        const uint64_t* base = reg<uint64_t>(ip, w, k);
        uint64_t apart = 0;
        for (int l = 0; l < kLanes; l++) apart |= (base[l] - base[0]) ^ (uint64_t(l) * size);
        const Launch& launch = *block.launch;
        const uint64_t at = base[0] + uint64_t(int64_t(ip->imm)), offset = at - launch.arenaLow;
        const uint64_t last = launch.arenaHigh - launch.arenaLow - kLanes * size;
        if ((apart | ((offset | (last - offset)) >> 63) | (at & (size - 1))) == 0)
            return reinterpret_cast<uint8_t*>(at);
    } else if (S == Space::Shared && !(ip->aux & kBaseWide)) {
        const uint32_t* base = reg<uint32_t>(ip, w, k);
        uint32_t apart = 0;
        for (int l = 0; l < kLanes; l++) apart |= (base[l] - base[0]) ^ (uint32_t(l) * size);
        const uint32_t at = base[0] + uint32_t(ip->imm), last = block.sharedBytes - kLanes * size;
        if ((apart | ((at | (last - at)) >> 31) | (at & (size - 1))) == 0) return block.shared + at;
    }
#else
    (void) ip, (void) w, (void) k, (void) size;
#endif
    return nullptr;
}

template <class T> struct SignedOf;
template <> struct SignedOf<uint32_t> { using type = int32_t; };
template <> struct SignedOf<uint64_t> { using type = int64_t; };

// A memory element of type T in a register of type D: sign-extended if T is signed.
template <class T, class D> ALWAYS_INLINE D widened(T value) {
    return T(-1) < T(0) ? D(typename SignedOf<D>::type(value)) : D(value);
}

}  // namespace
}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
