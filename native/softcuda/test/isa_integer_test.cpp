// Integer arithmetic, bit operations and moves against the PTX ISA's definitions, bit by bit or in 128-bit integers.
#include "test/isa_check.h"

ISA_DECLARE(add_integer_forms)
ISA_DECLARE(add_bits_forms)
ISA_DECLARE(add_move_forms)

namespace {

using isa::Definition;
using u64 = uint64_t;
using s128 = __int128;
using Words = std::vector<std::string>;

// An integer type from its text: s32, u16, b64 …
struct Type {
    bool isSigned;
    int width;
    explicit Type(const std::string& text) : isSigned(text[0] == 's'), width(std::stoi(text.substr(1))) {}
    Type(bool isSigned, int width) : isSigned(isSigned), width(width) {}
    u64 mask() const { return width == 64 ? ~u64(0) : (u64(1) << width) - 1; }
    s128 value(u64 bits) const {
        bits &= mask();
        return isSigned && (bits >> (width - 1) & 1) != 0 ? s128(bits) - (s128(1) << width) : s128(bits);
    }
    u64 wrap(s128 value) const { return u64(value) & mask(); }
    s128 lowest() const { return isSigned ? -(s128(1) << (width - 1)) : 0; }
    s128 highest() const { return isSigned ? (s128(1) << (width - 1)) - 1 : (s128(1) << width) - 1; }
    u64 clamp(s128 value) const { return wrap(value < lowest() ? lowest() : value > highest() ? highest() : value); }
};

bool has(const Words& words, const char* word) {
    for (const std::string& w : words)
        if (w == word) return true;
    return false;
}

// A definition whose narrow sources arrive zero-extended, as 16-bit registers do.
Definition exact(int width, size_t sources, std::function<void(const u64*, u64*)> lane) {
    Definition d;
    d.lane = std::move(lane);
    if (width == 16) d.sourceBits.assign(sources, 16);
    return d;
}

// Long multiplication of 32-bit digits: the 128-bit product of two unsigned 64-bit numbers.
void multiply(u64 a, u64 b, u64& low, u64& high) {
    u64 digits[4] = {};
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j) {
            u64 product = (a >> (32 * i) & 0xffffffff) * (b >> (32 * j) & 0xffffffff);
            for (int k = i + j; product != 0; ++k) {
                product += digits[k];
                digits[k] = product & 0xffffffff;
                product >>= 32;
            }
        }
    low = digits[0] | digits[1] << 32;
    high = digits[2] | digits[3] << 32;
}
u64 product_part(const Type& type, const std::string& part, u64 a, u64 b) {
    if (type.width < 64) {
        s128 product = type.value(a) * type.value(b);
        if (part == "wide") return Type(type.isSigned, type.width * 2).wrap(product);
        return type.wrap(part == "hi" ? product >> type.width : product);
    }
    u64 low, high;
    multiply(a, b, low, high);
    if (type.isSigned) high -= (int64_t(a) < 0 ? b : 0) + (int64_t(b) < 0 ? a : 0);
    return part == "hi" ? high : low;
}

Definition quotient(const Words& words) {
    Type type(words[1]);
    bool remainder = words[0] == "rem";
    return exact(type.width, 2, [=](const u64* in, u64* out) {
        s128 a = type.value(in[0]), b = type.value(in[1]);
        out[0] = b == 0 ? type.mask() : type.wrap(remainder ? a % b : a / b);
    });
}

Definition carry(const Words& words) {
    Type type(words.back());
    const std::string op = words[0];
    bool writes = has(words, "cc"), multiplies = op.compare(0, 3, "mad") == 0;
    bool reads = op.back() == 'c', subtracts = op.compare(0, 3, "sub") == 0;
    std::string part = multiplies ? words[1] : "";
    return exact(64, 4, [=](const u64* in, u64* out) {
        u64 a = multiplies ? product_part(type, part, in[0], in[1]) : in[0] & type.mask();
        u64 b = multiplies ? in[2] & type.mask() : in[1] & type.mask();
        // A difference is a sum with the complement; its flag is that sum's carry, set where nothing is borrowed.
        s128 c = reads ? s128(in[multiplies ? 3 : 2]) : subtracts;
        s128 total = s128(a) + s128(subtracts ? ~b & type.mask() : b) + c;
        out[0] = type.wrap(total);
        if (writes) out[1] = (total >> type.width) != 0;
    });
}

