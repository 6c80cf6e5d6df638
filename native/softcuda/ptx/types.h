// The fundamental types of PTX.
#pragma once
#include <cstdint>
#include <string_view>

namespace softcuda {

enum class Bank : uint8_t { W, D, P };  // 32-bit register slots (also 8- and 16-bit values), 64-bit slots, predicates

enum class TypeKind : uint8_t { Bits, Unsigned, Signed, Float, Predicate };

struct Type {
    TypeKind kind = TypeKind::Bits;
    uint8_t bits = 0;  // 1 for predicates
    Bank bank() const { return kind == TypeKind::Predicate ? Bank::P : bits == 64 ? Bank::D : Bank::W; }
    uint32_t bytes() const { return bits / 8; }
};

// `name` without the leading dot ("u32", "bf16x2", "pred"); false when it is not a type this machine has.
bool parse_type(std::string_view name, Type& type);

}  // namespace softcuda
