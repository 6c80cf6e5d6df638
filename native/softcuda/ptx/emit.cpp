#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>

#include "exec/control.h"
#include "exec/divergence.h"
#include "exec/levels.h"
#include "jit/chain.h"
#include "matrix/wgmma.h"
#include "mem/address.h"
#include "ptx/decode.h"
#include "ptx/literal.h"

namespace softcuda {
namespace {

constexpr uint32_t kUnitsW = 2, kUnitsD = 4;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Whether chains are compiled: at the AVX-512 levels, unless ZOETROPE_JIT=0.
bool chains_wanted() {
    const char* text = std::getenv("ZOETROPE_JIT");
    return current_level() >= Level::Avx512 && (!text || std::strcmp(text, "0") != 0);
}

// Width of the values an instruction works on, from its last type: immediates of narrow types are cut to it.
int operand_bits(std::string_view opcode) {
    size_t dot = opcode.rfind('.');
    Type type;
    if (dot == std::string_view::npos || !parse_type(opcode.substr(dot + 1), type) || has(opcode, ".wide")) return 64;
    return type.bits < 8 ? 64 : type.bits;
}

class Emitter {
public:
    Emitter(const Program& p, const Liveness& liveness, const Allocation& allocation)
        : p_(p), live_(liveness), slots_(allocation) {
        for (int b = 0; b < 3; b++) sinks_[b] = slots_.count[b];
    }

    std::shared_ptr<Code> run() {
        collect_constants();
        lay_out();
        for (size_t k = 0; k < p_.code.size(); k++) emit(k);
        place_branches();
        fuse_runs();
        compile_chains();
        finish();
        return code_;
    }

private:
    // ---- constants -----------------------------------------------------------------------------------------------------

    struct Key {
        bool wide;
        enum Kind { Constant, Special, Parameter } kind;
        uint64_t value;  // or the special register's number; or a parameter's offset and, in the upper half, its flags
        bool operator<(const Key& o) const { return std::tie(wide, kind, value) < std::tie(o.wide, o.kind, o.value); }
    };

    // What the operand in place `k` asks for: signature letter of a source, skipping the '='.
    static char letter(const Instruction& i, size_t k) {
        const char* s = i.form->signature;
        for (size_t n = 0; *s; s++) {
            if (*s == '=') continue;
            if (n++ == k) return *s;
        }
        return 0;
    }

    Key constant_key(const Instruction& i, const Value& v, bool wide) {
        if (v.kind == ValueKind::Special) return {wide, Key::Special, v.index};
        if (v.kind == ValueKind::Parameter) return {wide, Key::Parameter, v.index | uint64_t(v.value) << 32};
        if (v.kind == ValueKind::Address && v.baseIsParameter)
            return {wide, Key::Parameter, v.index | uint64_t(v.base) << 32};
        if (v.kind == ValueKind::Address)
            return {wide, Key::Constant, wide ? uint64_t(v.base) : uint64_t(uint32_t(v.base))};
        Literal literal;
        literal.kind = v.kind == ValueKind::Float32   ? Literal::Float32
                       : v.kind == ValueKind::Float64 ? Literal::Float64
                                                      : Literal::Integer;
        literal.bits = uint64_t(v.value);
        uint64_t bits = 0;
        literal_bits(literal, literal.kind != Literal::Integer, wide ? 64 : 32, bits);
        if (!wide && literal.kind == Literal::Integer && !v.raw) {
            int width = operand_bits(i.opcode);
            if (width < 32) bits &= (1u << width) - 1;
        }
        return {wide, Key::Constant, bits};
    }

    // Bases without a register: 32-bit slots in .shared and .local, else 64-bit ones.
    static bool base_wide(const Instruction& i, const Value& v) {
        if (i.form == &control_forms().loadParameter || v.baseIsParameter) return true;
        return is_wide_space(address_space(i.opcode, address_number(i, v)));
    }

