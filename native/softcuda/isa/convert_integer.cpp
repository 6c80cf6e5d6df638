// cvt between integers, from integers to floating point and back.
#include "isa/directed.h"
#include "isa/rounding.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// 8-bit results of a conversion fill a 16-bit register: signed ones are sign-extended.
template <class T> struct RegisterOf { using Type = T; };
template <> struct RegisterOf<s8> { using Type = s16; };
template <class T> using Register = typename RegisterOf<T>::Type;

// A source may stand in a register wider than its type; the low bits count.
template <class To, class From> SOFTCUDA_INLINE To saturated(From x) {
    // Compared in 128 bits by sign and magnitude would be exact but slow; in 64 bits the one dangerous mix is told apart.
    using R = Range<To>;
    if (Range<From>::isSigned) {
        const s64 value = s64(x);
        if (!R::isSigned) return value < 0 ? To(0) : u64(value) > u64(R::highest) ? R::highest : To(value);
        return value < s64(R::lowest) ? R::lowest : value > s64(R::highest) ? R::highest : To(value);
    }
    return u64(x) > u64(R::highest) ? R::highest : To(x);
}

template <bool kHot, class F> void add_conversion(FormSink& sink, const char* name, F f) {
    if constexpr (kHot) hot_form(sink, name, f);
    else form(sink, name, f);
}

// Between 32 and 64 bits: address computations are full of them.
template <class To, class From>
constexpr bool kHotPair = sizeof(To) + sizeof(From) == 12 && Range<To>::isSigned == Range<From>::isSigned;

#define INTEGER_TO(TO, FROM, TO_TEXT, FROM_TEXT)                                                                       \
    add_conversion<kHotPair<TO, FROM>>(sink, "cvt." TO_TEXT "." FROM_TEXT,                                             \
                                       [](FROM a) { return Register<TO>(TO(a)); });                                    \
    form(sink, "cvt.sat." TO_TEXT "." FROM_TEXT, [](FROM a) { return Register<TO>(saturated<TO>(a)); });               \
    if (sizeof(FROM) < 8) form(sink, "cvt." TO_TEXT "." FROM_TEXT, [](u64 a) { return Register<TO>(TO(FROM(a))); })
#define FROM_INTEGER(FROM, FROM_TEXT)                                                                                  \
    INTEGER_TO(s8, FROM, "s8", FROM_TEXT);                                                                             \
    INTEGER_TO(u8, FROM, "u8", FROM_TEXT);                                                                             \
    INTEGER_TO(s16, FROM, "s16", FROM_TEXT);                                                                           \
    INTEGER_TO(u16, FROM, "u16", FROM_TEXT);                                                                           \
    INTEGER_TO(s32, FROM, "s32", FROM_TEXT);                                                                           \
    INTEGER_TO(u32, FROM, "u32", FROM_TEXT);                                                                           \
    INTEGER_TO(s64, FROM, "s64", FROM_TEXT);                                                                           \
    INTEGER_TO(u64, FROM, "u64", FROM_TEXT)

void add_between_integers(FormSink& sink) {
    FROM_INTEGER(s8, "s8");
    FROM_INTEGER(u8, "u8");
    FROM_INTEGER(s16, "s16");
    FROM_INTEGER(u16, "u16");
    FROM_INTEGER(s32, "s32");
    FROM_INTEGER(u32, "u32");
    FROM_INTEGER(s64, "s64");
    FROM_INTEGER(u64, "u64");
}

// An integer as a double that rounds to a half format as the integer itself does: beyond 53 bits the low ones are
// gathered into one.
SOFTCUDA_INLINE f64 sticky(u64 x) { return f64((x >> 53) != 0 ? (x & ~u64(0xfff)) | u64((x & 0xfff) != 0) << 12 : x); }
SOFTCUDA_INLINE f64 sticky(s64 x) {
    const f64 size = sticky(x < 0 ? u64(0) - u64(x) : u64(x));
    return x < 0 ? -size : size;
}
template <class T> SOFTCUDA_INLINE f64 sticky(T x) { return f64(x); }

#define TO_HALF(H, FROM, NAMES)                                                                                        \
    form(sink, "cvt.rn." NAMES, [](FROM a) { return narrow<H>(sticky(a)); });                                          \
    form(sink, "cvt.rz." NAMES, [](FROM a) { return Narrow<H, Round::Zero>::from(to_odd(sticky(a))); });               \
    form(sink, "cvt.rm." NAMES, [](FROM a) { return Narrow<H, Round::Down>::from(to_odd(sticky(a))); });               \
    form(sink, "cvt.rp." NAMES, [](FROM a) { return Narrow<H, Round::Up>::from(to_odd(sticky(a))); })
