// The .approx functions of one f32 lane: ex2, lg2, rsqrt, sin, cos, tanh, div.
//
// Short minimax polynomials after an exact range reduction, in IEEE operations and explicit fused multiply-adds only: the
// same bits on every level and every machine. The errors are below those the PTX ISA documents for the hardware (ex2 and
// lg2 within 2 ulp or 2^-22, rsqrt 2^-22.9, sin and cos 2^-20.5 on [-2 pi, 2 pi], tanh 2^-11); the bits are not the GPU's.
// Coefficients: Chebyshev fits on the reduced interval, rounded to float.
#pragma once
#include "isa/half.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {

SOFTCUDA_INLINE f32 fma(f32 a, f32 b, f32 c) { return __builtin_fmaf(a, b, c); }
SOFTCUDA_INLINE f64 fma(f64 a, f64 b, f64 c) { return __builtin_fma(a, b, c); }

SOFTCUDA_INLINE f32 choose(bool condition, f32 yes, f32 no) { return condition ? yes : no; }

// The nearest integer, ties to even, for magnitudes below 2^22: adding 1.5 * 2^23 leaves no place for a fraction.
SOFTCUDA_INLINE f32 nearest_integer(f32 x) { return (x + 0x1.8p23f) - 0x1.8p23f; }
SOFTCUDA_INLINE f64 nearest_integer(f64 x) { return (x + 0x1.8p52) - 0x1.8p52; }

// 2^n for -126 <= n <= 127.
SOFTCUDA_INLINE f32 power_of_two(s32 n) { return bits_as<f32>(u32(n + 127) << 23); }

// 2^x = 2^n 2^f with f in [-1/2, 1/2]. Exact for integers. The scaling is split in two so that both factors are normal
// and only the last product rounds, to a subnormal if need be.
SOFTCUDA_INLINE f32 exp2_approx(f32 x) {
    const f32 bounded = choose(x > 130.0f, 130.0f, choose(x < -152.0f, -152.0f, x));  // a NaN stays
    const f32 n = nearest_integer(bounded), f = bounded - n;
    f32 p = 0x1.44138ap-13f;
    p = fma(p, f, 0x1.5f0890p-10f);
    p = fma(p, f, 0x1.3b2a54p-7f);
    p = fma(p, f, 0x1.c6af6cp-5f);
    p = fma(p, f, 0x1.ebfbe0p-3f);
    p = fma(p, f, 0x1.62e430p-1f);
    p = fma(p, f, 1.0f);
    const s32 exponent = s32(bits_as<u32>(bounded + 0x1.8p23f) - 0x4b400000u), half = exponent >> 1;
    return p * power_of_two(half) * power_of_two(exponent - half);
}

// log2(x) = e + log2(m) with m in [sqrt(1/2), sqrt(2)).
SOFTCUDA_INLINE f32 log2_approx(f32 x) {
    const bool subnormal = x < 0x1p-126f;
    const u32 bits = bits_as<u32>(choose(subnormal, x * 0x1p23f, x));
    const u32 shifted = bits - 0x3f3504f3u;  // sqrt(1/2): the exponent counts from there
    const s32 exponent = s32(shifted) >> 23;
    const f32 m = bits_as<f32>(bits - (u32(exponent) << 23)), t = m - 1.0f;
    f32 p = -0x1.b84fb6p-4f;
    p = fma(p, t, 0x1.7a63a0p-3f);
    p = fma(p, t, -0x1.87f6a2p-3f);
    p = fma(p, t, 0x1.a38c68p-3f);
    p = fma(p, t, -0x1.eab7aap-3f);
    p = fma(p, t, 0x1.277a52p-2f);
    p = fma(p, t, -0x1.715a70p-2f);
    p = fma(p, t, 0x1.ec70aap-2f);
    p = fma(p, t, -0x1.715470p-1f);
    p = fma(p, t, 0x1.715476p+0f);
    const f32 value = fma(p, t, f32(exponent) - choose(subnormal, 23.0f, 0.0f));
    const f32 infinity = __builtin_inff(), nan = bits_as<f32>(kFloatNan);
    return choose(x > 0, choose(x < infinity, value, x), choose(x == 0, -infinity, nan));
}

