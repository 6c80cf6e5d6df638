// Bulk copies in checked mode: each is performed some time between its issue and the moment at which the program may rely
// on it. Without a seed as late as is legal: a load when no warp can go on without it, a store when its group is waited
// for. With one, some at once, others at any time in between.
//
// A copy's accesses are checked when it is issued, in order with what came before, and when it is performed, with what
// others did in between; meanwhile its bytes are marked (Granule::pending, Granule::reading).
#include <algorithm>

#include "async/block_async.h"
#include "check/block_checker.h"
#include "check/peers.h"

namespace softcuda {
namespace {

constexpr uint32_t kEarlyOneIn = 4;  // with a seed: of so many copies one is performed when it is issued

// All chunks of the transfer's side in shared memory; stops at the first for which visit is false.
template <class Visit> bool for_shared(const Transfer& t, Visit visit) {
    bool good = true;
    if (t.route == Route::Move) {
        for (uint32_t o = 0; o < t.bytes && good; o += 16) good = visit(t.shared.offset + o);
        return good;
    }
    for_each_chunk(t, [&](uint32_t offset, uint64_t, uint32_t first, uint32_t last) {
        const bool touched = t.route == Route::Load || first != last;
        if (good && touched && offset + 16 <= t.shared.block->sharedBytes) good = visit(offset);
    });
    return good;
}

bool for_landing(const Transfer& t, bool (*visit)(const Transfer&, Block&, uint32_t)) {
    if (t.route == Route::Move) {
        for (uint32_t o = 0; o < t.bytes; o += 16)
            if (!visit(t, *t.target.block, t.target.offset + o)) return false;
        return true;
    }
    bool good = true;
    for_each_destination(t, [&](Block& block) {
        good = good && for_shared(t, [&](uint32_t offset) { return visit(t, block, offset); });
    });
    return good;
}

uint32_t number(const Transfer& t) { return instruction_number(*t.warp->block, t.at); }

bool check_global_side(const Transfer& t) {
    if (t.route == Route::Move) return true;
    bool good = true;
    const Access access = t.route == Route::Load           ? Access::Read
                          : t.reduction == Reduction::None ? Access::Write
                                                           : Access::Atomic;
    const Launch& l = *t.warp->block->launch;
    for_each_chunk(t, [&](uint32_t, uint64_t global, uint32_t first, uint32_t last) {
        if (!good || first == last) return;
        uint64_t host[kLanes];
        host[t.lane] = global + first;
        // What lies outside of device memory is reported when the data moves.
        if (host[t.lane] - l.arenaLow >= l.arenaHigh - l.arenaLow) return;
        good = check_global(t.at, *t.warp, host, 1u << t.lane, last - first, access, access == Access::Atomic,
                            Proxy::Async);
    });
    return good;
}

bool barriers_fenced(const Transfer& t) {
    if (t.route == Route::Move) return check_mbarrier_fenced(t.at, *t.warp, *t.barrier.block, t.lane, t.barrier.offset);
    bool good = true;
    for_each_destination(
        t, [&](Block& block) { good = good && check_mbarrier_fenced(t.at, *t.warp, block, t.lane, t.barrier.offset); });
    return good;
}

// A store or move has read its source.
bool end_reading(Flight& f) {
    Transfer& t = f.transfer;
    f.read = true;
    const Accessor reader{checker_of(*t.warp->block)->clocks->own(clock_of(*t.warp)),
                          number(t),
                          uint16_t(clock_of(*t.warp)),
                          uint8_t(t.lane),
                          3,
                          false,
                          false};
    return for_shared(t, [&](uint32_t offset) {
        mark_reading(*t.shared.block, offset, 16, -1, number(t));
        record_proxy_read(*t.shared.block, offset, 16, reader);
        return true;
    });
}

bool land(Flight& f) {
    const Transfer& t = f.transfer;
    if (t.route == Route::Store) {
        if (!f.read) return end_reading(f) && move_data(t);
        return move_data(t, f.source.data());
    }
    if (t.route == Route::Move && !end_reading(f)) return false;
    if (checker_of(*t.warp->block)->options.sync) {
        bool ended = t.route == Route::Move ? async_of(*t.target.block).ended : false;
        if (t.route == Route::Load) for_each_destination(t, [&](Block& block) { ended |= async_of(block).ended; });
        if (ended)
            return report(t.at, *t.warp, kCheckLaunchFailed, t.lane, t.shared.offset,
                          "a bulk copy lands in a block of the cluster that has ended (a cluster barrier is missing "
                          "before its end)");
    }
    if (!move_data(t)) return false;
    if (!for_landing(t, [](const Transfer& t, Block& block, uint32_t offset) {
            mark_pending(block, offset, 16, -1, number(t));
            return check_shared_landing(t.at, *t.warp, block, t.lane, offset, 16, number(t), true);
        }))
        return false;
    // Who sees the phase's end sees the data.
    if (t.route == Route::Move) check_mbarrier_arrive(*t.warp, *t.barrier.block, t.barrier.offset);
    else for_each_destination(t, [&](Block& block) { check_mbarrier_arrive(*t.warp, block, t.barrier.offset); });
    return signal_arrival(t);
}

bool capture(Flight& f) {
    const Transfer& t = f.transfer;
    const uint32_t span = t.tensor ? t.box.map.rows() * t.box.map.row_pitch() : t.bytes;
    const uint32_t room = t.shared.block->sharedBytes - t.shared.offset;
    f.source.assign(t.shared.at(), t.shared.at() + std::min(span, room));
    // A swizzle of a box that is not where its pattern begins reaches beyond its end, yet within the pattern.
    f.source.resize(span + 1024);
    return end_reading(f);
}

}  // namespace

bool check_transfer(const Transfer& t) {
    BlockChecker& checker = *checker_of(*t.warp->block);
    const uint32_t pattern = t.tensor ? 8 * swizzle_bytes(t.box.map.swizzle) : 1;
    if (checker.options.sync && t.tensor && t.box.map.swizzle != Swizzle::None && t.box.map.rows() >= 8
        && t.shared.offset % pattern)
        return report(t.at, *t.warp, kCheckLaunchFailed, t.lane, t.shared.offset,
                      "misaligned swizzle atom: a swizzled box of eight rows or more begins within a pattern of "
                          + std::to_string(pattern) + " bytes");
    if (!check_global_side(t)) return false;
    if (t.route != Route::Load) {
        if (!for_shared(t, [&](uint32_t offset) {
                if (!check_proxy_read(t.at, *t.warp, *t.shared.block, t.lane, offset, 16)) return false;
                mark_reading(*t.shared.block, offset, 16, 1, number(t));
                return true;
            }))
            return false;
    }
    if (t.route != Route::Store) {
        if (!barriers_fenced(t)) return false;
        if (!for_landing(t, [](const Transfer& t, Block& block, uint32_t offset) {
                if (!check_shared_issue(t.at, *t.warp, block, t.lane, offset, 16)) return false;
                mark_pending(block, offset, 16, 1, number(t));
                return true;
            }))
            return false;
    }
    Flight f;
    f.transfer = t;
    f.group = checker.bulkGroups[t.warp->index][size_t(t.lane)];
    if (checker.random && choose(checker, kEarlyOneIn) == 0) return land(f);
    checker.flights.push_back(std::move(f));
    return true;
}

void check_bulk_commit(Warp& w) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return;
    for (uint32_t rest = w.active; rest != 0; rest &= rest - 1)
        checker->bulkGroups[w.index][size_t(__builtin_ctz(rest))]++;
}

