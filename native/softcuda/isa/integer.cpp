// Integer arithmetic: add, sub, mul, mad, sad, div, rem, abs, neg, min, max, carry chains, dot products.
//
// Two's complement wraps, so signed forms whose bits do not depend on the sign share the unsigned lane function.
#include "isa/lanes.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

template <class T> struct WideOf;
template <> struct WideOf<s16> { using Type = s32; };
template <> struct WideOf<u16> { using Type = u32; };
template <> struct WideOf<s32> { using Type = s64; };
template <> struct WideOf<u32> { using Type = u64; };
template <> struct WideOf<s64> { using Type = s128; };
template <> struct WideOf<u64> { using Type = u128; };
template <class T> using Wide = typename WideOf<T>::Type;

template <class T> constexpr T kLowest = T(T(1) << (sizeof(T) * 8 - 1));  // of a signed type

template <class T> SOFTCUDA_INLINE T mul_hi(T a, T b) { return T((Wide<T>(a) * Wide<T>(b)) >> (sizeof(T) * 8)); }

SOFTCUDA_INLINE s32 saturate_s32(s64 x) { return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : s32(x); }

// The PTX ISA leaves division by zero to the machine; the hardware's routine returns all ones, for the remainder too.
// The most negative number divided by -1 wraps.
template <class T> SOFTCUDA_INLINE T divide_unsigned(T a, T b) {
    return b == 0 ? T(~T(0)) : T(a / (b == 0 ? T(1) : b));
}
template <class T> SOFTCUDA_INLINE T remainder_unsigned(T a, T b) {
    return b == 0 ? T(~T(0)) : T(a % (b == 0 ? T(1) : b));
}
template <class T> SOFTCUDA_INLINE T divide_signed(T a, T b) {
    if (b == 0) return T(-1);
    return b == -1 ? T(0u - Wide<T>(a)) : T(a / b);
}
template <class T> SOFTCUDA_INLINE T remainder_signed(T a, T b) {
    if (b == 0) return T(-1);
    return b == -1 ? T(0) : T(a % b);
}
// 32 bits and fewer: the correctly rounded double quotient of two such integers never reaches the next integer (its
// distance from it is at least 1/b, the rounding error at most 2^-21/b), so truncation gives the integer quotient; and
// double division comes in vectors.
SOFTCUDA_INLINE u32 truncated(f64 quotient) {
#if defined(__AVX2__) && !defined(__AVX512DQ__)
    return u32(
        bits_as<u64>(__builtin_trunc(quotient) + 0x1p52));  // no vector conversion to integers beyond 31 bits there
#else
    return u32(s64(quotient));
#endif
}
SOFTCUDA_INLINE u32 divide_u32(u32 a, u32 b) { return truncated(f64(a) / f64(b | spread(b == 0))) | spread(b == 0); }
SOFTCUDA_INLINE s32 divide_s32(s32 a, s32 b) {
    const u32 magnitudeA = a < 0 ? 0u - u32(a) : u32(a), magnitudeB = b < 0 ? 0u - u32(b) : u32(b);
    const u32 quotient = truncated(f64(magnitudeA) / f64(magnitudeB | spread(b == 0)));
    return s32(((a ^ b) < 0 ? 0u - quotient : quotient) | spread(b == 0));
}

template <class T> SOFTCUDA_INLINE T absolute_difference(T a, T b) {
    return a < b ? T(u64(b) - u64(a)) : T(u64(a) - u64(b));
}

template <class T, bool kMaximum> SOFTCUDA_INLINE u32 extremum_of_halves(u32 a, u32 b) {
    const T lowA = T(a), lowB = T(b), highA = T(a >> 16), highB = T(b >> 16);
    const T low = (lowA < lowB) == kMaximum ? lowB : lowA, high = (highA < highB) == kMaximum ? highB : highA;
    return u32(u16(low)) | u32(u16(high)) << 16;
}

// c + the dot product of the four bytes of a and b.
template <class A, class B> SOFTCUDA_INLINE u32 dot_bytes(u32 a, u32 b, u32 c) {
    for (int i = 0; i < 4; ++i) c += u32(s32(A(a >> (8 * i))) * s32(B(b >> (8 * i))));
    return c;
}
// c + the dot product of the two halves of a and two neighbouring bytes of b.
template <class HalfA, class B, int kFirstByte> SOFTCUDA_INLINE u32 dot_halves(u32 a, u32 b, u32 c) {
    c += u32(s32(HalfA(a)) * s32(B(b >> (8 * kFirstByte))));
    return c + u32(s32(HalfA(a >> 16)) * s32(B(b >> (8 * kFirstByte + 8))));
}

