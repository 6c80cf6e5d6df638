// setp and set against the relations of the PTX ISA, decided in long double or 128-bit integers.
#include "test/isa_check.h"

ISA_DECLARE(add_compare_forms)

namespace {

using isa::Definition;
using u64 = uint64_t;
using Words = std::vector<std::string>;

struct Operand {
    bool isNan = false;
    long double floating = 0;
    __int128 integer = 0;
};

// Half `part` of a packed type, else the value itself.
Operand read(const std::string& type, bool flushes, u64 bits, int part) {
    Operand o;
    std::string base = type.size() > 3 && type.substr(type.size() - 2) == "x2" ? type.substr(0, type.size() - 2) : type;
    if (base == "f16" || base == "bf16") {
        bits = bits >> (16 * part) & 0xffff;
        o.floating = base == "f16" ? half_value(bits) : isa::bfloat_value(bits);
    } else if (base == "f32") {
        o.floating = float_of(bits);
        if (flushes && std::fabs(o.floating) < 0x1p-126L) o.floating = 0;
    } else if (base == "f64") {
        o.floating = double_of(bits);
    } else {
        int width = std::stoi(base.substr(1));
        if (width < 64) bits &= (u64(1) << width) - 1;
        o.integer = bits;
        if (base[0] == 's' && (bits >> (width - 1)) != 0) o.integer -= __int128(1) << width;
    }
    o.isNan = std::isnan(o.floating);
    return o;
}

bool relation(const std::string& comparison, const Operand& a, const Operand& b) {
    bool unordered = a.isNan || b.isNan;
    if (comparison == "num") return !unordered;
    if (comparison == "nan") return unordered;
    bool less =
        a.floating < b.floating || a.integer<b.integer, greater = a.floating> b.floating || a.integer > b.integer;
    static const std::map<std::string, std::string> unsignedNames = {
        {"lo", "lt"}, {"ls", "le"}, {"hi", "gt"}, {"hs", "ge"}};
    std::string name = unsignedNames.count(comparison) ? unsignedNames.at(comparison) : comparison;
    if (unordered) return name.size() == 3;  // equ, neu, ltu …
    name = name.substr(0, 2);
    return name == "eq"   ? !less && !greater
           : name == "ne" ? less || greater
           : name == "lt" ? less
           : name == "le" ? !greater
           : name == "gt" ? greater
                          : !less;
}

Definition define(const std::string& name, const std::string& signature) {
    Words words = lanes::words(name);
    std::string type = words.back(), comparison = words[1], combination;
    bool flushes = false;
    for (const std::string& word : words) {
        if (word == "ftz") flushes = true;
        if (word == "and" || word == "or" || word == "xor") combination = word;
    }
    bool pairs = type.size() > 3 && type.substr(type.size() - 2) == "x2";
    Definition d;
    bool narrow = type == "f16" || type == "bf16" || type == "s16" || type == "u16" || type == "b16";
    if (narrow) d.sourceBits = {16, 16};
    if (words[0] == "setp") {
        bool second = signature[1] == 'p';
        d.lane = [=](const u64* in, u64* out) {
            auto combined = [&](bool truth) {
                return combination == "and"   ? truth && in[2]
                       : combination == "or"  ? truth || in[2]
                       : combination == "xor" ? truth != bool(in[2])
                                              : truth;
            };
            bool low = relation(comparison, read(type, flushes, in[0], 0), read(type, flushes, in[1], 0));
            out[0] = combined(low);
            if (pairs)
                out[1] = combined(relation(comparison, read(type, flushes, in[0], 1), read(type, flushes, in[1], 1)));
            else if (second) out[1] = combined(!low);
        };
        return d;
    }
    if (words[0] != "set") return {};
    std::string result = words[words.size() - 2];
    static const std::map<std::string, u64> ones = {{"u32", 0xffffffff}, {"s32", 0xffffffff}, {"f32", 0x3f800000},
                                                    {"f16", 0x3c00},     {"bf16", 0x3f80},    {"f16x2", 0x3c00},
                                                    {"bf16x2", 0x3f80}};
    u64 one = ones.at(result);
    d.lane = [=](const u64* in, u64* out) {
        for (int part = 0; part < (pairs ? 2 : 1); ++part) {
            bool truth = relation(comparison, read(type, flushes, in[0], part), read(type, flushes, in[1], part));
            if (truth) out[0] |= pairs ? (one & 0xffff) << (16 * part) : one;
        }
    };
    return d;
}

}  // namespace

TEST(comparisons) { isa::check_forms(ISA_LEVELS(add_compare_forms), define, 3); }
TEST_MAIN
