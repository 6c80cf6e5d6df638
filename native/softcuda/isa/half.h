// The 16-bit floating-point formats as lane values, and conversions with one rounding.
//
// Everything is integer code or exact arithmetic, written without branches, so that it vectorises and has the same bits
// on every level. (The host's bfloat16 instructions would flush subnormals; its half instructions keep NaN payloads.)
#pragma once
#include "isa/lanes.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {

struct f16 {
    u16 bits;
};
struct bf16 {
    u16 bits;
};
template <class T> struct HalfLane {
    using Stored = u32;
    static constexpr char letter = 'w';
    static SOFTCUDA_INLINE T get(u32 stored) { return T{u16(stored)}; }
    static SOFTCUDA_INLINE u32 put(T value) { return value.bits; }
};
template <> struct Lane<f16> : HalfLane<f16> {};
template <> struct Lane<bf16> : HalfLane<bf16> {};

// Two of them in one register: x is the low half.
template <class T> struct Pair { T x, y; };
template <class T> struct Lane<Pair<T>> {
    using Stored = u32;
    static constexpr char letter = 'w';
    static SOFTCUDA_INLINE Pair<T> get(u32 stored) { return {T{u16(stored)}, T{u16(stored >> 16)}}; }
    static SOFTCUDA_INLINE u32 put(Pair<T> value) { return u32(value.x.bits) | u32(value.y.bits) << 16; }
};

constexpr u16 kHalfNan = 0x7fff;        // the canonical NaN of both formats
constexpr u32 kFloatNan = 0x7fffffffu;  // and of f32

enum class Round { Nearest, Zero, Down, Up };

SOFTCUDA_INLINE f32 magnitude(f32 x) { return bits_as<f32>(bits_as<u32>(x) & 0x7fffffffu); }
SOFTCUDA_INLINE f64 magnitude(f64 x) { return bits_as<f64>(bits_as<u64>(x) & 0x7fffffffffffffffull); }

// Subnormals become zeros of their sign.
SOFTCUDA_INLINE f32 flush(f32 x) {
    const u32 bits = bits_as<u32>(x);
    return bits_as<f32>((bits & 0x7f800000u) == 0 ? bits & 0x80000000u : bits);
}
SOFTCUDA_INLINE f64 flush(f64 x) {
    const u64 bits = bits_as<u64>(x);
    return bits_as<f64>((bits & 0x7ff0000000000000ull) == 0 ? bits & 0x8000000000000000ull : bits);
}

// A selection that stays one: the compiler makes branches of some chains of ?:, and then no vectors of the loop.
SOFTCUDA_INLINE u32 pick(bool condition, u32 yes, u32 no) {
    return (yes & spread(condition)) | (no & ~spread(condition));
}

// ---- widening: exact -----------------------------------------------------------------------------------------------

SOFTCUDA_INLINE f32 widen(bf16 h) { return bits_as<f32>(u32(h.bits) << 16); }
// With exponent and fraction in their float places the value is 2^112 too small, subnormals included.
SOFTCUDA_INLINE f32 widen(f16 h) {
    const u32 rest = h.bits & 0x7fffu, sign = (h.bits & 0x8000u) << 16;
    const f32 scaled = bits_as<f32>(rest << 13) * 0x1p112f;
    const u32 infinite = spread(rest >= 0x7c00u) & 0x7f800000u;
    return bits_as<f32>(bits_as<u32>(scaled) | infinite | sign);
}

// ---- narrowing -----------------------------------------------------------------------------------------------------

// Does a directed rounding of an inexact value with this sign go away from zero?
template <Round kRound> SOFTCUDA_INLINE u32 away(u32 negative) {
    return kRound == Round::Down ? negative : kRound == Round::Up ? negative ^ 1u : 0u;
}

template <class To, Round kRound = Round::Nearest> struct Narrow;

template <Round kRound> struct Narrow<bf16, kRound> {
    static SOFTCUDA_INLINE bf16 from(f32 x) {
        const u32 bits = bits_as<u32>(x), rest = bits & 0x7fffffffu, negative = bits >> 31;
        const u32 bump =
            kRound == Round::Nearest ? 0x7fffu + (bits >> 16 & 1u) : (0u - away<kRound>(negative)) & 0xffffu;
        const u32 finite = (bits + bump) >> 16;
        return {u16(rest > 0x7f800000u ? u32(kHalfNan) : rest == 0x7f800000u ? bits >> 16 : finite)};
    }
};

template <Round kRound> struct Narrow<f16, kRound> {
    static SOFTCUDA_INLINE f16 from(f32 x) {
        const u32 bits = bits_as<u32>(x), rest = bits & 0x7fffffffu, negative = bits >> 31;
        const u32 bump =
            kRound == Round::Nearest ? 0xfffu + (bits >> 13 & 1u) : (0u - away<kRound>(negative)) & 0x1fffu;
        const u32 normal = (rest + bump - 0x38000000u) >> 13;
        // Below 2^-14 the spacing is 2^-24, a float's at 0.5.
        u32 small;
        if (kRound == Round::Nearest) {
            small = bits_as<u32>(bits_as<f32>(rest) + 0.5f) - 0x3f000000u;
        } else {
            const f32 steps = bits_as<f32>(rest < 0x38800000u ? rest : 0u) * 0x1p24f;
            const u32 whole = u32(s32(steps));
            small = whole + (away<kRound>(negative) & u32(f32(s32(whole)) != steps));
        }
        const u32 overflow = kRound == Round::Nearest ? 0x7c00u : 0x7bffu + away<kRound>(negative);
        u32 result = pick(rest < 0x38800000u, small, normal);
        result = pick((result >= 0x7c00u) | (rest >= 0x47800000u), overflow, result);
        result = pick(rest == 0x7f800000u, 0x7c00u, result);
        return {u16(pick(rest > 0x7f800000u, kHalfNan, result | negative << 15))};
    }
};

// To float by rounding to odd: inexact results get an odd last bit. A second rounding, to a format with at least two bits
// less, then gives what one rounding would have given (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums").
SOFTCUDA_INLINE f32 to_odd(f64 x) {
    const f32 nearest = f32(x);
    const f64 back = nearest;
    const u32 bits = bits_as<u32>(nearest) - u32(magnitude(back) > magnitude(x));
    return bits_as<f32>(bits | u32(back < x) | u32(back > x));
}
// The sum of x and y, rounded to odd in double. The error of the nearest sum is exact (Knuth, TwoSum).
SOFTCUDA_INLINE f64 sum_to_odd(f64 x, f64 y) {
    const f64 sum = x + y, partOfY = sum - x;
    const f64 error = (x - (sum - partOfY)) + (y - partOfY);
    // An even last bit and an error: the neighbour on the error's side is odd.
    const u64 bits = bits_as<u64>(sum);
    const bool inexact = error < 0 || error > 0;
    const u64 toward = (error < 0) != (sum < 0) ? ~u64(0) : u64(1);
    return bits_as<f64>(inexact && (bits & 1) == 0 ? bits + toward : bits);
}

template <class T> SOFTCUDA_INLINE T narrow(f32 x) { return Narrow<T>::from(x); }
template <class T> SOFTCUDA_INLINE T narrow(f64 x) { return Narrow<T>::from(to_odd(x)); }

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
