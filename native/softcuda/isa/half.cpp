// Arithmetic of the 16-bit floating-point formats, one by one and in pairs.
//
// Every result is the exact one rounded once, to nearest even. Sums of halves and of bfloat16s and products of halves may
// take the way over a float: its 24 bits are at least 2 p + 2 of the p = 11 or 8 bits, which makes the second rounding
// harmless (Figueroa, "When is double rounding innocuous?"), and none of these is subnormal as a float without being
// exact. Products of bfloat16s can be, so they go over double, where they are exact. A fused multiply-add rounds to odd on
// its way.
#include "isa/approx.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

constexpr u16 quiet_one(f16) { return 0x3c00; }
constexpr u16 quiet_one(bf16) { return 0x3f80; }
constexpr u16 exponent_mask(f16) { return 0x7c00; }
constexpr u16 exponent_mask(bf16) { return 0x7f80; }

template <class H> SOFTCUDA_INLINE H flush_half(H h) {
    return {u16((h.bits & exponent_mask(h)) == 0 ? h.bits & 0x8000u : h.bits)};
}
template <class H> SOFTCUDA_INLINE bool is_nan(H h) { return (h.bits & 0x7fffu) > exponent_mask(h); }

SOFTCUDA_INLINE f16 product(f16 a, f16 b) { return narrow<f16>(widen(a) * widen(b)); }
SOFTCUDA_INLINE bf16 product(bf16 a, bf16 b) { return narrow<bf16>(f64(widen(a)) * f64(widen(b))); }
template <class H> SOFTCUDA_INLINE H fused(H a, H b, H c) {
    return narrow<H>(sum_to_odd(f64(widen(a)) * f64(widen(b)), f64(widen(c))));
}

// What happens to results: as they are, into [0, 1] with NaN to 0, or negative ones to zero.
enum class Clamp { None, Unit, Relu };
template <Clamp kClamp, class H> SOFTCUDA_INLINE H clamped(H h) {
    const u16 one = quiet_one(h);
    if (kClamp == Clamp::None) return h;
    const u32 positive = (h.bits & 0x8000u) != 0 ? 0u : h.bits;
    if (kClamp == Clamp::Relu) return {u16(positive)};
    return {u16(is_nan(h) ? 0u : positive > one ? one : positive)};
}

// One lane's operations, all with the same treatment of subnormals and results.
template <bool kFlush, Clamp kClamp> struct Op {
    template <class H> static SOFTCUDA_INLINE H in(H h) { return kFlush ? flush_half(h) : h; }
    template <class H> static SOFTCUDA_INLINE H out(H h) { return clamped<kClamp>(in(h)); }
    template <class H> static SOFTCUDA_INLINE H add(H a, H b) { return out(narrow<H>(widen(in(a)) + widen(in(b)))); }
    template <class H> static SOFTCUDA_INLINE H sub(H a, H b) { return out(narrow<H>(widen(in(a)) - widen(in(b)))); }
    template <class H> static SOFTCUDA_INLINE H mul(H a, H b) { return out(product(in(a), in(b))); }
    template <class H> static SOFTCUDA_INLINE H fma(H a, H b, H c) { return out(fused(in(a), in(b), in(c))); }
    template <class H> static SOFTCUDA_INLINE H neg(H a) { return {u16(in(a).bits ^ 0x8000u)}; }
    template <class H> static SOFTCUDA_INLINE H abs(H a) { return {u16(in(a).bits & 0x7fffu)}; }
    template <class H> static SOFTCUDA_INLINE H ex2(H a) { return out(narrow<H>(exp2_approx(widen(in(a))))); }
    template <class H> static SOFTCUDA_INLINE H tanh(H a) { return out(narrow<H>(tanh_approx(widen(in(a))))); }
};

// In the order of sign and magnitude -0 comes before +0. A NaN gives way to the other operand, or decides for .NaN.
template <bool kFlush, bool kPropagate> struct Extremum {
    static SOFTCUDA_INLINE s32 rank(u16 bits) { return (bits & 0x8000u) != 0 ? -s32(bits & 0x7fffu) - 1 : s32(bits); }
    template <bool kMaximum, class H> static SOFTCUDA_INLINE H pick(H x, H y) {
        const H a = kFlush ? flush_half(x) : x, b = kFlush ? flush_half(y) : y;
        const bool first = (rank(a.bits) < rank(b.bits)) != kMaximum, nanA = is_nan(a), nanB = is_nan(b);
        const u32 chosen = first ? a.bits : b.bits;
        if (kPropagate) return {u16(nanA || nanB ? u32(kHalfNan) : chosen)};
        const u32 number = nanA ? b.bits : nanB ? a.bits : chosen;
        return {u16(nanA && nanB ? u32(kHalfNan) : number)};
    }
    template <class H> static SOFTCUDA_INLINE H min(H a, H b) { return pick<false>(a, b); }
    template <class H> static SOFTCUDA_INLINE H max(H a, H b) { return pick<true>(a, b); }
    template <class H> static SOFTCUDA_INLINE H bare(H a) { return {u16(a.bits & 0x7fffu)}; }
    template <class H> static SOFTCUDA_INLINE H with_signs(H value, H a, H b) {
        return {u16((value.bits & 0x7fffu) | ((a.bits ^ b.bits) & 0x8000u))};
    }
    template <class H> static SOFTCUDA_INLINE H min_xor(H a, H b) { return with_signs(min(bare(a), bare(b)), a, b); }
    template <class H> static SOFTCUDA_INLINE H max_xor(H a, H b) { return with_signs(max(bare(a), bare(b)), a, b); }
};

