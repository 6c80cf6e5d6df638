// Warp-wide operations: shuffles, votes, matches, reductions, election. (bar.warp.sync is exec/barrier.cpp's.)
//
// The lanes that take part are those of the member mask that are active here. Lanes may name different masks at one
// instruction (tiles of a warp that work side by side): each set of lanes with the same mask is a group of its own.
// Values of lanes outside are undefined in PTX; here a shuffle reads whatever their register holds.
#include "exec/members.h"
#include "mem/access.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// Lanes that have diverged wait for the members of their masks first (exec/members.h).
ALWAYS_INLINE bool members_meet(const Ins* ip, Warp& w, int k) {
    if (__builtin_expect(w.active != w.live, 0) && !await_members(ip, w, reg<uint32_t>(ip, w, k))) return false;
#ifdef SOFTCUDA_CHECKED
    return check_members(ip, w, reg<uint32_t>(ip, w, k));
#else
    return true;
#endif
}

// Calls body(lanes, members) for each distinct member mask: `lanes` name it and take the result, `members` take part.
template <class Body> ALWAYS_INLINE void for_each_group(const uint32_t* mask, uint32_t active, Body body) {
    for (uint32_t rest = active; rest != 0;) {
        const uint32_t name = mask[__builtin_ctz(rest)];
        uint32_t same = 0;
        for (int l = 0; l < kLanes; l++) same |= uint32_t(mask[l] == name) << l;
        body(same & rest, name & active);
        rest &= ~same;
    }
}

ALWAYS_INLINE void put_lanes(uint32_t* to, uint32_t lanes, uint32_t value) {
    for (int l = 0; l < kLanes; l++) {
        uint32_t mask = 0 - (lanes >> l & 1);
        to[l] = (value & mask) | (to[l] & ~mask);
    }
}

ALWAYS_INLINE void put_predicate(uint32_t& to, uint32_t lanes, uint32_t value) { to = (value & lanes) | (to & ~lanes); }

// ---- shfl.sync ---------------------------------------------------------------------------------------------------------

enum class Shuffle { Idx, Up, Down, Bfly };

// `from` and `out` may be the same register.
ALWAYS_INLINE void permute(const uint32_t* from, const uint32_t* index, uint32_t* out) {
#if defined(__AVX512F__)
    __m512i low = _mm512_load_si512(from), high = _mm512_load_si512(from + 16);
    __m512i a = _mm512_permutex2var_epi32(low, _mm512_load_si512(index), high);
    __m512i b = _mm512_permutex2var_epi32(low, _mm512_load_si512(index + 16), high);
    _mm512_store_si512(out, a);
    _mm512_store_si512(out + 16, b);
#else
    alignas(64) uint32_t copy[kLanes];
    __builtin_memcpy(copy, from, sizeof copy);
    for (int l = 0; l < kLanes; l++) out[l] = copy[index[l]];
#endif
}

// c holds the clamp in bits 4:0 and the segment mask in bits 12:8. A lane whose source is out of its segment keeps its
// own value, and its predicate is false.
template <Shuffle M, bool Predicate, bool Masked> const Ins* shuffle(const Ins* ip, Warp& w) {
    constexpr int k = Predicate ? 2 : 1;
    const uint32_t *from = reg<uint32_t>(ip, w, k), *b = reg<uint32_t>(ip, w, k + 1), *c = reg<uint32_t>(ip, w, k + 2);
    if (!members_meet(ip, w, k + 3)) return nullptr;
    alignas(64) uint32_t index[kLanes], result[kLanes];
    uint32_t valid = 0;
    alignas(64) uint32_t inside[kLanes];
    for (int l = 0; l < kLanes; l++) {
        const uint32_t segment = c[l] >> 8 & 31, clamp = c[l] & 31, amount = b[l] & 31;
        const int32_t last = (l & segment) | (clamp & ~segment & 31);
        int32_t j;
        bool ok;
        if (M == Shuffle::Up) {
            j = l - int32_t(amount);
            ok = j >= last;
        } else if (M == Shuffle::Down) {
            j = l + int32_t(amount);
            ok = j <= last;
        } else if (M == Shuffle::Bfly) {
            j = l ^ int32_t(amount);
            ok = j <= last;
        } else {
            j = (l & segment) | (amount & ~segment & 31);
            ok = j <= last;
        }
        index[l] = ok ? uint32_t(j) : uint32_t(l);
        inside[l] = ok;
    }
    if (Predicate)
        for (int l = 0; l < kLanes; l++) valid |= inside[l] << l;
#ifdef SOFTCUDA_CHECKED
    if (!check_shuffle_sources(ip, w, reg<uint32_t>(ip, w, k + 3), index)) return nullptr;
#endif
    uint32_t* to = reg<uint32_t>(ip, w, 0);
    if (!Masked) {
        permute(from, index, to);
    } else {
        permute(from, index, result);
        for (int l = 0; l < kLanes; l++) {
            uint32_t mask = 0 - (w.active >> l & 1);
            to[l] = (result[l] & mask) | (to[l] & ~mask);
        }
    }
    if (Predicate) put_predicate(predicate(ip, w, 1), Masked ? w.active : kAllLanes, valid);
    return ip + 1;
}

