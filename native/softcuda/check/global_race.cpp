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
    uint32_t launch = 0;      // 0: nobody
    uint32_t atomics = 0;     // strong accesses that the block had made
    Accessor who;             // bytes of the cell
    bool manyBlocks = false;  // readers
    bool asynchronous = false;
    uint64_t when = 0;  // State::time of a write
};

// Two bytes, not a whole word: lanes that update neighbouring bf16 in place share words and do not race.
struct Cell {
    Party writer, reader;
};
constexpr uint64_t kCell = 2;

constexpr uint64_t kPage = 4096;
using Page = std::array<Cell, kPage / kCell>;
constexpr size_t kPages = 8192;  // shadow pages kept from launch to launch

// The latest that a thread has run: State::time, what its warp knew of others and its block of other blocks.
struct ProxyFence {
    uint64_t when = 0, acquired = 0;
    std::vector<uint32_t> knew;
};

struct State {
    std::mutex mutex;
    std::unordered_map<uint64_t, std::unique_ptr<Page>> pages;     // by address / kPage
    std::unordered_map<uint64_t, std::vector<uint64_t>> released;  // by block: when its strong accesses began
    std::unordered_map<uint64_t, std::vector<ProxyFence>> fences;  // by block, of each of its threads
    uint64_t time = 0;
    uint32_t launch = 0;
};
State& state() {
    static State s;
    return s;
}

// The blocks of a cluster have clocks in common.
bool same_cluster(const Block& block, uint64_t serial) {
    for (uint32_t rank = 0; rank < block.cluster->blocks; rank++)
        if (block.cluster->block[rank]->serial == serial) return true;
    return false;
}

// Whether the other block has released what it had done before that time.
bool released_before(const State& s, const Party& before, uint64_t acquired) {
    auto theirs = s.released.find(before.block);
    return theirs != s.released.end() && theirs->second.size() > before.atomics
           && theirs->second[before.atomics] < acquired;
}

// Whether an access is ordered before what a lane does whose warp knows the count `known` of the other's.
bool in_order(const Accessor& before, uint32_t warp, int lane, uint32_t known) {
    if (before.warp != warp) return known >= before.clock;
    return known > before.clock || (before.lane == lane && !before.manyLanes);
}

bool ordered(State& s, const BlockChecker& checker, const Party& before, const Warp& w, int lane) {
    if (before.block == checker.serial || same_cluster(*w.block, before.block)) {
        return in_order(before.who, clock_of(w), lane, checker.clocks->known(clock_of(w), before.who.warp));
    }
    return released_before(s, before, checker.acquired);
}

// Whether a proxy fence lies between the write on record and an asynchronous access now, which are in order: the writer's thread
// ran it behind the write, or a thread of the accessing block ran it, in order with both.
bool fenced(State& s, const Party& writer, const Warp& w, int lane) {
    const Accessor& who = writer.who;
    const auto theirs = s.fences.find(writer.block);
    if (theirs != s.fences.end() && theirs->second[who.warp % w.block->warps * kLanes + who.lane].when > writer.when)
        return true;
    const auto ours = s.fences.find(w.block->serial);
    if (ours == s.fences.end()) return false;
    const bool together = writer.block == w.block->serial || same_cluster(*w.block, writer.block);
    const BlockChecker& checker = *checker_of(*w.block);
    for (uint32_t thread = 0; thread < ours->second.size(); thread++) {
        const ProxyFence& f = ours->second[thread];
        if (f.when <= writer.when) continue;
        const uint32_t warp = checker.firstWarp + thread / kLanes;
        const int fencing = int(thread % kLanes);
        const Accessor fence{f.knew[warp], 0, uint16_t(warp), uint8_t(fencing), 0, false, false};
        if (!in_order(fence, clock_of(w), lane, checker.clocks->known(clock_of(w), warp))) continue;
        if (together ? in_order(who, warp, fencing, f.knew[who.warp]) : released_before(s, writer, f.acquired))
            return true;
    }
    return false;
}

std::string party_name(const Block& block, const Party& p) {
    const uint32_t* grid = block.launch->grid;
    return "block (" + std::to_string(p.block % grid[0]) + ", " + std::to_string(p.block / grid[0] % grid[1]) + ", "
           + std::to_string(p.block / grid[0] / grid[1]) + "), " + describe(block, p.who);
}

bool race(const Ins* ip, Warp& w, int lane, uint64_t address, Access now, const Party& other, const char* before) {
    return report(ip, w, kCheckLaunchFailed, lane, address,
                  std::string("race in global memory: ") + verb(now) + " not ordered with a " + before + " by "
                      + party_name(*w.block, other));
}

bool check_cell(State& s, const Ins* ip, Warp& w, BlockChecker& checker, int lane, uint64_t address, uint8_t mask,
                Access access, bool strong, Proxy proxy) {
    std::unique_ptr<Page>& page = s.pages[address / kPage];
    if (!page) page = std::make_unique<Page>();
    Cell& cell = (*page)[address % kPage / kCell];
    auto conflicts = [&](const Party& p) {
        return !strong && p.launch == s.launch && !p.who.strong && (p.who.bytes & mask)
               && !ordered(s, checker, p, w, lane);
    };
    const uint32_t at = instruction_number(*w.block, ip);
    const bool writes = access != Access::Read;
    const bool oneStore = writes && cell.writer.block == checker.serial && cell.writer.who.warp == clock_of(w)
                          && cell.writer.who.at == at;
    if (!oneStore && conflicts(cell.writer)) return race(ip, w, lane, address, access, cell.writer, "write");
    if (proxy == Proxy::Async && cell.writer.launch == s.launch && (cell.writer.who.bytes & mask)
        && !cell.writer.asynchronous && !fenced(s, cell.writer, w, lane))
        return report(ip, w, kCheckLaunchFailed, lane, address, std::string("missing proxy fence: an asynchronous ") + verb(access) + " of global memory that " +
                      party_name(*w.block, cell.writer) + " wrote (its thread must run fence.proxy.async behind the write, or the copying block before the copy, in order with both)");
    Party me;
    me.block = checker.serial;
    me.launch = s.launch;
    me.atomics = checker.atomics;
    me.asynchronous = proxy == Proxy::Async;
    me.when = s.time;
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
    s.fences.clear();
    if (s.pages.size() > kPages) s.pages.clear();
}

void global_proxy_fence(const Warp& w) {
    const BlockChecker& checker = *checker_of(*w.block);
    State& s = state();
    std::lock_guard<std::mutex> lock(s.mutex);
    std::vector<ProxyFence>& fences = s.fences[w.block->serial];
    fences.resize(size_t(w.block->warps) * kLanes);
    ProxyFence now{++s.time, checker.acquiring ? s.time : checker.acquired, {}};
    checker.clocks->join_into(clock_of(w), now.knew);
    for (uint32_t rest = w.active; rest != 0; rest &= rest - 1)
        fences[w.index * kLanes + uint32_t(__builtin_ctz(rest))] = now;
}

bool check_global_race(const Ins* ip, Warp& w, const uint64_t* host, uint32_t lanes, uint32_t bytes, Access access,
                       bool strong, Proxy proxy) {
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
            if (!check_cell(s, ip, w, checker, l, a, mask, access, strong, proxy)) return false;
        }
    }
    return true;
}

}  // namespace softcuda
