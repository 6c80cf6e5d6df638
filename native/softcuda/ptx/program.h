// One kernel as a flat list of instructions over virtual registers: its functions inlined, its variables placed.
#pragma once
#include <deque>
#include <string>

#include "ptx/lexer.h"
#include "ptx/module.h"

namespace softcuda {

struct Form;

enum class ValueKind : uint8_t { Register, Integer, Float32, Float64, Special, Parameter, Sink, Address };

struct Value {
    ValueKind kind = ValueKind::Integer;
    bool negated = false;         // a predicate source with !
    bool raw = false;             // Integer: these bits as they are, whatever the instruction's type
    bool baseIsRegister = false;  // Address: base in `index`
    bool baseIsParameter =
        false;           // Address: base is the kernel parameter described by `index` and `base`; else it is `base`
    uint32_t index = 0;  // Register: virtual register; Special: its number; Parameter: its offset
    int64_t value = 0;  // Integer, Float32, Float64: the bits; Address: displacement; Parameter: flags (exec/control.h)
    int64_t base = 0;
    const Storage* storage = nullptr;  // until placed: add its address to `value` (Integer) or `base` (Address)
};

enum class Flow : uint8_t {
    Next,           // goes on with the next instruction
    Branch,         // to `target`, if the guard holds
    IndexedBranch,  // to one of table `target`
    Exit,           // of the lanes for which the guard holds
    Trap,
};

struct Instruction {
    std::string_view opcode;
    Flow flow = Flow::Next;
    bool guardNegated = false;
    int32_t guard = -1;
    uint32_t line = 0;
    uint32_t target = 0;
    std::vector<Value> operands;    // vectors and coordinates flattened
    bool removed = false;           // nothing is left to do
    std::vector<uint32_t> touches;  // registers beside the operands that must be alive until here
    // Set by match_forms.
    const Form* form = nullptr;
    uint8_t destinations =
        0;  // how many of the operands are written; until then the size of a vector that is the first
};

struct Program {
    const Function* entry = nullptr;
    std::vector<Instruction> code;
    std::vector<Register> registers;
    std::vector<std::vector<uint32_t>> tables;  // targets of indexed branches
    std::deque<std::string> opcodes;            // texts made here
    uint32_t parameterBytes = 0;
    uint32_t staticShared = 0;
    uint32_t localBytes = 0;
    bool checked = false;            // for checked mode
    bool usesGridWorkspace = false;  // %envreg1, %envreg2

    uint32_t add_register(Type type) {
        registers.push_back({"(temporary)", type});
        return uint32_t(registers.size() - 1);
    }
};

// wgmma.mma_async: its first operand, a vector, is read and written, and may have more elements than an instruction places.
inline bool is_wgmma(std::string_view opcode) { return opcode.substr(0, 15) == "wgmma.mma_async"; }

// Offsets of an entry's parameters in its parameter block.
uint32_t parameter_layout(const Function& f, std::vector<uint32_t>& offsets);

// Inlines all calls. `addressOf` tells where a .global or .const variable was placed. Throws PtxError.
struct Placement {
    virtual uint64_t address_of(const Storage& variable) const = 0;

protected:
    ~Placement() = default;
};
Program build_program(const PtxModule& module, const Function& entry, const Placement& placement);

// The state space of the instruction's address operand `number`, counted from 0: the opcode names spaces in their order.
// Generic addresses count as global; those of asynchronous stores that name no space are of the cluster's shared memory.
Space address_space(std::string_view opcode, size_t number);
// Whether addresses in that space are 64-bit values. Elsewhere 32-bit offsets do.
inline bool is_wide_space(Space s) { return s == Space::Global || s == Space::Const; }

// Rewrites what the instruction forms do not know: negated predicate sources, addresses whose base or displacement does
// not suit, guards on instructions that may suspend the warp. Throws PtxError.
void lower(Program& program);

}  // namespace softcuda
