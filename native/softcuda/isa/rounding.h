// Rounding to integral values, and from floating point to integers with PTX's saturation.
#pragma once
#include "isa/half.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {

// In the names of cvt: rni, rzi, rmi, rpi.
template <Round kRound> SOFTCUDA_INLINE f32 integral(f32 x) {
    return kRound == Round::Nearest ? __builtin_rintf(x)
           : kRound == Round::Zero  ? __builtin_truncf(x)
           : kRound == Round::Down  ? __builtin_floorf(x)
                                    : __builtin_ceilf(x);
}
template <Round kRound> SOFTCUDA_INLINE f64 integral(f64 x) {
    return kRound == Round::Nearest ? __builtin_rint(x)
           : kRound == Round::Zero  ? __builtin_trunc(x)
           : kRound == Round::Down  ? __builtin_floor(x)
                                    : __builtin_ceil(x);
}

template <class T> struct Range {
    static constexpr bool isSigned = T(-1) < T(0);
    static constexpr int bits = int(sizeof(T)) * 8;
    static constexpr T top = T(T(1) << (bits - 2));  // avoids shifting into the sign
    static constexpr T lowest = isSigned ? T(-top - top) : T(0);
    static constexpr T highest = isSigned ? T(top - 1 + top) : T(~T(0));
    static constexpr f64 above = isSigned ? 2.0 * f64(top) : 4.0 * f64(top);  // the first value too large
};

// Saturates to the range of `To`. A NaN becomes zero, but with double operands or 64-bit results only the top bit is set.
template <class To, Round kRound, class From> SOFTCUDA_INLINE To to_integer(From x) {
    constexpr From lowest = From(Range<To>::lowest), above = From(Range<To>::above);
    constexpr To nan = sizeof(From) == 8 || sizeof(To) == 8 ? To(u64(1) << (Range<To>::bits - 1)) : To(0);
    const From whole = integral<kRound>(x);
    const bool tooLow = whole < lowest, tooHigh = whole >= above;
    const From fitting = tooLow || tooHigh || !(whole == whole) ? From(0) : whole;
    const To value = To(fitting);
    return tooLow ? Range<To>::lowest : tooHigh ? Range<To>::highest : whole == whole ? value : nan;
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
