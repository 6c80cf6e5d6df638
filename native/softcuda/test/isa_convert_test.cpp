// cvt: every pair of types, rounding and saturation against exact values.
#include "test/isa_exact.h"

ISA_DECLARE(add_convert_integer_forms)
ISA_DECLARE(add_convert_float_forms)
ISA_DECLARE(add_convert_fp8_forms)

namespace {

using exact::Format;
using exact::Mode;
using exact::Quad;
using isa::Definition;
using isa::Kind;
using u64 = uint64_t;
using s128 = __int128;

bool is_float(const std::string& type) { return type[0] == 'f' || type[0] == 'b' || type[0] == 't'; }
Format format_of(const std::string& type) {
    return type == "f16" || type == "f16x2"     ? exact::kHalf
           : type == "bf16" || type == "bf16x2" ? exact::kBfloat
           : type == "f64"                      ? exact::kDouble
                                                : exact::kSingle;
}
struct Integer {
    bool isSigned;
    int width;
    explicit Integer(const std::string& text) : isSigned(text[0] == 's'), width(std::stoi(text.substr(1))) {}
    u64 mask() const { return width == 64 ? ~u64(0) : (u64(1) << width) - 1; }
    s128 lowest() const { return isSigned ? -(s128(1) << (width - 1)) : 0; }
    s128 highest() const { return (s128(1) << (isSigned ? width - 1 : width)) - 1; }
    s128 value(u64 bits) const {
        bits &= mask();
        return isSigned && (bits >> (width - 1)) != 0 ? s128(bits) - (s128(1) << width) : s128(bits);
    }
    s128 clamp(s128 v) const { return v < lowest() ? lowest() : v > highest() ? highest() : v; }
    // As its register holds it: 8-bit results fill a 16-bit one.
    u64 store(s128 v) const {
        s128 wrapped = value(u64(v));
        return width == 8 ? u64(wrapped) & 0xffff : u64(wrapped) & mask();
    }
};

struct Conversion {
    std::string to, from;
    Mode mode = Mode::Nearest;
    bool integral = false, away = false, flushes = false, saturates = false, relu = false, finite = false;
};

// The value rounded to an integer.
Quad integral(Quad x, Mode mode) {
    if (x >= Quad(0x1p64) || x <= Quad(-0x1p64)) return x;
    s128 whole = s128(x);  // towards zero
    Quad rest = x - Quad(whole), size = rest < 0 ? -rest : rest;
    int outward = x < 0 ? -1 : 1;
    if (mode == Mode::Nearest && (size > Quad(0.5) || (size == Quad(0.5) && (whole & 1) != 0))) whole += outward;
    if (mode == Mode::Down && rest < 0) whole -= 1;
    if (mode == Mode::Up && rest > 0) whole += 1;
    return Quad(whole);
}

u64 float_to_integer(const Conversion& c, u64 bits) {
    Format f = format_of(c.from);
    Integer to(c.to);
    if (exact::is_nan(f, bits)) return c.from == "f64" || to.width == 64 ? to.store(s128(1) << (to.width - 1)) : 0;
    bool negative = (bits & f.sign()) != 0;
    if (exact::is_infinite(f, bits)) return to.store(negative ? to.lowest() : to.highest());
    Quad whole = integral(exact::decode(f, bits), c.mode);
    if (whole < Quad(to.lowest())) return to.store(to.lowest());
    if (whole > Quad(to.highest())) return to.store(to.highest());
    return to.store(s128(whole));
}

// tf32 in its own 19 bits, then in the upper ones of a float. .rna: to nearest, ties away from zero.
u64 to_tf32(const Conversion& c, u64 bits) {
    const Format f = exact::kTf32;
    const Format single = exact::kSingle;
    u64 sign = (bits & single.sign()) >> 13;
    u64 result;
    if (exact::is_nan(single, bits)) return 0x7fffffff;
    if (exact::is_infinite(single, bits)) result = (bits & 0x7fffffff) >> 13 | sign;
    else {
        Quad value = exact::decode(single, bits);
        if (c.away) {
            u64 down = exact::encode(f, {value, 0}, Mode::Zero),
                up = exact::encode(f, {value, 0}, value < 0 ? Mode::Down : Mode::Up);
            u64 low = down & 0x3ffff, high = up & 0x3ffff;
            Quad size = value < 0 ? -value : value;
            auto magnitude = [&](u64 h) {
                return exact::decode(single, h == 0x3fc00 ? (u64(0xfe) << 23 | 0x7fffff) : h << 13);
            };
            Quad top = high == 0x3fc00 ? magnitude(low) + (magnitude(low) - magnitude(low - 1)) : magnitude(high);
            result = size - magnitude(low) < top - size ? low : high;
        } else {
            result = exact::encode(f, {value, 0}, c.mode) & 0x3ffff;
        }
        result |= sign;
    }
    if (c.finite && (result & 0x3ffff) == 0x3fc00) result -= 1;
    if (c.relu && (result & 0x40000) != 0) result = 0;
    return result << 13;
}

u64 float_to_float(const Conversion& c, u64 bits) {
    Format from = format_of(c.from), to = format_of(c.to);
    bool negative = (bits & from.sign()) != 0;
    if (c.flushes && from.precision == 24 && exact::is_subnormal(from, bits)) bits &= from.sign();
    u64 result;
    if (exact::is_nan(from, bits)) result = to.nan();
    else if (exact::is_infinite(from, bits)) result = to.infinity() | (negative ? to.sign() : 0);
    else {
        Quad value = exact::decode(from, bits);
        if (c.integral) value = integral(value, c.mode);
        result = exact::encode(to, {value, 0}, c.mode, negative);
    }
    if (c.flushes && to.precision == 24 && exact::is_subnormal(to, result)) result &= to.sign();
    if (c.flushes && from.precision != 24 && exact::is_subnormal(to, result) && to.precision == 24) result &= to.sign();
    bool nan = exact::is_nan(to, result), minus = (result & to.sign()) != 0;
    if (c.finite && exact::is_infinite(to, result)) result -= 1;
    if (c.saturates) result = nan || minus ? 0 : std::min(result, exact::one(to));
    if (c.relu) result = nan ? to.nan() : minus ? 0 : result;
    return result;
}

u64 convert(const Conversion& c, u64 bits) {
    if (c.to == "tf32") return to_tf32(c, bits);
    if (is_float(c.from)) {
        Format f = format_of(c.from);
        bits &= f.sign() | (f.sign() - 1);
        if (c.flushes && f.precision == 24 && exact::is_subnormal(f, bits)) bits &= f.sign();
        return is_float(c.to) ? float_to_float(c, bits) : float_to_integer(c, bits);
    }
    s128 value = Integer(c.from).value(bits);
    if (is_float(c.to)) return exact::encode(format_of(c.to), {Quad(value), 0}, c.mode);
    Integer to(c.to);
    return to.store(c.saturates ? to.clamp(value) : value);
}

// The 8-bit formats have their places for infinities and NaNs read differently: by value then, not by encoding.
struct Byte {
    Format format;
    u64 largest, quietFrom;  // the largest finite number, the first NaN
    u64 from(const Format& f, u64 bits) const {
        if (exact::is_nan(f, bits)) return 0x7f;
        u64 sign = (bits & f.sign()) != 0 ? 0x80 : 0;
        if (exact::is_infinite(f, bits)) return largest | sign;
        u64 size = exact::encode(format, {exact::decode(f, bits & (f.sign() - 1)), 0}, Mode::Nearest);
        return std::min(size, largest) | sign;
    }
    u64 half(u64 byte) const {
        u64 size = byte & 0x7f, sign = (byte & 0x80) << 8;
        if (size >= quietFrom) return 0x7fff;
        if (size > largest) return 0x7c00 | sign;
        return exact::encode(exact::kHalf, {exact::decode(format, size), 0}, Mode::Nearest) | sign;
    }
};
Definition define8(const std::string& name, const std::string&) {
    std::vector<std::string> words = lanes::words(name);
    const Byte e4m3{{4, -6, 8}, 0x7e, 0x7f}, e5m2{{3, -14, 15}, 0x7b, 0x7d};
    std::string to = words[words.size() - 2], from = words.back();
    Byte byte = name.find("e4m3") != std::string::npos ? e4m3 : e5m2;
    bool relu = words[2] == "relu" || words[3] == "relu";
    Definition d;
    if (to == "f16x2") {
        d.sourceBits = {16};
        d.lane = [=](const u64* in, u64* out) {
            for (int i = 0; i < 2; ++i) {
                u64 h = byte.half(in[0] >> (8 * i) & 0xff);
                out[0] |= (relu && (h & 0x8000) != 0 ? 0 : h) << (16 * i);
            }
        };
        return d;
    }
    d.lane = [=](const u64* in, u64* out) {
        for (int i = 0; i < 2; ++i) {
            u64 b = from == "f32" ? byte.from(exact::kSingle, in[1 - i])
                                  : byte.from(exact::kHalf, in[0] >> (16 * i) & 0xffff);
            out[0] |= (relu && (b & 0x80) != 0 ? 0 : b) << (8 * i);
        }
    };
    return d;
}

Definition define(const std::string& name, const std::string&) {
    std::vector<std::string> words = lanes::words(name);
    if (words[0] != "cvt") return {};
    Conversion c;
    c.from = words.back();
    c.to = words[words.size() - 2];
    for (size_t i = 1; i + 2 < words.size(); ++i) {
        bool known;
        Mode mode = exact::mode_of(words[i], known);
        if (known) c.mode = mode, c.integral = words[i].size() == 3;
        else if (words[i] == "rna") c.away = true;
        else if (words[i] == "ftz") c.flushes = true;
        else if (words[i] == "sat") c.saturates = true;
        else if (words[i] == "relu") c.relu = true;
        else if (words[i] == "satfinite") c.finite = true;
        else return {};
    }
    bool packs = c.to.size() > 3 && c.to.substr(c.to.size() - 2) == "x2";
    Definition d;
    d.kind = c.to == "f32" ? Kind::F32 : c.to == "f64" ? Kind::F64 : Kind::Bits;
    if (c.from == "f16" || c.from == "bf16") d.sourceBits = {16};
    d.lane = [=](const u64* in, u64* out) {
        out[0] = packs ? convert(c, in[1]) | convert(c, in[0]) << 16 : convert(c, in[0]);
    };
    return d;
}

}  // namespace

TEST(integer_conversions) { isa::check_forms(ISA_LEVELS(add_convert_integer_forms), define, 4); }
TEST(float_conversions) { isa::check_forms(ISA_LEVELS(add_convert_float_forms), define, 12); }
TEST(eight_bit_conversions) { isa::check_forms(ISA_LEVELS(add_convert_fp8_forms), define8, 20); }
TEST_MAIN