void add_sums(FormSink& sink) {
    hot_forms(
        sink, [](u32 a, u32 b) { return a + b; }, "add.s32", "add.u32");
    hot_forms(
        sink, [](u64 a, u64 b) { return a + b; }, "add.s64", "add.u64");
    forms(
        sink, [](u16 a, u16 b) { return u16(a + b); }, "add.s16", "add.u16");
    hot_forms(
        sink, [](u32 a, u32 b) { return a - b; }, "sub.s32", "sub.u32");
    hot_forms(
        sink, [](u64 a, u64 b) { return a - b; }, "sub.s64", "sub.u64");
    forms(
        sink, [](u16 a, u16 b) { return u16(a - b); }, "sub.s16", "sub.u16");
    form(sink, "add.sat.s32", [](s32 a, s32 b) { return saturate_s32(s64(a) + b); });
    form(sink, "sub.sat.s32", [](s32 a, s32 b) { return saturate_s32(s64(a) - b); });
    forms(
        sink, [](u32 a, u32 b) { return u32(u16(a + b)) | ((a >> 16) + (b >> 16)) << 16; }, "add.s16x2", "add.u16x2");
    form(sink, "neg.s16", [](u16 a) { return u16(0 - a); });
    form(sink, "neg.s32", [](u32 a) { return 0u - a; });
    form(sink, "neg.s64", [](u64 a) { return u64(0) - a; });
    form(sink, "abs.s16", [](s16 a) { return u16(a < 0 ? 0 - a : a); });
    form(sink, "abs.s32", [](s32 a) { return a < 0 ? 0u - u32(a) : u32(a); });
    form(sink, "abs.s64", [](s64 a) { return a < 0 ? u64(0) - u64(a) : u64(a); });
}

// Carry chains: the condition code is a predicate of its own, destination after the sum, source after the summands. A
// difference is the sum with the complement, so that its flag is set where nothing is borrowed: that is what 128-bit
// division, which adds the flag of a difference, takes it for.
template <class T> struct Carry {
    using R = Values2<T, bool>;
    static SOFTCUDA_INLINE R sum(T a, T b, bool in) {
        const T partial = T(a + b), total = T(partial + T(in));
        return {total, partial < a || total < partial};
    }
    static SOFTCUDA_INLINE R difference(T a, T b, bool in) { return sum(a, T(~b), in); }
};

// The low or high half of the product, then the sum with carry.
template <class T> SOFTCUDA_INLINE T product_lo(T a, T b) { return T(a * b); }

#define CARRY_CHAIN(T, TYPE)                                                                                           \
    form(sink, "add.cc." TYPE, [](T a, T b) { return Carry<T>::sum(a, b, false); });                                   \
    form(sink, "addc.cc." TYPE, [](T a, T b, bool in) { return Carry<T>::sum(a, b, in); });                            \
    form(sink, "addc." TYPE, [](T a, T b, bool in) { return T(a + b + T(in)); });                                      \
    form(sink, "sub.cc." TYPE, [](T a, T b) { return Carry<T>::difference(a, b, true); });                             \
    form(sink, "subc.cc." TYPE, [](T a, T b, bool in) { return Carry<T>::difference(a, b, in); });                     \
    form(sink, "subc." TYPE, [](T a, T b, bool in) { return T(a + T(~b) + T(in)); })

// `T`: the operands as unsigned numbers, `M`: as the multiplication reads them.
#define CARRY_CHAIN_MAD(T, M, HALF, PRODUCT, TYPE)                                                                     \
    form(sink, "mad." HALF ".cc." TYPE,                                                                                \
         [](T a, T b, T c) { return Carry<T>::sum(T(PRODUCT(M(a), M(b))), c, false); });                               \
    form(sink, "madc." HALF ".cc." TYPE,                                                                               \
         [](T a, T b, T c, bool in) { return Carry<T>::sum(T(PRODUCT(M(a), M(b))), c, in); });                         \
    form(sink, "madc." HALF "." TYPE, [](T a, T b, T c, bool in) { return T(T(PRODUCT(M(a), M(b))) + c + T(in)); })

void add_carry_chains(FormSink& sink) {
    CARRY_CHAIN(u32, "u32");
    CARRY_CHAIN(u32, "s32");
    CARRY_CHAIN(u64, "u64");
    CARRY_CHAIN(u64, "s64");
    CARRY_CHAIN_MAD(u32, u32, "lo", product_lo, "u32");
    CARRY_CHAIN_MAD(u32, u32, "lo", product_lo, "s32");
    CARRY_CHAIN_MAD(u32, u32, "hi", mul_hi, "u32");
    CARRY_CHAIN_MAD(u32, s32, "hi", mul_hi, "s32");
    CARRY_CHAIN_MAD(u64, u64, "lo", product_lo, "u64");
    CARRY_CHAIN_MAD(u64, u64, "lo", product_lo, "s64");
    CARRY_CHAIN_MAD(u64, u64, "hi", mul_hi, "u64");
    CARRY_CHAIN_MAD(u64, s64, "hi", mul_hi, "s64");
}