    // Which of the instruction's addresses this is.
    static size_t address_number(const Instruction& i, const Value& v) {
        size_t number = 0;
        for (const Value& o : i.operands) {
            if (&o == &v) break;
            number += o.kind == ValueKind::Address;
        }
        return number;
    }

    template <class Visit> void for_constants(const Instruction& i, Visit visit) {
        if (!i.form) {
            if (i.flow == Flow::IndexedBranch && i.operands[0].kind != ValueKind::Register) visit(i.operands[0], false);
            return;
        }
        if (i.form == &control_forms().readClock) return;
        for (size_t k = 0; k < i.operands.size(); k++) {
            const Value& v = i.operands[k];
            if (v.kind == ValueKind::Register || v.kind == ValueKind::Sink) continue;
            if (v.kind == ValueKind::Address) {
                if (!v.baseIsRegister && i.form != &control_forms().loadParameter) visit(v, base_wide(i, v));
                continue;
            }
            char c = letter(i, k);
            if (c == 'w' || c == 'd') visit(v, c == 'd');
        }
    }

    void collect_constants() {
        for (const Instruction& i : p_.code) {
            for_constants(i, [&](const Value& v, bool wide) { constants_.emplace(constant_key(i, v, wide), 0); });
        }
    }

    // ---- the register file -----------------------------------------------------------------------------------------------

    void lay_out() {
        firstD_ = (slots_.count[int(Bank::W)] + 1) * kUnitsW;  // one more for the sink
        for (auto& [key, unit] : constants_) {
            if (key.wide) continue;
            unit = firstD_;
            firstD_ += kUnitsW;
        }
        firstD_ = (firstD_ + kUnitsD - 1) / kUnitsD * kUnitsD;
        uint64_t end = firstD_ + uint64_t(slots_.count[int(Bank::D)] + 1) * kUnitsD;
        for (auto& [key, unit] : constants_) {
            if (!key.wide) continue;
            unit = uint32_t(end);
            end += kUnitsD;
        }
        if (end > 65535)
            throw PtxError(p_.entry->line, "the kernel holds too many values at once for the register file");
        code_->units = uint32_t(end);
        for (auto& [key, unit] : constants_) {
            if (key.kind == Key::Constant) code_->constants.push_back({unit, key.wide, key.value});
            if (key.kind == Key::Parameter)
                code_->parameters.push_back({unit, key.wide, uint32_t(key.value), uint32_t(key.value >> 32)});
            if (key.kind != Key::Special) continue;
            softcuda::Special id = softcuda::Special(key.value);
            code_->specials.push_back({unit, key.wide, id, special_info(id).scope});
        }
        predicateZero_ = slots_.count[int(Bank::P)] + 1;
        code_->predicates = predicateZero_ + 3;
        code_->explicitCluster = predicateZero_ + 2;
        if (code_->predicates > 65535) throw PtxError(p_.entry->line, "the kernel holds too many predicates at once");
        code_->predicateConstants = {{predicateZero_, 0}, {predicateZero_ + 1, kAllLanes}};
    }

    uint16_t place(uint32_t reg) const {
        Bank bank = p_.registers[reg].type.bank();
        uint32_t slot = slots_.slot[reg];
        return uint16_t(bank == Bank::P ? slot : bank == Bank::D ? firstD_ + slot * kUnitsD : slot * kUnitsW);
    }

    uint16_t sink(char c) const {
        return uint16_t(c == 'p' ? sinks_[2] : c == 'd' ? firstD_ + sinks_[1] * kUnitsD : sinks_[0] * kUnitsW);
    }

    uint16_t constant(const Instruction& i, const Value& v, bool wide) {
        return uint16_t(constants_.at(constant_key(i, v, wide)));
    }

    // ---- instructions ----------------------------------------------------------------------------------------------------

    Ins& push(const Form& form, const Instruction& i) {
        Ins ins;
        std::memset(static_cast<void*>(&ins), 0, sizeof ins);
        ins.full = form.full;
        ins.masked = form.masked;
        code_->ins.push_back(ins);
        code_->lines.push_back(i.line);
        code_->names.push_back(form.name);
        forms_.push_back(&form);
        origins_.push_back(uint32_t(&i - p_.code.data()));
        guarded_.push_back(false);
        return code_->ins.back();
    }

