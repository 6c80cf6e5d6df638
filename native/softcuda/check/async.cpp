// cp.async in checked mode: a copy reads and lands when its thread waits for its group, which is as late as is legal.
//
// It is checked twice, as an interval: at issue (its source as a read, its destination as a write against what came
// before) and at completion (as a write against what others did in between). In between the bytes are nobody's to touch.
#include <cstring>

#include "check/block_checker.h"

namespace softcuda {

namespace {

void land(uint64_t shared, uint64_t global, uint32_t bytes, uint32_t read) {
    uint8_t* to = reinterpret_cast<uint8_t*>(shared);
    std::memcpy(to, reinterpret_cast<const void*>(global), read);
    std::memset(to + read, 0, bytes - read);
}

}  // namespace

bool check_async_copy(const Ins* ip, Warp& w, const uint64_t* shared, const uint64_t* global, uint32_t lanes,
                      uint32_t bytes, const uint32_t* read) {
    Block& block = *w.block;
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) {
        for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
            const int l = __builtin_ctz(rest);
            land(shared[l], global[l], bytes, read[l]);
        }
        return true;
    }
    const uint32_t at = instruction_number(block, ip);
    WarpCopies& copies = checker->copies[w.index];
    for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
        const int l = __builtin_ctz(rest);
        const uint32_t offset = uint32_t(shared[l] - reinterpret_cast<uint64_t>(block.shared));
        if (read[l] != 0 && !check_global(ip, w, global, 1u << l, read[l], Access::Read, false)) return false;
        if (!check_shared_issue(ip, w, block, l, offset, bytes)) return false;
        mark_pending(block, offset, bytes, 1, at);
        copies.pending.push_back({shared[l], global[l], bytes, read[l], at, copies.committed[l], uint8_t(l)});
    }
    return true;
}

bool check_async_store(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes) {
    return checker_of(block) == nullptr || check_shared(ip, w, block, lane, offset, bytes, Access::Write, false);
}

void check_async_commit(Warp& w) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    for (uint32_t rest = w.active; rest != 0; rest &= rest - 1)
        checker->copies[w.index].committed[__builtin_ctz(rest)]++;
}

bool check_async_wait(const Ins* ip, Warp& w, uint32_t keep, bool all) {
    Block& block = *w.block;
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) return true;
    WarpCopies& copies = checker->copies[w.index];
    size_t kept = 0;
    for (size_t i = 0; i < copies.pending.size(); i++) {
        const PendingCopy copy = copies.pending[i];
        const bool due = (w.active >> copy.lane & 1) && (all || copy.group + keep < copies.committed[copy.lane]);
        if (!due) {
            copies.pending[kept++] = copy;
            continue;
        }
        const uint32_t offset = uint32_t(copy.shared - reinterpret_cast<uint64_t>(block.shared));
        mark_pending(block, offset, copy.bytes, -1, copy.at);
        land(copy.shared, copy.global, copy.bytes, copy.read);
        if (!check_shared_landing(ip, w, block, copy.lane, offset, copy.bytes, copy.at, false)) return false;
    }
    copies.pending.resize(kept);
    return true;
}

}  // namespace softcuda
