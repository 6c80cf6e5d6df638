// Numbers as PTX writes them.
#pragma once
#include <cstdint>
#include <string_view>

namespace softcuda {

struct Literal {
    enum Kind : uint8_t { Integer, Float32, Float64 } kind = Integer;
    uint64_t bits = 0;  // two's complement, or the bits of the float
};

// Decimal, octal (0...), binary (0b...), hexadecimal (0x...), all with an optional U; 0f and 0d with the bits of a float;
// decimal floats, which are Float64. False when `text` is none of these or does not fit 64 bits.
bool parse_literal(std::string_view text, Literal& result);

Literal negate(Literal value);

// `value` as an element or operand of a type with `bits` bits, float or not: rounds floats, converts integers to float.
// False when the literal cannot stand for such a value.
bool literal_bits(Literal value, bool isFloat, int bits, uint64_t& result);

}  // namespace softcuda