Definition product24(const Words& words) {
    Type type(words.back());
    bool high = words[1] == "hi", adds = words[0] == "mad24", saturates = has(words, "sat");
    return exact(32, 3, [=](const u64* in, u64* out) {
        Type narrow(type.isSigned, 24);
        s128 product = narrow.value(in[0]) * narrow.value(in[1]);
        s128 part = type.value(u64(high ? product >> 16 : product));
        s128 total = part + (adds ? type.value(in[2]) : 0);
        out[0] = saturates ? type.clamp(total) : type.wrap(total);
    });
}

Definition dot(const Words& words) {
    bool halves = words[0] == "dp2a";
    size_t at = halves ? 2 : 1;
    bool signedA = words[at] == "s32", signedB = words[at + 1] == "s32";
    int first = halves && words[1] == "hi" ? 2 : 0;
    return exact(32, 3, [=](const u64* in, u64* out) {
        Type a(signedA, halves ? 16 : 8), b(signedB, 8);
        s128 total = s128(in[2]);
        for (int i = 0; i < (halves ? 2 : 4); ++i)
            total += a.value(in[0] >> (a.width * i)) * b.value(in[1] >> (8 * (first + i)));
        out[0] = Type(false, 32).wrap(total);
    });
}

Definition pairs_of_16(const Words& words) {
    Type type(words.back().substr(0, 3));
    std::string op = words[0];
    return exact(32, 2, [=](const u64* in, u64* out) {
        for (int i = 0; i < 2; ++i) {
            s128 a = type.value(in[0] >> (16 * i)), b = type.value(in[1] >> (16 * i));
            out[0] |= type.wrap(op == "add" ? a + b : op == "min" ? (a < b ? a : b) : (a > b ? a : b)) << (16 * i);
        }
    });
}

Definition absolute_differences(const Words& words) {
    bool isSigned = words[2] == "s32", adds = has(words, "add");
    return exact(32, 3, [=](const u64* in, u64* out) {
        Type byte(isSigned, 8);
        u64 sum = in[2];
        for (int i = 0; i < 4; ++i) {
            s128 d = byte.value(in[0] >> (8 * i)) - byte.value(in[1] >> (8 * i));
            if (d < 0) d = -d;
            sum += u64(d);
            if (!adds) out[0] |= u64(d) << (8 * i);
        }
        if (adds) out[0] = sum & 0xffffffff;
    });
}

Definition integer(const std::string& name, const std::string&) {
    Words words = lanes::words(name);
    const std::string& op = words[0];
    if (op == "vabsdiff4") return absolute_differences(words);
    if (op == "dp4a" || op == "dp2a") return dot(words);
    if (op == "mul24" || op == "mad24") return product24(words);
    if (words.back().size() > 3 && words.back().substr(3) == "x2") return pairs_of_16(words);
    if (op == "div" || op == "rem") return quotient(words);
    if (has(words, "cc") || op == "addc" || op == "subc" || op == "madc") return carry(words);
    Type type(words.back());
    bool saturates = has(words, "sat"), relu = has(words, "relu");
    if (op == "add" || op == "sub")
        return exact(type.width, 2, [=](const u64* in, u64* out) {
            s128 a = type.value(in[0]), b = type.value(in[1]), sum = op == "add" ? a + b : a - b;
            out[0] = saturates ? type.clamp(sum) : type.wrap(sum);
        });
    if (op == "neg")
        return exact(type.width, 1, [=](const u64* in, u64* out) { out[0] = type.wrap(-type.value(in[0])); });
    if (op == "abs")
        return exact(type.width, 1, [=](const u64* in, u64* out) {
            s128 a = type.value(in[0]);
            out[0] = type.wrap(a < 0 ? -a : a);
        });
    if (op == "min" || op == "max")
        return exact(type.width, 2, [=](const u64* in, u64* out) {
            s128 a = type.value(in[0]), b = type.value(in[1]), chosen = (a < b) == (op == "min") ? a : b;
            out[0] = type.wrap(relu && chosen < 0 ? 0 : chosen);
        });
    if (op == "sad")
        return exact(type.width, 3, [=](const u64* in, u64* out) {
            s128 d = type.value(in[0]) - type.value(in[1]);
            out[0] = type.wrap((d < 0 ? -d : d) + type.value(in[2]));
        });
    if (op == "mul" || op == "mad") {
        std::string part = words[1];
        Definition d = exact(type.width, 2, [=](const u64* in, u64* out) {
            Type result(type.isSigned, part == "wide" ? type.width * 2 : type.width);
            s128 total = result.value(product_part(type, part, in[0], in[1])) + (op == "mad" ? result.value(in[2]) : 0);
            out[0] = saturates ? result.clamp(total) : result.wrap(total);
        });
        if (type.width == 16 && part != "wide") d.sourceBits.push_back(16);
        return d;
    }
    return {};
}

