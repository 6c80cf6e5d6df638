// Floating-point numbers and their bits, for the definitions that tests hold instructions to.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

template <class To, class From> To same_bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

inline float float_of(uint64_t low32) { return same_bits<float>(uint32_t(low32)); }
inline double double_of(uint64_t bits) { return same_bits<double>(bits); }
inline uint32_t bits_of(float value) { return same_bits<uint32_t>(value); }
inline uint64_t bits_of(double value) { return same_bits<uint64_t>(value); }

// The lower 16 bits, as IEEE's binary16.
inline double half_value(uint64_t bits) {
    const int exponent = int(bits >> 10 & 31), fraction = int(bits & 1023);
    const double size = exponent == 31  ? (fraction ? NAN : INFINITY)
                        : exponent == 0 ? std::ldexp(fraction, -24)
                                        : std::ldexp(1024 + fraction, exponent - 25);
    return bits & 0x8000 ? -size : size;
}