bool check_bulk_wait(const Ins*, Warp& w, uint32_t keep, bool read) {
    BlockChecker* checker = checker_of(*w.block);
    if (checker == nullptr) return true;
    for (size_t i = 0; i < checker->flights.size();) {
        Flight& f = checker->flights[i];
        const Transfer& t = f.transfer;
        const bool due = t.route == Route::Store && t.warp == &w && (w.active >> t.lane & 1)
                         && f.group + keep < checker->bulkGroups[w.index][size_t(t.lane)];
        if (!due) {
            i++;
        } else if (read) {
            if (!f.read && !capture(f)) return false;
            i++;
        } else {
            Flight now = std::move(f);
            checker->flights.erase(checker->flights.begin() + std::ptrdiff_t(i));
            if (!land(now)) return false;
        }
    }
    return true;
}

bool check_land_one(Cluster& cluster, bool needed) {
    for (uint32_t rank = 0; rank < cluster.blocks; rank++) {
        BlockChecker* checker = checker_of(*cluster.block[rank]);
        if (checker == nullptr || checker->flights.empty()) continue;
        if (!needed && (!checker->random || choose(*checker, kEarlyOneIn) != 0)) continue;
        std::vector<size_t> candidates;
        for (size_t i = 0; i < checker->flights.size(); i++)
            if (!needed || checker->flights[i].transfer.route != Route::Store) candidates.push_back(i);
        if (candidates.empty()) continue;
        const size_t i = candidates[checker->random ? choose(*checker, uint32_t(candidates.size())) : 0];
        Flight now = std::move(checker->flights[i]);
        checker->flights.erase(checker->flights.begin() + std::ptrdiff_t(i));
        land(now);
        return true;
    }
    return false;
}

bool check_block_end(Block& block) {
    BlockChecker* checker = checker_of(block);
    if (checker == nullptr) return true;
    for (uint32_t i = 0; i < block.warps; i++)
        if (!check_wgmma_end(block.warp[i])) return false;
    for (Flight& f : checker->flights) {
        const Transfer& t = f.transfer;
        if (t.route != Route::Store) {
            if (checker->options.sync)
                return report(
                    t.at, *t.warp, kCheckLaunchFailed, t.lane, t.shared.offset,
                    "the block ends while a bulk copy to shared memory is on its way (nobody waited for its mbarrier)");
            continue;
        }
        if (!f.read && checker->options.sync)
            return report(t.at, *t.warp, kCheckLaunchFailed, t.lane, t.shared.offset,
                          "the block ends while a bulk copy may still read its shared memory "
                          "(cp.async.bulk.wait_group.read is missing)");
        if (!land(f)) return false;
    }
    checker->flights.clear();
    return true;
}

void check_proxy_fence(Warp& w, bool shared, bool global) {
    BlockChecker* checker = checker_of(*w.block);
    if (shared) check_mbarrier_fence(w);
    if (checker == nullptr || !checker->options.race) return;
    if (global) global_proxy_fence(w);
    if (!shared) return;
    const uint32_t now = checker->clocks->own(clock_of(w));
    for (uint32_t rest = w.active; rest != 0; rest &= rest - 1)
        checker->fences[w.index * kLanes + uint32_t(__builtin_ctz(rest))].push_back(now);
}

}  // namespace softcuda
