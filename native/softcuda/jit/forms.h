// The instruction forms that chains can contain, and how each is done on zmm registers.
#pragma once
#include "exec/code.h"
#include "jit/assembler.h"

namespace softcuda {

enum class Shape : uint8_t {
    Copy,         // d = a
    Binary,       // d = op(a, b), elements of one width
    Shift,        // the same, b a 32-bit count; `digit` in the opcode extension of the immediate form
    MultiplyAdd,  // integers: op is the product
    Fused,        // f32 fma
    Widen,        // 32 to 64 bits, op extends
    WideProduct,  // op multiplies what `extend` has extended
    Narrow,       // 64 to 32 bits
    Compare,      // p = a ? b, `digit` the predicate
    Select,
    Negate,
    NegateFloat,
    PredicateLogic,
    PredicateNot,
    PredicateCopy,
    FromBf16,
    ToBf16,
    ToBf16Pair,
    FromInteger,
    Exp2,
    Reciprocal,
};

struct ChainForm {
    Shape shape;
    VectorOp op;
    uint8_t digit;    // see Shape
    bool wide;        // 64-bit elements
    bool flush;       // .ftz
    VectorOp extend;  // see Shape
};

// Null when the form is none of them.
const ChainForm* chain_form(const Form& form);

}  // namespace softcuda
