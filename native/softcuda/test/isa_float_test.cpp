// Floating-point arithmetic in all formats: correctly rounded where PTX says so, within its documented errors elsewhere.
#include "test/isa_exact.h"

ISA_DECLARE(add_float32_forms)
ISA_DECLARE(add_float64_forms)
ISA_DECLARE(add_half_forms)

namespace {

using exact::Format;
using exact::Mode;
using isa::Definition;
using isa::Kind;
using u64 = uint64_t;
using Words = std::vector<std::string>;

// The modifiers of an opcode.
struct Opcode {
    std::string op, type;
    Mode mode = Mode::Nearest;
    bool rounded = false, flushes = false, saturates = false, relu = false, propagates = false, xorSign = false,
         approx = false;
    bool pairs = false;
    Format format = exact::kSingle;

    explicit Opcode(const std::string& name) {
        Words words = lanes::words(name);
        op = words[0];
        type = words.back();
        for (const std::string& word : words) {
            bool known;
            Mode m = exact::mode_of(word, known);
            if (known) mode = m, rounded = true;
            flushes |= word == "ftz";
            saturates |= word == "sat";
            relu |= word == "relu";
            propagates |= word == "NaN";
            xorSign |= word == "xorsign";
            approx |= word == "approx";
        }
        pairs = type.size() > 3 && type.substr(type.size() - 2) == "x2";
        std::string base = pairs ? type.substr(0, type.size() - 2) : type;
        format = base == "f16"    ? exact::kHalf
                 : base == "bf16" ? exact::kBfloat
                 : base == "f64"  ? exact::kDouble
                                  : exact::kSingle;
    }
    u64 flush(u64 bits) const { return flushes && exact::is_subnormal(format, bits) ? bits & format.sign() : bits; }
    u64 finish(u64 bits) const {
        bits = flush(bits);
        bool nan = exact::is_nan(format, bits), negative = (bits & format.sign()) != 0;
        if (saturates) return nan || negative ? 0 : std::min(bits, exact::one(format));
        if (relu) return nan ? format.nan() : negative ? 0 : bits;
        return bits;
    }
};

u64 extremum(const Opcode& o, u64 a, u64 b) {
    const Format& f = o.format;
    bool nanA = exact::is_nan(f, a), nanB = exact::is_nan(f, b);
    u64 signs = (a ^ b) & f.sign();
    if (o.xorSign) a &= f.sign() - 1, b &= f.sign() - 1;
    u64 result;
    if (o.propagates ? nanA || nanB : nanA && nanB) result = f.nan();
    else if (nanA || nanB) result = nanA ? b : a;
    else {
        double x = exact::as_double(f, a), y = exact::as_double(f, b);
        bool firstLess = x != y ? x < y : (a & f.sign()) > (b & f.sign());
        result = firstLess == (o.op == "min") ? a : b;
    }
    return o.xorSign ? (result & (f.sign() - 1)) | signs : result;
}

// One value; the operands are already flushed.
u64 compute(const Opcode& o, const u64* in) {
    const Format& f = o.format;
    if (o.op == "min" || o.op == "max") return extremum(o, in[0], in[1]);
    if (o.op == "neg") return in[0] ^ f.sign();
    if (o.op == "abs") return in[0] & (f.sign() - 1);
    if (o.op == "copysign") return (in[1] & (f.sign() - 1)) | (in[0] & f.sign());
    if (f.precision == 53) {
        double a = double_of(in[0]), b = double_of(in[1]), c = double_of(in[2]);
        const std::string& op = o.op;
        volatile double x = a, y = b, z = c;
        return bits_of(exact::in_mode(o.mode, [&]() -> double {
            return op == "add"    ? x + y
                   : op == "sub"  ? x - y
                   : op == "mul"  ? x * y
                   : op == "div"  ? x / y
                   : op == "rcp"  ? 1.0 / x
                   : op == "sqrt" ? std::sqrt(x)
                                  : std::fma(x, y, z);
        }));
    }
    if (o.op == "add") return exact::added(f, in[0], in[1], o.mode);
    if (o.op == "sub") return exact::added(f, in[0], in[1] ^ f.sign(), o.mode);
    if (o.op == "mul") return exact::multiplied(f, in[0], in[1], o.mode);
    if (o.op == "div") return exact::divided(f, in[0], in[1], o.mode);
    if (o.op == "rcp") return exact::divided(f, exact::one(f), in[0], o.mode);
    if (o.op == "sqrt") return exact::square_root(in[0], o.mode);
    return exact::fused(f, in[0], in[1], in[2], o.mode);
}

Definition test_property(const std::string& name) {
    Words words = lanes::words(name);
    Format f = words[2] == "f64" ? exact::kDouble : exact::kSingle;
    Definition d;
    d.lane = [=](const u64* in, u64* out) {
        double v = exact::as_double(f, in[0]);
        int kind = f.precision == 53 ? std::fpclassify(v) : std::fpclassify(float_of(in[0]));
        const std::string& property = words[1];
        out[0] = property == "finite"       ? std::isfinite(v)
                 : property == "infinite"   ? std::isinf(v)
                 : property == "number"     ? !std::isnan(v)
                 : property == "notanumber" ? std::isnan(v)
                 : property == "normal"     ? kind == FP_NORMAL
                                            : kind == FP_SUBNORMAL;
    };
    return d;
}

// The functions that are only approximated; the bounds are the ISA's, or tighter.
Definition approximation(const Opcode& o) {
    Definition d;
    bool half = o.format.precision == 11, bfloat = o.format.precision == 8, wide = o.format.precision == 53;
    d.kind = half     ? (o.pairs ? Kind::NearPairs16 : Kind::Near16)
             : bfloat ? (o.pairs ? Kind::NearPairsB16 : Kind::NearB16)
             : wide   ? Kind::Near64
                      : Kind::Near32;
    d.relative = half              ? 0x1p-10
                 : bfloat          ? 0x1.1p-8
                 : wide            ? 0x1p-19
                 : o.op == "rsqrt" ? 0x1.12p-23
                 : o.op == "tanh"  ? 0x1p-20
                                   : 0x1p-22;
    d.absolute = o.op == "sin" || o.op == "cos" ? 0x1p-20
                 : o.op == "lg2"                ? 0x1p-22
                 : half                         ? 0x1p-25
                 : o.flushes                    ? 0x1p-126
                                                : 0x1p-149;
    if (wide) d.absolute = o.op == "rcp" ? 0x1p-1022 : 0;
    if (!wide && (o.op == "rsqrt" || o.op == "tanh")) d.absolute = half ? 0x1p-25 : 0;
    Opcode copy = o;
    d.lane = [copy](const u64* in, u64* out) {
        const Format& f = copy.format;
        for (int part = 0; part < (copy.pairs ? 2 : 1); ++part) {
            u64 bits = copy.flush(f.width() == 16 ? in[0] >> (16 * part) & 0xffff : in[0]);
            long double x = exact::as_double(f, bits);
            const std::string& op = copy.op;
            if ((op == "sin" || op == "cos") && std::fabs(x) > 0x1p26L && std::isfinite(x)) {
                out[0] = bits_of(4.0f);  // stands for anything in [-1, 1]
                return;
            }
            long double y = op == "ex2"    ? exp2l(x)
                            : op == "lg2"  ? (x == 0 ? -INFINITY : log2l(x))
                            : op == "sin"  ? sinl(x)
                            : op == "cos"  ? cosl(x)
                            : op == "tanh" ? tanhl(x)
                            : op == "rcp"  ? 1 / x
                                           : 1 / sqrtl(x);
            u64 result;
            if (std::isnan(y)) result = f.nan();
            else if (std::isinf(y)) result = f.infinity() | (y < 0 ? f.sign() : 0);
            else result = copy.flush(exact::encode(f, {exact::Quad(y), 0}, Mode::Nearest, std::signbit(y)));
            out[0] |= result << (16 * part);
        }
    };
    return d;
}

Definition define(const std::string& name, const std::string&) {
    if (name.compare(0, 6, "testp.") == 0) return test_property(name);
    Opcode o(name);
    static const std::set<std::string> functions = {"ex2", "lg2", "sin", "cos", "tanh", "rsqrt"};
    if (functions.count(o.op) || (o.op == "rcp" && o.approx && o.format.precision == 53)) return approximation(o);
    static const std::set<std::string> known = {"add",  "sub", "mul", "fma", "mad", "div",     "rcp",
                                                "sqrt", "min", "max", "neg", "abs", "copysign"};
    if (!known.count(o.op)) return {};
    Definition d;
    bool signsOnly = o.op == "neg" || o.op == "abs" || o.op == "copysign" || o.op == "min" || o.op == "max";
    d.kind = o.format.precision == 24 && !signsOnly                         ? Kind::F32
             : o.format.precision == 53 && (!signsOnly || o.op.size() == 3) ? Kind::F64
                                                                            : Kind::Bits;
    if (o.format.precision == 53 && (o.op == "neg" || o.op == "abs")) d.kind = Kind::Bits;
    if (o.format.width() == 16 && !o.pairs) d.sourceBits = {16, 16, 16};
    bool gross = o.op == "div" && o.approx;
    d.lane = [=](const u64* in, u64* out) {
        for (int part = 0; part < (o.pairs ? 2 : 1); ++part) {
            u64 operands[3];
            for (int i = 0; i < 3; ++i)
                operands[i] = o.flush(o.format.width() == 16 ? in[i] >> (16 * part) & 0xffff : in[i]);
            u64 result = compute(o, operands);
            u64 divisor = operands[1] & 0x7fffffff;
            if (gross && divisor > 0x7e800000 && divisor < 0x7f800000)  // above 2^126: zero, or NaN for an infinity
                result = exact::is_nan(o.format, operands[0]) || exact::is_infinite(o.format, operands[0])
                             ? o.format.nan()
                             : (operands[0] ^ operands[1]) & o.format.sign();
            out[0] |= o.finish(result) << (16 * part);
        }
    };
    return d;
}

}  // namespace

TEST(single_precision) { isa::check_forms(ISA_LEVELS(add_float32_forms), define, 20); }
TEST(double_precision) { isa::check_forms(ISA_LEVELS(add_float64_forms), define, 20); }
TEST(half_precision) { isa::check_forms(ISA_LEVELS(add_half_forms), define, 8); }
TEST_MAIN
