// cvt between floating-point formats, and to integral values in the same format.
#include "isa/directed.h"
#include "isa/rounding.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

SOFTCUDA_INLINE f32 saturate(f32 x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
SOFTCUDA_INLINE f64 saturate(f64 x) { return x > 0.0 ? (x < 1.0 ? x : 1.0) : 0.0; }

// .relu: negative results, and NaN ones, become +0 and the canonical NaN respectively.
template <class H> SOFTCUDA_INLINE H relu(H h) { return {u16((h.bits & 0x8000u) != 0 ? 0u : h.bits)}; }
// .satfinite: beyond the largest finite number comes that number.
SOFTCUDA_INLINE f16 finite(f16 h) {
    return {u16((h.bits & 0x7fffu) == 0x7c00u ? (h.bits & 0x8000u) | 0x7bffu : h.bits)};
}
SOFTCUDA_INLINE bf16 finite(bf16 h) {
    return {u16((h.bits & 0x7fffu) == 0x7f80u ? (h.bits & 0x8000u) | 0x7f7fu : h.bits)};
}

void add_single_and_double(FormSink& sink) {
    hot_form(sink, "cvt.f64.f32", [](f32 a) { return f64(a); });
    form(sink, "cvt.ftz.f64.f32", [](f32 a) { return f64(flush(a)); });
    form(sink, "cvt.sat.f64.f32", [](f32 a) { return saturate(f64(a)); });
    hot_form(sink, "cvt.rn.f32.f64", [](f64 a) { return f32(a); });
    form(sink, "cvt.rn.ftz.f32.f64", [](f64 a) { return flush(f32(a)); });
    form(sink, "cvt.rn.sat.f32.f64", [](f64 a) { return saturate(f32(a)); });
    directed_forms(
        sink, [](f64 a) { return f32(a); }, "cvt.rz.f32.f64", "cvt.rm.f32.f64", "cvt.rp.f32.f64");
    directed_forms(
        sink, [](f64 a) { return flush(f32(a)); }, "cvt.rz.ftz.f32.f64", "cvt.rm.ftz.f32.f64", "cvt.rp.ftz.f32.f64");
    form(sink, "cvt.f32.f32", [](f32 a) { return a; });
    form(sink, "cvt.ftz.f32.f32", [](f32 a) { return flush(a); });
    form(sink, "cvt.sat.f32.f32", [](f32 a) { return saturate(a); });
    form(sink, "cvt.ftz.sat.f32.f32", [](f32 a) { return saturate(flush(a)); });
    form(sink, "cvt.f64.f64", [](f64 a) { return a; });
    form(sink, "cvt.sat.f64.f64", [](f64 a) { return saturate(a); });
}

#define INTEGRAL(RND, MODE)                                                                                            \
    form(sink, "cvt." RND ".f32.f32", [](f32 a) { return integral<Round::MODE>(a); });                                 \
    form(sink, "cvt." RND ".ftz.f32.f32", [](f32 a) { return integral<Round::MODE>(flush(a)); });                      \
    form(sink, "cvt." RND ".sat.f32.f32", [](f32 a) { return saturate(integral<Round::MODE>(a)); });                   \
    form(sink, "cvt." RND ".f64.f64", [](f64 a) { return integral<Round::MODE>(a); });                                 \
    form(sink, "cvt." RND ".sat.f64.f64", [](f64 a) { return saturate(integral<Round::MODE>(a)); });                   \
    form(sink, "cvt." RND ".f16.f16", [](f16 a) { return narrow<f16>(integral<Round::MODE>(widen(a))); });             \
    form(sink, "cvt." RND ".bf16.bf16", [](bf16 a) { return narrow<bf16>(integral<Round::MODE>(widen(a))); })

void add_integral(FormSink& sink) {
    INTEGRAL("rni", Nearest);
    INTEGRAL("rzi", Zero);
    INTEGRAL("rmi", Down);
    INTEGRAL("rpi", Up);
}

void add_widening(FormSink& sink) {
    hot_forms(
        sink, [](f16 a) { return widen(a); }, "cvt.f32.f16", "cvt.ftz.f32.f16");  // no half is subnormal as a float
    hot_form(sink, "cvt.f32.bf16", [](bf16 a) { return widen(a); });
    form(sink, "cvt.ftz.f32.bf16", [](bf16 a) { return flush(widen(a)); });
    form(sink, "cvt.sat.f32.f16", [](f16 a) { return saturate(widen(a)); });
    form(sink, "cvt.sat.f32.bf16", [](bf16 a) { return saturate(widen(a)); });
    form(sink, "cvt.f64.f16", [](f16 a) { return f64(widen(a)); });
    form(sink, "cvt.f64.bf16", [](bf16 a) { return f64(widen(a)); });
}

// To one half, and to a packed pair whose high half is the first source.
#define PACKED(H, PAIR_TEXT, RND, MODE)                                                                                \
    hot_form(sink, "cvt." RND "." PAIR_TEXT ".f32", [](f32 a, f32 b) {                                                 \
        return Pair<H>{Narrow<H, Round::MODE>::from(b), Narrow<H, Round::MODE>::from(a)};                              \
    });                                                                                                                \
    form(sink, "cvt." RND ".relu." PAIR_TEXT ".f32", [](f32 a, f32 b) {                                                \
        return Pair<H>{relu(Narrow<H, Round::MODE>::from(b)), relu(Narrow<H, Round::MODE>::from(a))};                  \
    });                                                                                                                \
    form(sink, "cvt." RND ".satfinite." PAIR_TEXT ".f32", [](f32 a, f32 b) {                                           \
        return Pair<H>{finite(Narrow<H, Round::MODE>::from(b)), finite(Narrow<H, Round::MODE>::from(a))};              \
    });                                                                                                                \
    form(sink, "cvt." RND ".relu.satfinite." PAIR_TEXT ".f32", [](f32 a, f32 b) {                                      \
        return Pair<H>{relu(finite(Narrow<H, Round::MODE>::from(b))), relu(finite(Narrow<H, Round::MODE>::from(a)))};  \
    })
#define NARROWED(H, TEXT, RND, MODE)                                                                                   \
    hot_form(sink, "cvt." RND "." TEXT ".f32", [](f32 a) { return Narrow<H, Round::MODE>::from(a); });                 \
    form(sink, "cvt." RND ".relu." TEXT ".f32", [](f32 a) { return relu(Narrow<H, Round::MODE>::from(a)); });          \
    form(sink, "cvt." RND ".satfinite." TEXT ".f32", [](f32 a) { return finite(Narrow<H, Round::MODE>::from(a)); });   \
    form(sink, "cvt." RND ".relu.satfinite." TEXT ".f32",                                                              \
         [](f32 a) { return relu(finite(Narrow<H, Round::MODE>::from(a))); });                                         \
    form(sink, "cvt." RND ".ftz." TEXT ".f32", [](f32 a) { return Narrow<H, Round::MODE>::from(flush(a)); });          \
    form(sink, "cvt." RND "." TEXT ".f64", [](f64 a) { return Narrow<H, Round::MODE>::from(to_odd(a)); })

void add_narrowing(FormSink& sink) {
    NARROWED(f16, "f16", "rn", Nearest);
    NARROWED(f16, "f16", "rz", Zero);
    NARROWED(f16, "f16", "rm", Down);
    NARROWED(f16, "f16", "rp", Up);
    NARROWED(bf16, "bf16", "rn", Nearest);
    NARROWED(bf16, "bf16", "rz", Zero);
    NARROWED(bf16, "bf16", "rm", Down);
    NARROWED(bf16, "bf16", "rp", Up);
    PACKED(f16, "f16x2", "rn", Nearest);
    PACKED(f16, "f16x2", "rz", Zero);
    PACKED(bf16, "bf16x2", "rn", Nearest);
    PACKED(bf16, "bf16x2", "rz", Zero);
    form(sink, "cvt.rn.sat.f16.f32", [](f32 a) { return narrow<f16>(saturate(a)); });
    form(sink, "cvt.sat.f16.f16", [](f16 a) { return narrow<f16>(saturate(widen(a))); });
    form(sink, "cvt.rn.bf16.f16", [](f16 a) { return narrow<bf16>(widen(a)); });
    form(sink, "cvt.rn.f16.bf16", [](bf16 a) { return narrow<f16>(widen(a)); });
}

// tf32: a float whose low 13 fraction bits are zero.
template <Round kRound, bool kAway> SOFTCUDA_INLINE u32 to_tf32(u32 bits) {
    const u32 size = bits & 0x7fffffffu;
    const u32 bump = kAway ? 0x1000u : kRound == Round::Nearest ? 0xfffu + (bits >> 13 & 1u) : 0u;
    const u32 rounded = size < 0x7f800000u ? (bits + bump) & 0xffffe000u : bits;
    return size > 0x7f800000u ? kFloatNan : rounded;
}
SOFTCUDA_INLINE u32 positive(u32 bits) {
    return bits <= 0x80000000u ? bits & 0x7fffffffu : bits > 0xff800000u ? kFloatNan : 0u;
}
SOFTCUDA_INLINE u32 finite_tf32(u32 bits) {
    return (bits & 0x7fffffffu) == 0x7f800000u ? (bits & 0x80000000u) | 0x7f7fe000u : bits;
}

void add_tf32(FormSink& sink) {
    hot_form(sink, "cvt.rna.tf32.f32", [](u32 a) { return to_tf32<Round::Nearest, true>(a); });
    form(sink, "cvt.rna.satfinite.tf32.f32", [](u32 a) { return finite_tf32(to_tf32<Round::Nearest, true>(a)); });
    form(sink, "cvt.rn.tf32.f32", [](u32 a) { return to_tf32<Round::Nearest, false>(a); });
    form(sink, "cvt.rz.tf32.f32", [](u32 a) { return to_tf32<Round::Zero, false>(a); });
    form(sink, "cvt.rn.relu.tf32.f32", [](u32 a) { return positive(to_tf32<Round::Nearest, false>(a)); });
    form(sink, "cvt.rz.relu.tf32.f32", [](u32 a) { return positive(to_tf32<Round::Zero, false>(a)); });
}

}  // namespace

void add_convert_float_forms(FormSink& sink) {
    add_single_and_double(sink);
    add_integral(sink);
    add_widening(sink);
    add_narrowing(sink);
    add_tf32(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
