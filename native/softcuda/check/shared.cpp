// Races and uninitialised reads in shared memory.
//
// A race is a pair of accesses of different threads to one byte, at least one a write, that no barrier orders
// (check/clocks.h). Atomic and other strong accesses do not race with each other or with plain ones; they carry
// happens-before through their location, as a release followed by an acquire does. (So a plain access that conflicts with
// an atomic one is not reported: flags and locks give no false alarms.)
#include "check/block_checker.h"

namespace softcuda {

namespace {

bool same_thread(const Accessor& who, const Warp& w, int lane) { return who.warp == w.index && who.lane == lane && !who.manyLanes; }

bool ordered(const BlockChecker& checker, const Accessor& before, const Warp& w, int lane) {
    if (same_thread(before, w, lane)) return true;
    if (before.warp == w.index) return checker.clocks.own(w.index) > before.clock;
    return checker.clocks.known(w.index, before.warp) >= before.clock;
}

bool race(const Ins* ip, Warp& w, int lane, uint32_t offset, Access now, const Accessor& other, const char* before, const char* landing) {
    const bool oneWarp = other.warp == w.index;
    return report(ip, w, kCheckLaunchFailed, lane, offset,
                  std::string("race in shared memory: ") + landing + verb(now) + " not ordered with a " + before + " by " +
                      describe(*w.block, other) + (oneWarp ? " (a __syncwarp is missing)" : " (a barrier is missing)"));
}

// One granule, the bytes in `mask`.
bool conflict_free(const Ins* ip, Warp& w, BlockChecker& checker, int lane, uint32_t offset, uint8_t mask, Access access,
                   bool strong, uint32_t at, const char* landing) {
    Granule& g = checker.granules[offset / 2];
    const bool writes = access != Access::Read;
    // Two lanes of one store at one address: PTX leaves the winner open, and says nothing else of it.
    const bool oneStore = writes && g.writer.warp == w.index && g.writer.at == at;
    if (!strong && !oneStore && (g.writer.bytes & mask) && !g.writer.strong && !ordered(checker, g.writer, w, lane))
        return race(ip, w, lane, offset, access, g.writer, "write", landing);
    Accessor me{checker.clocks.own(w.index), at, uint16_t(w.index), uint8_t(lane), mask, strong, false};
    if (writes) {
        for (int32_t n = g.readers; n >= 0; n = checker.readers[n].next) {
            const Accessor& reader = checker.readers[n].who;
            if (!strong && (reader.bytes & mask) && !reader.strong && !ordered(checker, reader, w, lane))
                return race(ip, w, lane, offset, access, reader, "read", landing);
        }
        g.readers = -1;
        g.writer = me;
        return true;
    }
    for (int32_t n = g.readers; n >= 0; n = checker.readers[n].next) {
        Accessor& reader = checker.readers[n].who;
        if (reader.warp != w.index) continue;
        merge_reader(me, reader);
        reader = me;
        return true;
    }
    checker.readers.push_back({me, g.readers});
    g.readers = int32_t(checker.readers.size() - 1);
    return true;
}

bool conflict_free_range(const Ins* ip, Warp& w, BlockChecker& checker, int lane, uint32_t offset, uint32_t bytes, Access access,
                         bool strong, uint32_t at, const char* landing) {
    for (uint32_t o = offset & ~1u; o < offset + bytes; o += 2) {
        const uint8_t mask = uint8_t((o >= offset ? 1 : 0) | (o + 1 < offset + bytes ? 2 : 0));
        if (!conflict_free(ip, w, checker, lane, o, mask, access, strong, at, landing)) return false;
    }
    return true;
}

}  // namespace

bool check_shared(const Ins* ip, Warp& w, int lane, uint32_t offset, uint32_t bytes, Access access, bool strong) {
    BlockChecker& checker = *checker_of(*w.block);
    if (checker.options.race) {
        for (uint32_t o = offset / 2; o <= (offset + bytes - 1) / 2; o++) {
            const Granule& g = checker.granules[o];
            if (g.pending == 0) continue;
            Accessor copy{0, g.pendingAt, uint16_t(w.index), 0, 3, false, true};
            std::string where = describe(*w.block, copy);
            return report(ip, w, kCheckLaunchFailed, lane, offset,
                          std::string("race in shared memory: ") + verb(access) +
                              " of bytes that an asynchronous copy has not been waited for (cp.async at" +
                              where.substr(where.rfind(", ") + 1) + "; a wait_group is missing)");
        }
    }
    if (checker.options.init) {
        for (uint32_t o = offset; o < offset + bytes; o++) {
            if (access != Access::Write && !checker.written[o])
                return report(ip, w, kCheckLaunchFailed, lane, offset, "uninitialised shared memory read");
            if (access != Access::Read) checker.written[o] = 1;
        }
    }
    if (!checker.options.race) return true;
    if (strong) {
        checker.clocks.exchange(w.index, checker.locations[offset]);
    } else {
        // A plain access after an atomic one through the same location, as a lock's holder makes, sees what led up to it.
        auto location = checker.locations.find(offset);
        if (location != checker.locations.end()) checker.clocks.exchange(w.index, location->second);
    }
    return conflict_free_range(ip, w, checker, lane, offset, bytes, access, strong, instruction_number(*w.block, ip), "");
}

bool check_shared_landing(const Ins* ip, Warp& w, int lane, uint32_t offset, uint32_t bytes, uint32_t at) {
    BlockChecker& checker = *checker_of(*w.block);
    if (checker.options.init)
        for (uint32_t o = offset; o < offset + bytes; o++) checker.written[o] = 1;
    if (!checker.options.race) return true;
    return conflict_free_range(ip, w, checker, lane, offset, bytes, Access::Write, false, at, "an asynchronous copy's ");
}

}  // namespace softcuda