SOFTCUDA_INLINE s32 low24(s32 a) { return s32(u32(a) << 8) >> 8; }
SOFTCUDA_INLINE u32 low24(u32 a) { return a & 0xffffffu; }
// The product of two 24-bit numbers has 48 bits: .lo are the low 32, .hi the high 32.
template <class T> SOFTCUDA_INLINE T mul24_lo(T a, T b) { return T(Wide<T>(low24(a)) * low24(b)); }
template <class T> SOFTCUDA_INLINE T mul24_hi(T a, T b) { return T((Wide<T>(low24(a)) * low24(b)) >> 16); }

#define HIGH_AND_WIDE(T, U, TYPE)                                                                                      \
    form(sink, "mul.hi." TYPE, [](T a, T b) { return mul_hi(a, b); });                                                 \
    form(sink, "mad.hi." TYPE, [](T a, T b, T c) { return T(U(mul_hi(a, b)) + U(c)); })
#define WIDENING(T, UNSIGNED_WIDE, TYPE)                                                                               \
    hot_form(sink, "mul.wide." TYPE, [](T a, T b) { return Wide<T>(Wide<T>(a) * Wide<T>(b)); });                       \
    form(sink, "mad.wide." TYPE,                                                                                       \
         [](T a, T b, Wide<T> c) { return UNSIGNED_WIDE(UNSIGNED_WIDE(Wide<T>(a) * Wide<T>(b)) + UNSIGNED_WIDE(c)); })
#define PRODUCT24(T, TYPE)                                                                                             \
    form(sink, "mul24.lo." TYPE, [](T a, T b) { return mul24_lo(a, b); });                                             \
    form(sink, "mul24.hi." TYPE, [](T a, T b) { return mul24_hi(a, b); });                                             \
    form(sink, "mad24.lo." TYPE, [](T a, T b, T c) { return u32(mul24_lo(a, b)) + u32(c); });                          \
    form(sink, "mad24.hi." TYPE, [](T a, T b, T c) { return u32(mul24_hi(a, b)) + u32(c); })

void add_products(FormSink& sink) {
    forms(
        sink, [](u16 a, u16 b) { return u16(u32(a) * b); }, "mul.lo.s16", "mul.lo.u16");
    hot_forms(
        sink, [](u32 a, u32 b) { return a * b; }, "mul.lo.s32", "mul.lo.u32");
    hot_forms(
        sink, [](u64 a, u64 b) { return a * b; }, "mul.lo.s64", "mul.lo.u64");
    forms(
        sink, [](u16 a, u16 b, u16 c) { return u16(u32(a) * b + c); }, "mad.lo.s16", "mad.lo.u16");
    hot_forms(
        sink, [](u32 a, u32 b, u32 c) { return a * b + c; }, "mad.lo.s32", "mad.lo.u32");
    hot_forms(
        sink, [](u64 a, u64 b, u64 c) { return a * b + c; }, "mad.lo.s64", "mad.lo.u64");
    form(sink, "mad.hi.sat.s32", [](s32 a, s32 b, s32 c) { return saturate_s32(s64(mul_hi(a, b)) + c); });
    HIGH_AND_WIDE(s16, u16, "s16");
    HIGH_AND_WIDE(u16, u16, "u16");
    HIGH_AND_WIDE(s32, u32, "s32");
    HIGH_AND_WIDE(u32, u32, "u32");
    HIGH_AND_WIDE(s64, u64, "s64");
    HIGH_AND_WIDE(u64, u64, "u64");
    WIDENING(s16, u32, "s16");
    WIDENING(u16, u32, "u16");
    WIDENING(s32, u64, "s32");
    WIDENING(u32, u64, "u32");
    PRODUCT24(s32, "s32");
    PRODUCT24(u32, "u32");
    form(sink, "mad24.hi.sat.s32", [](s32 a, s32 b, s32 c) { return saturate_s32(s64(mul24_hi(a, b)) + c); });
}

