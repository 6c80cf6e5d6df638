// The sums of tensor cores, as published measurements model them (Fasi, Higham, Mikaitis and Pranesh, "Numerical behavior of
// NVIDIA tensor cores", 2021; for the H100 its authors' bit-accurate model).
//
// A block of products and the accumulator are one sum: every product is exact, with the sum of its factors' exponents as
// exponent; all terms are aligned to the largest exponent, and cut, toward zero, to a fixed number of bits behind it; their
// sum is exact, and rounded toward zero to a float. Subnormal numbers are kept.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>

#include "exec/tensor_core.h"
#include "matrix/half.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

struct BlockSum {
    int length;    // products in a block
    int fraction;  // bits kept behind the largest exponent
};

// Of elements with `bits` bits.
inline BlockSum block_sum(TensorCore model, int bits) {
    if (model == TensorCore::A100) return {bits == 32 ? 4 : 8, 24};
    return bits == 32 ? BlockSum{8, 25} : bits == 16 ? BlockSum{16, 25} : BlockSum{32, 13};
}

// Of a nonzero number; that of the smallest normal one for all below (`least`).
inline int exponent_of(float x, int least) {
    const int e = std::ilogb(x);
    return e < least ? least : e;
}

inline float toward_zero(double x) {
    const float f = float(x);
    return std::fabs(double(f)) > std::fabs(x) ? std::nextafter(f, 0.0f) : f;
}

// c plus the products of a and b, `count` of them. `least`: the exponent of the smallest normal element.
inline __attribute__((unused)) float summed(const BlockSum& shape, const float* a, const float* b, int count, float c,
                                            int least) {
    for (int first = 0; first < count; first += shape.length) {
        const int end = first + shape.length < count ? first + shape.length : count;
        bool finite = std::isfinite(c), any = c != 0;
        int largest = c != 0 && finite ? exponent_of(c, -126) : std::numeric_limits<int>::min();
        double plain = c;
        for (int k = first; k < end; k++) {
            finite &= std::isfinite(a[k]) && std::isfinite(b[k]);
            plain += double(a[k]) * b[k];
            if (a[k] == 0 || b[k] == 0 || !finite) continue;
            any = true;
            const int e = exponent_of(a[k], least) + exponent_of(b[k], least);
            largest = e > largest ? e : largest;
        }
        if (!finite) {
            c = float(plain);
            continue;
        }
        if (!any) continue;
        const int unit = largest - shape.fraction;
        int64_t sum = int64_t(std::scalbn(double(c), -unit));
        for (int k = first; k < end; k++) sum += int64_t(std::scalbn(double(a[k]) * b[k], -unit));
        c = toward_zero(std::scalbn(double(sum), unit));
    }
    return c;
}

}  // namespace
}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