// ---- vote.sync ---------------------------------------------------------------------------------------------------------

enum class Vote { All, Any, Uni };

template <Vote V> const Ins* vote(const Ins* ip, Warp& w) {
    if (!members_meet(ip, w, 2)) return nullptr;
    const uint32_t votes = predicate(ip, w, 1);
    uint32_t result = 0;
    for_each_group(reg<uint32_t>(ip, w, 2), w.active, [&](uint32_t lanes, uint32_t members) {
        const uint32_t in = votes & members;
        const bool yes = V == Vote::All ? in == members : V == Vote::Any ? in != 0 : in == 0 || in == members;
        if (yes) result |= lanes;
    });
    put_predicate(predicate(ip, w, 0), w.active, result);
    return ip + 1;
}

const Ins* ballot(const Ins* ip, Warp& w) {
    if (!members_meet(ip, w, 2)) return nullptr;
    const uint32_t votes = predicate(ip, w, 1);
    alignas(64) uint32_t mask[kLanes];  // the destination may be the member mask's register
    __builtin_memcpy(mask, reg<uint32_t>(ip, w, 2), sizeof mask);
    for_each_group(mask, w.active, [&](uint32_t lanes, uint32_t members) {
        put_lanes(reg<uint32_t>(ip, w, 0), lanes, votes & members);
    });
    return ip + 1;
}

// ---- match.sync --------------------------------------------------------------------------------------------------------

template <class T> const Ins* match_any(const Ins* ip, Warp& w) {
    if (!members_meet(ip, w, 2)) return nullptr;
    const T* value = reg<T>(ip, w, 1);
    const uint32_t *mask = reg<uint32_t>(ip, w, 2), active = w.active;
    alignas(64) uint32_t result[kLanes];
    for (int l = 0; l < kLanes; l++) {
        uint32_t same = 0;
        for (int j = 0; j < kLanes; j++) same |= uint32_t(value[j] == value[l]) << j;
        result[l] = same & mask[l] & active;
    }
    uint32_t* to = reg<uint32_t>(ip, w, 0);
    for (uint32_t rest = active; rest != 0; rest &= rest - 1) to[__builtin_ctz(rest)] = result[__builtin_ctz(rest)];
    return ip + 1;
}

template <class T, bool Predicate> const Ins* match_all(const Ins* ip, Warp& w) {
    constexpr int k = Predicate ? 2 : 1;
    if (!members_meet(ip, w, k + 1)) return nullptr;
    alignas(64) uint32_t mask[kLanes];
    alignas(64) T value[kLanes];  // the destination may be a source's register
    __builtin_memcpy(mask, reg<uint32_t>(ip, w, k + 1), sizeof mask);
    __builtin_memcpy(value, reg<T>(ip, w, k), sizeof value);
    uint32_t matched = 0;
    for_each_group(mask, w.active, [&](uint32_t lanes, uint32_t members) {
        uint32_t same = 0;
        const T first = members ? value[__builtin_ctz(members)] : T(0);
        for (int l = 0; l < kLanes; l++) same |= uint32_t(value[l] == first) << l;
        const bool all = (same & members) == members;
        put_lanes(reg<uint32_t>(ip, w, 0), lanes, all ? members : 0);
        if (all) matched |= lanes;
    });
    if (Predicate) put_predicate(predicate(ip, w, 1), w.active, matched);
    return ip + 1;
}

// ---- redux.sync --------------------------------------------------------------------------------------------------------

enum class Redux { Add, MinU, MaxU, MinS, MaxS, And, Or, Xor };

template <Redux R> ALWAYS_INLINE uint32_t combine(uint32_t a, uint32_t b) {
    switch (R) {
        case Redux::Add: return a + b;
        case Redux::MinU: return a < b ? a : b;
        case Redux::MaxU: return a > b ? a : b;
        case Redux::MinS: return int32_t(a) < int32_t(b) ? a : b;
        case Redux::MaxS: return int32_t(a) > int32_t(b) ? a : b;
        case Redux::And: return a & b;
        case Redux::Or: return a | b;
        default: return a ^ b;
    }
}

