// From parsed functions to one flat program: calls are inlined, parameters of functions become local memory.
//
// A device function's parameters and results, and the .param variables its callers fill, live in the thread's local
// memory; the callee's names stand for the caller's variables. Every inlined instance has registers and variables of its
// own, which is why recursion cannot be supported.
#include <algorithm>
#include <unordered_map>

#include "ptx/program.h"
#include "ptx/special.h"

namespace softcuda {
namespace {

constexpr size_t kMaxInstructions = 2000000;
constexpr size_t kMaxRegisters = 4000000;
constexpr size_t kMaxCallDepth = 64;
constexpr uint64_t kMaxLocal = 512 << 10;   // bytes a thread, as on hardware
constexpr uint64_t kMaxShared = 227 << 10;  // bytes a block

bool begins(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }
uint64_t align_up(uint64_t n, uint64_t alignment) { return (n + alignment - 1) / alignment * alignment; }

// One inlined copy of a function.
struct Instance {
    const Function* function;
    Instance* caller;
    uint32_t firstRegister;
    std::unordered_map<const Storage*, int64_t> offsets;  // .local and .param variables: offset in local memory
    std::vector<uint32_t> begins;                         // first instruction of each statement, and the end
};

class Inliner {
public:
    Inliner(const PtxModule& module, const Placement& placement) : module_(module), placement_(placement) {}

    Program run(const Function& entry) {
        program_.entry = &entry;
        std::vector<uint32_t> offsets;
        program_.parameterBytes = parameter_layout(entry, offsets);
        for (size_t i = 0; i < offsets.size(); i++) parameterOffsets_[entry.parameters[i]] = offsets[i];
        Instance root{&entry, nullptr, 0, {}, {}};
        emit(root, 1);
        Instruction end;
        end.flow = Flow::Exit;
        end.opcode = "exit";
        end.line = entry.line;
        program_.code.push_back(end);
        place_shared();
        program_.localBytes = uint32_t(align_up(localEnd_, 16));
        return std::move(program_);
    }

private:
    void emit(Instance& in, size_t depth) {
        const Function& f = *in.function;
        if (depth > kMaxCallDepth) throw PtxError(f.line, "calls nest deeper than " + std::to_string(kMaxCallDepth));
        in.firstRegister = uint32_t(program_.registers.size());
        if (program_.registers.size() + f.registers.size() > kMaxRegisters)
            throw PtxError(f.line, "too many registers after inlining");
        program_.registers.insert(program_.registers.end(), f.registers.begin(), f.registers.end());
        size_t firstTable = program_.tables.size();
        program_.tables.resize(firstTable + f.tables.size());
        std::vector<std::pair<uint32_t, uint32_t>> branches;  // instruction, statement it leads to
        std::vector<uint32_t> returns;
        in.begins.reserve(f.body.size() + 1);
        for (const Statement& s : f.body) {
            in.begins.push_back(uint32_t(program_.code.size()));
            if (program_.code.size() > kMaxInstructions)
                throw PtxError(s.line, "the kernel is too long after inlining");
            emit_statement(in, s, depth, branches, returns, firstTable);
        }
        in.begins.push_back(uint32_t(program_.code.size()));
        for (auto [at, statement] : branches) program_.code[at].target = in.begins[statement];
        for (uint32_t at : returns) program_.code[at].target = in.begins.back();
        for (size_t t = 0; t < f.tables.size(); t++) {
            std::vector<uint32_t> targets;
            for (uint32_t statement : f.tables[t].targets) targets.push_back(in.begins[statement]);
            program_.tables[firstTable + t] = std::move(targets);
        }
    }