SOFTCUDA_INLINE f32 rsqrt_approx(f32 x) {
    const f32 value = 1.0f / __builtin_sqrtf(x);
    return choose(value == value, value, bits_as<f32>(kFloatNan));
}

// x = q pi/2 + r with |r| <= pi/4, reduced in double: good to float precision up to |x| of 2^26; beyond, where the ISA
// promises nothing, r loses its meaning and is only kept in range.
struct Reduced {
    f32 r;
    u32 quadrant;
};
SOFTCUDA_INLINE Reduced reduce_angle(f32 x) {
    const f64 bounded = magnitude(x) < 0x1p31f ? f64(x) : 0.0;
    const f64 q = nearest_integer(bounded * 0x1.45f306dc9c883p-1);
    const f64 r = fma(q, -0x1.1a62633145c07p-54, fma(q, -0x1.921fb54442d18p+0, bounded));
    return {f32(r), u32(bits_as<u64>(q + 0x1.8p52))};
}
SOFTCUDA_INLINE f32 sine_in_quadrant(f32 r, u32 quadrant) {
    const f32 z = r * r;
    f32 sine = fma(-0x1.9ac9b0p-13f, z, 0x1.110c28p-7f);
    sine = fma(sine, z, -0x1.555552p-3f);
    sine = fma(sine * z, r, r);
    f32 cosine = fma(0x1.9bd89cp-16f, z, -0x1.6c12d2p-10f);
    cosine = fma(cosine, z, 0x1.555554p-5f);
    cosine = fma(cosine, z, -0.5f);
    cosine = fma(cosine, z, 1.0f);
    const u32 bits = bits_as<u32>((quadrant & 1) != 0 ? cosine : sine);
    return bits_as<f32>(bits ^ (quadrant & 2) << 30);
}
SOFTCUDA_INLINE f32 angle_result(f32 x, f32 value) {
    return choose(magnitude(x) < __builtin_inff(), value, bits_as<f32>(kFloatNan));
}
SOFTCUDA_INLINE f32 sin_approx(f32 x) {
    const Reduced reduced = reduce_angle(x);
    const f32 value = sine_in_quadrant(reduced.r, reduced.quadrant);
    return angle_result(x, choose(x == 0, x, value));  // keeps -0
}
SOFTCUDA_INLINE f32 cos_approx(f32 x) {
    const Reduced reduced = reduce_angle(x);
    return angle_result(x, sine_in_quadrant(reduced.r, reduced.quadrant + 1));
}

// tanh |x| = 1 - 2 / (e^2|x| + 1); near zero, where that cancels, an odd polynomial.
SOFTCUDA_INLINE f32 tanh_approx(f32 x) {
    const f32 a = magnitude(x), z = a * a;
    f32 p = -0x1.8c2d0ap-8f;
    p = fma(p, z, 0x1.576e30p-6f);
    p = fma(p, z, -0x1.b91582p-5f);
    p = fma(p, z, 0x1.110dd8p-3f);
    p = fma(p, z, -0x1.555552p-2f);
    const f32 small = fma(p * z, a, a);
    const f32 large = 1.0f - 2.0f / (exp2_approx(a * 0x1.715476p+1f) + 1.0f);
    const f32 value = choose(a < 0.625f, small, large);
    const f32 result = bits_as<f32>(bits_as<u32>(value) | (bits_as<u32>(x) & 0x80000000u));
    return choose(x == x, result, bits_as<f32>(kFloatNan));
}

// a * (1/b), whose reciprocal is flushed where it would be subnormal: zero, or NaN for an infinite a.
SOFTCUDA_INLINE f32 div_approx(f32 a, f32 b) {
    const f32 size = magnitude(b);
    const f32 signedZero = bits_as<f32>(bits_as<u32>(b) & 0x80000000u);
    const bool flushes = (size > 0x1p126f) & (size < __builtin_inff());
    return bits_as<f32>(pick(flushes, bits_as<u32>(a * signedZero), bits_as<u32>(a / b)));
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