    void emit(size_t k) {
        const Instruction& i = p_.code[k];
        begins_.push_back(uint32_t(code_->ins.size()));
        if (i.removed) return;
        const ControlForms& control = control_forms();
        uint16_t guard = i.guard >= 0 ? place(uint32_t(i.guard)) : 0;
        uint32_t negated = i.guardNegated ? kNegated : 0;
        switch (i.flow) {
            case Flow::Branch: {
                bool back = i.target <= k;
                Ins& ins = push(i.guard < 0 ? (back ? control.branchBack : control.branch)
                                            : (back ? control.branchIfBack : control.branchIf),
                                i);
                ins.arg[0] = guard;
                ins.aux = negated | (back && may_spin(i.target, uint32_t(k)) ? kSpins : 0);
                return;
            }
            case Flow::IndexedBranch: {
                if (i.guard >= 0) guard_next(i, guard, negated);
                Ins& ins = push(control.branchIndexed, i);
                const Value& v = i.operands[0];
                if (v.kind == ValueKind::Register && p_.registers[v.index].type.bank() != Bank::W)
                    throw PtxError(i.line, "brx.idx takes a 32-bit index");
                ins.arg[0] = v.kind == ValueKind::Register ? place(v.index) : constant(i, v, false);
                ins.imm = int32_t(i.target);
                return;
            }
            case Flow::Exit: {
                Ins& ins = push(i.guard < 0 ? control.exit : control.exitIf, i);
                ins.arg[0] = guard;
                ins.aux = negated;
                return;
            }
            case Flow::Trap: push(control.trap, i); return;
            case Flow::Next: break;
        }
        if (i.guard >= 0) guard_next(i, guard, negated);
        if (std::strcmp(i.form->name, "internal.fma.tile") == 0) return emit_tile(k);
        if (is_wgmma(i.opcode)) return emit_wgmma(i);
        Ins& ins = push(*i.form, i);
        if (i.guard >= 0) guarded_.back() = true;
        if (i.form == &control.readClock) {
            const Value& v = i.operands[0];
            ins.arg[0] = place(v.index);
            ins.aux = i.operands[1].index | (p_.registers[v.index].type.bank() == Bank::D ? 256 : 0);
        } else if (i.form == &control.loadParameter) {
            load_parameter(ins, i);
        } else {
            operands(ins, i);
        }
    }

    // The records in front of a tile's single fma (isa/fma_tile.cpp).
    void emit_tile(size_t k) {
        const Instruction& header = p_.code[k];
        uint32_t steps = header.target, records = 2 + (steps + 1) / 2;
        size_t at = code_->ins.size();
        for (uint32_t n = 0; n < records; n++) push(*header.form, header);
        Ins* ins = &code_->ins[at];
        ins->aux = steps;
        ins->imm = int32_t(records + 16 * steps);
        auto operand = [&](uint32_t step, uint32_t m, size_t which) {
            return place(p_.code[k + 1 + 16 * step + m].operands[which].index);
        };
        for (uint32_t m = 0; m < 16; m++) {
            ins[0].arg[m] = operand(0, m, 3);
            ins[1].arg[m] = operand(steps - 1, m, 0);
        }
        for (uint32_t s = 0; s < steps; s++) {
            for (uint32_t m = 0; m < 4; m++) {
                ins[2 + s / 2].arg[s % 2 * 8 + m] = operand(s, 4 * m, 1);
                ins[2 + s / 2].arg[s % 2 * 8 + 4 + m] = operand(s, m, 2);
            }
        }
    }