    void emit_statement(Instance& in, const Statement& s, size_t depth,
                        std::vector<std::pair<uint32_t, uint32_t>>& branches, std::vector<uint32_t>& returns,
                        size_t firstTable) {
        Instruction i;
        i.opcode = s.opcode;
        i.line = s.line;
        i.guard = s.guard < 0 ? -1 : int32_t(in.firstRegister + uint32_t(s.guard));
        i.guardNegated = s.guardNegated;
        uint32_t here = uint32_t(program_.code.size());
        if (s.opcode == "bra" || s.opcode == "bra.uni") {
            if (s.operands.size() != 1 || s.operands[0].kind != OperandKind::Label || s.operands[0].value)
                throw PtxError(s.line, "bra takes one label");
            i.flow = Flow::Branch;
            branches.push_back({here, s.operands[0].index});
        } else if (s.opcode == "brx.idx" || s.opcode == "brx.idx.uni") {
            if (s.operands.size() != 2 || s.operands[1].kind != OperandKind::Label || !s.operands[1].value)
                throw PtxError(s.line, "brx.idx takes a register and the label of a .branchtargets list");
            i.flow = Flow::IndexedBranch;
            i.target = uint32_t(firstTable + s.operands[1].index);
            i.operands.push_back(value(in, s, s.operands[0]));
        } else if (s.opcode == "ret" || s.opcode == "ret.uni" || s.opcode == "exit") {
            if (!s.operands.empty()) throw PtxError(s.line, std::string(s.opcode) + " takes no operand");
            bool leaves = in.caller && s.opcode != "exit";
            i.flow = leaves ? Flow::Branch : Flow::Exit;
            if (leaves) returns.push_back(here);
        } else if (s.opcode == "trap" || s.opcode == "brkpt") {
            i.flow = Flow::Trap;
        } else if (begins(s.opcode, "call")) {
            return emit_call(in, s, i, depth);
        } else {
            for (const Operand& o : s.operands) add_operand(i.operands, in, s, o);
            if (!s.operands.empty() && s.operands[0].kind == OperandKind::Vector)
                i.destinations = uint8_t(s.operands[0].items.size());
            rewrite_parameter_access(in, s, i);
        }
        program_.code.push_back(std::move(i));
    }

    void add_operand(std::vector<Value>& out, Instance& in, const Statement& s, const Operand& o) {
        if (o.kind == OperandKind::Vector) {
            for (const Operand& item : o.items) out.push_back(value(in, s, item));
        } else if (o.kind == OperandKind::Address) {
            Value v;
            v.kind = ValueKind::Address;
            v.value = o.value;
            Value base = value(in, s, o.items[0]);
            v.baseIsRegister = base.kind == ValueKind::Register;
            v.index = base.index;
            v.base = base.value;
            v.storage = base.storage;
            out.push_back(v);
            for (size_t k = 1; k < o.items.size(); k++) out.push_back(value(in, s, o.items[k]));
        } else {
            out.push_back(value(in, s, o));
        }
        if (out.size() > 300) throw PtxError(s.line, "too many operands");
    }

    Value value(Instance& in, const Statement& s, const Operand& o) {
        Value v;
        v.negated = o.negated;
        v.value = o.value;
        switch (o.kind) {
            case OperandKind::Register:
                v.kind = ValueKind::Register;
                v.index = in.firstRegister + o.index;
                return v;
            case OperandKind::Integer: v.kind = ValueKind::Integer; return v;
            case OperandKind::Float32: v.kind = ValueKind::Float32; return v;
            case OperandKind::Float64: v.kind = ValueKind::Float64; return v;
            case OperandKind::Sink: v.kind = ValueKind::Sink; return v;
            case OperandKind::Special:
                v.kind = ValueKind::Special;
                v.index = o.index;
                if (Special(o.index) == Special::EnvReg1 || Special(o.index) == Special::EnvReg2)
                    program_.usesGridWorkspace = true;
                return v;
            case OperandKind::Symbol: return symbol(in, o);
            default: throw PtxError(s.line, "unknown or misplaced operand " + shown(o.text) + " of " + shown(s.opcode));
        }
    }

