// cvt between the 8-bit floating-point formats, in pairs, and f32 or f16.
//
// e4m3: bias 7, no infinities, 0x7f is NaN, 448 the largest. e5m2: bias 15, as IEEE would have it, 57344 the largest.
#include "isa/half.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// To nearest even, beyond the range the largest finite number.
template <int kFraction, int kBias, u32 kLargest> struct Format8 {
    static SOFTCUDA_INLINE u32 from(f32 x) {
        constexpr u32 drop = 23 - kFraction, rebias = u32(127 - kBias) << 23, smallestNormal = u32(128 - kBias) << 23;
        const u32 bits = bits_as<u32>(x), rest = bits & 0x7fffffffu;
        const u32 normal = (rest + ((1u << (drop - 1)) - 1) + (rest >> drop & 1u) - rebias) >> drop;
        // A float with the last place of the subnormals: adding it rounds.
        constexpr u32 aligned = u32(128 - kBias - kFraction + 23) << 23;
        const u32 small = bits_as<u32>(bits_as<f32>(rest) + bits_as<f32>(aligned)) - aligned;
        const u32 rounded = rest < smallestNormal ? small : normal;
        const u32 finite = rounded > kLargest || rest >= 0x47800000u ? kLargest : rounded;  // 65536 fits neither format
        return rest > 0x7f800000u ? 0x7fu : finite | (bits >> 24 & 0x80u);
    }
};
using E4m3 = Format8<3, 7, 0x7e>;
using E5m2 = Format8<2, 15, 0x7b>;

SOFTCUDA_INLINE u32 relu8(u32 byte) { return (byte & 0x80u) != 0 ? 0u : byte; }

// Exact: moved into the half's places an e4m3 number is 2^8 too small.
SOFTCUDA_INLINE f16 half_of_e4m3(u32 byte) {
    const f16 size = narrow<f16>(widen(f16{u16((byte & 0x7fu) << 7)}) * 256.0f);
    return {u16((byte & 0x7fu) == 0x7fu ? u32(kHalfNan) : size.bits | (byte & 0x80u) << 8)};
}
SOFTCUDA_INLINE f16 half_of_e5m2(u32 byte) { return {u16((byte & 0x7fu) > 0x7cu ? u32(kHalfNan) : byte << 8)}; }
SOFTCUDA_INLINE f16 relu(f16 h) { return {u16((h.bits & 0x8000u) != 0 ? 0u : h.bits)}; }

// The first source, and the high half of a pair, become the high byte.
#define FP8(FORMAT, TYPE, HALF_OF)                                                                                     \
    form(sink, "cvt.rn.satfinite." TYPE ".f32",                                                                        \
         [](f32 a, f32 b) { return u16(FORMAT::from(a) << 8 | FORMAT::from(b)); });                                    \
    form(sink, "cvt.rn.satfinite.relu." TYPE ".f32",                                                                   \
         [](f32 a, f32 b) { return u16(relu8(FORMAT::from(a)) << 8 | relu8(FORMAT::from(b))); });                      \
    form(sink, "cvt.rn.satfinite." TYPE ".f16x2",                                                                      \
         [](Pair<f16> a) { return u16(FORMAT::from(widen(a.y)) << 8 | FORMAT::from(widen(a.x))); });                   \
    form(sink, "cvt.rn.satfinite.relu." TYPE ".f16x2",                                                                 \
         [](Pair<f16> a) { return u16(relu8(FORMAT::from(widen(a.y))) << 8 | relu8(FORMAT::from(widen(a.x)))); });     \
    form(sink, "cvt.rn.f16x2." TYPE, [](u16 a) { return Pair<f16>{HALF_OF(a & 0xffu), HALF_OF(u32(a) >> 8)}; });       \
    form(sink, "cvt.rn.relu.f16x2." TYPE, [](u16 a) {                                                                  \
        return Pair<f16>{relu(HALF_OF(a & 0xffu)), relu(HALF_OF(u32(a) >> 8))};                                        \
    })

}  // namespace

void add_convert_fp8_forms(FormSink& sink) {
    FP8(E4m3, "e4m3x2", half_of_e4m3);
    FP8(E5m2, "e5m2x2", half_of_e5m2);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