template <Redux R> const Ins* reduce(const Ins* ip, Warp& w) {
    if (!members_meet(ip, w, 2)) return nullptr;
    alignas(64) uint32_t value[kLanes], mask[kLanes];
    __builtin_memcpy(value, reg<uint32_t>(ip, w, 1), sizeof value);
    __builtin_memcpy(mask, reg<uint32_t>(ip, w, 2), sizeof mask);
    for_each_group(mask, w.active, [&](uint32_t lanes, uint32_t members) {
        if (members == 0) return;
        uint32_t sum = value[__builtin_ctz(members)];
        for (uint32_t rest = members & (members - 1); rest != 0; rest &= rest - 1)
            sum = combine<R>(sum, value[__builtin_ctz(rest)]);
        put_lanes(reg<uint32_t>(ip, w, 0), lanes, sum);
    });
    return ip + 1;
}

// ---- the rest ------------------------------------------------------------------------------------------------------------

const Ins* active_mask(const Ins* ip, Warp& w) {
    put_lanes(reg<uint32_t>(ip, w, 0), w.active, w.active);
    return ip + 1;
}

// The leader is the lowest member.
const Ins* elect(const Ins* ip, Warp& w) {
    if (!members_meet(ip, w, 2)) return nullptr;
    alignas(64) uint32_t mask[kLanes];
    __builtin_memcpy(mask, reg<uint32_t>(ip, w, 2), sizeof mask);
    uint32_t leaders = 0;
    for_each_group(mask, w.active, [&](uint32_t lanes, uint32_t members) {
        if (members == 0) return;
        put_lanes(reg<uint32_t>(ip, w, 0), lanes, uint32_t(__builtin_ctz(members)));
        leaders |= members & (0 - members);
    });
    put_predicate(predicate(ip, w, 1), w.active, leaders);
    return ip + 1;
}

}  // namespace

void add_warp_forms(FormSink& sink) {
#define SHFL(TEXT, MODE)                                                                                               \
    sink.add({FORM_NAME("shfl.sync." TEXT ".b32"), "w=wwww", shuffle<Shuffle::MODE, false, false>,                     \
              shuffle<Shuffle::MODE, false, true>, nullptr});                                                          \
    sink.add({FORM_NAME("shfl.sync." TEXT ".b32"), "wp=wwww", shuffle<Shuffle::MODE, true, false>,                     \
              shuffle<Shuffle::MODE, true, true>, nullptr})
    SHFL("idx", Idx);
    SHFL("up", Up);
    SHFL("down", Down);
    SHFL("bfly", Bfly);
#define SAME(TEXT, SIGNATURE, ...) sink.add({FORM_NAME(TEXT), SIGNATURE, __VA_ARGS__, __VA_ARGS__, nullptr})
    SAME("vote.sync.all.pred", "p=pw", vote<Vote::All>);
    SAME("vote.sync.any.pred", "p=pw", vote<Vote::Any>);
    SAME("vote.sync.uni.pred", "p=pw", vote<Vote::Uni>);
    SAME("vote.sync.ballot.b32", "w=pw", ballot);
    SAME("match.any.sync.b32", "w=ww", match_any<uint32_t>);
    SAME("match.any.sync.b64", "w=dw", match_any<uint64_t>);
    SAME("match.all.sync.b32", "w=ww", match_all<uint32_t, false>);
    SAME("match.all.sync.b32", "wp=ww", match_all<uint32_t, true>);
    SAME("match.all.sync.b64", "w=dw", match_all<uint64_t, false>);
    SAME("match.all.sync.b64", "wp=dw", match_all<uint64_t, true>);
    SAME("redux.sync.add.u32", "w=ww", reduce<Redux::Add>);
    SAME("redux.sync.add.s32", "w=ww", reduce<Redux::Add>);
    SAME("redux.sync.min.u32", "w=ww", reduce<Redux::MinU>);
    SAME("redux.sync.max.u32", "w=ww", reduce<Redux::MaxU>);
    SAME("redux.sync.min.s32", "w=ww", reduce<Redux::MinS>);
    SAME("redux.sync.max.s32", "w=ww", reduce<Redux::MaxS>);
    SAME("redux.sync.and.b32", "w=ww", reduce<Redux::And>);
    SAME("redux.sync.or.b32", "w=ww", reduce<Redux::Or>);
    SAME("redux.sync.xor.b32", "w=ww", reduce<Redux::Xor>);
    SAME("elect.sync", "wp=w", elect);
    SAME("activemask.b32", "w=", active_mask);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
