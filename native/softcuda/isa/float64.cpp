// Double-precision arithmetic.
#include "isa/approx.h"
#include "isa/directed.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// PTX's canonical NaN results are specified for f32 and the halves only; a double keeps an operand's payload.
SOFTCUDA_INLINE f64 minimum(f64 a, f64 b) {
    const f64 zero = bits_as<f64>(bits_as<u64>(a) | bits_as<u64>(b));
    const f64 chosen = a == b ? zero : a < b ? a : b;
    return b == b ? chosen : a;
}
SOFTCUDA_INLINE f64 maximum(f64 a, f64 b) {
    const f64 zero = bits_as<f64>(bits_as<u64>(a) & bits_as<u64>(b));
    const f64 chosen = a == b ? zero : a > b ? a : b;
    return b == b ? chosen : a;
}

// The gross approximations work on the upper 32 bits and leave the lower ones zero. A NaN may have its payload below.
SOFTCUDA_INLINE f64 upper_half(f64 x) {
    const u64 quiet = u64(x == x ? 0 : 0x0008000000000000ull);
    return bits_as<f64>((bits_as<u64>(x) | quiet) & 0xffffffff00000000ull);
}

#define TESTP(PROPERTY, CONDITION)                                                                                     \
    form(sink, "testp." PROPERTY ".f64", [](u64 a) {                                                                   \
        const u64 size = a & 0x7fffffffffffffffull, infinity = 0x7ff0000000000000ull, normal = 0x0010000000000000ull;  \
        (void) infinity, (void) normal;                                                                                \
        return CONDITION;                                                                                              \
    })

void add_arithmetic(FormSink& sink) {
    hot_forms(
        sink, [](f64 a, f64 b) { return a + b; }, "add.f64", "add.rn.f64");
    hot_forms(
        sink, [](f64 a, f64 b) { return a - b; }, "sub.f64", "sub.rn.f64");
    hot_forms(
        sink, [](f64 a, f64 b) { return a * b; }, "mul.f64", "mul.rn.f64");
    hot_forms(
        sink, [](f64 a, f64 b, f64 c) { return fma(a, b, c); }, "fma.rn.f64", "mad.rn.f64");
    form(sink, "div.rn.f64", [](f64 a, f64 b) { return a / b; });
    form(sink, "rcp.rn.f64", [](f64 a) { return 1.0 / a; });
    form(sink, "sqrt.rn.f64", [](f64 a) { return __builtin_sqrt(a); });
    form(sink, "rcp.approx.ftz.f64", [](f64 a) { return upper_half(flush(1.0 / upper_half(flush(a)))); });
    form(sink, "rsqrt.approx.ftz.f64", [](f64 a) { return upper_half(1.0 / __builtin_sqrt(upper_half(flush(a)))); });
    form(sink, "rsqrt.approx.f64", [](f64 a) { return 1.0 / __builtin_sqrt(a); });
    directed_forms(
        sink, [](f64 a, f64 b) { return a + b; }, "add.rz.f64", "add.rm.f64", "add.rp.f64");
    directed_forms(
        sink, [](f64 a, f64 b) { return a - b; }, "sub.rz.f64", "sub.rm.f64", "sub.rp.f64");
    directed_forms(
        sink, [](f64 a, f64 b) { return a * b; }, "mul.rz.f64", "mul.rm.f64", "mul.rp.f64");
    directed_forms(
        sink, [](f64 a, f64 b, f64 c) { return fma(a, b, c); }, "fma.rz.f64", "fma.rm.f64", "fma.rp.f64");
    directed_forms(
        sink, [](f64 a, f64 b) { return a / b; }, "div.rz.f64", "div.rm.f64", "div.rp.f64");
    directed_forms(
        sink, [](f64 a) { return 1.0 / a; }, "rcp.rz.f64", "rcp.rm.f64", "rcp.rp.f64");
    directed_forms(
        sink, [](f64 a) { return __builtin_sqrt(a); }, "sqrt.rz.f64", "sqrt.rm.f64", "sqrt.rp.f64");
}

void add_signs_and_order(FormSink& sink) {
    form(sink, "min.f64", [](f64 a, f64 b) { return minimum(a, b); });
    form(sink, "max.f64", [](f64 a, f64 b) { return maximum(a, b); });
    form(sink, "neg.f64", [](u64 a) { return a ^ 0x8000000000000000ull; });
    form(sink, "abs.f64", [](u64 a) { return a & 0x7fffffffffffffffull; });
    form(sink, "copysign.f64",
         [](u64 sign, u64 value) { return (value & 0x7fffffffffffffffull) | (sign & 0x8000000000000000ull); });
    TESTP("finite", size < infinity);
    TESTP("infinite", size == infinity);
    TESTP("number", size <= infinity);
    TESTP("notanumber", size > infinity);
    TESTP("normal", size >= normal && size < infinity);
    TESTP("subnormal", size != 0 && size < normal);
}

}  // namespace

void add_float64_forms(FormSink& sink) {
    add_arithmetic(sink);
    add_signs_and_order(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