bool bit(u64 word, int i) { return (word >> i & 1) != 0; }

Definition field(const Words& words) {
    Type type(words.back());
    bool inserts = words[0] == "bfi";
    return exact(type.width, 4, [=](const u64* in, u64* out) {
        int position = int(in[inserts ? 2 : 1] & 0xff), length = int(in[inserts ? 3 : 2] & 0xff), top = type.width - 1;
        if (inserts) {
            out[0] = in[1];
            for (int i = 0; i < length && position + i <= top; ++i)
                out[0] = (out[0] & ~(u64(1) << (position + i))) | u64(bit(in[0], i)) << (position + i);
            return;
        }
        bool sign = type.isSigned && length != 0 && bit(in[0], std::min(position + length - 1, top));
        for (int i = 0; i <= top; ++i)
            out[0] |= u64(i < length && position + i <= top ? bit(in[0], position + i) : sign) << i;
    });
}

// Single steps of a shift by one, `count` times.
Definition shift(const Words& words) {
    Type type(words.back());
    bool left = words[0] == "shl";
    Definition d = exact(type.width, 1, [=](const u64* in, u64* out) {
        u64 value = in[0] & type.mask();
        for (u64 i = 0; i < in[1] && i < 200; ++i)
            value = left ? value << 1 & type.mask()
                         : value >> 1 | (type.isSigned && bit(value, type.width - 1) ? u64(1) << (type.width - 1) : 0);
        out[0] = value;
    });
    return d;
}

