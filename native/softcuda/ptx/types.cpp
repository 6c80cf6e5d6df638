#include "ptx/types.h"

namespace softcuda {

bool parse_type(std::string_view name, Type& type) {
    struct Entry {
        std::string_view name;
        Type type;
    };
    static const Entry entries[] = {
        {"b8", {TypeKind::Bits, 8}},       {"b16", {TypeKind::Bits, 16}},     {"b32", {TypeKind::Bits, 32}},
        {"b64", {TypeKind::Bits, 64}},     {"u8", {TypeKind::Unsigned, 8}},   {"u16", {TypeKind::Unsigned, 16}},
        {"u32", {TypeKind::Unsigned, 32}}, {"u64", {TypeKind::Unsigned, 64}}, {"s8", {TypeKind::Signed, 8}},
        {"s16", {TypeKind::Signed, 16}},   {"s32", {TypeKind::Signed, 32}},   {"s64", {TypeKind::Signed, 64}},
        {"f16", {TypeKind::Float, 16}},    {"bf16", {TypeKind::Float, 16}},   {"f32", {TypeKind::Float, 32}},
        {"f64", {TypeKind::Float, 64}},    {"f16x2", {TypeKind::Bits, 32}},   {"bf16x2", {TypeKind::Bits, 32}},
        {"tf32", {TypeKind::Bits, 32}},    {"e4m3", {TypeKind::Bits, 8}},     {"e5m2", {TypeKind::Bits, 8}},
        {"e4m3x2", {TypeKind::Bits, 16}},  {"e5m2x2", {TypeKind::Bits, 16}},  {"pred", {TypeKind::Predicate, 1}},
    };
    for (const Entry& e : entries) {
        if (e.name == name) {
            type = e.type;
            return true;
        }
    }
    return false;
}

}  // namespace softcuda
