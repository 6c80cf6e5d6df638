// Logic, shifts, bit fields, counting, byte permutation.
#include "isa/lanes.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// Shift counts are unsigned and clamped to the width: a larger one shifts everything out.
template <class T> SOFTCUDA_INLINE T shift_left(T a, u32 count) {
    return count < sizeof(T) * 8 ? T(a << (count & (sizeof(T) * 8 - 1))) : T(0);
}
template <class T> SOFTCUDA_INLINE T shift_right(T a, u32 count) {  // T unsigned
    return count < sizeof(T) * 8 ? T(a >> (count & (sizeof(T) * 8 - 1))) : T(0);
}
template <class T> SOFTCUDA_INLINE T shift_right_signed(T a, u32 count) {
    return T(a >> (count < sizeof(T) * 8 ? count : u32(sizeof(T) * 8 - 1)));
}

// Any function of three bits: `table` holds its value for abc = 000 … 111. The table is the same in all lanes, so its bits
// become masks outside the loop; then one selection by c, one by b, one by a.
SOFTCUDA_INLINE u32 select_bits(u32 selector, u32 one, u32 zero) { return (selector & one) | (~selector & zero); }
SOFTCUDA_INLINE u32 lookup3(u32 a, u32 b, u32 c, u32 table) {
    const auto row = [table](int i) __attribute__((always_inline)) { return spread((table >> i & 1u) != 0); };
    const u32 when00 = select_bits(c, row(1), row(0)), when01 = select_bits(c, row(3), row(2));
    const u32 when10 = select_bits(c, row(5), row(4)), when11 = select_bits(c, row(7), row(6));
    return select_bits(a, select_bits(b, when11, when10), select_bits(b, when01, when00));
}

