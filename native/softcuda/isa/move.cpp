// mov (copies, packing and unpacking), selp, slct.
#include "isa/lanes.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// The decoder hands over every mov and selp under the type b16, b32, b64 or pred: only the width matters.
void add_moves(FormSink& sink) {
    form(sink, "mov.b16", [](u16 a) { return a; });
    hot_form(sink, "mov.b32", [](u32 a) { return a; });
    hot_form(sink, "mov.b64", [](u64 a) { return a; });
    // Packing: the first element is the least significant.
    form(sink, "mov.b16", [](u8 a, u8 b) { return u16(a | b << 8); });
    form(sink, "mov.b32", [](u16 a, u16 b) { return u32(a) | u32(b) << 16; });
    form(sink, "mov.b32", [](u8 a, u8 b, u8 c, u8 d) { return u32(a) | u32(b) << 8 | u32(c) << 16 | u32(d) << 24; });
    hot_form(sink, "mov.b64", [](u32 a, u32 b) { return u64(a) | u64(b) << 32; });
    form(sink, "mov.b64",
         [](u16 a, u16 b, u16 c, u16 d) { return u64(u32(a) | u32(b) << 16) | u64(u32(c) | u32(d) << 16) << 32; });
    // Unpacking.
    form(sink, "mov.b16", [](u16 a) { return Values2<u8, u8>{u8(a), u8(a >> 8)}; });
    form(sink, "mov.b32", [](u32 a) { return Values2<u16, u16>{u16(a), u16(a >> 16)}; });
    form(sink, "mov.b32", [](u32 a) { return Values4<u8>{u8(a), u8(a >> 8), u8(a >> 16), u8(a >> 24)}; });
    hot_form(sink, "mov.b64", [](u64 a) { return Values2<u32, u32>{u32(a), u32(a >> 32)}; });
    form(sink, "mov.b64", [](u64 a) { return Values4<u16>{u16(a), u16(a >> 16), u16(a >> 32), u16(a >> 48)}; });
}

// d = p ? a : b needs no arithmetic, only the predicate's bits as a blend mask.
template <class T, char kLetter> struct Select {
    static constexpr char signature[] = {kLetter, '=', kLetter, kLetter, 'p', 0};
    static const Ins* full(const Ins* ip, Warp& w) {
        blend(reg<T>(ip, w, 0), predicate(ip, w, 3), reg<T>(ip, w, 1), reg<T>(ip, w, 2));
        return ip + 1;
    }
    static const Ins* run(const Ins* ip, Warp& w) {
        for (u32 left = ip->aux; left != 0; --left, ++ip) full(ip, w);
        return ip;
    }
    static void add(FormSink& sink, const char* name) { sink.add({name, signature, full, masked<full, T>, run}); }
};

void add_selections(FormSink& sink) {
    Select<u32, 'w'>::add(sink, "selp.b32");
    Select<u64, 'd'>::add(sink, "selp.b64");
    form(sink, "selp.b16", [](u16 a, u16 b, bool p) { return u16((a & spread(p)) | (b & ~spread(p))); });

    // c >= 0 ? a : b; a floating-point c of -0 counts as zero, a NaN as negative.
    forms(
        sink, [](u16 a, u16 b, s32 c) { return c >= 0 ? a : b; }, "slct.b16.s32", "slct.u16.s32", "slct.s16.s32");
    forms(
        sink, [](u32 a, u32 b, s32 c) { return c >= 0 ? a : b; }, "slct.b32.s32", "slct.u32.s32", "slct.s32.s32",
        "slct.f32.s32");
    forms(
        sink, [](u64 a, u64 b, s32 c) { return c >= 0 ? a : b; }, "slct.b64.s32", "slct.u64.s32", "slct.s64.s32",
        "slct.f64.s32");
    forms(
        sink, [](u32 a, u32 b, f32 c) { return c >= 0 ? a : b; }, "slct.b32.f32", "slct.u32.f32", "slct.s32.f32",
        "slct.f32.f32");
    forms(
        sink, [](u64 a, u64 b, f32 c) { return c >= 0 ? a : b; }, "slct.b64.f32", "slct.u64.f32", "slct.s64.f32",
        "slct.f64.f32");
}

}  // namespace

void add_move_forms(FormSink& sink) {
    add_moves(sink);
    add_selections(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
