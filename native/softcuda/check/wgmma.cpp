// wgmma in checked mode: a product is computed some time between its issue and the wait for its group; without a seed at the
// wait, as late as is legal. Meanwhile the shared memory that it reads must not be written, its accumulators must not be
// touched, and A's registers must not be written.
#include <algorithm>
#include <cstring>

#include "check/block_checker.h"

namespace softcuda {
namespace {

constexpr uint32_t kEarlyOneIn = 2;  // with a seed: of so many products one is computed when it is issued

std::string hexadecimal64(uint64_t value) {
    return hexadecimal(uint32_t(value >> 32)) + hexadecimal(uint32_t(value)).substr(2);
}

WgmmaWarp& state_of(Warp& w) { return checker_of(*w.block)->wgmma[w.index]; }

// All pieces of shared memory that the warp's part of the product reads.
template <class Visit> bool for_pieces(const Warp& w, const WgmmaOperands& o, uint32_t blocks, Visit visit) {
    auto matrix = [&](const MatrixLayout& l, uint32_t first, uint32_t count) {
        for (uint32_t b = first; b < first + count; b++)
            for (uint32_t c = 0; c < 2; c++)
                for (uint32_t r = 0; r < 8; r++)
                    if (!visit(l.piece(b, c, r))) return false;
        return true;
    };
    return matrix(o.layoutB, 0, blocks) && (o.registers || matrix(o.layoutA, w.index % 4 * 2, 2));
}

// A swizzle's pattern is laid over addresses: a matrix that does not begin where the pattern does is read as another one.
bool aligned(const Ins* ip, Warp& w, const MatrixLayout& l, const char* which) {
    const uint32_t pattern = 8 * swizzle_bytes(l.swizzle);
    if (l.swizzle == Swizzle::None) return true;
    // Within a row the start may move, along k.
    if (l.start / 128 * 128 % pattern != 0)
        return report(ip, w, kCheckLaunchFailed, -1, l.start,
                      std::string("misaligned swizzle atom: matrix ") + which + " of a wgmma begins at shared address "
                          + std::to_string(l.start) + ", within a pattern of " + std::to_string(pattern) + " bytes");
    if (l.block % pattern == 0 || l.atomShift > 0) return true;
    return report(ip, w, kCheckLaunchFailed, -1, l.start,
                  std::string("misaligned swizzle atom: rows of matrix ") + which + " of a wgmma are "
                      + std::to_string(l.block) + " bytes apart by eight, expected a multiple of "
                      + std::to_string(pattern));
}

// A descriptor is the warpgroup's: all lanes of its four warps must give the same. Products are counted, since the warps issue
// them each in its turn.
bool agreed(const Ins* ip, Warp& w, const WgmmaOperands& o) {
    for (int k = o.registers ? 4 : 0; k < (o.registers ? 5 : 2); k++) {
        const uint64_t* lanes = reg<uint64_t>(ip, w, k);
        for (int l = 1; l < kLanes; l++)
            if (lanes[l] != lanes[0])
                return report(ip, w, kCheckLaunchFailed, l, lanes[l],
                              "the lanes of a warp give a wgmma different matrix descriptors: "
                                  + hexadecimal64(lanes[l]) + ", lane 0 " + hexadecimal64(lanes[0]));
    }
    WgmmaWarp& state = state_of(w);
    Warpgroup& group = checker_of(*w.block)->warpgroups[w.index / 4];
    const uint32_t number = state.products++ - group.first;
    if (number == group.issued.size()) {
        group.issued.push_back({ip, o.descriptorA, o.descriptorB, w.index, 3});
        return true;
    }
    IssuedProduct& other = group.issued[number];
    const std::string who = ", warp " + std::to_string(other.warp) + " of its warpgroup ";
    if (other.ip != ip)
        return report(ip, w, kCheckLaunchFailed, -1, 0,
                      "the warps of a warpgroup issue different wgmmas: this one here" + who + "that at PTX line "
                          + std::to_string(w.block->launch->code->lines[instruction_number(*w.block, other.ip)]));
    const bool a = !o.registers && o.descriptorA != other.descriptorA;
    if (a || o.descriptorB != other.descriptorB)
        return report(ip, w, kCheckLaunchFailed, -1, a ? o.descriptorA : o.descriptorB,
                      std::string("the warps of a warpgroup give a wgmma different descriptors of matrix ")
                          + (a ? "A" : "B") + ": " + hexadecimal64(a ? o.descriptorA : o.descriptorB) + who
                          + hexadecimal64(a ? other.descriptorA : other.descriptorB));
    other.others--;
    while (!group.issued.empty() && group.issued.front().others == 0) {
        group.issued.erase(group.issued.begin());
        group.first++;
    }
    return true;
}

// The part of warp `w` is over. Its reads are the warpgroup's: whoever waits for the product learns of them.
void finish(Warp& w, PendingProduct& p) {
    if (p.finished) return;
    if (!p.computed) p.product(p.ip, w, p.operands);
    p.computed = p.finished = true;
    Block& block = *w.block;
    const uint32_t at = instruction_number(block, p.ip), reader = products_clock(block, w.index);
    const Accessor who{checker_of(block)->clocks->own(reader), at, uint16_t(reader), 0, 3, false, true};
    for_pieces(w, p.operands, p.blocks, [&](uint32_t offset) {
        mark_reading(block, offset, 16, -1, at);
        record_proxy_read(block, offset, 16, who);
        return true;
    });
}

bool has_place(const PendingProduct& p, uint16_t place) {
    for (uint32_t k = 0; k < p.ip->aux; k++)
        if (wgmma_place(p.ip, k) == place) return true;
    return false;
}

}  // namespace

bool check_wgmma(const Ins* ip, Warp& w, const WgmmaOperands& operands, uint32_t blocks, WgmmaProduct product) {
    BlockChecker& checker = *checker_of(*w.block);
    WgmmaWarp& state = state_of(w);
    if (checker.options.sync) {
        if (!agreed(ip, w, operands)) return false;
        if (!aligned(ip, w, operands.layoutB, "B") || (!operands.registers && !aligned(ip, w, operands.layoutA, "A")))
            return false;
        bool fenced = state.fenced;
        for (uint32_t k = 0; k < ip->aux; k++) fenced &= !state.written.count(wgmma_place(ip, k));
        for (int k = 0; operands.registers && k < 4; k++) fenced &= !state.written.count(ip->arg[k]);
        if (!fenced)
            return report(ip, w, kCheckLaunchFailed, -1, 0,
                          "wgmma without wgmma.fence behind the last write of its registers");
    }
    if (!for_pieces(w, operands, blocks,
                    [&](uint32_t offset) { return check_proxy_read(ip, w, *w.block, 0, offset, 16); }))
        return false;
    const uint32_t at = instruction_number(*w.block, ip);
    for_pieces(w, operands, blocks, [&](uint32_t offset) {
        mark_reading(*w.block, offset, 16, 1, at);
        return true;
    });
    PendingProduct p{ip, operands, blocks, product, state.groups, false, false};
    // Products of a warp add to their accumulators in order: one is early only if all before it were.
    const bool inOrder =
        std::all_of(state.pending.begin(), state.pending.end(), [](const PendingProduct& q) { return q.computed; });
    if (inOrder && checker.random && choose(checker, kEarlyOneIn) == 0) {
        product(ip, w, operands);
        p.computed = true;
    }
    state.pending.push_back(p);
    return true;
}

void check_wgmma_fence(Warp& w) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    state_of(w).fenced = true;
    state_of(w).written.clear();
}

