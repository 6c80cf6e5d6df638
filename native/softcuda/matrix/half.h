// Conversions between binary16 and binary32 in integer arithmetic, for levels without the instructions and for tails.
#pragma once
#include <cstdint>

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

inline __attribute__((always_inline)) float float_of_bits(uint32_t bits) {
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

inline __attribute__((always_inline)) uint32_t bits_of_float(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Exact. Subnormals by a subtraction of floats: 0x1p-14 + m 2^-24 minus 0x1p-14.
inline __attribute__((unused)) float half_to_float(uint32_t half) {
    const uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 0x3ff;
    if (exponent == 31) return float_of_bits(sign | 0x7f800000 | mantissa << 13 | (mantissa ? 0x400000 : 0));
    if (exponent == 0) {
        float magnitude = float_of_bits(113u << 23 | mantissa << 13) - float_of_bits(113u << 23);
        return float_of_bits(sign | bits_of_float(magnitude));
    }
    return float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

// To nearest, ties to even; overflow to infinity; NaN stays NaN (quiet, payload truncated), as vcvtps2ph does.
inline __attribute__((unused)) uint32_t half_from_float(float value) {
    const uint32_t bits = bits_of_float(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00 | (magnitude >> 13 & 0x3ff);
    if (magnitude >= 0x47800000) return sign | 0x7c00;  // 65536 and above
    if (magnitude < 0x38800000) {                       // below 2^-14: add 0.5, whose last place is 2^-24
        const uint32_t rounded = bits_of_float(float_of_bits(magnitude) + 0.5f) - 0x3f000000;
        return sign | rounded;
    }
    return sign | (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
}

}  // namespace
}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
