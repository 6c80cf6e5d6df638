// Correct rounding by definition: an exact value, as a 113-bit number and the sign of what is left, to any smaller format.
#pragma once
#include <cfenv>

#include "test/isa_check.h"

namespace exact {

using Quad = __float128;
using u64 = uint64_t;
using u128 = unsigned __int128;

enum class Mode { Nearest, Zero, Down, Up };

struct Format {
    int precision, lowest,
        highest;  // bits with the hidden one; exponents of the smallest and the largest normal numbers
    int fraction() const { return precision - 1; }
    int width() const {
        return precision == 53                     ? 64
               : precision == 24                   ? 32
               : precision < 5                     ? 8
               : precision == 11 && highest == 127 ? 19
                                                   : 16;
    }
    u64 infinity() const { return u64(highest - lowest + 2) << fraction(); }
    u64 sign() const { return u64(1) << (width() - 1); }
    u64 nan() const { return precision == 53 ? 0x7ff8000000000000 : sign() - 1; }
};
inline const Format kSingle{24, -126, 127}, kHalf{11, -14, 15}, kBfloat{8, -126, 127}, kDouble{53, -1022, 1023},
    kTf32{11, -126, 127};

// value + rest: `rest` is smaller than the value's last place and only its sign counts.
struct Real {
    Quad value = 0;
    int rest = 0;
};

inline Quad decode(const Format& f, u64 bits) {  // finite
    bool negative = (bits & f.sign()) != 0;
    bits &= f.sign() - 1;
    u64 fraction = bits & ((u64(1) << f.fraction()) - 1);
    int exponent = int(bits >> f.fraction());
    if (exponent == 0) exponent = 1;
    else fraction |= u64(1) << f.fraction();
    Quad value = fraction;
    for (int e = exponent - 1 + f.lowest - f.fraction(); e != 0; e += e < 0 ? 1 : -1)
        value *= e < 0 ? Quad(0.5) : Quad(2);
    return negative ? -value : value;
}
inline bool is_nan(const Format& f, u64 bits) { return (bits & (f.sign() - 1)) > f.infinity(); }
inline bool is_infinite(const Format& f, u64 bits) { return (bits & (f.sign() - 1)) == f.infinity(); }
inline bool is_subnormal(const Format& f, u64 bits) { return (bits & f.infinity()) == 0; }
inline double as_double(const Format& f, u64 bits) {
    return is_nan(f, bits)        ? NAN
           : is_infinite(f, bits) ? ((bits & f.sign()) != 0 ? -INFINITY : INFINITY)
                                  : double(decode(f, bits));
}

// `zeroNegative`: the sign of an exact zero.
inline u64 encode(const Format& f, Real real, Mode mode, bool zeroNegative = false) {
    if (real.value == 0) return zeroNegative ? f.sign() : 0;
    u128 raw;
    std::memcpy(&raw, &real.value, 16);
    bool negative = (raw >> 127) != 0;
    int exponent = int(raw >> 112 & 0x7fff) - 16383;
    u128 mantissa = ((raw & ((u128(1) << 112) - 1)) | u128(1) << 112) << 2;  // value = mantissa 2^(exponent - 114)
    int outward = negative ? -real.rest : real.rest;
    if (outward > 0) mantissa += 1;
    if (outward < 0) mantissa -= 1;
    int scale = exponent - 114;
    if ((mantissa >> 114) == 0) exponent -= 1;
    int last = std::max(exponent, f.lowest) - f.fraction();  // weight of the result's last bit
    int drop = last - scale;
    u128 kept = drop > 127 ? 0 : mantissa >> drop;
    u128 lost = drop > 127 ? mantissa : mantissa & ((u128(1) << drop) - 1),
         half = drop > 127 ? ~u128(0) : u128(1) << (drop - 1);
    bool up = mode == Mode::Nearest ? lost > half || (lost == half && (kept & 1) != 0)
              : mode == Mode::Zero  ? false
                                    : lost != 0 && (mode == Mode::Down) == negative;
    u64 magnitude = u64(kept) + up;
    // `magnitude` counts last places: with the exponent added it is the encoding, carries included.
    if (exponent >= f.lowest) magnitude += u64(exponent - f.lowest) << f.fraction();
    if (magnitude >= f.infinity()) {
        bool away = mode == Mode::Nearest || (mode != Mode::Zero && (mode == Mode::Down) == negative);
        magnitude = away ? f.infinity() : f.infinity() - 1;
    }
    return magnitude | (negative ? f.sign() : 0);
}

// Exact sum (Knuth).
inline Real sum(Quad a, Quad b) {
    volatile Quad s = a + b;
    volatile Quad bb = s - a;
    Quad error = (a - (s - bb)) + (b - bb);
    return {s, error > 0 ? 1 : error < 0 ? -1 : 0};
}

// a b + c; `add` false: just a b; `multiply` false: a + c.
inline u64 fused(const Format& f, u64 a, u64 b, u64 c, Mode mode) {
    if (is_nan(f, a) || is_nan(f, b) || is_nan(f, c)) return f.nan();
    bool finite = !is_infinite(f, a) && !is_infinite(f, b) && !is_infinite(f, c);
    bool productNegative = ((a ^ b) & f.sign()) != 0, cNegative = (c & f.sign()) != 0;
    if (!finite) {
        bool productInfinite = is_infinite(f, a) || is_infinite(f, b);
        bool zeroTimesInfinity = productInfinite && ((a & (f.sign() - 1)) == 0 || (b & (f.sign() - 1)) == 0);
        if (zeroTimesInfinity || (productInfinite && is_infinite(f, c) && productNegative != cNegative)) return f.nan();
        return f.infinity() | ((productInfinite ? productNegative : cNegative) ? f.sign() : 0);
    }
    Real total = sum(decode(f, a) * decode(f, b), decode(f, c));
    return encode(f, total, mode, productNegative == cNegative ? productNegative : mode == Mode::Down);
}
inline u64 one(const Format& f) { return u64(-f.lowest + 1) << f.fraction(); }
inline u64 added(const Format& f, u64 a, u64 b, Mode mode) { return fused(f, a, one(f), b, mode); }
inline u64 multiplied(const Format& f, u64 a, u64 b, Mode mode) {
    bool negative = ((a ^ b) & f.sign()) != 0;
    return fused(f, a, b, negative ? f.sign() : 0, mode);  // the zero added has the product's sign
}
inline u64 divided(const Format& f, u64 a, u64 b, Mode mode) {
    if (is_nan(f, a) || is_nan(f, b)) return f.nan();
    bool negative = ((a ^ b) & f.sign()) != 0;
    u64 sizeA = a & (f.sign() - 1), sizeB = b & (f.sign() - 1), sign = negative ? f.sign() : 0;
    if ((sizeA == 0 && sizeB == 0) || (sizeA == f.infinity() && sizeB == f.infinity())) return f.nan();
    if (sizeA == f.infinity() || sizeB == 0) return f.infinity() | sign;
    if (sizeB == f.infinity() || sizeA == 0) return sign;
    return encode(f, {decode(f, a) / decode(f, b), 0}, mode);  // never closer to a boundary than 2^-60, unless on it
}
// Of a single-precision number.
inline u64 square_root(u64 a, Mode mode) {
    const Format& f = kSingle;
    if (is_nan(f, a) || (a > f.sign())) return f.nan();
    if (a == 0 || a == f.sign() || a == f.infinity()) return a;
    Quad value = decode(f, a), root = __builtin_sqrt(double(value));
    Quad left = value - root * root;  // exact: 106 bits
    return encode(f, {root, left > 0 ? 1 : left < 0 ? -1 : 0}, mode);
}

// Double operations in the host's rounding modes.
inline double in_mode(Mode mode, const std::function<double()>& operation) {
    static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
    std::fesetround(modes[int(mode)]);
    volatile double result = operation();
    std::fesetround(FE_TONEAREST);
    return result;
}

inline Mode mode_of(const std::string& word, bool& known) {
    known = true;
    if (word == "rn" || word == "rni") return Mode::Nearest;
    if (word == "rz" || word == "rzi") return Mode::Zero;
    if (word == "rm" || word == "rmi") return Mode::Down;
    if (word == "rp" || word == "rpi") return Mode::Up;
    known = false;
    return Mode::Nearest;
}

}  // namespace exact