    // The accumulators' places fill records behind the instruction (matrix/wgmma.h).
    void emit_wgmma(const Instruction& i) {
        const size_t at = code_->ins.size();
        operands(push(*i.form, i), i, i.destinations);
        code_->ins[at].aux = i.destinations;
        for (uint32_t n = 0; n < wgmma_records(i.destinations); n++) push(*i.form, i);
        for (uint32_t k = 0; k < i.destinations; k++) {
            const Value& v = i.operands[k];
            if (v.kind != ValueKind::Register) throw PtxError(i.line, "the accumulators of wgmma must be registers");
            code_->ins[at + 1 + k / kWgmmaPlaces].arg[k % kWgmmaPlaces] = place(v.index);
        }
    }

    void guard_next(const Instruction& i, uint16_t predicate, uint32_t negated) {
        Ins& ins = push(control_forms().guard, i);
        ins.arg[0] = predicate;
        ins.aux = negated;
    }

    // Whether a loop might wait for what others do: then its lanes must not keep the machine to themselves.
    bool may_spin(uint32_t begin, uint32_t end) const {
        if (end - begin > 200) return false;
        for (uint32_t k = begin; k < end; k++) {
            std::string_view o = p_.code[k].opcode;
            if (has(o, "atom.") || has(o, ".volatile") || has(o, ".acquire") || has(o, ".relaxed")
                || has(o, "mbarrier.") || has(o, "nanosleep"))
                return true;
        }
        return false;
    }

    // Accesses that others may see at any time: the race checker must know them.
    static bool is_strong(std::string_view opcode) {
        return has(opcode, ".volatile") || has(opcode, ".relaxed") || has(opcode, ".acquire") || has(opcode, ".release")
               || has(opcode, ".mmio");
    }

    // From operand `first` on, which takes the first place.
    void operands(Ins& ins, const Instruction& i, size_t first = 0) {
        bool firstAddress = true, hasAddress = false, firstInteger = true;
        for (const Value& v : i.operands) hasAddress |= v.kind == ValueKind::Address;
        for (size_t k = first; k < i.operands.size(); k++) {
            const Value& v = i.operands[k];
            char c = letter(i, k);
            uint16_t& arg = ins.arg[k - first];
            if (v.kind == ValueKind::Register) {
                arg = place(v.index);
                if (k < i.destinations && p_.registers[v.index].type.bits == 16 && hasAddress)
                    ins.aux |= kDestination16;
            } else if (v.kind == ValueKind::Sink) {
                arg = sink(c);
            } else if (v.kind == ValueKind::Address) {
                arg = v.baseIsRegister ? place(v.index) : constant(i, v, base_wide(i, v));
                bool wide = v.baseIsRegister ? p_.registers[v.index].type.bank() == Bank::D : base_wide(i, v);
                if (wide && !is_wide_space(address_space(i.opcode, address_number(i, v)))) ins.aux |= kBaseWide;
                if (is_strong(i.opcode)) ins.aux |= kStrongAccess;
                if (firstAddress) ins.imm = int32_t(v.value);
                firstAddress = false;
            } else if (c == 'i') {
                if (v.value < -32768 || v.value > 65535)
                    throw PtxError(i.line, shown(i.opcode) + ": " + std::to_string(v.value) + " is out of range");
                arg = uint16_t(v.value);
                if (!hasAddress && firstInteger) ins.imm = int32_t(v.value);
                firstInteger = false;
            } else if (c == 'p') {
                bool set = v.kind == ValueKind::Integer && v.value != 0;
                // The only predicate among the special registers is %is_explicit_cluster.
                arg = uint16_t(v.kind == ValueKind::Special ? code_->explicitCluster : predicateZero_ + (set ? 1 : 0));
            } else {
                arg = constant(i, v, c == 'd');
            }
        }
    }