    Value symbol(Instance& in, const Operand& o) {
        Value v;
        v.kind = ValueKind::Integer;
        v.value = o.value;
        const Storage& s = *o.storage;
        switch (s.space) {
            case Space::Global:
            case Space::Const: v.value += int64_t(placement_.address_of(s)); break;
            case Space::Local: v.value += local_offset(in, s); break;
            case Space::Shared:
                v.storage = &s;
                if (std::find(shared_.begin(), shared_.end(), &s) == shared_.end()) shared_.push_back(&s);
                break;
            case Space::Param:
                if (s.entryParameter) v.value += parameterOffsets_[&s];
                else v.value += local_offset(in, s);
                break;
        }
        return v;
    }

    int64_t local_offset(Instance& in, const Storage& s) {
        auto known = in.offsets.find(&s);
        if (known != in.offsets.end()) return known->second;
        uint64_t offset = align_up(localEnd_, std::max<uint32_t>(s.alignment, 1));
        localEnd_ = offset + s.bytes;
        if (localEnd_ > kMaxLocal)
            throw PtxError(
                s.line, "the kernel needs more than " + std::to_string(kMaxLocal) + " bytes of local memory a thread");
        in.offsets[&s] = int64_t(offset);
        return int64_t(offset);
    }

    // Only an entry's own parameters are in the parameter block; all others are in local memory.
    void rewrite_parameter_access(const Instance& in, const Statement& s, Instruction& i) {
        size_t space = s.opcode.find(".param");
        bool load = begins(s.opcode, "ld.param"), store = begins(s.opcode, "st.param");
        if (space == std::string_view::npos || (!load && !store && !begins(s.opcode, "cvta"))) return;
        bool entryOwn = !in.caller;
        for (const Operand& o : s.operands) {
            const Operand& base = o.kind == OperandKind::Address ? o.items[0] : o;
            if (base.kind == OperandKind::Symbol && base.storage->space == Space::Param)
                entryOwn = base.storage->entryParameter;
        }
        if (entryOwn) {
            if (store) throw PtxError(s.line, "a kernel's parameters cannot be written");
            return;
        }
        size_t end = space + 6;
        if (s.opcode.substr(end, 6) == "::func") end += 6;
        program_.opcodes.push_back(std::string(s.opcode.substr(0, space)) + ".local"
                                   + std::string(s.opcode.substr(end)));
        i.opcode = program_.opcodes.back();
    }

    // call{.uni} (results), function, (arguments);
    void emit_call(Instance& in, const Statement& s, Instruction& i, size_t depth) {
        const Operand* lists[2] = {nullptr, nullptr};
        std::string_view name;
        for (const Operand& o : s.operands) {
            if (o.kind == OperandKind::Function && name.empty()) name = o.text;
            else if (o.kind == OperandKind::List && !lists[!name.empty()]) lists[!name.empty()] = &o;
            else throw PtxError(s.line, "this call is indirect or malformed: only direct calls are supported");
        }
        if (name.empty()) throw PtxError(s.line, "this call names no function: indirect calls are not supported");
        auto found = module_.functionByName.find(name);
        const Function* callee = found == module_.functionByName.end() ? nullptr : found->second;
        if (!callee || callee->isEntry) throw PtxError(s.line, "call of the unknown function " + shown(name));
        std::vector<int64_t> results = arguments(in, s, lists[0]), inputs = arguments(in, s, lists[1]);

        // A guarded call is a branch round the call.
        uint32_t around = uint32_t(program_.code.size());
        if (i.guard >= 0) {
            Instruction skip = i;
            skip.opcode = "bra";
            skip.flow = Flow::Branch;
            skip.guardNegated = !i.guardNegated;
            program_.code.push_back(skip);
        }
        if (!callee->hasBody) {
            emit_builtin(s, i, name, inputs, results);
        } else {
            for (const Instance* up = &in; up; up = up->caller) {
                if (up->function == callee)
                    throw PtxError(s.line, "recursion is not supported: " + shown(name) + " calls itself");
            }
            if (results.size() != callee->results.size() || inputs.size() != callee->parameters.size())
                throw PtxError(s.line, "call of " + shown(name) + " with the wrong number of arguments");
            Instance inner{callee, &in, 0, {}, {}};
            for (size_t k = 0; k < results.size(); k++) inner.offsets[callee->results[k]] = results[k];
            for (size_t k = 0; k < inputs.size(); k++) inner.offsets[callee->parameters[k]] = inputs[k];
            emit(inner, depth + 1);
        }
        if (i.guard >= 0) program_.code[around].target = uint32_t(program_.code.size());
    }

