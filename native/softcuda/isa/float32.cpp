// Single-precision arithmetic.
//
// PTX leaves the payload of a NaN result open for add, mul, fma and division, so those are the host's operations; min and
// max return the canonical NaN, as documented.
#include "isa/approx.h"
#include "isa/directed.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// .ftz: subnormal operands and results count as zeros of their sign. .sat: into [0, 1], NaN to +0.
template <bool kFlush> SOFTCUDA_INLINE f32 in(f32 x) { return kFlush ? flush(x) : x; }
SOFTCUDA_INLINE f32 saturate(f32 x) { return x > 0.0f ? choose(x < 1.0f, x, 1.0f) : 0.0f; }
template <bool kFlush, bool kSaturate> SOFTCUDA_INLINE f32 out(f32 x) {
    const f32 flushed = in<kFlush>(x);
    return kSaturate ? saturate(flushed) : flushed;
}

// -0 counts as less than +0. A NaN operand gives way to the other one, or, for .NaN, decides.
template <bool kPropagate> SOFTCUDA_INLINE f32 of_extremum(f32 a, f32 b, f32 chosen) {
    const f32 nan = bits_as<f32>(kFloatNan);
    if (kPropagate) return a == a && b == b ? chosen : nan;
    const f32 number = b == b ? chosen : a;  // a NaN in a has already chosen b
    return choose(number == number, number, nan);
}
template <bool kPropagate> SOFTCUDA_INLINE f32 minimum(f32 a, f32 b) {
    const f32 smaller = a < b ? a : b;
    const f32 zero = bits_as<f32>(bits_as<u32>(a) | bits_as<u32>(b));
    return of_extremum<kPropagate>(a, b, a == b ? zero : smaller);
}
template <bool kPropagate> SOFTCUDA_INLINE f32 maximum(f32 a, f32 b) {
    const f32 larger = a > b ? a : b;
    const f32 zero = bits_as<f32>(bits_as<u32>(a) & bits_as<u32>(b));
    return of_extremum<kPropagate>(a, b, a == b ? zero : larger);
}
// .xorsign.abs: of the magnitudes, with the product of the signs.
SOFTCUDA_INLINE f32 xor_sign(f32 value, f32 a, f32 b) {
    return bits_as<f32>((bits_as<u32>(value) & 0x7fffffffu) | ((bits_as<u32>(a) ^ bits_as<u32>(b)) & 0x80000000u));
}

#define ARITHMETIC(FTZ_TEXT, FLUSH, SAT_TEXT, SAT)                                                                     \
    hot_forms(                                                                                                         \
        sink, [](f32 a, f32 b) { return out<FLUSH, SAT>(in<FLUSH>(a) + in<FLUSH>(b)); },                               \
        "add" FTZ_TEXT SAT_TEXT ".f32", "add.rn" FTZ_TEXT SAT_TEXT ".f32");                                            \
    hot_forms(                                                                                                         \
        sink, [](f32 a, f32 b) { return out<FLUSH, SAT>(in<FLUSH>(a) - in<FLUSH>(b)); },                               \
        "sub" FTZ_TEXT SAT_TEXT ".f32", "sub.rn" FTZ_TEXT SAT_TEXT ".f32");                                            \
    hot_forms(                                                                                                         \
        sink, [](f32 a, f32 b) { return out<FLUSH, SAT>(in<FLUSH>(a) * in<FLUSH>(b)); },                               \
        "mul" FTZ_TEXT SAT_TEXT ".f32", "mul.rn" FTZ_TEXT SAT_TEXT ".f32");                                            \
    hot_forms(                                                                                                         \
        sink, [](f32 a, f32 b, f32 c) { return out<FLUSH, SAT>(fma(in<FLUSH>(a), in<FLUSH>(b), in<FLUSH>(c))); },      \
        "fma.rn" FTZ_TEXT SAT_TEXT ".f32", "mad.rn" FTZ_TEXT SAT_TEXT ".f32");                                         \
    DIRECTED("add", (f32 a, f32 b), in<FLUSH>(a) + in<FLUSH>(b), FTZ_TEXT SAT_TEXT, FLUSH, SAT);                       \
    DIRECTED("sub", (f32 a, f32 b), in<FLUSH>(a) - in<FLUSH>(b), FTZ_TEXT SAT_TEXT, FLUSH, SAT);                       \
    DIRECTED("mul", (f32 a, f32 b), in<FLUSH>(a) * in<FLUSH>(b), FTZ_TEXT SAT_TEXT, FLUSH, SAT);                       \
    DIRECTED("fma", (f32 a, f32 b, f32 c), fma(in<FLUSH>(a), in<FLUSH>(b), in<FLUSH>(c)), FTZ_TEXT SAT_TEXT, FLUSH, SAT)
