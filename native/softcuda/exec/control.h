// Instructions the decoder makes itself; the others it finds in the form table by name.
#pragma once
#include "exec/code.h"

namespace softcuda {

// Branches: arg[0] the predicate, imm the distance in instructions, aux the flags below.
constexpr uint32_t kNegated = 1;  // the branch is taken, the guard holds where the predicate is false
constexpr uint32_t kSpins = 2;    // the loop that a backward branch closes may wait for other lanes or warps

struct ControlForms {
    Form branch, branchBack;  // unconditional
    Form branchIf, branchIfBack;
    Form branchIndexed;  // arg[0]: index (W), imm: number of the table
    Form exit, exitIf;
    Form trap;
    Form guard;          // arg[0]: predicate; runs or skips the next instruction
    Form loadParameter;  // destinations, then the base (D) if kParameterBase; imm: offset; aux: below
    Form readClock;      // arg[0]: destination; aux: Special, bit 8: 64-bit destination
};
const ControlForms& control_forms();

// aux of loadParameter: bits 0-3 the bytes of an element (1, 2, 4, 8), and
constexpr uint32_t kParameterSigned = 16;
constexpr uint32_t kParameterWide = 32;  // 64-bit destinations
constexpr uint32_t kParameterBase = 64;
constexpr uint32_t kParameterHalf = 128;  // 16-bit destinations: sign extension ends there
constexpr int kParameterCountShift = 8;   // number of destinations

// The value at `from` in the parameter block, extended as those flags say.
uint64_t parameter_value(const uint8_t* from, uint32_t flags);

}  // namespace softcuda
