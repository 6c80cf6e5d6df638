#include "jit/forms.h"

#include <map>
#include <string>
#include <utility>

namespace softcuda {
namespace {

using Key = std::pair<std::string, std::string>;  // name, signature

class Table {
public:
    Table() {
        add_integer(false);
        add_integer(true);
        add_conversions();
        add_comparisons();
        add_float();
        add({"and.pred"}, "p=pp", {Shape::PredicateLogic, {1, 1, 1, 0x41}, 0, false, false, {}});
        add({"or.pred"}, "p=pp", {Shape::PredicateLogic, {1, 1, 1, 0x45}, 0, false, false, {}});
        add({"xor.pred"}, "p=pp", {Shape::PredicateLogic, {1, 1, 1, 0x47}, 0, false, false, {}});
        add({"not.pred"}, "p=p", {Shape::PredicateNot, {1, 1, 1, 0x44}, 0, false, false, {}});
        add({"mov.pred"}, "p=p", {Shape::PredicateCopy, {}, 0, false, false, {}});
    }

    const ChainForm* find(const Form& form) const {
        auto found = forms_.find(Key(form.name, form.signature));
        return found == forms_.end() ? nullptr : &found->second;
    }

private:
    void add(std::initializer_list<const char*> names, const char* signature, const ChainForm& form) {
        for (const char* name : names) forms_.emplace(Key(name, signature), form);
    }
    void binary(std::initializer_list<const char*> names, bool wide, VectorOp op) {
        op.w = wide;
        add(names, wide ? "d=dd" : "w=ww", {Shape::Binary, op, 0, wide, false, {}});
    }

    void add_integer(bool wide) {
        const bool d = wide;
        binary({d ? "add.s64" : "add.s32", d ? "add.u64" : "add.u32"}, d, {1, 1, 0, uint8_t(d ? 0xd4 : 0xfe)});
        binary({d ? "sub.s64" : "sub.s32", d ? "sub.u64" : "sub.u32"}, d, {1, 1, 0, uint8_t(d ? 0xfb : 0xfa)});
        binary({d ? "mul.lo.s64" : "mul.lo.s32", d ? "mul.lo.u64" : "mul.lo.u32"}, d, {2, 1, 0, 0x40});
        binary({d ? "and.b64" : "and.b32"}, d, {1, 1, 0, 0xdb});
        binary({d ? "or.b64" : "or.b32"}, d, {1, 1, 0, 0xeb});
        binary({d ? "xor.b64" : "xor.b32"}, d, {1, 1, 0, 0xef});
        binary({d ? "min.s64" : "min.s32"}, d, {2, 1, 0, 0x39});
        binary({d ? "min.u64" : "min.u32"}, d, {2, 1, 0, 0x3b});
        binary({d ? "max.s64" : "max.s32"}, d, {2, 1, 0, 0x3d});
        binary({d ? "max.u64" : "max.u32"}, d, {2, 1, 0, 0x3f});
        const uint8_t w = wide;
        const char *one = d ? "d=d" : "w=w", *count = d ? "d=dw" : "w=ww", *three = d ? "d=ddd" : "w=www";
        add({d ? "mov.b64" : "mov.b32"}, one, {Shape::Copy, {}, 0, d, false, {}});
        add({d ? "neg.s64" : "neg.s32"}, one, {Shape::Negate, {1, 1, w, uint8_t(d ? 0xfb : 0xfa)}, 0, d, false, {}});
        add({d ? "shl.b64" : "shl.b32"}, count,
            {Shape::Shift, {2, 1, w, 0x47}, 6, d, false, {1, 1, w, uint8_t(d ? 0x73 : 0x72)}});
        add({d ? "shr.u64" : "shr.u32", d ? "shr.b64" : "shr.b32"}, count,
            {Shape::Shift, {2, 1, w, 0x45}, 2, d, false, {1, 1, w, uint8_t(d ? 0x73 : 0x72)}});
        add({d ? "shr.s64" : "shr.s32"}, count, {Shape::Shift, {2, 1, w, 0x46}, 4, d, false, {1, 1, w, 0x72}});
        add({d ? "mad.lo.s64" : "mad.lo.s32", d ? "mad.lo.u64" : "mad.lo.u32"}, three,
            {Shape::MultiplyAdd, {2, 1, w, 0x40}, 0, d, false, {1, 1, w, uint8_t(d ? 0xd4 : 0xfe)}});
        add({d ? "selp.b64" : "selp.b32"}, d ? "d=ddp" : "w=wwp", {Shape::Select, {2, 1, w, 0x64}, 0, d, false, {}});
    }