    void load_parameter(Ins& ins, const Instruction& i) {
        Type type;
        parse_type(i.opcode.substr(i.opcode.rfind('.') + 1), type);
        uint32_t bytes = type.bytes();
        ins.aux = bytes | uint32_t(i.destinations) << kParameterCountShift;
        if (type.kind == TypeKind::Signed) ins.aux |= kParameterSigned;
        bool wide = false;
        for (size_t k = 0; k < i.destinations; k++) {
            const Value& v = i.operands[k];
            if (v.kind != ValueKind::Register) continue;
            Type d = p_.registers[v.index].type;
            wide |= d.bank() == Bank::D;
            if (d.bits == 16) ins.aux |= kParameterHalf;
        }
        for (size_t k = 0; k < i.destinations; k++) {
            const Value& v = i.operands[k];
            if (v.kind == ValueKind::Register && (p_.registers[v.index].type.bank() == Bank::D) != wide)
                throw PtxError(i.line, "the registers of a vector must be of one width");
            ins.arg[k] = v.kind == ValueKind::Register ? place(v.index) : sink(wide ? 'd' : 'w');
        }
        if (wide) ins.aux |= kParameterWide;
        if (bytes == 8 && !wide) throw PtxError(i.line, shown(i.opcode) + " needs a 64-bit register");
        const Value& address = i.operands.back();
        int64_t offset = address.value + (address.baseIsRegister ? 0 : address.base);
        if (address.baseIsRegister) {
            if (p_.registers[address.index].type.bank() != Bank::D)
                throw PtxError(i.line, "the base of a parameter's address must be a 64-bit register");
            ins.arg[i.destinations] = place(address.index);
            ins.aux |= kParameterBase;
        } else if (offset < 0 || offset % bytes
                   || offset + int64_t(bytes) * i.destinations > int64_t(p_.parameterBytes)) {
            throw PtxError(i.line, "parameter offset " + std::to_string(offset) + " is outside the kernel's "
                                       + std::to_string(p_.parameterBytes) + " bytes of parameters or misaligned");
        }
        if (offset != int32_t(offset)) throw PtxError(i.line, "parameter offset out of range");
        ins.imm = int32_t(offset);
    }

    // ---- afterwards --------------------------------------------------------------------------------------------------------

    void place_branches() {
        for (size_t k = 0; k < p_.code.size(); k++) {
            if (p_.code[k].flow != Flow::Branch) continue;
            code_->ins[begins_[k]].imm = int32_t(begins_[p_.code[k].target]) - int32_t(begins_[k]);
        }
        for (const auto& table : p_.tables) {
            std::vector<uint32_t> targets;
            for (uint32_t target : table) targets.push_back(begins_[target]);
            code_->tables.push_back(std::move(targets));
        }
    }

    // Neighbours of one form become one dispatch for a warp whose lanes are together. Each instruction keeps its own
    // handlers, so that a branch may lead into the middle and diverged lanes go one by one.
    void fuse_runs() {
        std::vector<bool> leader(code_->ins.size() + 1, false);
        for (size_t k = 0; k < p_.code.size(); k++) {
            if (live_.leader[k]) leader[begins_[k]] = true;
        }
        size_t n = code_->ins.size();
        for (size_t k = 0; k < n;) {
            size_t end = k + 1;
            if (forms_[k]->run && !guarded_[k]) {
                while (end < n && forms_[end] == forms_[k] && !guarded_[end] && !leader[end]) end++;
                if (end - k >= 2) {
                    code_->ins[k].full = forms_[k]->run;
                    code_->ins[k].aux = uint32_t(end - k);
                }
            }
            k = end;
        }
    }

    struct Constants final : KnownValues {
        std::unordered_map<uint32_t, uint64_t> values;
        bool value_of(uint32_t unit, uint64_t& value) const override {
            auto found = values.find(unit);
            if (found == values.end()) return false;
            value = found->second;
            return true;
        }
    };