#define DIRECTED(OP, PARAMETERS, VALUE, TEXT, FLUSH, SAT)                                                              \
    directed_forms(                                                                                                    \
        sink, [] PARAMETERS { return out<FLUSH, SAT>(VALUE); }, OP ".rz" TEXT ".f32", OP ".rm" TEXT ".f32",            \
        OP ".rp" TEXT ".f32")

#if defined(__AVX512F__)
// Runs of fma.rn.f32. A product of two register tiles multiplies one element by several in a row: its lanes stay in vector
// registers as long as the first factor is the same slot, which nothing may have written meanwhile.
const Ins* fma_run(const Ins* ip, Warp& w) {
    const Ins* const end = ip + ip->aux;
    __m512 left[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    u32 held = ~0u;
    for (; ip != end; ++ip) {
        __builtin_prefetch(ip + 12);
        if (ip->arg[1] != held) {
            held = ip->arg[1];
            const f32* a = reg<f32>(ip, w, 1);
            left[0] = _mm512_load_ps(a);
            left[1] = _mm512_load_ps(a + 16);
        }
        const f32 *b = reg<f32>(ip, w, 2), *c = reg<f32>(ip, w, 3);
        f32* d = reg<f32>(ip, w, 0);
        const __m512 low = _mm512_fmadd_ps(left[0], _mm512_load_ps(b), _mm512_load_ps(c));
        const __m512 high = _mm512_fmadd_ps(left[1], _mm512_load_ps(b + 16), _mm512_load_ps(c + 16));
        _mm512_store_ps(d, low);
        _mm512_store_ps(d + 16, high);
        if (ip->arg[0] == held) held = ~0u;
    }
    return ip;
}

// Passes forms on, fma.rn.f32 (and its other spelling) with the handler above for its runs.
struct FmaSink final : FormSink {
    FormSink& to;
    explicit FmaSink(FormSink& sink) : to(sink) {}
    void add(const Form& form) override {
        Form changed = form;
        if (__builtin_strcmp(form.name, "fma.rn.f32") == 0 || __builtin_strcmp(form.name, "mad.rn.f32") == 0)
            changed.run = fma_run;
        to.add(changed);
    }
};
#endif

void add_arithmetic(FormSink& all) {
#if defined(__AVX512F__)
    FmaSink sink(all);
#else
    FormSink& sink = all;
#endif
    ARITHMETIC("", false, "", false);
    ARITHMETIC(".ftz", true, "", false);
    ARITHMETIC("", false, ".sat", true);
    ARITHMETIC(".ftz", true, ".sat", true);
}

#define ROOTS_AND_QUOTIENTS(FTZ_TEXT, FLUSH)                                                                           \
    forms(                                                                                                             \
        sink, [](f32 a, f32 b) { return out<FLUSH, false>(in<FLUSH>(a) / in<FLUSH>(b)); }, "div.rn" FTZ_TEXT ".f32",   \
        "div.full" FTZ_TEXT ".f32");                                                                                   \
    form(sink, "div.approx" FTZ_TEXT ".f32",                                                                           \
         [](f32 a, f32 b) { return out<FLUSH, false>(div_approx(in<FLUSH>(a), in<FLUSH>(b))); });                      \
    DIRECTED("div", (f32 a, f32 b), in<FLUSH>(a) / in<FLUSH>(b), FTZ_TEXT, FLUSH, false);                              \
    forms(                                                                                                             \
        sink, [](f32 a) { return out<FLUSH, false>(1.0f / in<FLUSH>(a)); }, "rcp.rn" FTZ_TEXT ".f32",                  \
        "rcp.approx" FTZ_TEXT ".f32");                                                                                 \
    DIRECTED("rcp", (f32 a), 1.0f / in<FLUSH>(a), FTZ_TEXT, FLUSH, false);                                             \
    forms(                                                                                                             \
        sink, [](f32 a) { return __builtin_sqrtf(in<FLUSH>(a)); }, "sqrt.rn" FTZ_TEXT ".f32",                          \
        "sqrt.approx" FTZ_TEXT ".f32");                                                                                \
    DIRECTED("sqrt", (f32 a), __builtin_sqrtf(in<FLUSH>(a)), FTZ_TEXT, FLUSH, false);                                  \
    form(sink, "rsqrt.approx" FTZ_TEXT ".f32", [](f32 a) { return rsqrt_approx(in<FLUSH>(a)); });                      \
    hot_form(sink, "ex2.approx" FTZ_TEXT ".f32", [](f32 a) { return out<FLUSH, false>(exp2_approx(in<FLUSH>(a))); });  \
    form(sink, "lg2.approx" FTZ_TEXT ".f32", [](f32 a) { return out<FLUSH, false>(log2_approx(in<FLUSH>(a))); });      \
    form(sink, "sin.approx" FTZ_TEXT ".f32", [](f32 a) { return out<FLUSH, false>(sin_approx(in<FLUSH>(a))); });       \
    form(sink, "cos.approx" FTZ_TEXT ".f32", [](f32 a) { return out<FLUSH, false>(cos_approx(in<FLUSH>(a))); })

void add_functions(FormSink& sink) {
    ROOTS_AND_QUOTIENTS("", false);
    ROOTS_AND_QUOTIENTS(".ftz", true);
    form(sink, "tanh.approx.f32", [](f32 a) { return tanh_approx(a); });
}

#define EXTREMA(FTZ_TEXT, FLUSH, NAN_TEXT, PROPAGATE)                                                                  \
    hot_form(sink, "min" FTZ_TEXT NAN_TEXT ".f32",                                                                     \
             [](f32 a, f32 b) { return minimum<PROPAGATE>(in<FLUSH>(a), in<FLUSH>(b)); });                             \
    hot_form(sink, "max" FTZ_TEXT NAN_TEXT ".f32",                                                                     \
             [](f32 a, f32 b) { return maximum<PROPAGATE>(in<FLUSH>(a), in<FLUSH>(b)); });                             \
    form(sink, "min" FTZ_TEXT NAN_TEXT ".xorsign.abs.f32", [](f32 a, f32 b) {                                          \
        const f32 x = in<FLUSH>(a), y = in<FLUSH>(b);                                                                  \
        return xor_sign(minimum<PROPAGATE>(magnitude(x), magnitude(y)), x, y);                                         \
    });                                                                                                                \
    form(sink, "max" FTZ_TEXT NAN_TEXT ".xorsign.abs.f32", [](f32 a, f32 b) {                                          \
        const f32 x = in<FLUSH>(a), y = in<FLUSH>(b);                                                                  \
        return xor_sign(maximum<PROPAGATE>(magnitude(x), magnitude(y)), x, y);                                         \
    })

#define TESTP(PROPERTY, CONDITION)                                                                                     \
    form(sink, "testp." PROPERTY ".f32", [](u32 a) {                                                                   \
        const u32 size = a & 0x7fffffffu;                                                                              \
        return CONDITION;                                                                                              \
    })

void add_signs_and_order(FormSink& sink) {
    EXTREMA("", false, "", false);
    EXTREMA("", false, ".NaN", true);
    EXTREMA(".ftz", true, "", false);
    EXTREMA(".ftz", true, ".NaN", true);
    hot_form(sink, "neg.f32", [](u32 a) { return a ^ 0x80000000u; });
    hot_form(sink, "abs.f32", [](u32 a) { return a & 0x7fffffffu; });
    form(sink, "neg.ftz.f32", [](f32 a) { return bits_as<u32>(flush(a)) ^ 0x80000000u; });
    form(sink, "abs.ftz.f32", [](f32 a) { return bits_as<u32>(flush(a)) & 0x7fffffffu; });
    form(sink, "copysign.f32", [](u32 sign, u32 value) { return (value & 0x7fffffffu) | (sign & 0x80000000u); });
    TESTP("finite", size < 0x7f800000u);
    TESTP("infinite", size == 0x7f800000u);
    TESTP("number", size <= 0x7f800000u);
    TESTP("notanumber", size > 0x7f800000u);
    TESTP("normal", size >= 0x00800000u && size < 0x7f800000u);
    TESTP("subnormal", size != 0 && size < 0x00800000u);
}

}  // namespace

void add_float32_forms(FormSink& sink) {
    add_arithmetic(sink);
    add_functions(sink);
    add_signs_and_order(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