    void add_conversions() {
        const VectorOp signExtend{2, 1, 0, 0x25}, zeroExtend{2, 1, 0, 0x35};
        add({"cvt.s64.s32", "cvt.u64.s32"}, "d=w", {Shape::Widen, signExtend, 0, true, false, {}});
        add({"cvt.s64.u32", "cvt.u64.u32"}, "d=w", {Shape::Widen, zeroExtend, 0, true, false, {}});
        add({"cvt.s32.s64", "cvt.u32.s64", "cvt.s32.u64", "cvt.u32.u64"}, "w=d",
            {Shape::Narrow, {2, 2, 0, 0x35}, 0, false, false, {}});
        add({"mul.wide.s32"}, "d=ww", {Shape::WideProduct, {2, 1, 1, 0x28}, 0, true, false, signExtend});
        add({"mul.wide.u32"}, "d=ww", {Shape::WideProduct, {1, 1, 1, 0xf4}, 0, true, false, zeroExtend});
        add({"cvt.f32.bf16"}, "w=w", {Shape::FromBf16, {}, 0, false, false, {}});
        add({"cvt.rn.bf16.f32"}, "w=w", {Shape::ToBf16, {}, 0, false, false, {}});
        add({"cvt.rn.bf16x2.f32"}, "w=ww", {Shape::ToBf16Pair, {}, 0, false, false, {}});
        add({"cvt.rn.f32.s32"}, "w=w", {Shape::FromInteger, {1, 0, 0, 0x5b}, 0, false, false, {}});
    }

    void add_comparisons() {
        struct {
            const char* name;
            const char* alias;
            uint8_t integer, real;
        } orders[] = {{"eq", nullptr, 0, 0x00}, {"ne", nullptr, 4, 0x0c}, {"lt", "lo", 1, 0x11},
                      {"le", "ls", 2, 0x12},    {"gt", "hi", 6, 0x1e},    {"ge", "hs", 5, 0x1d}};
        for (const auto& o : orders) {
            const std::string setp = std::string("setp.") + o.name + ".";
            for (const char* type : {"b32", "s32", "u32", "b64", "s64", "u64"}) {
                const bool wide = type[1] == '6', isUnsigned = type[0] == 'u';
                const ChainForm form{
                    Shape::Compare, {3, 1, wide, uint8_t(isUnsigned ? 0x1e : 0x1f)}, o.integer, wide, false, {}};
                add({(setp + type).c_str()}, wide ? "p=dd" : "p=ww", form);
                if (isUnsigned && o.alias)
                    add({(std::string("setp.") + o.alias + "." + type).c_str()}, wide ? "p=dd" : "p=ww", form);
            }
            add({(setp + "f32").c_str()}, "p=ww", {Shape::Compare, {1, 0, 0, 0xc2}, o.real, false, false, {}});
        }
        struct {
            const char* name;
            uint8_t real;
        } unordered[] = {{"equ", 0x08}, {"neu", 0x04}, {"ltu", 0x19}, {"leu", 0x1a},
                         {"gtu", 0x16}, {"geu", 0x15}, {"num", 0x07}, {"nan", 0x03}};
        for (const auto& o : unordered)
            add({(std::string("setp.") + o.name + ".f32").c_str()}, "p=ww",
                {Shape::Compare, {1, 0, 0, 0xc2}, o.real, false, false, {}});
    }

    void add_float() {
        binary({"add.f32", "add.rn.f32"}, false, {1, 0, 0, 0x58});
        binary({"sub.f32", "sub.rn.f32"}, false, {1, 0, 0, 0x5c});
        binary({"mul.f32", "mul.rn.f32"}, false, {1, 0, 0, 0x59});
        binary({"div.rn.f32", "div.full.f32"}, false, {1, 0, 0, 0x5e});
        add({"fma.rn.f32", "mad.rn.f32"}, "w=www", {Shape::Fused, {2, 1, 0, 0xb8}, 0, false, false, {}});
        add({"neg.f32"}, "w=w", {Shape::NegateFloat, {}, 0, false, false, {}});
        add({"ex2.approx.f32"}, "w=w", {Shape::Exp2, {}, 0, false, false, {}});
        add({"ex2.approx.ftz.f32"}, "w=w", {Shape::Exp2, {}, 0, false, true, {}});
        add({"rcp.rn.f32", "rcp.approx.f32"}, "w=w", {Shape::Reciprocal, {}, 0, false, false, {}});
        add({"rcp.rn.ftz.f32", "rcp.approx.ftz.f32"}, "w=w", {Shape::Reciprocal, {}, 0, false, true, {}});
    }

    std::map<Key, ChainForm> forms_;
};

}  // namespace

const ChainForm* chain_form(const Form& form) {
    static const Table table;
    return table.find(form);
}

}  // namespace softcuda
