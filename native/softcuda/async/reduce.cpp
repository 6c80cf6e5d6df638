#include "async/reduce.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#define SOFTCUDA_LEVEL reduction
#include "matrix/half.h"

namespace softcuda {
namespace {

using namespace SOFTCUDA_LEVEL;

template <class T> T number_of(uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
template <class T> uint64_t bits_of(T value) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
}

template <class T> T combined(Reduction r, T a, T b) {
    switch (r) {
        case Reduction::Add: return T(a + b);
        case Reduction::Min: return std::min(a, b);
        case Reduction::Max: return std::max(a, b);
        default: return a;
    }
}
// Of a number and a NaN the number.
template <> float combined(Reduction r, float a, float b) {
    return r == Reduction::Add ? a + b : r == Reduction::Min ? std::fmin(a, b) : std::fmax(a, b);
}

uint32_t bf16_from_float(float f) {
    const uint32_t bits = bits_of_float(f);
    if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fff;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

template <class T> uint64_t bitwise(Reduction r, T a, T b) {
    switch (r) {
        case Reduction::Inc: return a >= b ? 0 : a + 1;
        case Reduction::Dec: return a == 0 || a > b ? b : a - 1;
        case Reduction::And: return a & b;
        case Reduction::Or: return a | b;
        default: return a ^ b;
    }
}

uint64_t result(Reduction r, Number n, uint64_t a, uint64_t b) {
    if (r >= Reduction::Inc)
        return n == Number::B64 || n == Number::U64 ? bitwise<uint64_t>(r, a, b)
                                                    : bitwise<uint32_t>(r, uint32_t(a), uint32_t(b));
    switch (n) {
        case Number::U32:
        case Number::B32: return combined(r, uint32_t(a), uint32_t(b));
        case Number::S32:
            return r == Reduction::Add ? uint32_t(a) + uint32_t(b) : uint32_t(combined(r, int32_t(a), int32_t(b)));
        case Number::U64:
        case Number::B64: return combined(r, a, b);
        case Number::S64: return r == Reduction::Add ? a + b : uint64_t(combined(r, int64_t(a), int64_t(b)));
        // Rounding to float first does no harm: it has more than twice the digits.
        case Number::F16: return half_from_float(combined(r, half_to_float(uint32_t(a)), half_to_float(uint32_t(b))));
        case Number::Bf16:
            return bf16_from_float(combined(r, float_of_bits(uint32_t(a) << 16), float_of_bits(uint32_t(b) << 16)));
        case Number::F32: return bits_of(combined(r, number_of<float>(a), number_of<float>(b)));
        case Number::F64: return bits_of(combined(r, number_of<double>(a), number_of<double>(b)));
    }
    return a;
}

template <class T> void reduce_all(Reduction r, Number n, uint8_t* to, const uint8_t* from, uint32_t bytes) {
    for (uint32_t o = 0; o < bytes; o += sizeof(T)) {
        T* place = reinterpret_cast<T*>(to + o);
        T value, old = __atomic_load_n(place, __ATOMIC_RELAXED);
        std::memcpy(&value, from + o, sizeof value);
        while (!__atomic_compare_exchange_n(place, &old, T(result(r, n, old, value)), true, __ATOMIC_SEQ_CST,
                                            __ATOMIC_RELAXED)) {}
    }
}

}  // namespace

void reduce(Reduction operation, Number number, uint8_t* to, const uint8_t* from, uint32_t bytes) {
    switch (number) {
        case Number::F16:
        case Number::Bf16: return reduce_all<uint16_t>(operation, number, to, from, bytes);
        case Number::B64:
        case Number::U64:
        case Number::S64:
        case Number::F64: return reduce_all<uint64_t>(operation, number, to, from, bytes);
        default: return reduce_all<uint32_t>(operation, number, to, from, bytes);
    }
}

bool reduces(Reduction operation, Number number) {
    switch (operation) {
        case Reduction::Add: return number != Number::B32 && number != Number::B64;
        case Reduction::Min:
        case Reduction::Max:
            return number != Number::B32 && number != Number::B64 && number != Number::F32 && number != Number::F64;
        case Reduction::Inc:
        case Reduction::Dec: return number == Number::U32;
        case Reduction::And:
        case Reduction::Or:
        case Reduction::Xor: return number == Number::B32 || number == Number::B64;
        default: return false;
    }
}

}  // namespace softcuda
