#include <algorithm>
#include <queue>

#include "ptx/decode.h"

namespace softcuda {
namespace {

struct BasicBlock {
    uint32_t begin, end;
    std::vector<uint32_t> successors;
};

// Calls visit(register, isDefinition) for the registers of one instruction: reads first.
template <class Visit> void visit_registers(const Instruction& i, Visit visit) {
    // Accumulators that a wgmma may still write when its group is waited for.
    for (uint32_t r : i.touches) visit(r, false);
    if (i.guard >= 0) visit(uint32_t(i.guard), false);
    for (size_t k = 0; k < i.operands.size(); k++) {
        const Value& v = i.operands[k];
        if (v.kind == ValueKind::Address && v.baseIsRegister) visit(v.index, false);
        if (v.kind == ValueKind::Register && (k >= i.destinations || i.guard >= 0 || is_wgmma(i.opcode)))
            visit(v.index, false);
    }
    for (size_t k = 0; k < i.destinations && k < i.operands.size(); k++) {
        if (i.operands[k].kind == ValueKind::Register) visit(i.operands[k].index, true);
    }
}

// Handlers read and write lane by lane, so a destination may take the slot of a source that dies; not where lanes read
// other lanes, where several destinations are written one after the other, or where memory is involved.
bool may_alias(const Instruction& i) {
    if (i.destinations != 1) return false;
    for (const Value& v : i.operands) {
        if (v.kind == ValueKind::Address) return false;
    }
    for (std::string_view name : {"shfl", "mma", "wmma", "wgmma", "vote", "match", "redux", "activemask", "elect",
                                  "bar", "movmatrix", "call"}) {
        if (i.opcode.substr(0, name.size()) == name) return false;
    }
    return true;
}

std::vector<BasicBlock> split_blocks(const Program& p, std::vector<bool>& leader) {
    size_t n = p.code.size();
    leader.assign(n + 1, false);
    if (n) leader[0] = true;
    for (size_t k = 0; k < n; k++) {
        const Instruction& i = p.code[k];
        if (i.flow == Flow::Next) continue;
        leader[k + 1] = true;
        if (i.flow == Flow::Branch) leader[i.target] = true;
        if (i.flow == Flow::IndexedBranch) {
            for (uint32_t target : p.tables[i.target]) leader[target] = true;
        }
    }
    std::vector<uint32_t> blockAt(n + 1, 0);
    std::vector<BasicBlock> blocks;
    for (size_t k = 0; k < n; k++) {
        if (leader[k]) blocks.push_back({uint32_t(k), 0, {}});
        blocks.back().end = uint32_t(k + 1);
        blockAt[k] = uint32_t(blocks.size() - 1);
    }
    for (size_t b = 0; b < blocks.size(); b++) {
        const Instruction& last = p.code[blocks[b].end - 1];
        auto& next = blocks[b].successors;
        if (last.flow == Flow::Branch) next.push_back(blockAt[last.target]);
        if (last.flow == Flow::IndexedBranch) {
            for (uint32_t target : p.tables[last.target]) next.push_back(blockAt[target]);
        }
        if (b + 1 < blocks.size() && (last.flow == Flow::Next || last.guard >= 0)) next.push_back(uint32_t(b + 1));
        std::sort(next.begin(), next.end());
        next.erase(std::unique(next.begin(), next.end()), next.end());
    }
    return blocks;
}

using Bits = std::vector<uint64_t>;

}  // namespace

Liveness analyse_liveness(const Program& p) {
    Liveness result;
    std::vector<BasicBlock> blocks = split_blocks(p, result.leader);
    result.ranges.resize(p.registers.size());

    // Only registers that some block reads before writing can be live across blocks; number those densely.
    std::vector<int32_t> number(p.registers.size(), -1);
    std::vector<uint32_t> crossing;
    std::vector<uint32_t> writtenIn(p.registers.size(), 0xffffffffu);
    for (uint32_t b = 0; b < blocks.size(); b++) {
        for (uint32_t k = blocks[b].begin; k < blocks[b].end; k++) {
            visit_registers(p.code[k], [&](uint32_t r, bool definition) {
                if (definition) writtenIn[r] = b;
                else if (writtenIn[r] != b && number[r] < 0) {
                    number[r] = int32_t(crossing.size());
                    crossing.push_back(r);
                }
            });
        }
    }
    size_t words = (crossing.size() + 63) / 64;
    if (words * blocks.size() > (size_t(1) << 27))
        throw PtxError(p.entry->line, "the kernel is too large: " + std::to_string(blocks.size()) + " blocks with "
                                          + std::to_string(crossing.size()) + " registers live between them");
    std::vector<Bits> uses(blocks.size(), Bits(words)), kills(blocks.size(), Bits(words)),
        in(blocks.size(), Bits(words));
    for (uint32_t b = 0; b < blocks.size(); b++) {
        for (uint32_t k = blocks[b].begin; k < blocks[b].end; k++) {
            visit_registers(p.code[k], [&](uint32_t r, bool definition) {
                if (number[r] < 0) return;
                uint64_t bit = uint64_t(1) << (number[r] & 63);
                size_t word = size_t(number[r]) / 64;
                if (definition) kills[b][word] |= bit;
                else if (!(kills[b][word] & bit)) uses[b][word] |= bit;
            });
        }
        in[b] = uses[b];
    }

    // Backwards to the fixed point: in = uses | (out - kills).
    std::vector<std::vector<uint32_t>> predecessors(blocks.size());
    for (uint32_t b = 0; b < blocks.size(); b++) {
        for (uint32_t s : blocks[b].successors) predecessors[s].push_back(b);
    }
    std::vector<bool> queued(blocks.size(), true);
    std::vector<uint32_t> work;
    for (uint32_t b = 0; b < blocks.size(); b++) work.push_back(b);  // the last block comes first off the stack
    while (!work.empty()) {
        uint32_t b = work.back();
        work.pop_back();
        queued[b] = false;
        bool changed = false;
        for (uint32_t s : blocks[b].successors) {
            for (size_t w = 0; w < words; w++) {
                uint64_t now = in[b][w] | (in[s][w] & ~kills[b][w]);
                changed |= now != in[b][w];
                in[b][w] = now;
            }
        }
        if (!changed) continue;
        for (uint32_t q : predecessors[b]) {
            if (!queued[q]) {
                queued[q] = true;
                work.push_back(q);
            }
        }
    }

    auto touch = [&](uint32_t r, uint32_t position) {
        LiveRange& range = result.ranges[r];
        range.begin = std::min(range.begin, position);
        range.end = std::max(range.end, position);
    };
    auto for_live_in = [&](uint32_t b, auto&& visit) {
        for (size_t w = 0; w < words; w++) {
            for (uint64_t bits = in[b][w]; bits; bits &= bits - 1)
                visit(crossing[w * 64 + size_t(__builtin_ctzll(bits))]);
        }
    };
    for (uint32_t b = 0; b < blocks.size(); b++) {
        for_live_in(b, [&](uint32_t r) { touch(r, 2 * blocks[b].begin); });
        for (uint32_t s : blocks[b].successors) for_live_in(s, [&](uint32_t r) { touch(r, 2 * blocks[b].end - 1); });
        for (uint32_t k = blocks[b].begin; k < blocks[b].end; k++) {
            uint32_t read = may_alias(p.code[k]) ? 2 * k : 2 * k + 1;
            visit_registers(p.code[k], [&](uint32_t r, bool definition) { touch(r, definition ? 2 * k + 1 : read); });
            visit_registers(p.code[k], [&](uint32_t r, bool definition) {
                if (!definition) touch(r, 2 * k);
            });
        }
    }
    return result;
}

// Linear scan (Poletto and Sarkar, 1999) without spilling: the register file is as large as it must be.
Allocation allocate_slots(const Program& p, const Liveness& liveness) {
    Allocation result;
    result.slot.assign(p.registers.size(), 0);
    std::vector<uint32_t> order;
    for (uint32_t r = 0; r < p.registers.size(); r++) {
        if (liveness.ranges[r].begin <= liveness.ranges[r].end) order.push_back(r);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return liveness.ranges[a].begin < liveness.ranges[b].begin; });
    using Active = std::pair<uint32_t, uint32_t>;  // end of the range, slot
    std::priority_queue<Active, std::vector<Active>, std::greater<Active>> active[3];
    std::vector<uint32_t> unused[3];
    for (uint32_t r : order) {
        int bank = int(p.registers[r].type.bank());
        const LiveRange& range = liveness.ranges[r];
        while (!active[bank].empty() && active[bank].top().first < range.begin) {
            unused[bank].push_back(active[bank].top().second);
            active[bank].pop();
        }
        uint32_t slot;
        if (unused[bank].empty()) {
            slot = result.count[bank]++;
        } else {
            slot = unused[bank].back();  // the one freed last is the likeliest to be in the cache
            unused[bank].pop_back();
        }
        result.slot[r] = slot;
        active[bank].push({range.end, slot});
    }
    return result;
}

}  // namespace softcuda
