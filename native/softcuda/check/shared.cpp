// Races and uninitialised reads in shared memory.
//
// A race is a pair of accesses of different threads to one byte, at least one a write, that no barrier orders
// (check/clocks.h). Atomic and other strong accesses do not race with each other or with plain ones; they carry
// happens-before through their location, as a release followed by an acquire does. (So a plain access that conflicts with
// an atomic one is not reported: flags and locks give no false alarms.)
#include "check/block_checker.h"
#include "check/peers.h"
#include "exec/kernel_code.h"

namespace softcuda {

namespace {

bool same_thread(const Accessor& who, const Warp& w, int lane) {
    return who.warp == clock_of(w) && who.lane == lane && !who.manyLanes;
}

bool ordered(const BlockChecker& checker, const Accessor& before, const Warp& w, int lane) {
    if (same_thread(before, w, lane)) return true;
    if (before.warp == clock_of(w)) return checker.clocks->own(clock_of(w)) > before.clock;
    return checker.clocks->known(clock_of(w), before.warp) >= before.clock;
}

bool race(const Ins* ip, Warp& w, int lane, uint32_t offset, Access now, const Accessor& other, const char* before,
          const char* landing) {
    const bool oneWarp = other.warp == clock_of(w);
    return report(ip, w, kCheckLaunchFailed, lane, offset,
                  std::string("race in shared memory: ") + landing + verb(now) + " not ordered with a " + before
                      + " by " + describe(*w.block, other)
                      + (oneWarp ? " (a __syncwarp is missing)" : " (a barrier is missing)"));
}

// One granule, the bytes in `mask`.
bool conflict_free(const Ins* ip, Warp& w, BlockChecker& checker, int lane, uint32_t offset, uint8_t mask,
                   Access access, bool strong, uint32_t at, const char* landing) {
    Granule& g = checker.granules[offset / 2];
    const bool writes = access != Access::Read;
    // Two lanes of one store at one address: PTX leaves the winner open, and says nothing else of it.
    const bool oneStore = writes && g.writer.warp == clock_of(w) && g.writer.at == at;
    if (!strong && !oneStore && (g.writer.bytes & mask) && !g.writer.strong && !ordered(checker, g.writer, w, lane))
        return race(ip, w, lane, offset, access, g.writer, "write", landing);
    Accessor me{checker.clocks->own(clock_of(w)), at, uint16_t(clock_of(w)), uint8_t(lane), mask, strong, false};
    if (writes) {
        for (int32_t n = g.readers; n >= 0; n = checker.readers[n].next) {
            const Accessor& reader = checker.readers[n].who;
            if (!strong && (reader.bytes & mask) && !reader.strong && !ordered(checker, reader, w, lane))
                return race(ip, w, lane, offset, access, reader, "read", landing);
        }
        g.readers = -1;
        g.writer = me;
        g.asynchronous = false;
        g.fences = uint32_t(checker_of(*w.block)->fences[w.index * kLanes + uint32_t(lane)].size());
        return true;
    }
    for (int32_t n = g.readers; n >= 0; n = checker.readers[n].next) {
        Accessor& reader = checker.readers[n].who;
        if (reader.warp != clock_of(w)) continue;
        merge_reader(me, reader);
        reader = me;
        return true;
    }
    checker.readers.push_back({me, g.readers});
    g.readers = int32_t(checker.readers.size() - 1);
    return true;
}

bool conflict_free_range(const Ins* ip, Warp& w, BlockChecker& checker, int lane, uint32_t offset, uint32_t bytes,
                         Access access, bool strong, uint32_t at, const char* landing) {
    for (uint32_t o = offset & ~1u; o < offset + bytes; o += 2) {
        const uint8_t mask = uint8_t((o >= offset ? 1 : 0) | (o + 1 < offset + bytes ? 2 : 0));
        if (!conflict_free(ip, w, checker, lane, o, mask, access, strong, at, landing)) return false;
    }
    return true;
}

}  // namespace

namespace {

// What an asynchronous operation is, and what one must do before touching its bytes.
std::string operation(const Block& block, uint32_t at, const char* groupWait) {
    const Code& code = *block.launch->code;
    const std::string name = code.names[at];
    const bool wgmma = name.compare(0, 5, "wgmma") == 0, bulk = name.find(".bulk") != std::string::npos;
    return std::string(wgmma  ? "wgmma"
                       : bulk ? "the bulk copy"
                              : "cp.async")
           + " at PTX line " + std::to_string(code.lines[at]) + "; "
           + (bulk && name.find("mbarrier") != std::string::npos ? "a wait for its mbarrier" : groupWait)
           + " is missing";
}

// Bytes that an asynchronous operation still writes are nobody's to touch; those that one still reads are nobody's to write.
bool settled(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes, Access access) {
    const BlockChecker& checker = *checker_of(block);
    for (uint32_t o = offset / 2; o <= (offset + bytes - 1) / 2; o++) {
        const Granule& g = checker.granules[o];
        if (g.pending != 0)
            return report(ip, w, kCheckLaunchFailed, lane, offset,
                          std::string("race in shared memory: ") + verb(access)
                              + " of bytes that an asynchronous copy has not been waited for ("
                              + operation(block, g.pendingAt, "a wait_group") + ")");
        if (g.reading != 0 && access != Access::Read)
            return report(ip, w, kCheckLaunchFailed, lane, offset,
                          std::string("race in shared memory: ") + verb(access)
                              + " of bytes that an asynchronous operation still reads ("
                              + operation(block, g.readingAt, "a wait_group") + ")");
    }
    return true;
}

}  // namespace

bool check_shared(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes, Access access,
                  bool strong) {
    BlockChecker& checker = *checker_of(block);
    if (!check_begun(ip, w, block, lane, offset)) return false;
    if (checker.options.race && !settled(ip, w, block, lane, offset, bytes, access)) return false;
    if (checker.options.init) {
        for (uint32_t o = offset; o < offset + bytes; o++) {
            if (access != Access::Write && !checker.written[o])
                return report(ip, w, kCheckLaunchFailed, lane, offset, "uninitialised shared memory read");
            if (access != Access::Read) checker.written[o] = 1;
        }
    }
    if (!checker.options.race) return true;
    if (strong) {
        checker.clocks->exchange(clock_of(w), checker.locations[offset]);
    } else {
        // A plain access after an atomic one through the same location, as a lock's holder makes, sees what led up to it.
        auto location = checker.locations.find(offset);
        if (location != checker.locations.end()) checker.clocks->exchange(clock_of(w), location->second);
    }
    return conflict_free_range(ip, w, checker, lane, offset, bytes, access, strong, instruction_number(*w.block, ip),
                               "");
}

bool check_shared_issue(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes) {
    BlockChecker& checker = *checker_of(block);
    if (!check_begun(ip, w, block, lane, offset)) return false;
    if (!checker.options.race) return true;
    return settled(ip, w, block, lane, offset, bytes, Access::Write)
           && conflict_free_range(ip, w, checker, lane, offset, bytes, Access::Write, false,
                                  instruction_number(*w.block, ip), "");
}

bool check_shared_landing(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes, uint32_t at,
                          bool bulk) {
    BlockChecker& checker = *checker_of(block);
    if (checker.options.init)
        for (uint32_t o = offset; o < offset + bytes; o++) checker.written[o] = 1;
    if (!checker.options.race) return true;
    if (!conflict_free_range(ip, w, checker, lane, offset, bytes, Access::Write, false, at, "an asynchronous copy's "))
        return false;
    for (uint32_t o = offset / 2; bulk && o <= (offset + bytes - 1) / 2; o++) checker.granules[o].asynchronous = true;
    return true;
}

void mark_pending(Block& block, uint32_t offset, uint32_t bytes, int step, uint32_t at) {
    BlockChecker& checker = *checker_of(block);
    if (!checker.options.race) return;
    for (uint32_t o = offset / 2; o <= (offset + bytes - 1) / 2; o++) {
        checker.granules[o].pending += uint32_t(step);
        checker.granules[o].pendingAt = at;
    }
}

void mark_reading(Block& block, uint32_t offset, uint32_t bytes, int step, uint32_t at) {
    BlockChecker& checker = *checker_of(block);
    if (!checker.options.race) return;
    for (uint32_t o = offset / 2; o <= (offset + bytes - 1) / 2; o++) {
        checker.granules[o].reading += uint32_t(step);
        checker.granules[o].readingAt = at;
    }
}

namespace {

// Whether the write on record was followed by a proxy fence of its thread, in order with what the warp does now.
bool fenced(const BlockChecker& checker, const Granule& g, const Warp& w) {
    if (g.writer.bytes == 0 || g.asynchronous) return true;
    const BlockChecker& writer = *checker_of(*w.block->cluster->block[g.writer.warp / w.block->warps]);
    const std::vector<uint32_t>& fences = writer.fences[(g.writer.warp % w.block->warps) * kLanes + g.writer.lane];
    if (fences.size() <= g.fences) return false;
    return g.writer.warp == clock_of(w) || checker.clocks->known(clock_of(w), g.writer.warp) >= fences[g.fences];
}

}  // namespace

bool check_proxy_read(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes) {
    BlockChecker& checker = *checker_of(block);
    if (checker.options.init) {
        for (uint32_t o = offset; o < offset + bytes; o++)
            if (!checker.written[o])
                return report(ip, w, kCheckLaunchFailed, lane, o, "uninitialised shared memory read");
    }
    if (!checker.options.race) return true;
    if (!settled(ip, w, block, lane, offset, bytes, Access::Read)) return false;
    for (uint32_t o = offset / 2; o <= (offset + bytes - 1) / 2; o++) {
        const Granule& g = checker.granules[o];
        if (g.writer.bytes != 0 && !ordered(checker, g.writer, w, lane))
            return race(ip, w, lane, o * 2, Access::Read, g.writer, "write", "an asynchronous ");
        if (!fenced(checker, g, w))
            return report(ip, w, kCheckLaunchFailed, lane, o * 2,
                          "missing proxy fence: an asynchronous read of what " + describe(block, g.writer)
                              + " wrote (behind the write its thread must run fence.proxy.async, before the barrier)");
    }
    return true;
}

void record_proxy_read(Block& block, uint32_t offset, uint32_t bytes, const Accessor& reader) {
    BlockChecker& checker = *checker_of(block);
    if (!checker.options.race) return;
    for (uint32_t o = offset / 2; o <= (offset + bytes - 1) / 2; o++) {
        Granule& g = checker.granules[o];
        int32_t n = g.readers;
        while (n >= 0 && checker.readers[size_t(n)].who.warp != reader.warp) n = checker.readers[size_t(n)].next;
        if (n >= 0) {
            checker.readers[size_t(n)].who = reader;
            continue;
        }
        checker.readers.push_back({reader, g.readers});
        g.readers = int32_t(checker.readers.size() - 1);
    }
}

}  // namespace softcuda