// A function of one half, and of pairs. H::op names a static member of an operation struct.
#define UNARY(H, NAME, MODS, TYPE, OP)                                                                                 \
    form(sink, NAME MODS "." TYPE, [](H a) { return OP(a); });                                                         \
    form(sink, NAME MODS "." TYPE "x2", [](Pair<H> a) { return Pair<H>{OP(a.x), OP(a.y)}; })
#define BINARY(H, NAME, MODS, TYPE, OP)                                                                                \
    form(sink, NAME MODS "." TYPE, [](H a, H b) { return OP(a, b); });                                                 \
    form(sink, NAME MODS "." TYPE "x2", [](Pair<H> a, Pair<H> b) { return Pair<H>{OP(a.x, b.x), OP(a.y, b.y)}; })
#define TERNARY(H, NAME, MODS, TYPE, OP)                                                                               \
    form(sink, NAME MODS "." TYPE, [](H a, H b, H c) { return OP(a, b, c); });                                         \
    form(sink, NAME MODS "." TYPE "x2", [](Pair<H> a, Pair<H> b, Pair<H> c) {                                          \
        return Pair<H>{OP(a.x, b.x, c.x), OP(a.y, b.y, c.y)};                                                          \
    })
// add, sub and mul are spelled with and without .rn.
#define SUMS_AND_PRODUCTS(H, MODS, TYPE, ...)                                                                          \
    BINARY(H, "add", MODS, TYPE, (Op<__VA_ARGS__>::add));                                                              \
    BINARY(H, "add.rn", MODS, TYPE, (Op<__VA_ARGS__>::add));                                                           \
    BINARY(H, "sub", MODS, TYPE, (Op<__VA_ARGS__>::sub));                                                              \
    BINARY(H, "sub.rn", MODS, TYPE, (Op<__VA_ARGS__>::sub));                                                           \
    BINARY(H, "mul", MODS, TYPE, (Op<__VA_ARGS__>::mul));                                                              \
    BINARY(H, "mul.rn", MODS, TYPE, (Op<__VA_ARGS__>::mul));                                                           \
    TERNARY(H, "fma.rn", MODS, TYPE, (Op<__VA_ARGS__>::fma))
#define EXTREMA(H, MODS, TYPE, ...)                                                                                    \
    BINARY(H, "min", MODS, TYPE, (Extremum<__VA_ARGS__>::min));                                                        \
    BINARY(H, "max", MODS, TYPE, (Extremum<__VA_ARGS__>::max));                                                        \
    BINARY(H, "min", MODS ".xorsign.abs", TYPE, (Extremum<__VA_ARGS__>::min_xor));                                     \
    BINARY(H, "max", MODS ".xorsign.abs", TYPE, (Extremum<__VA_ARGS__>::max_xor))

void add_f16(FormSink& sink) {
    SUMS_AND_PRODUCTS(f16, "", "f16", false, Clamp::None);
    SUMS_AND_PRODUCTS(f16, ".ftz", "f16", true, Clamp::None);
    SUMS_AND_PRODUCTS(f16, ".sat", "f16", false, Clamp::Unit);
    SUMS_AND_PRODUCTS(f16, ".ftz.sat", "f16", true, Clamp::Unit);
    TERNARY(f16, "fma.rn", ".relu", "f16", (Op<false, Clamp::Relu>::fma));
    TERNARY(f16, "fma.rn", ".ftz.relu", "f16", (Op<true, Clamp::Relu>::fma));
    UNARY(f16, "neg", "", "f16", (Op<false, Clamp::None>::neg));
    UNARY(f16, "neg", ".ftz", "f16", (Op<true, Clamp::None>::neg));
    UNARY(f16, "abs", "", "f16", (Op<false, Clamp::None>::abs));
    UNARY(f16, "abs", ".ftz", "f16", (Op<true, Clamp::None>::abs));
    UNARY(f16, "ex2.approx", "", "f16", (Op<false, Clamp::None>::ex2));
    UNARY(f16, "tanh.approx", "", "f16", (Op<false, Clamp::None>::tanh));
    EXTREMA(f16, "", "f16", false, false);
    EXTREMA(f16, ".NaN", "f16", false, true);
    EXTREMA(f16, ".ftz", "f16", true, false);
    EXTREMA(f16, ".ftz.NaN", "f16", true, true);
}

void add_bf16(FormSink& sink) {
    SUMS_AND_PRODUCTS(bf16, "", "bf16", false, Clamp::None);
    TERNARY(bf16, "fma.rn", ".relu", "bf16", (Op<false, Clamp::Relu>::fma));
    UNARY(bf16, "neg", "", "bf16", (Op<false, Clamp::None>::neg));
    UNARY(bf16, "abs", "", "bf16", (Op<false, Clamp::None>::abs));
    UNARY(bf16, "ex2.approx", ".ftz", "bf16", (Op<true, Clamp::None>::ex2));
    UNARY(bf16, "tanh.approx", "", "bf16", (Op<false, Clamp::None>::tanh));
    EXTREMA(bf16, "", "bf16", false, false);
    EXTREMA(bf16, ".NaN", "bf16", false, true);
}

}  // namespace

void add_half_forms(FormSink& sink) {
    add_f16(sink);
    add_bf16(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