Definition permutation(const Words& words) {
    std::string mode = words.size() > 2 ? words[2] : "";
    return exact(32, 3, [=](const u64* in, u64* out) {
        static const std::map<std::string, std::vector<std::string>> tables = {
            // most significant byte first
            {"f4e", {"3210", "4321", "5432", "6543"}}, {"b4e", {"5670", "6701", "7012", "0123"}},
            {"rc8", {"0000", "1111", "2222", "3333"}}, {"ecl", {"3210", "3211", "3222", "3333"}},
            {"ecr", {"0000", "1110", "2210", "3210"}}, {"rc16", {"1010", "3232", "1010", "3232"}}};
        for (int i = 0; i < 4; ++i) {
            int selector = mode.empty() ? int(in[2] >> (4 * i) & 15) : tables.at(mode)[in[2] & 3][size_t(3 - i)] - '0';
            u64 byte = ((selector & 4) != 0 ? in[1] : in[0]) >> (8 * (selector & 3)) & 0xff;
            if ((selector & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
            out[0] |= byte << (8 * i);
        }
    });
}

Definition counting(const Words& words) {
    Type type(words.back());
    const std::string op = words[0];
    bool amount = has(words, "shiftamt");
    return exact(type.width, 1, [=](const u64* in, u64* out) {
        int ones = 0, highest = -1, found = -1;
        bool sign = type.isSigned && bit(in[0], type.width - 1);
        for (int i = 0; i < type.width; ++i) {
            ones += bit(in[0], i);
            if (bit(in[0], i)) highest = i;
            if (bit(in[0], i) != sign) found = i;
        }
        if (op == "popc") out[0] = u64(ones);
        if (op == "clz") out[0] = u64(type.width - 1 - highest);
        if (op == "bfind") out[0] = found < 0 ? 0xffffffff : u64(amount ? type.width - 1 - found : found);
        if (op == "brev")
            for (int i = 0; i < type.width; ++i) out[0] |= u64(bit(in[0], i)) << (type.width - 1 - i);
    });
}

Definition nth_set() {
    return exact(32, 3, [](const u64* in, u64* out) {
        int64_t base = int64_t(in[1]), offset = int32_t(in[2]);
        out[0] = 0xffffffff;
        if (offset == 0) {
            if (base < 32 && bit(in[0], int(base))) out[0] = u64(base);
            return;
        }
        int64_t step = offset > 0 ? 1 : -1, count = (offset > 0 ? offset : -offset) - 1;
        for (int64_t at = base; at >= 0 && at < 32; at += step)
            if (bit(in[0], int(at)) && count-- == 0) {
                out[0] = u64(at);
                return;
            }
    });
}

Definition bits(const std::string& name, const std::string& signature) {
    Words words = lanes::words(name);
    const std::string& op = words[0];
    if (op == "bfe" || op == "bfi") return field(words);
    if (op == "shl" || op == "shr") return shift(words);
    if (op == "prmt") return permutation(words);
    if (op == "popc" || op == "clz" || op == "bfind" || op == "brev") return counting(words);
    if (op == "fns") return nth_set();
    if (op == "shf") {
        bool left = words[1] == "l", wraps = words[2] == "wrap";
        return exact(32, 3, [=](const u64* in, u64* out) {
            int n = wraps ? int(in[2] & 31) : int(std::min<u64>(in[2], 32));
            for (int i = 0; i < 32; ++i) {
                int from = left ? 32 + i - n : i + n;  // position in b:a
                out[0] |= u64(from < 32 ? bit(in[0], from) : bit(in[1], from - 32)) << i;
            }
        });
    }
    if (op == "bmsk") {
        bool wraps = words[1] == "wrap";
        return exact(32, 2, [=](const u64* in, u64* out) {
            u64 from = wraps ? in[0] & 31 : in[0], length = wraps ? in[1] & 31 : in[1];
            for (u64 i = 0; i < 32; ++i) out[0] |= u64(i >= from && i - from < length) << i;
        });
    }
    if (op == "lop3")
        return exact(32, 4, [](const u64* in, u64* out) {
            for (int i = 0; i < 32; ++i)
                out[0] |= u64(bit(in[3], bit(in[0], i) * 4 + bit(in[1], i) * 2 + bit(in[2], i))) << i;
        });
    int width = words[1] == "pred" ? 1 : std::stoi(words[1].substr(1));
    u64 mask = Type(false, width).mask();
    bool known = op == "and" || op == "or" || op == "xor" || op == "not" || op == "cnot" || op == "mov";
    if (!known || (op == "mov" && signature != "p=p")) return {};
    return exact(width, 2, [=](const u64* in, u64* out) {
        u64 a = in[0] & mask, b = in[1] & mask;
        out[0] = op == "and"    ? a & b
                 : op == "or"   ? a | b
                 : op == "xor"  ? a ^ b
                 : op == "not"  ? ~a & mask
                 : op == "cnot" ? u64(a == 0)
                                : a;
    });
}

Definition moves(const std::string& name, const std::string& signature) {
    Words words = lanes::words(name);
    if (words[0] == "mov") {
        int width = std::stoi(words[1].substr(1));
        size_t to = signature.find('='), from = signature.size() - to - 1;
        return exact(from == 1 ? width : 64, 1, [=](const u64* in, u64* out) {
            u64 whole = 0;
            int piece = width / int(from), result = width / int(to);
            for (size_t i = 0; i < from; ++i) whole |= (in[i] & Type(false, piece).mask()) << (piece * int(i));
            for (size_t i = 0; i < to; ++i) out[i] = whole >> (result * int(i)) & Type(false, result).mask();
        });
    }
    int width = std::stoi(words[1].substr(1));
    if (words[0] == "selp")
        return exact(width, 2, [](const u64* in, u64* out) { out[0] = in[2] != 0 ? in[0] : in[1]; });
    if (words[0] == "slct") {
        bool floating = words[2] == "f32";
        return exact(width, 2, [=](const u64* in, u64* out) {
            bool first = floating ? float_of(in[2]) >= 0 : int32_t(in[2]) >= 0;
            out[0] = first ? in[0] : in[1];
        });
    }
    return {};
}

}  // namespace

TEST(integer_arithmetic) { isa::check_forms(ISA_LEVELS(add_integer_forms), integer, 8); }
TEST(bit_operations) { isa::check_forms(ISA_LEVELS(add_bits_forms), bits, 8); }
TEST(moves_and_selections) { isa::check_forms(ISA_LEVELS(add_move_forms), moves, 8); }
TEST_MAIN