#define TO_FLOATING(FROM, TEXT)                                                                                        \
    form(sink, "cvt.rn.f32." TEXT, [](FROM a) { return f32(a); });                                                     \
    form(sink, "cvt.rn.f64." TEXT, [](FROM a) { return f64(a); });                                                     \
    directed_forms(                                                                                                    \
        sink, [](FROM a) { return f32(a); }, "cvt.rz.f32." TEXT, "cvt.rm.f32." TEXT, "cvt.rp.f32." TEXT);              \
    directed_forms(                                                                                                    \
        sink, [](FROM a) { return f64(a); }, "cvt.rz.f64." TEXT, "cvt.rm.f64." TEXT, "cvt.rp.f64." TEXT);              \
    TO_HALF(f16, FROM, "f16." TEXT);                                                                                   \
    TO_HALF(bf16, FROM, "bf16." TEXT)

void add_to_floating(FormSink& sink) {
    TO_FLOATING(s8, "s8");
    TO_FLOATING(u8, "u8");
    TO_FLOATING(s16, "s16");
    TO_FLOATING(u16, "u16");
    TO_FLOATING(s32, "s32");
    TO_FLOATING(u32, "u32");
    TO_FLOATING(s64, "s64");
    TO_FLOATING(u64, "u64");
}

// Float-to-integer conversions saturate with or without .sat.
#define TO_INTEGER_BY(TO, TO_TEXT, FROM, FROM_TEXT, LOAD, RND, MODE)                                                   \
    forms(                                                                                                             \
        sink, [](FROM a) { return Register<TO>(to_integer<TO, Round::MODE>(LOAD(a))); },                               \
        "cvt." RND "." TO_TEXT "." FROM_TEXT, "cvt." RND ".sat." TO_TEXT "." FROM_TEXT)
#define TO_INTEGER(TO, TO_TEXT, FROM, FROM_TEXT, LOAD)                                                                 \
    TO_INTEGER_BY(TO, TO_TEXT, FROM, FROM_TEXT, LOAD, "rni", Nearest);                                                 \
    TO_INTEGER_BY(TO, TO_TEXT, FROM, FROM_TEXT, LOAD, "rzi", Zero);                                                    \
    TO_INTEGER_BY(TO, TO_TEXT, FROM, FROM_TEXT, LOAD, "rmi", Down);                                                    \
    TO_INTEGER_BY(TO, TO_TEXT, FROM, FROM_TEXT, LOAD, "rpi", Up)
#define FLUSHED_TO_INTEGER(TO, TO_TEXT)                                                                                \
    TO_INTEGER_BY(TO, TO_TEXT, f32, "f32", flush, "rni.ftz", Nearest);                                                 \
    TO_INTEGER_BY(TO, TO_TEXT, f32, "f32", flush, "rzi.ftz", Zero);                                                    \
    TO_INTEGER_BY(TO, TO_TEXT, f32, "f32", flush, "rmi.ftz", Down);                                                    \
    TO_INTEGER_BY(TO, TO_TEXT, f32, "f32", flush, "rpi.ftz", Up)
#define ALL_TO_INTEGER(TO, TO_TEXT)                                                                                    \
    TO_INTEGER(TO, TO_TEXT, f32, "f32", );                                                                             \
    TO_INTEGER(TO, TO_TEXT, f64, "f64", );                                                                             \
    TO_INTEGER(TO, TO_TEXT, f16, "f16", widen);                                                                        \
    TO_INTEGER(TO, TO_TEXT, bf16, "bf16", widen);                                                                      \
    FLUSHED_TO_INTEGER(TO, TO_TEXT)

void add_to_integers(FormSink& sink) {
    ALL_TO_INTEGER(s8, "s8");
    ALL_TO_INTEGER(u8, "u8");
    ALL_TO_INTEGER(s16, "s16");
    ALL_TO_INTEGER(u16, "u16");
    ALL_TO_INTEGER(s32, "s32");
    ALL_TO_INTEGER(u32, "u32");
    ALL_TO_INTEGER(s64, "s64");
    ALL_TO_INTEGER(u64, "u64");
}

}  // namespace

void add_convert_integer_forms(FormSink& sink) {
    add_between_integers(sink);
    add_to_floating(sink);
    add_to_integers(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
