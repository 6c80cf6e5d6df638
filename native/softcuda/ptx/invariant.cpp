#include "exec/control.h"
#include "ptx/decode.h"
#include "ptx/literal.h"

namespace softcuda {
namespace {

bool begins(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// cvta between generic and global addresses changes nothing, for they are the same.
bool is_identity(std::string_view opcode) {
    return begins(opcode, "mov.b") || begins(opcode, "mov.u") || begins(opcode, "mov.s") || begins(opcode, "mov.f")
           || opcode == "cvta.to.global.u64" || opcode == "cvta.global.u64";
}

class Propagation {
public:
    explicit Propagation(Program& p)
        : p_(p),
          definitions_(p.registers.size(), 0),
          fixed_(p.registers.size(), false),
          base_(p.registers.size(), false),
          values_(p.registers.size()) {}

    void run() {
        for (const Instruction& i : p_.code) {
            for (size_t k = 0; k < i.operands.size(); k++) {
                const Value& v = i.operands[k];
                if (k < i.destinations && v.kind == ValueKind::Register) definitions_[v.index] += i.guard >= 0 ? 2 : 1;
            }
            note_bases(i);
        }
        // Definitions come before their uses nearly always: values found late serve the uses that follow.
        for (Instruction& i : p_.code) {
            replace_uses(i);
            note(i);
        }
        for (Instruction& i : p_.code) replace_uses(i);
        // Only now is it certain that nobody reads those registers any more.
        for (Instruction& i : p_.code) {
            if (i.removed) i.operands.clear();
        }
    }

private:
    bool single(const Value& v) const {
        return v.kind == ValueKind::Register && definitions_[v.index] == 1 && !fixed_[v.index]
               && p_.registers[v.index].type.bank() != Bank::P;
    }

    void replace_uses(Instruction& i) {
        for (size_t k = 0; k < i.operands.size(); k++) {
            Value& v = i.operands[k];
            if (v.kind == ValueKind::Register && k >= i.destinations && values_[v.index].kind != ValueKind::Sink) {
                bool negated = v.negated;
                v = values_[v.index];
                v.negated = negated;
            } else if (v.kind == ValueKind::Address && v.baseIsRegister && values_[v.index].kind != ValueKind::Sink) {
                const Value& base = values_[v.index];
                v.baseIsRegister = false;
                v.baseIsParameter = base.kind == ValueKind::Parameter;
                v.index = base.index;
                v.base = base.value;
            }
        }
    }

    static size_t number(const Instruction& i, size_t operand) {
        size_t n = 0;
        for (size_t k = 0; k < operand; k++) n += i.operands[k].kind == ValueKind::Address;
        return n;
    }

    // What an address can have as base without a register: a number of the space's width, or a 64-bit parameter.
    void note_bases(const Instruction& i) {
        for (size_t k = 0; k < i.operands.size(); k++) {
            const Value& v = i.operands[k];
            if (v.kind != ValueKind::Address || !v.baseIsRegister) continue;
            bool wide = p_.registers[v.index].type.bank() == Bank::D;
            bool wideSpace = is_wide_space(address_space(i.opcode, number(i, k)));
            if (i.form == &control_forms().loadParameter || wide != wideSpace) fixed_[v.index] = true;
            base_[v.index] = true;
        }
    }

    // Whether this instruction gives its destinations values that never change.
    void note(Instruction& i) {
        if (i.removed || !i.form || i.guard >= 0 || i.operands.size() < 2) return;
        if (i.form == &control_forms().loadParameter) return note_parameters(i);
        if (i.operands.size() != 2 || i.destinations != 1 || !is_identity(i.opcode) || !single(i.operands[0])) return;
        const Value& from = i.operands[1];
        Value to = from;
        Type type = p_.registers[i.operands[0].index].type;
        if (from.kind == ValueKind::Integer || from.kind == ValueKind::Float32 || from.kind == ValueKind::Float64) {
            Literal literal;
            literal.kind = from.kind == ValueKind::Float32   ? Literal::Float32
                           : from.kind == ValueKind::Float64 ? Literal::Float64
                                                             : Literal::Integer;
            literal.bits = uint64_t(from.value);
            uint64_t bits = 0;
            int width = type.bits == 8 ? 32 : type.bits;
            if (!literal_bits(literal, literal.kind != Literal::Integer, width, bits)) return;
            to = Value();
            to.value = int64_t(bits);
            to.raw = true;
        } else if (from.kind == ValueKind::Special) {
            if (special_info(Special(from.index)).scope == SpecialScope::Instruction || type.bits < 32) return;
        } else if (from.kind != ValueKind::Parameter) {
            return;
        }
        if (!suits_as_base(i.operands[0], to)) return;
        settle(i, 0, to);
        i.removed = true;
    }

    void note_parameters(Instruction& i) {
        const Value& address = i.operands.back();
        if (address.baseIsRegister) return;
        Type type;
        parse_type(i.opcode.substr(i.opcode.rfind('.') + 1), type);
        int64_t offset = address.base + address.value, bytes = int64_t(type.bytes());
        // What is out of range is the emitter's to report.
        if (offset < 0 || offset % bytes || offset + bytes * i.destinations > int64_t(p_.parameterBytes)) return;
        for (size_t k = 0; k < i.destinations; k++) {
            if (!single(i.operands[k])) return;
            bool wide = p_.registers[i.operands[k].index].type.bank() == Bank::D;
            if (!wide && (type.bits == 64 || base_[i.operands[k].index])) return;
        }
        for (size_t k = 0; k < i.destinations; k++) {
            Type to = p_.registers[i.operands[k].index].type;
            Value v;
            v.kind = ValueKind::Parameter;
            v.index = uint32_t(offset + int64_t(k) * bytes);
            v.value = int64_t(bytes) | (type.kind == TypeKind::Signed ? kParameterSigned : 0)
                      | (to.bank() == Bank::D ? kParameterWide : 0) | (to.bits == 16 ? kParameterHalf : 0);
            settle(i, k, v);
        }
        i.removed = true;
    }

    bool suits_as_base(const Value& destination, const Value& v) const {
        bool wide = p_.registers[destination.index].type.bank() == Bank::D;
        return !base_[destination.index] || v.kind == ValueKind::Integer || (v.kind == ValueKind::Parameter && wide);
    }

    void settle(const Instruction& i, size_t k, const Value& v) {
        static_cast<Value&>(values_[i.operands[k].index]) = v;
    }

    Program& p_;
    std::vector<uint32_t> definitions_;
    std::vector<bool> fixed_;  // must stay registers
    std::vector<bool> base_;   // some address has it as base

    struct Unset : Value {
        Unset() { kind = ValueKind::Sink; }
    };
    std::vector<Unset> values_;
};

}  // namespace

void propagate_invariants(Program& program) { Propagation(program).run(); }

}  // namespace softcuda