SOFTCUDA_INLINE u32 reverse(u32 x) {
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x);
}
SOFTCUDA_INLINE u32 population(u32 x) {
    x -= x >> 1 & 0x55555555u;
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return ((x + (x >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}
SOFTCUDA_INLINE u32 leading_zeros(u32 x) { return x == 0 ? 32 : u32(__builtin_clz(x | u32(x == 0))); }
SOFTCUDA_INLINE u32 leading_zeros(u64 x) { return x == 0 ? 64 : u32(__builtin_clzll(x | u64(x == 0))); }

// The position of the highest bit that differs from the sign (unsigned: the highest one); all ones when there is none.
template <class U> SOFTCUDA_INLINE u32 find_highest(U x) { return u32(sizeof(U) * 8 - 1) - leading_zeros(x); }
template <class U> SOFTCUDA_INLINE u32 find_shift(U x) { return x == 0 ? ~0u : leading_zeros(x); }
SOFTCUDA_INLINE u32 without_sign(s32 x) { return u32(x < 0 ? ~x : x); }
SOFTCUDA_INLINE u64 without_sign(s64 x) { return u64(x < 0 ? ~x : x); }

// Bit-field position and length are the low bytes of their operands.
template <class U> SOFTCUDA_INLINE U low_bits(u32 length) {
    return length >= sizeof(U) * 8 ? U(~U(0)) : U((U(1) << (length & (sizeof(U) * 8 - 1))) - 1);
}
template <class U> SOFTCUDA_INLINE U extract(U a, u32 position, u32 length) {
    return U(shift_right(a, position & 0xff) & low_bits<U>(length & 0xff));
}
// Beyond the field, and beyond the operand, there are copies of the sign: the field's top bit or, where the field reaches
// beyond the operand, the operand's.
template <class U> SOFTCUDA_INLINE U extract_signed(U a, u32 position, u32 length) {
    const u32 width = sizeof(U) * 8, from = position & 0xff, bits = length & 0xff, last = from + bits - 1;
    const U valid = U(shift_right(U(~U(0)), from) & low_bits<U>(bits));
    const U sign = bits == 0 ? U(0) : U(shift_right(a, last < width ? last : width - 1) & 1);
    return U((shift_right(a, from) & valid) | ((U(0) - sign) & ~valid));
}
template <class U> SOFTCUDA_INLINE U insert(U field, U base, u32 position, u32 length) {
    const U mask = shift_left(low_bits<U>(length & 0xff), position & 0xff);
    return U((base & ~mask) | (shift_left(field, position & 0xff) & mask));
}

// The n-th set bit from `base` on, counting upwards for n > 0 and downwards for n < 0; for n = 0 the bit at `base` itself.
SOFTCUDA_INLINE u32 find_nth_set(u32 mask, u32 base, s32 n) {
    if (n == 0) return base < 32 && (mask >> base & 1u) != 0 ? base : ~0u;
    u32 left = n < 0 ? 0u - u32(n) : u32(n);
    for (u32 i = base; i < 32; i += n < 0 ? ~0u : 1u)
        if ((mask >> i & 1u) != 0 && --left == 0) return i;
    return ~0u;
}

// Byte `selector & 7` of b:a; with bit 3 of the selector its sign replicated.
SOFTCUDA_INLINE u32 pick_byte(u32 a, u32 b, u32 selector) {
    const u32 word = (selector & 4) != 0 ? b : a;
    const u32 byte = word >> (8 * (selector & 3)) & 0xffu;
    return (selector & 8) != 0 ? (0u - (byte >> 7)) & 0xffu : byte;
}
SOFTCUDA_INLINE u32 permute_bytes(u32 a, u32 b, u32 selectors) {
    return pick_byte(a, b, selectors) | pick_byte(a, b, selectors >> 4) << 8 | pick_byte(a, b, selectors >> 8) << 16
           | pick_byte(a, b, selectors >> 12) << 24;
}
// In its other modes prmt takes its selectors from a table of four, by the two low bits of its third operand.
template <u64 kTable> SOFTCUDA_INLINE u32 permute_by_mode(u32 a, u32 b, u32 c) {
    return permute_bytes(a, b, u32(kTable >> (16 * (c & 3))) & 0xffffu);
}

SOFTCUDA_INLINE u64 funnel(u32 low, u32 high) { return u64(high) << 32 | low; }
SOFTCUDA_INLINE u32 clamped(u32 count) { return count < 32 ? count : 32; }

// Operations on whole predicates work on all lanes at once.
template <class F> struct PredicateLogic {
    static const Ins* full(const Ins* ip, Warp& w) {
        predicate(ip, w, 0) = stateless<F>()(predicate(ip, w, 1), predicate(ip, w, 2));
        return ip + 1;
    }
    static const Ins* fullUnary(const Ins* ip, Warp& w) {
        predicate(ip, w, 0) = stateless<F>()(predicate(ip, w, 1));
        return ip + 1;
    }
};
template <class F> void predicate_form(FormSink& sink, const char* name, F) {
    sink.add({name, "p=pp", PredicateLogic<F>::full, masked<PredicateLogic<F>::full, bool>, nullptr});
}
template <class F> void unary_predicate_form(FormSink& sink, const char* name, F) {
    sink.add({name, "p=p", PredicateLogic<F>::fullUnary, masked<PredicateLogic<F>::fullUnary, bool>, nullptr});
}

#define LOGIC(U, TYPE)                                                                                                 \
    form(sink, "and." TYPE, [](U a, U b) { return U(a & b); });                                                        \
    form(sink, "or." TYPE, [](U a, U b) { return U(a | b); });                                                         \
    form(sink, "xor." TYPE, [](U a, U b) { return U(a ^ b); });                                                        \
    form(sink, "not." TYPE, [](U a) { return U(~a); });                                                                \
    form(sink, "cnot." TYPE, [](U a) { return U(a == 0); })

void add_logic(FormSink& sink) {
    LOGIC(u16, "b16");
    hot_form(sink, "and.b32", [](u32 a, u32 b) { return a & b; });
    hot_form(sink, "or.b32", [](u32 a, u32 b) { return a | b; });
    hot_form(sink, "xor.b32", [](u32 a, u32 b) { return a ^ b; });
    form(sink, "not.b32", [](u32 a) { return ~a; });
    form(sink, "cnot.b32", [](u32 a) { return u32(a == 0); });
    LOGIC(u64, "b64");
    predicate_form(sink, "and.pred", [](u32 a, u32 b) { return a & b; });
    predicate_form(sink, "or.pred", [](u32 a, u32 b) { return a | b; });
    predicate_form(sink, "xor.pred", [](u32 a, u32 b) { return a ^ b; });
    unary_predicate_form(sink, "not.pred", [](u32 a) { return ~a; });
    unary_predicate_form(sink, "mov.pred", [](u32 a) { return a; });
    form(sink, "lop3.b32", [](u32 a, u32 b, u32 c, Immediate table) { return lookup3(a, b, c, u32(table.value)); });
}

void add_shifts(FormSink& sink) {
    form(sink, "shl.b16", [](u16 a, u32 n) { return shift_left(a, n); });
    hot_form(sink, "shl.b32", [](u32 a, u32 n) { return shift_left(a, n); });
    hot_form(sink, "shl.b64", [](u64 a, u32 n) { return shift_left(a, n); });
    forms(
        sink, [](u16 a, u32 n) { return shift_right(a, n); }, "shr.u16", "shr.b16");
    hot_forms(
        sink, [](u32 a, u32 n) { return shift_right(a, n); }, "shr.u32", "shr.b32");
    forms(
        sink, [](u64 a, u32 n) { return shift_right(a, n); }, "shr.u64", "shr.b64");
    form(sink, "shr.s16", [](s16 a, u32 n) { return shift_right_signed(a, n); });
    form(sink, "shr.s32", [](s32 a, u32 n) { return shift_right_signed(a, n); });
    form(sink, "shr.s64", [](s64 a, u32 n) { return shift_right_signed(a, n); });
    form(sink, "shf.l.wrap.b32", [](u32 a, u32 b, u32 c) { return u32(funnel(a, b) << (c & 31) >> 32); });
    form(sink, "shf.l.clamp.b32", [](u32 a, u32 b, u32 c) { return u32(funnel(a, b) << clamped(c) >> 32); });
    form(sink, "shf.r.wrap.b32", [](u32 a, u32 b, u32 c) { return u32(funnel(a, b) >> (c & 31)); });
    form(sink, "shf.r.clamp.b32", [](u32 a, u32 b, u32 c) { return u32(funnel(a, b) >> clamped(c)); });
}

#define FIND(U, S, UNSIGNED, SIGNED)                                                                                   \
    form(sink, "bfind." UNSIGNED, [](U a) { return find_highest(a); });                                                \
    form(sink, "bfind." SIGNED, [](S a) { return find_highest(without_sign(a)); });                                    \
    form(sink, "bfind.shiftamt." UNSIGNED, [](U a) { return find_shift(a); });                                         \
    form(sink, "bfind.shiftamt." SIGNED, [](S a) { return find_shift(without_sign(a)); })

void add_counts(FormSink& sink) {
    form(sink, "popc.b32", [](u32 a) { return population(a); });
    form(sink, "popc.b64", [](u64 a) { return population(u32(a)) + population(u32(a >> 32)); });
    form(sink, "clz.b32", [](u32 a) { return leading_zeros(a); });
    form(sink, "clz.b64", [](u64 a) { return leading_zeros(a); });
    form(sink, "brev.b32", [](u32 a) { return reverse(a); });
    form(sink, "brev.b64", [](u64 a) { return u64(reverse(u32(a))) << 32 | reverse(u32(a >> 32)); });
    FIND(u32, s32, "u32", "s32");
    FIND(u64, s64, "u64", "s64");
    form(sink, "fns.b32", [](u32 mask, u32 base, s32 n) { return find_nth_set(mask, base, n); });
}

void add_fields(FormSink& sink) {
    form(sink, "bfe.u32", [](u32 a, u32 position, u32 length) { return extract(a, position, length); });
    form(sink, "bfe.s32", [](u32 a, u32 position, u32 length) { return extract_signed(a, position, length); });
    form(sink, "bfe.u64", [](u64 a, u32 position, u32 length) { return extract(a, position, length); });
    form(sink, "bfe.s64", [](u64 a, u32 position, u32 length) { return extract_signed(a, position, length); });
    form(sink, "bfi.b32", [](u32 a, u32 b, u32 position, u32 length) { return insert(a, b, position, length); });
    form(sink, "bfi.b64", [](u64 a, u64 b, u32 position, u32 length) { return insert(a, b, position, length); });
    form(sink, "bmsk.clamp.b32", [](u32 from, u32 length) { return shift_left(low_bits<u32>(length), from); });
    form(sink, "bmsk.wrap.b32", [](u32 from, u32 length) { return shift_left(low_bits<u32>(length & 31), from & 31); });
    form(sink, "prmt.b32", [](u32 a, u32 b, u32 c) { return permute_bytes(a, b, c); });
    form(sink, "prmt.b32.f4e", [](u32 a, u32 b, u32 c) { return permute_by_mode<0x6543'5432'4321'3210u>(a, b, c); });
    form(sink, "prmt.b32.b4e", [](u32 a, u32 b, u32 c) { return permute_by_mode<0x0123'7012'6701'5670u>(a, b, c); });
    form(sink, "prmt.b32.rc8", [](u32 a, u32 b, u32 c) { return permute_by_mode<0x3333'2222'1111'0000u>(a, b, c); });
    form(sink, "prmt.b32.ecl", [](u32 a, u32 b, u32 c) { return permute_by_mode<0x3333'3222'3211'3210u>(a, b, c); });
    form(sink, "prmt.b32.ecr", [](u32 a, u32 b, u32 c) { return permute_by_mode<0x3210'2210'1110'0000u>(a, b, c); });
    form(sink, "prmt.b32.rc16", [](u32 a, u32 b, u32 c) { return permute_by_mode<0x3232'1010'3232'1010u>(a, b, c); });
}

}  // namespace

void add_bits_forms(FormSink& sink) {
    add_logic(sink);
    add_shifts(sink);
    add_counts(sink);
    add_fields(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
