#include "ptx/literal.h"

#include <cstdlib>
#include <cstring>
#include <string>

namespace softcuda {
namespace {

bool parse_digits(std::string_view text, unsigned base, uint64_t& result) {
    if (text.empty()) return false;
    result = 0;
    for (char c : text) {
        unsigned digit = c >= '0' && c <= '9'   ? unsigned(c - '0')
                         : c >= 'a' && c <= 'f' ? unsigned(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? unsigned(c - 'A' + 10)
                                                : 99;
        if (digit >= base) return false;
        if (__builtin_mul_overflow(result, uint64_t(base), &result)
            || __builtin_add_overflow(result, uint64_t(digit), &result))
            return false;
    }
    return true;
}

template <class To, class From> To bits_of(From value) {
    static_assert(sizeof(To) == sizeof(From), "");
    To result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

double as_double(Literal v) {
    if (v.kind == Literal::Float64) return bits_of<double>(v.bits);
    if (v.kind == Literal::Float32) return bits_of<float>(uint32_t(v.bits));
    return double(int64_t(v.bits));
}

}  // namespace

bool parse_literal(std::string_view text, Literal& result) {
    if (text.empty()) return false;
    char second = text.size() > 1 && text[0] == '0' ? char(text[1] | 0x20) : '0';
    if (second == 'f' || second == 'd') {
        size_t digits = second == 'f' ? 8 : 16;
        result.kind = second == 'f' ? Literal::Float32 : Literal::Float64;
        return text.size() == digits + 2 && parse_digits(text.substr(2), 16, result.bits);
    }
    if (second != 'x' && text.find_first_of(".eE") != std::string_view::npos) {
        if (text.size() > 400) return false;
        std::string copy(text);
        char* end = nullptr;
        result.kind = Literal::Float64;
        result.bits = bits_of<uint64_t>(std::strtod(copy.c_str(), &end));
        return *end == 0;
    }
    result.kind = Literal::Integer;
    if (text.back() == 'U' || text.back() == 'u') text.remove_suffix(1);
    if (second == 'x') return parse_digits(text.substr(2), 16, result.bits);
    if (second == 'b') return parse_digits(text.substr(2), 2, result.bits);
    if (text.size() > 1 && text[0] == '0') return parse_digits(text.substr(1), 8, result.bits);
    return parse_digits(text, 10, result.bits);
}

Literal negate(Literal v) {
    if (v.kind == Literal::Integer) v.bits = 0 - v.bits;
    else v.bits ^= v.kind == Literal::Float32 ? 0x80000000ull : 0x8000000000000000ull;
    return v;
}

bool literal_bits(Literal value, bool isFloat, int bits, uint64_t& result) {
    if (value.kind == Literal::Integer && !isFloat) {
        result = bits == 64 ? value.bits : value.bits & ((1ull << bits) - 1);
        return true;
    }
    if (value.kind == Literal::Float32 && bits == 32) {
        result = value.bits;  // the bits as they are: NaN payloads must live
        return true;
    }
    if (value.kind == Literal::Float64 && bits == 64) {
        result = value.bits;
        return true;
    }
    if (bits == 32) {
        result = bits_of<uint32_t>(float(as_double(value)));
        return true;
    }
    if (bits == 64) {
        result = bits_of<uint64_t>(as_double(value));
        return true;
    }
    return false;
}

}  // namespace softcuda
