// Sines and cosines of positions times frequencies, with the angle in double precision: a position in the thousands loses
// nothing, and the tables are the same on every device.
#pragma once
#include <cstdint>

namespace zoe {

// 2^x for -64 < x ≤ 0 in double: 2^n·e^g with |g| ≤ ln2/2, the Taylor series to g^11 (error below 1e-14).
__device__ __forceinline__ double power_of_two(double x) {
    const int n = static_cast<int>(floor(x + 0.5));
    const double g = (x - n) * 0.69314718055994530942;
    double p = 1.0 / 39916800.0;
    p = fma(p, g, 1.0 / 3628800.0);
    p = fma(p, g, 1.0 / 362880.0);
    p = fma(p, g, 1.0 / 40320.0);
    p = fma(p, g, 1.0 / 5040.0);
    p = fma(p, g, 1.0 / 720.0);
    p = fma(p, g, 1.0 / 120.0);
    p = fma(p, g, 1.0 / 24.0);
    p = fma(p, g, 1.0 / 6.0);
    p = fma(p, g, 0.5);
    p = fma(p, g, 1.0);
    p = fma(p, g, 1.0);
    return p * __longlong_as_double(static_cast<int64_t>(n + 1023) << 52);
}

// Sine and cosine of position · period^(-i/count), log2_period being log2(period). The angle is reduced to a turn before
// it becomes single precision.
__device__ __forceinline__ void sine_cosine(double position, int i, int count, double log2_period, float& sine,
                                            float& cosine) {
    const double turns = position * power_of_two(-log2_period * i / count) * 0.15915494309189533577;
    sincospif(2.0f * static_cast<float>(turns - rint(turns)), &sine, &cosine);
}

}  // namespace zoe
