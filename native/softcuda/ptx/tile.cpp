// Finds the outer products in unrolled matrix products.
//
// Such a loop body reads a few values of A and B from shared memory, multiplies them all with each other, and again. A fma
// has no effect but on its register, so within a basic block the other instructions may come first where registers allow;
// then chains of fma (each adds to the result of the one before) gather, and 4 x 4 chains over the same factors are a tile
// that runs as one (isa/fma_tile.cpp). Rounding is as written: each chain keeps its order.
#include <algorithm>
#include <map>
#include <string_view>

#include "ptx/decode.h"

namespace softcuda {
namespace {

constexpr size_t kWindow =
    256;  // fma after which the next other instruction closes a window: bounds the registers alive
constexpr int kSide = 4;

struct Chain {
    std::vector<uint32_t> items;          // indices into the window
    std::vector<uint32_t> rows, columns;  // first and second factors
};

// Marks on registers that are all forgotten in one step.
class Marks {
public:
    explicit Marks(size_t n) : stamp_(n, 0) {}
    void clear() { now_++; }
    bool has(uint32_t r) const { return stamp_[r] == now_; }
    void set(uint32_t r) { stamp_[r] = now_; }

private:
    std::vector<uint32_t> stamp_;
    uint32_t now_ = 1;
};

class Tiler {
public:
    Tiler(Program& p, const Form* tile)
        : p_(p),
          tile_(tile),
          uses_(p.registers.size()),
          definitions_(p.registers.size()),
          written_(p.registers.size()),
          factors_(p.registers.size()),
          sums_(p.registers.size()) {}

    void run() {
        if (std::count_if(p_.code.begin(), p_.code.end(), is_fma) < kSide * kSide) return;
        count();
        std::vector<uint32_t> moved(p_.code.size() + 1);
        std::vector<bool> leader(p_.code.size() + 1, false);
        for (const Instruction& i : p_.code) {
            if (i.flow == Flow::Branch) leader[i.target] = true;
        }
        for (const auto& table : p_.tables) {
            for (uint32_t target : table) leader[target] = true;
        }
        for (size_t k = 0; k < p_.code.size(); k++) {
            Instruction& i = p_.code[k];
            if (leader[k]) flush();
            moved[k] = uint32_t(out_.size());
            if (is_fma(i)) {
                add(std::move(i));
                continue;
            }
            if (i.flow != Flow::Next || window_.size() >= kWindow || depends(i)) flush();
            out_.push_back(std::move(i));
        }
        flush();
        moved[p_.code.size()] = uint32_t(out_.size());
        for (Instruction& i : out_) {
            if (i.flow == Flow::Branch) i.target = moved[i.target];
        }
        for (auto& table : p_.tables) {
            for (uint32_t& target : table) target = moved[target];
        }
        p_.code = std::move(out_);
    }

private:
    static bool is_fma(const Instruction& i) {
        if (!i.form || i.guard >= 0 || i.removed || std::string_view(i.form->name) != "fma.rn.f32") return false;
        for (const Value& v : i.operands) {
            if (v.kind != ValueKind::Register) return false;
        }
        return true;
    }

    void count() {
        for (const Instruction& i : p_.code) {
            for (size_t k = 0; k < i.operands.size(); k++) {
                const Value& v = i.operands[k];
                if (v.kind == ValueKind::Address && v.baseIsRegister) uses_[v.index]++;
                if (v.kind != ValueKind::Register) continue;
                if (k < i.destinations) definitions_[v.index]++;
                if (k >= i.destinations || i.guard >= 0) uses_[v.index]++;
            }
        }
    }

    void add(Instruction&& i) {
        written_.set(i.operands[0].index);
        factors_.set(i.operands[1].index);
        factors_.set(i.operands[2].index);
        sums_.set(i.operands[3].index);
        window_.push_back(std::move(i));
    }

    // Whether an instruction may not come before the fma that wait in the window.
    bool depends(const Instruction& i) const {
        for (size_t k = 0; k < i.operands.size(); k++) {
            const Value& v = i.operands[k];
            if (v.kind == ValueKind::Address && v.baseIsRegister && written_.has(v.index)) return true;
            if (v.kind != ValueKind::Register) continue;
            if (written_.has(v.index)) return true;
            if (k < i.destinations && (factors_.has(v.index) || sums_.has(v.index))) return true;
        }
        return false;
    }

