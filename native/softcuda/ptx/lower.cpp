#include <algorithm>
#include <optional>
#include <string>

#include "exec/levels.h"
#include "ptx/program.h"
#include "ptx/special.h"

namespace softcuda {
namespace {

const Type kPredicate{TypeKind::Predicate, 1};
const Type kBits16{TypeKind::Bits, 16};
const Type kBits32{TypeKind::Bits, 32};
const Type kBits64{TypeKind::Bits, 64};

bool begins(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

// These can leave the warp waiting in the middle of a lane group, which a guard could not resume: a branch leads round them.
bool may_suspend(std::string_view opcode) {
    for (std::string_view name : {"bar.", "barrier.", "call.", "nanosleep", "mbarrier.try_wait", "mbarrier.test_wait",
                                  // These wait for the members of their masks.
                                  "shfl.", "vote.", "match.", "redux.", "elect.", "ldmatrix.", "stmatrix.",
                                  "movmatrix.", "mma.", "wmma.", "wgmma."}) {
        if (begins(opcode, name)) return true;
    }
    return false;
}

// Instructions with several addresses, each of its own width: shared ones are 32-bit, whatever register they come in.
bool takes_narrow_bases(std::string_view opcode) {
    for (std::string_view name :
         {"mbarrier.", "cp.async.bulk.", "cp.reduce.async.bulk.", "cp.async.mbarrier.", "st.async.", "red.async."}) {
        if (begins(opcode, name)) return true;
    }
    return false;
}

// Instructions in front of which a warp's lanes are made to meet in checked mode (check/aligned.cpp).
bool meets(std::string_view opcode) {
    for (std::string_view name :
         {"wgmma.", "setmaxnreg.", "bar.", "barrier.sync", "barrier.red", "barrier.arrive", "barrier.cta"}) {
        if (begins(opcode, name)) return false;
    }
    return opcode.find(".aligned") != std::string_view::npos;
}

Value as_register(uint32_t index) {
    Value v;
    v.kind = ValueKind::Register;
    v.index = index;
    return v;
}

Value as_integer(int64_t n) {
    Value v;
    v.value = n;
    return v;
}

class Lowering {
public:
    explicit Lowering(Program& program) : program_(program) {}

    void run() {
        std::vector<Instruction> old = std::move(program_.code);
        if (program_.checked) note_wgmmas(old);
        std::vector<uint32_t> moved(old.size() + 1);
        std::vector<uint32_t> around;  // branches made here, each over one instruction
        for (size_t k = 0; k < old.size(); k++) {
            moved[k] = uint32_t(out_.size());
            Instruction& i = old[k];
            if (i.flow == Flow::Next) {
                bool branch = i.guard >= 0 && may_suspend(i.opcode);
                size_t at = out_.size();
                if (branch) {
                    Instruction skip;
                    skip.opcode = "bra";
                    skip.flow = Flow::Branch;
                    skip.line = i.line;
                    skip.guard = i.guard;
                    skip.guardNegated = !i.guardNegated;
                    out_.push_back(skip);
                    i.guard = -1;
                }
                negations(i);
                carries(i);
                addresses(i);
                if (program_.checked) wgmma_touches(i);
                if (program_.checked && meets(i.opcode)) helper(i, kAlignedForm, {});
                const std::optional<Instruction> extension = extend_result(i);
                out_.push_back(std::move(i));
                if (extension) out_.push_back(*extension);
                if (branch) {
                    around.push_back(uint32_t(at));
                    around.push_back(uint32_t(out_.size()));
                }
            } else {
                if (i.flow == Flow::Trap && i.guard >= 0) {
                    Instruction skip = i;
                    skip.opcode = "bra";
                    skip.flow = Flow::Branch;
                    skip.guardNegated = !i.guardNegated;
                    around.push_back(uint32_t(out_.size()));
                    around.push_back(uint32_t(out_.size() + 2));
                    out_.push_back(skip);
                    i.guard = -1;
                }
                out_.push_back(std::move(i));
            }
        }
        moved[old.size()] = uint32_t(out_.size());
        for (Instruction& i : out_) {
            if (i.flow == Flow::Branch) i.target = moved[i.target];
        }
        for (size_t k = 0; k < around.size(); k += 2) out_[around[k]].target = around[k + 1];
        for (auto& table : program_.tables) {
            for (uint32_t& target : table) target = moved[target];
        }
        program_.code = std::move(out_);
    }

private:
    // Helper instructions run unguarded: they only write temporaries.
    void helper(const Instruction& before, std::string_view opcode, std::vector<Value> operands) {
        Instruction i;
        i.opcode = opcode;
        i.line = before.line;
        i.operands = std::move(operands);
        out_.push_back(std::move(i));
    }

    void negations(Instruction& i) {
        for (Value& v : i.operands) {
            if (!v.negated || v.kind != ValueKind::Register) continue;
            if (program_.registers[v.index].type.kind != TypeKind::Predicate)
                throw PtxError(i.line, "! needs a predicate register");
            uint32_t t = program_.add_register(kPredicate);
            helper(i, "internal.not.pred", {as_register(t), as_register(v.index)});
            v = as_register(t);
        }
    }

    // The condition code becomes a predicate register: the second destination of what sets it, the last source of what adds it.
    void carries(Instruction& i) {
        bool extended = begins(i.opcode, "addc.") || begins(i.opcode, "subc.") || begins(i.opcode, "madc.");
        bool plain = begins(i.opcode, "add.cc.") || begins(i.opcode, "sub.cc.") || begins(i.opcode, "mad.");
        bool sets = (extended || plain) && i.opcode.find(".cc.") != std::string_view::npos;
        if ((!sets && !extended) || i.operands.empty()) return;
        if (carry_ == kNoCarry) carry_ = program_.add_register(kPredicate);
        if (sets) i.operands.insert(i.operands.begin() + 1, as_register(carry_));
        if (extended) i.operands.push_back(as_register(carry_));
    }

    // cvt to an integer type narrower than its register: the conversion goes to a temporary, and what is returned, for behind
    // it, extends that to the register's width.
    std::optional<Instruction> extend_result(Instruction& i) {
        if (!begins(i.opcode, "cvt.") || i.operands.size() != 2 || i.operands[0].kind != ValueKind::Register) return {};
        const size_t from = i.opcode.rfind('.');
        const size_t to = i.opcode.rfind('.', from - 1);
        Type result;
        if (!parse_type(i.opcode.substr(to + 1, from - to - 1), result)) return {};
        const Type whole = program_.registers[i.operands[0].index].type;
        const bool isSigned = result.kind == TypeKind::Signed;
        if (!isSigned && result.kind != TypeKind::Unsigned) return {};
        // Slots hold values of up to 16 bits with zeros above, as registers of 32 bits hold unsigned ones.
        if (whole.bits <= std::max<int>(result.bits, isSigned ? 16 : 32)) return {};
        const uint32_t t = program_.add_register(result.bits == 32 ? kBits32 : kBits16);
        Instruction extension = i;
        const std::string wide = (isSigned ? "s" : "u") + std::to_string(whole.bits);
        program_.opcodes.push_back("cvt." + wide + (isSigned ? ".s" : ".u") + std::to_string(result.bits));
        extension.opcode = program_.opcodes.back();
        extension.operands[1] = as_register(t);
        i.operands[0] = as_register(t);
        return extension;
    }

    // In checked mode a wgmma may be computed as late as the wait for its group, so that its accumulators live until there.
    void note_wgmmas(std::vector<Instruction>& code) {
        std::vector<uint32_t> accumulators;
        for (const Instruction& i : code) {
            if (!is_wgmma(i.opcode)) continue;
            if (wgmmaRegister_.empty()) wgmmaRegister_.assign(program_.registers.size(), false);
            for (size_t k = 0; k < i.operands.size(); k++) {
                const Value& v = i.operands[k];
                if (v.kind != ValueKind::Register || program_.registers[v.index].type.bank() != Bank::W) continue;
                if (k < i.destinations && !wgmmaRegister_[v.index]) accumulators.push_back(v.index);
                wgmmaRegister_[v.index] = true;
            }
        }
        for (Instruction& i : code) {
            if (begins(i.opcode, "wgmma.wait_group")) i.touches = accumulators;
        }
    }

    // Other instructions that name a register of a wgmma say so before they run.
    void wgmma_touches(const Instruction& i) {
        if (wgmmaRegister_.empty() || begins(i.opcode, "wgmma.") || i.operands.empty()) return;
        const bool store = begins(i.opcode, "st.") || begins(i.opcode, "red.");
        const size_t written =
            store ? 0 : std::max<size_t>(i.destinations, i.operands[0].kind == ValueKind::Address ? 0 : 1);
        for (size_t k = 0; k < i.operands.size(); k++) {
            const Value& v = i.operands[k];
            if (v.kind != ValueKind::Register || v.index >= wgmmaRegister_.size() || !wgmmaRegister_[v.index]) continue;
            Instruction t;
            t.opcode = "internal.wgmma.touch";
            t.line = i.line;
            t.guard = i.guard;
            t.guardNegated = i.guardNegated;
            t.operands = {as_register(v.index), as_integer(k < written)};
            out_.push_back(std::move(t));
        }
    }

    void addresses(Instruction& i) {
        size_t k = 0;
        for (Value& v : i.operands) {
            if (v.kind != ValueKind::Address) continue;
            address(i, v, is_wide_space(address_space(i.opcode, k)), k > 0, takes_narrow_bases(i.opcode));
            k++;
        }
    }

    void address(const Instruction& i, Value& v, bool wide, bool foldDisplacement, bool narrow) {
        bool fits = v.value == int32_t(v.value);
        if (!v.baseIsRegister) {
            if (foldDisplacement || !fits) {
                v.base += v.value;
                v.value = 0;
            }
            return;
        }
        Type type = program_.registers[v.index].type;
        if (type.bits != 32 && type.bits != 64)
            throw PtxError(i.line, "the base of an address must be a 32- or 64-bit register");
        if (wide && type.bits == 32) {
            uint32_t t = program_.add_register(kBits64);
            helper(i, "internal.widen", {as_register(t), as_register(v.index)});
            v.index = t;
            type = kBits64;
        }
        if (narrow && !wide && type.bits == 64) {
            uint32_t t = program_.add_register(kBits32);
            helper(i, "internal.narrow", {as_register(t), as_register(v.index)});
            v.index = t;
            type = kBits32;
        }
        if (v.value && (foldDisplacement || !fits)) {
            uint32_t t = program_.add_register(type.bits == 64 ? kBits64 : kBits32);
            helper(i, type.bits == 64 ? "internal.add.b64" : "internal.add.b32",
                   {as_register(t), as_register(v.index), as_integer(v.value)});
            v.index = t;
            v.value = 0;
        }
    }

    static constexpr uint32_t kNoCarry = ~0u;
    Program& program_;
    uint32_t carry_ = kNoCarry;
    std::vector<bool> wgmmaRegister_;  // by register, of checked programs with wgmma only
    std::vector<Instruction> out_;
};

}  // namespace

Space address_space(std::string_view opcode, size_t number) {
    Space named[2];
    size_t count = 0;
    for (std::string_view rest = opcode; !rest.empty() && count < 2;) {
        size_t dot = rest.find('.');
        std::string_view token = rest.substr(0, dot);
        bool known = true;
        if (token == "global") named[count] = Space::Global;
        else if (token == "const") named[count] = Space::Const;
        else if (token == "local") named[count] = Space::Local;
        else if (token == "param") named[count] = Space::Param;
        else if (token == "shared" || token == "shared::cta" || token == "shared::cluster")
            named[count] = Space::Shared;
        else known = false;
        count += known;
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    if (number < count) return named[number];
    // Asynchronous stores may leave the space out; a third address is the mbarrier of a bulk copy.
    if (begins(opcode, "st.async.") || begins(opcode, "red.async.")) return Space::Shared;
    return count == 0 ? Space::Global : number >= 2 ? Space::Shared : named[count - 1];
}

void lower(Program& program) { Lowering(program).run(); }

}  // namespace softcuda