void add_quotients(FormSink& sink) {
    form(sink, "div.u16", [](u16 a, u16 b) { return u16(divide_u32(a, b)); });
    form(sink, "div.s16", [](s16 a, s16 b) { return s16(divide_s32(a, b)); });
    form(sink, "div.u32", [](u32 a, u32 b) { return divide_u32(a, b); });
    form(sink, "div.s32", [](s32 a, s32 b) { return divide_s32(a, b); });
    form(sink, "div.u64", [](u64 a, u64 b) { return divide_unsigned(a, b); });
    form(sink, "div.s64", [](s64 a, s64 b) { return divide_signed(a, b); });
    form(sink, "rem.u16", [](u16 a, u16 b) { return u16((a - divide_u32(a, b) * b) | spread(b == 0)); });
    form(sink, "rem.s16", [](s16 a, s16 b) { return u16((u32(a) - u32(divide_s32(a, b)) * u32(b)) | spread(b == 0)); });
    form(sink, "rem.u32", [](u32 a, u32 b) { return (a - divide_u32(a, b) * b) | spread(b == 0); });
    form(sink, "rem.s32", [](s32 a, s32 b) { return (u32(a) - u32(divide_s32(a, b)) * u32(b)) | spread(b == 0); });
    form(sink, "rem.u64", [](u64 a, u64 b) { return remainder_unsigned(a, b); });
    form(sink, "rem.s64", [](s64 a, s64 b) { return remainder_signed(a, b); });
}

#define ORDERED(T, TYPE)                                                                                               \
    form(sink, "min." TYPE, [](T a, T b) { return a < b ? a : b; });                                                   \
    form(sink, "max." TYPE, [](T a, T b) { return a < b ? b : a; });                                                   \
    form(sink, "sad." TYPE, [](T a, T b, T c) { return T(u64(absolute_difference(a, b)) + u64(c)); })

void add_order(FormSink& sink) {
    ORDERED(s16, "s16");
    ORDERED(u16, "u16");
    ORDERED(s32, "s32");
    ORDERED(u32, "u32");
    ORDERED(s64, "s64");
    ORDERED(u64, "u64");
    form(sink, "min.relu.s32", [](s32 a, s32 b) { return a < b ? (a < 0 ? 0 : a) : (b < 0 ? 0 : b); });
    form(sink, "max.relu.s32", [](s32 a, s32 b) { return a < b ? (b < 0 ? 0 : b) : (a < 0 ? 0 : a); });
    form(sink, "min.s16x2", [](u32 a, u32 b) { return extremum_of_halves<s16, false>(a, b); });
    form(sink, "max.s16x2", [](u32 a, u32 b) { return extremum_of_halves<s16, true>(a, b); });
    form(sink, "min.u16x2", [](u32 a, u32 b) { return extremum_of_halves<u16, false>(a, b); });
    form(sink, "max.u16x2", [](u32 a, u32 b) { return extremum_of_halves<u16, true>(a, b); });
}

#define DOT(A, HALF_A, B, TYPES)                                                                                       \
    form(sink, "dp4a." TYPES, [](u32 a, u32 b, u32 c) { return dot_bytes<A, B>(a, b, c); });                           \
    form(sink, "dp2a.lo." TYPES, [](u32 a, u32 b, u32 c) { return dot_halves<HALF_A, B, 0>(a, b, c); });               \
    form(sink, "dp2a.hi." TYPES, [](u32 a, u32 b, u32 c) { return dot_halves<HALF_A, B, 2>(a, b, c); })

template <class T> SOFTCUDA_INLINE u32 byte_difference(u32 a, u32 b, int i) {
    const s32 x = T(a >> (8 * i)), y = T(b >> (8 * i));
    return u32(x < y ? y - x : x - y);
}

void add_dot_products(FormSink& sink) {
    DOT(s8, s16, s8, "s32.s32");
    DOT(s8, s16, u8, "s32.u32");
    DOT(u8, u16, s8, "u32.s32");
    DOT(u8, u16, u8, "u32.u32");
    form(sink, "vabsdiff4.u32.u32.u32", [](u32 a, u32 b, u32) {
        u32 result = 0;
        for (int i = 0; i < 4; ++i) result |= byte_difference<u8>(a, b, i) << (8 * i);
        return result;
    });
    form(sink, "vabsdiff4.u32.u32.u32.add", [](u32 a, u32 b, u32 c) {
        for (int i = 0; i < 4; ++i) c += byte_difference<u8>(a, b, i);
        return c;
    });
    form(sink, "vabsdiff4.u32.s32.s32.add", [](u32 a, u32 b, u32 c) {
        for (int i = 0; i < 4; ++i) c += byte_difference<s8>(a, b, i);
        return c;
    });
}

}  // namespace

void add_integer_forms(FormSink& sink) {
    add_sums(sink);
    add_carry_chains(sink);
    add_products(sink);
    add_quotients(sink);
    add_order(sink);
    add_dot_products(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