    void flush() {
        if (window_.empty()) return;
        std::vector<Chain> chains;
        std::vector<bool> taken(window_.size(), false);
        if (window_.size() >= size_t(kSide * kSide) && find_chains(chains)) emit_tiles(chains, taken);
        for (size_t k = 0; k < window_.size(); k++) {
            if (!taken[k]) out_.push_back(std::move(window_[k]));
        }
        window_.clear();
        written_.clear();
        factors_.clear();
        sums_.clear();
    }

    // Splits the window into chains that do not touch each other. False when they do, or a link is read elsewhere as well.
    bool find_chains(std::vector<Chain>& chains) {
        written_.clear();
        factors_.clear();
        sums_.clear();
        std::map<uint32_t, uint32_t> tail;   // register that holds a chain's sum so far
        std::map<uint32_t, uint32_t> first;  // register that held its first sum
        for (uint32_t k = 0; k < window_.size(); k++) {
            uint32_t d = window_[k].operands[0].index, a = window_[k].operands[1].index,
                     b = window_[k].operands[2].index, c = window_[k].operands[3].index;
            if (written_.has(a) || written_.has(b)) return false;
            uint32_t chain = uint32_t(chains.size());
            if (written_.has(c)) {
                auto link = tail.find(c);
                if (link == tail.end() || (d != c && (definitions_[c] != 1 || uses_[c] != 1))) return false;
                chain = link->second;
                tail.erase(link);
            } else {
                if (sums_.has(c)) return false;  // two chains begin with one value
                chains.emplace_back();
                sums_.set(c);
                first[c] = chain;
            }
            if (factors_.has(d) || d == a || d == b || (d != c && written_.has(d))) return false;
            if (sums_.has(d) && first[d] != chain)
                return false;  // a loop's last step gives back the register of its first sum
            written_.set(d);
            factors_.set(a);
            factors_.set(b);
            tail[d] = chain;
            chains[chain].items.push_back(k);
            chains[chain].rows.push_back(a);
            chains[chain].columns.push_back(b);
        }
        return true;
    }

    void emit_tiles(const std::vector<Chain>& chains, std::vector<bool>& taken) {
        using Factors = std::vector<uint32_t>;
        std::map<Factors, uint32_t> rowNumber, columnNumber;
        std::map<std::pair<uint32_t, uint32_t>, uint32_t> cell;
        for (uint32_t n = 0; n < chains.size(); n++) {
            uint32_t row = rowNumber.emplace(chains[n].rows, uint32_t(rowNumber.size())).first->second;
            uint32_t column = columnNumber.emplace(chains[n].columns, uint32_t(columnNumber.size())).first->second;
            cell.emplace(std::make_pair(row, column), n);
        }
        for (uint32_t row = 0; row + kSide <= rowNumber.size(); row += kSide) {
            for (uint32_t column = 0; column + kSide <= columnNumber.size(); column += kSide) {
                uint32_t members[kSide * kSide];
                bool whole = true;
                for (uint32_t m = 0; m < kSide * kSide && whole; m++) {
                    auto found = cell.find({row + m / kSide, column + m % kSide});
                    whole = found != cell.end()
                            && (m == 0 || chains[found->second].items.size() == chains[members[0]].items.size());
                    if (whole) members[m] = found->second;
                }
                if (whole) emit_tile(chains, members, taken);
            }
        }
    }

    void emit_tile(const std::vector<Chain>& chains, const uint32_t* members, std::vector<bool>& taken) {
        uint32_t steps = uint32_t(chains[members[0]].items.size());
        Instruction header;
        header.opcode = tile_->name;
        header.form = tile_;
        header.line = window_[chains[members[0]].items[0]].line;
        header.target = steps;
        out_.push_back(header);
        for (uint32_t k = 0; k < steps; k++) {
            for (int m = 0; m < kSide * kSide; m++) {
                uint32_t item = chains[members[m]].items[k];
                taken[item] = true;
                out_.push_back(std::move(window_[item]));
            }
        }
    }

    Program& p_;
    const Form* tile_;
    std::vector<Instruction> out_, window_;
    std::vector<uint32_t> uses_, definitions_;
    Marks written_, factors_, sums_;  // by the fma in the window
};

}  // namespace

void form_tiles(Program& program, const FormTable& table) {
    const std::vector<const Form*>* forms = table.find("internal.fma.tile");
    if (forms) Tiler(program, forms->front()).run();
}

}  // namespace softcuda
