// Which form of the table does each instruction: its canonical name and the banks of its operands decide.
#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "exec/control.h"
#include "exec/tensor_core.h"
#include "isa/canonical.h"
#include "ptx/decode.h"

namespace softcuda {
namespace {

// The letter an operand can stand for in a signature besides i; 0 for literals, which fit any.
char letter_of(const Program& p, const Value& v) {
    switch (v.kind) {
        case ValueKind::Register: {
            Bank bank = p.registers[v.index].type.bank();
            return bank == Bank::P ? 'p' : bank == Bank::D ? 'd' : 'w';
        }
        case ValueKind::Address: return 'm';
        case ValueKind::Special: return special_info(Special(v.index)).bits == 1 ? 'p' : 0;
        default: return 0;
    }
}

bool fits(const Program& p, const Instruction& i, const char* signature, uint8_t& destinations) {
    // mov packs and unpacks under one name: {a, b} = c and c = {a, b} differ only in where the braces are.
    size_t written = size_t(std::strchr(signature, '=') - signature);
    if (i.opcode.substr(0, 4) == "mov." && written != std::max<size_t>(i.destinations, 1)) return false;
    size_t k = 0;
    bool writes = true;
    for (const char* s = signature; *s; s++) {
        if (*s == '=') {
            writes = false;
            destinations = uint8_t(k);
            continue;
        }
        if (k == i.operands.size()) return false;
        const Value& v = i.operands[k++];
        char letter = letter_of(p, v);
        if (writes ? v.kind != ValueKind::Register && v.kind != ValueKind::Sink : v.kind == ValueKind::Sink)
            return false;
        if (*s == 'i') {
            if (v.kind != ValueKind::Integer) return false;
        } else if (letter ? letter != *s : *s == 'm') {
            return false;
        } else if (*s == 'p' && !letter && v.kind != ValueKind::Integer && v.kind != ValueKind::Sink) {
            return false;
        }
    }
    return k == i.operands.size();
}

std::string shape(const Program& p, const Instruction& i) {
    std::string text;
    for (const Value& v : i.operands) {
        char c = letter_of(p, v);
        text += c ? c : v.kind == ValueKind::Sink ? '_' : 'n';
    }
    return text;
}

// ld.param of an entry: any vector and type.
bool match_parameter_load(const Program& p, Instruction& i) {
    size_t count = i.operands.size() - 1;
    if (i.operands.empty() || i.operands.back().kind != ValueKind::Address || count == 0 || count > 8) return false;
    for (size_t k = 0; k < count; k++) {
        char letter = letter_of(p, i.operands[k]);
        if (i.operands[k].kind != ValueKind::Sink && letter != 'w' && letter != 'd') return false;
    }
    size_t dot = i.opcode.rfind('.');
    Type type;
    if (!parse_type(i.opcode.substr(dot + 1), type) || type.kind == TypeKind::Predicate) return false;
    for (std::string_view rest = i.opcode.substr(8, dot - 8); !rest.empty();) {
        size_t next = rest.find('.', 1);
        std::string_view word = rest.substr(0, next);
        if (word != ".v2" && word != ".v4" && word != ".v8" && word != ".nc" && word != ".relaxed"
            && word != ".volatile" && word != "::entry")
            return false;
        rest = next == std::string_view::npos ? std::string_view() : rest.substr(next);
    }
    i.form = &control_forms().loadParameter;
    i.destinations = uint8_t(count);
    return true;
}

bool match_clock(Instruction& i) {
    if (i.opcode.substr(0, 4) != "mov." || i.operands.size() != 2) return false;
    const Value& v = i.operands[1];
    if (v.kind != ValueKind::Special || special_info(Special(v.index)).scope != SpecialScope::Instruction) return false;
    if (i.operands[0].kind != ValueKind::Register) return false;
    i.form = &control_forms().readClock;
    i.destinations = 1;
    return true;
}

struct Candidates {
    std::string name;
    const std::vector<const Form*>* forms[3] = {nullptr, nullptr,
                                                nullptr};  // those of a tensor core's model, checked ones, others
};

}  // namespace

bool match_forms(Program& p, const FormTable& table, std::vector<std::string>& errors) {
    std::unordered_map<std::string_view, Candidates> known;
    bool allMatch = true;
    for (Instruction& i : p.code) {
        if (i.flow != Flow::Next || match_clock(i)) continue;
        auto report = [&](const std::string& what) {
            allMatch = false;
            if (errors.size() < 40) errors.push_back("ptx:" + std::to_string(i.line) + ": " + what);
        };
        if (i.opcode.substr(0, 8) == "ld.param") {
            if (!match_parameter_load(p, i)) report("unsupported form " + shown(i.opcode));
            continue;
        }
        auto [entry, isNew] = known.emplace(i.opcode, Candidates());
        Candidates& c = entry->second;
        if (isNew) {
            c.name = canonical_form(i.opcode);
            if (tensor_core() != TensorCore::Exact) c.forms[0] = table.find(c.name + "!model");
            if (p.checked) c.forms[1] = table.find(c.name + "!checked");
            c.forms[2] = table.find(c.name);
        }
        if (!c.forms[1] && !c.forms[2]) {
            report("unknown instruction " + shown(i.opcode));
            continue;
        }
        bool clock = false;
        for (const Value& v : i.operands)
            clock |= v.kind == ValueKind::Special && special_info(Special(v.index)).scope == SpecialScope::Instruction;
        if (clock) {
            report("clocks and timers can be read by mov only");
            continue;
        }
        for (int k = 0; k < 3 && !i.form; k++) {
            if (!c.forms[k]) continue;
            for (const Form* f : *c.forms[k]) {
                uint8_t destinations = 0;
                if (fits(p, i, f->signature, destinations)) {
                    i.form = f;
                    i.destinations = destinations;
                    break;
                }
            }
        }
        if (!i.form) {
            std::string expected;
            for (const Form* f : *(c.forms[2] ? c.forms[2] : c.forms[1]))
                expected += std::string(expected.empty() ? "" : " or ") + f->signature;
            report(shown(i.opcode) + " does not take these operands (" + shape(p, i)
                   + "; known: " + expected.substr(0, 200) + ")");
        }
        if (i.form && i.operands.size() > size_t(kMaxArgs) && !is_wgmma(i.opcode))
            report(shown(i.opcode) + " has more than " + std::to_string(kMaxArgs) + " operands");
    }
    return allMatch;
}

}  // namespace softcuda