    // What only computes becomes native code (jit/chain.h), neighbours together; one alone still saves its way back to the
    // interpreter.
    void compile_chains() {
        if (!chains_wanted()) return;
        std::unordered_map<const Form*, const ChainForm*> known;
        auto form_at = [&](size_t at) {
            if (guarded_[at]) return static_cast<const ChainForm*>(nullptr);
            auto [entry, isNew] = known.emplace(forms_[at], nullptr);
            if (isNew) entry->second = chain_form(*forms_[at]);
            return entry->second;
        };
        std::vector<bool> leader(code_->ins.size() + 1, false);
        for (size_t k = 0; k < p_.code.size(); k++) {
            if (live_.leader[k]) leader[begins_[k]] = true;
        }
        Constants constants;
        for (const ConstantFill& c : code_->constants) constants.values.emplace(c.unit, c.value);
        std::vector<uint8_t> code;
        std::vector<std::pair<size_t, size_t>> begins;  // instruction, offset in the code
        const size_t n = code_->ins.size();
        for (size_t at = 0, end; at < n; at = end) {
            end = at + 1;
            if (std::strcmp(forms_[at]->name, "internal.fma.tile") == 0) {
                end = at + size_t(code_->ins[at].imm);  // the single fma behind it are for diverged warps
                continue;
            }
            if (!form_at(at)) continue;
            while (end < n && !leader[end] && form_at(end)) end++;
            const ChainEnd last = chain_end(end, leader[end]);
            std::vector<ChainStep> steps;
            for (size_t k = at; k < end; k++) {
                const Value& d = p_.code[origins_[k]].operands[0];
                const bool kept = d.kind == ValueKind::Register && live_.ranges[d.index].end > 2 * origins_[end - 1];
                steps.push_back({&code_->ins[k], form_at(k), kept});
            }
            begins.emplace_back(at, compile_chain(steps, constants, last, code));
        }
        if (begins.empty() || !(code_->native = NativeCode::place(code))) return;
        for (auto [at, offset] : begins) code_->ins[at].full = reinterpret_cast<Handler>(code_->native->at(offset));
    }

    // How a chain before instruction `at` ends.
    ChainEnd chain_end(size_t at, bool leader) const {
        if (at == code_->ins.size()) return {ChainEnd::Return, nullptr, 0};
        if (leader || p_.code[origins_[at]].flow != Flow::Branch) return {ChainEnd::Next, nullptr, 0};
        const Ins& ins = code_->ins[at];
        return {p_.code[origins_[at]].guard < 0 ? ChainEnd::Branch : ChainEnd::BranchIf, &ins,
                ins.aux & kSpins ? kSpinCost : 1};
    }

    void finish() {
        static std::atomic<uint64_t> serial{1};
        code_->serial = serial++;
        code_->name = std::string(p_.entry->name);
        code_->parameterBytes = p_.parameterBytes;
        code_->staticShared = p_.staticShared;
        code_->localBytes = p_.localBytes;
        code_->launchRegisters = launch_registers();
        code_->registers = std::min<uint32_t>(255, 10 + slots_.count[int(Bank::W)] + 2 * slots_.count[int(Bank::D)]);
    }

    // What a kernel with a known block gets: its share of the register file, in steps of eight.
    uint32_t launch_registers() const {
        const Function& f = *p_.entry;
        if (f.maxRegisters) return f.maxRegisters;
        const uint32_t* block = f.requiredThreads[0] ? f.requiredThreads : f.maxThreads;
        const uint64_t threads = uint64_t(block[0]) * block[1] * block[2] * std::max<uint32_t>(f.minBlocks, 1);
        return threads == 0 ? 0 : uint32_t(std::min<uint64_t>(256, 65536 / threads / 8 * 8));
    }

    const Program& p_;
    const Liveness& live_;
    const Allocation& slots_;
    std::shared_ptr<Code> code_ = std::make_shared<Code>();
    std::map<Key, uint32_t> constants_;
    uint32_t sinks_[3];
    uint32_t firstD_ = 0;
    uint32_t predicateZero_ = 0;
    std::vector<uint32_t> begins_;    // first Ins of each instruction
    std::vector<const Form*> forms_;  // of each Ins
    std::vector<uint32_t> origins_;   // of each Ins: the instruction it was made from
    std::vector<bool> guarded_;       // each Ins: runs under a guard before it
};

}  // namespace

std::shared_ptr<Code> emit_code(const Program& program, const Liveness& liveness, const Allocation& allocation) {
    return Emitter(program, liveness, allocation).run();
}

}  // namespace softcuda