    std::vector<int64_t> arguments(Instance& in, const Statement& s, const Operand* list) {
        std::vector<int64_t> offsets;
        if (!list) return offsets;
        for (const Operand& o : list->items) {
            if (o.kind != OperandKind::Symbol || o.storage->space != Space::Param || o.storage->entryParameter)
                throw PtxError(s.line, "arguments of a call must be .param variables");
            offsets.push_back(local_offset(in, *o.storage));
        }
        return offsets;
    }

    // What the CUDA runtime's device library offers and we do ourselves. Operands: offsets in local memory.
    void emit_builtin(const Statement& s, Instruction i, std::string_view name, const std::vector<int64_t>& inputs,
                      const std::vector<int64_t>& results) {
        size_t wanted = name == "vprintf" ? 2 : name == "__assertfail" ? 5 : 0;
        if (!wanted)
            throw PtxError(s.line, "the external function " + shown(name) + " is not defined and not known here");
        if (inputs.size() != wanted || results.size() > 1)
            throw PtxError(s.line, "call of " + shown(name) + " with the wrong number of arguments");
        program_.opcodes.push_back("call." + std::string(name));
        i.opcode = program_.opcodes.back();
        i.guard = -1;
        for (int64_t offset : inputs) {
            Value v;
            v.value = offset;
            i.operands.push_back(v);
        }
        if (name == "vprintf") {
            Value v;
            v.value = results.empty() ? -1 : results[0];
            i.operands.push_back(v);
        }
        program_.code.push_back(std::move(i));
    }

    // Static variables first, then the dynamic part, where all .extern arrays begin.
    void place_shared() {
        std::unordered_map<const Storage*, int64_t> offsets;
        uint64_t end = 0, dynamicAlignment = 16;
        for (const Storage* s : shared_) {
            if (s->isExtern) {
                dynamicAlignment = std::max<uint64_t>(dynamicAlignment, s->alignment);
                continue;
            }
            end = align_up(end, s->alignment);
            offsets[s] = int64_t(end);
            end += s->bytes;
            if (end > kMaxShared)
                throw PtxError(s->line, "the kernel needs more than " + std::to_string(kMaxShared)
                                            + " bytes of static shared memory");
        }
        bool dynamic = std::any_of(shared_.begin(), shared_.end(), [](const Storage* s) { return s->isExtern; });
        if (dynamic) end = align_up(end, dynamicAlignment);
        program_.staticShared = uint32_t(end);
        for (Instruction& i : program_.code) {
            for (Value& v : i.operands) {
                if (!v.storage) continue;
                int64_t offset = v.storage->isExtern ? int64_t(end) : offsets[v.storage];
                (v.kind == ValueKind::Address ? v.base : v.value) += offset;
                v.storage = nullptr;
            }
        }
    }

    const PtxModule& module_;
    const Placement& placement_;
    Program program_;
    std::unordered_map<const Storage*, uint32_t> parameterOffsets_;
    std::vector<const Storage*> shared_;
    uint64_t localEnd_ = 0;
};

}  // namespace

uint32_t parameter_layout(const Function& f, std::vector<uint32_t>& offsets) {
    uint64_t end = 0;
    for (const Storage* p : f.parameters) {
        end = align_up(end, std::max<uint32_t>(p->alignment, 1));
        offsets.push_back(uint32_t(end));
        end += p->bytes;
        if (end > 32764) throw PtxError(p->line, "the parameters of " + shown(f.name) + " exceed 32764 bytes");
    }
    return uint32_t(end);
}

Program build_program(const PtxModule& module, const Function& entry, const Placement& placement) {
    return Inliner(module, placement).run(entry);
}

}  // namespace softcuda
