// Races in global memory within one launch: between blocks, and between the warps and lanes of one.
//
// Within a block, or a cluster, order comes from its barriers (check/clocks.h). Between blocks it comes from atomics and other strong
// accesses alone: what block a did before one of its strong accesses is taken to be ordered before what block b does
// after a later one of its own. That ignores which location they meet at, so that some races go unreported, and no
// correct hand-over (a counter of finished blocks, a grid-wide barrier) is.
//
// For each pair of bytes the latest writer and the latest reader are kept, under one mutex: the checkers' launches run as if on one
// thread, which also gives every strong access its place in one order.
#include <array>
#include <memory>
#include <mutex>

#include "check/block_checker.h"

namespace softcuda {

namespace {

struct Party {
    uint64_t block = 0;
    uint32_t launch = 0;     // 0: nobody
    uint32_t atomics = 0;    // strong accesses that the block had made
    Accessor who;            // bytes of the cell
    bool manyBlocks = false; // readers
};

// Two bytes, not a whole word: lanes that update neighbouring bf16 in place share words and do not race.
struct Cell { Party writer, reader; };
constexpr uint64_t kCell = 2;

constexpr uint64_t kPage = 4096;
using Page = std::array<Cell, kPage / kCell>;
constexpr size_t kPages = 8192;  // shadow pages kept from launch to launch

struct State {
    std::mutex mutex;
    std::unordered_map<uint64_t, std::unique_ptr<Page>> pages;      // by address / kPage
    std::unordered_map<uint64_t, std::vector<uint64_t>> released;   // by block: when its strong accesses began
    uint64_t time = 0;
    uint32_t launch = 0;
};
State& state() { static State s; return s; }

// The blocks of a cluster have clocks in common.
bool same_cluster(const Block& block, uint64_t serial) {
    for (uint32_t rank = 0; rank < block.cluster->blocks; rank++)
        if (block.cluster->block[rank]->serial == serial) return true;
    return false;
}

bool ordered(State& s, const BlockChecker& checker, const Party& before, const Warp& w, int lane) {
    if (before.block == checker.serial || same_cluster(*w.block, before.block)) {
        const Accessor& who = before.who;
        if (who.warp == clock_of(w) && who.lane == lane && !who.manyLanes) return true;
        if (who.warp == clock_of(w)) return checker.clocks->own(clock_of(w)) > who.clock;
        return checker.clocks->known(clock_of(w), who.warp) >= who.clock;
    }
    auto theirs = s.released.find(before.block);
    return theirs != s.released.end() && theirs->second.size() > before.atomics && theirs->second[before.atomics] < checker.acquired;
}

std::string party_name(const Block& block, const Party& p) {
    const uint32_t* grid = block.launch->grid;
    return "block (" + std::to_string(p.block % grid[0]) + ", " + std::to_string(p.block / grid[0] % grid[1]) + ", " +
           std::to_string(p.block / grid[0] / grid[1]) + "), " + describe(block, p.who);
}

bool race(const Ins* ip, Warp& w, int lane, uint64_t address, Access now, const Party& other, const char* before) {
    return report(ip, w, kCheckLaunchFailed, lane, address,
                  std::string("race in global memory: ") + verb(now) + " not ordered with a " + before + " by " + party_name(*w.block, other));
}

bool check_cell(State& s, const Ins* ip, Warp& w, BlockChecker& checker, int lane, uint64_t address, uint8_t mask, Access access, bool strong) {
    std::unique_ptr<Page>& page = s.pages[address / kPage];
    if (!page) page = std::make_unique<Page>();
    Cell& cell = (*page)[address % kPage / kCell];
    auto conflicts = [&](const Party& p) {
        return !strong && p.launch == s.launch && !p.who.strong && (p.who.bytes & mask) && !ordered(s, checker, p, w, lane);
    };
    const uint32_t at = instruction_number(*w.block, ip);
    const bool writes = access != Access::Read;
    const bool oneStore = writes && cell.writer.block == checker.serial && cell.writer.who.warp == clock_of(w) && cell.writer.who.at == at;
    if (!oneStore && conflicts(cell.writer)) return race(ip, w, lane, address, access, cell.writer, "write");
    Party me;
    me.block = checker.serial;
    me.launch = s.launch;
    me.atomics = checker.atomics;
    me.who = {checker.clocks->own(clock_of(w)), at, uint16_t(clock_of(w)), uint8_t(lane), mask, strong, false};
    if (writes) {
        if (conflicts(cell.reader)) return race(ip, w, lane, address, access, cell.reader, "read");
        cell.writer = me;
        cell.reader.launch = 0;
        return true;
    }
    // A reader of another block stays on record: a later write has to be ordered with it too.
    if (cell.reader.launch == s.launch && cell.reader.block != me.block) return true;
    if (cell.reader.launch == s.launch) merge_reader(me.who, cell.reader.who);
    cell.reader = me;
    return true;
}

}  // namespace

void global_race_launch_begin() {
    State& s = state();
    std::lock_guard<std::mutex> lock(s.mutex);
    s.launch++;
    s.released.clear();
    if (s.pages.size() > kPages) s.pages.clear();
}

bool check_global_race(const Ins* ip, Warp& w, const uint64_t* host, uint32_t lanes, uint32_t bytes, Access access, bool strong) {
    BlockChecker& checker = *checker_of(*w.block);
    State& s = state();
    std::lock_guard<std::mutex> lock(s.mutex);
    // A strong access happens after this call and before the block's next one: it releases from here, acquires until there.
    if (checker.acquiring) checker.acquired = ++s.time;
    checker.acquiring = strong;
    if (strong) {
        s.released[checker.serial].push_back(++s.time);
        checker.atomics++;
    }
    for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
        const int l = __builtin_ctz(rest);
        if (strong) checker.clocks->exchange(clock_of(w), checker.locations[host[l]]);
        for (uint64_t a = host[l] & ~(kCell - 1); a < host[l] + bytes; a += kCell) {
            uint8_t mask = 0;
            for (uint64_t b = 0; b < kCell; b++) mask |= uint8_t((a + b >= host[l] && a + b < host[l] + bytes) << b);
            if (!check_cell(s, ip, w, checker, l, a, mask, access, strong)) return false;
        }
    }
    return true;
}

}  // namespace softcuda