void check_wgmma_commit(Warp& w) {
    if (checker_of(*w.block) != nullptr) state_of(w).groups++;
}

bool check_wgmma_wait(Warp& w, uint32_t keep) {
    if (checker_of(*w.block) == nullptr) return true;
    WgmmaWarp& state = state_of(w);
    // The whole warpgroup's parts are over.
    for (uint32_t i = w.index / 4 * 4; i < std::min(w.index / 4 * 4 + 4, w.block->warps); i++) {
        for (PendingProduct& p : state_of(w.block->warp[i]).pending)
            if (p.group + keep < state.groups) finish(w.block->warp[i], p);
    }
    Clocks& clocks = *checker_of(*w.block)->clocks;
    clocks.learn(clock_of(w), products_clock(*w.block, w.index));
    clocks.advance(products_clock(*w.block, w.index));
    size_t done = 0;
    while (done < state.pending.size() && state.pending[done].group + keep < state.groups) done++;
    state.pending.erase(state.pending.begin(), state.pending.begin() + std::ptrdiff_t(done));
    return true;
}

bool check_wgmma_touch(const Ins* ip, Warp& w, uint16_t place, bool writes) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync) return true;
    WgmmaWarp& state = state_of(w);
    for (const PendingProduct& p : state.pending) {
        const Code& code = *w.block->launch->code;
        const std::string where = " at PTX line " + std::to_string(code.lines[instruction_number(*w.block, p.ip)])
                                  + " (a wgmma.wait_group is missing)";
        if (has_place(p, place))
            return report(
                ip, w, kCheckLaunchFailed, __builtin_ctz(w.active), 0,
                std::string(writes ? "write" : "read") + " of an accumulator before the wait for the wgmma" + where);
        if (writes && p.operands.registers && std::find(p.ip->arg, p.ip->arg + 4, place) != p.ip->arg + 4)
            return report(ip, w, kCheckLaunchFailed, __builtin_ctz(w.active), 0,
                          "write of a register that holds matrix A before the wait for the wgmma" + where);
    }
    if (writes) state.written.insert(place);
    return true;
}

bool check_wgmma_end(Warp& w) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr || !checker->options.sync || state_of(w).pending.empty()) return true;
    return report(state_of(w).pending.front().ip, w, kCheckLaunchFailed, -1, 0,
                  "the warp ends while a wgmma is pending (a wgmma.wait_group is missing)");
}

}  // namespace softcuda
