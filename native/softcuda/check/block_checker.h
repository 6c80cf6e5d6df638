// What the checkers know of one resident block.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "async/transfer.h"
#include "check/clocks.h"
#include "check/hooks.h"
#include "check/options.h"
#include "exec/code.h"
#include "exec/kernel_code.h"

namespace softcuda {

// Who accessed something, where in the program and when (the warp's count of check/clocks.h).
struct Accessor {
    uint32_t clock = 0;
    uint32_t at = 0;    // instruction number
    uint16_t warp = 0;  // of the cluster: those of rank 0 first
    uint8_t lane = 0;
    uint8_t bytes = 0;       // which bytes of the granule; 0: nobody
    bool strong = false;     // atomic, volatile or otherwise meant to be seen by others at any time
    bool manyLanes = false;  // several lanes of the warp
};

// Two bytes of shared memory.
struct Granule {
    Accessor writer;
    uint32_t fences = 0;        // proxy fences that the writer's lane had run before it wrote
    bool asynchronous = false;  // the writer was a bulk copy
    int32_t readers = -1;       // head of a list of ReaderNode: the latest read of each warp
    uint32_t pending = 0;       // asynchronous copies on their way here
    uint32_t pendingAt = 0;     // instruction of the latest of them
    uint32_t reading = 0;       // asynchronous operations that may still read this
    uint32_t readingAt = 0;     // instruction of the latest of them
};
struct ReaderNode {
    Accessor who;
    int32_t next;
};

struct PendingCopy {
    uint64_t shared, global;
    uint32_t bytes, read;
    uint32_t at;     // instruction
    uint32_t group;  // of its lane
    uint8_t lane;
};

struct WarpCopies {
    std::vector<PendingCopy> pending;
    std::array<uint32_t, kLanes> committed{};  // groups that the lane has committed
};

// What those knew who arrived at an mbarrier: in the phase that goes on, and up to the end of the one before.
struct PhaseClocks {
    std::vector<uint32_t> arriving, completed;
    uint64_t phases = 0;  // completed
};

// Which phases of an mbarrier a warp has seen to be over: all before `next`, as long as it has left none out.
struct SeenPhases {
    uint64_t next = 0;
    bool every = true;
};

// A bulk copy on its way.
struct Flight {
    Transfer transfer;
    uint32_t group = 0;           // a store's: of its lane
    std::vector<uint8_t> source;  // a store's, once it has read shared memory: the bytes from `transfer.shared` on
    bool read = false;
};

// A wgmma that was issued and not waited for; its reads of shared memory are not over.
struct PendingProduct {
    const Ins* ip;
    WgmmaOperands operands;
    uint32_t blocks;
    WgmmaProduct product;
    uint32_t group;
    bool computed;
    bool finished;  // somebody of the warpgroup has waited for it: it reads no more
};

struct WgmmaWarp {
    std::vector<PendingProduct> pending;   // in the order of issue
    uint32_t groups = 0;                   // committed
    uint32_t products = 0;                 // issued
    bool fenced = false;                   // a wgmma.fence has run
    std::unordered_set<uint16_t> written;  // registers of wgmmas that were written since
};

// A wgmma as the first of its warpgroup's warps has issued it.
struct IssuedProduct {
    const Ins* ip;
    uint64_t descriptorA, descriptorB;
    uint32_t warp;
    uint32_t others;  // warps that have not issued it yet
};
struct Warpgroup {
    std::vector<IssuedProduct> issued;  // by one warp at least, and not by all
    uint32_t first = 0;                 // number of the first of them
};

struct BlockChecker {
    CheckOptions options;
    uint64_t serial = 0;  // number of the block in its launch
    Clocks ownClocks;     // of all warps of the cluster; the others use those of rank 0
    Clocks* clocks = nullptr;
    uint32_t firstWarp = 0;        // of this block in the cluster
    uint64_t random = 0;           // state of the choice of times; 0: everything as late as is legal
    std::vector<uint8_t> written;  // of shared memory, one for each byte
    std::vector<Granule> granules;
    std::vector<ReaderNode> readers;
    std::unordered_map<uint64_t, std::vector<uint32_t>> locations;  // clocks carried by atomics, by host address
    std::unordered_map<uint32_t, PhaseClocks> phases;               // of mbarriers, by offset
    std::vector<std::unordered_map<uint32_t, SeenPhases>> seen;     // by warp and mbarrier
    std::unordered_map<uint32_t, uint32_t> unfenced;                // mbarriers made and not fenced, by which thread
    PhaseClocks clusterPhase;                                       // of rank 0: the cluster's barrier
    std::vector<WarpCopies> copies;                                 // by warp
    std::vector<Flight> flights;                                    // bulk copies that this block issued
    std::vector<std::array<uint32_t, kLanes>> bulkGroups;           // by warp: groups that the lane has committed
    std::vector<std::vector<uint32_t>> fences;  // by thread: when it ran proxy fences, by the warp's clock
    std::vector<WgmmaWarp> wgmma;               // by warp
    std::vector<Warpgroup> warpgroups;
    std::array<std::vector<uint32_t>, 16> signals;  // by barrier: what those who did not wait there knew
    std::vector<uint32_t> absent;   // by warp: lanes that were elsewhere when others arrived at a barrier
    std::vector<uint32_t> awaited;  // by warp: lanes that others wait for at a warp-wide operation
    uint32_t atomics = 0;           // strong accesses of global memory so far
    bool acquiring = false;         // one of them is the latest access, or was going on
    uint64_t acquired = 0;          // when the latest of them was over (check/global_race.cpp)
};

inline BlockChecker* checker_of(const Block& block) { return static_cast<BlockChecker*>(block.checker); }

// The warp's number in the clocks of its cluster.
inline uint32_t clock_of(const Warp& w) { return checker_of(*w.block)->firstWarp + w.index; }

// The number under which the asynchronous reads of a warpgroup's products go: behind all warps of the cluster.
inline uint32_t warpgroups(const Block& block) { return (block.warps + 3) / 4; }
inline uint32_t products_clock(const Block& block, uint32_t warp) {
    return block.warps * block.cluster->blocks + block.rank * warpgroups(block) + warp / 4;
}

// A number below `limit`, from the seed; zero without one.
inline uint32_t choose(BlockChecker& checker, uint32_t limit) {
    uint64_t& x = checker.random;
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;  // xorshift64 (Marsaglia, 2003)
    return uint32_t((x >> 32) % limit);
}

uint32_t instruction_number(const Block& block, const Ins* ip);

std::string hexadecimal(uint32_t value);
// Lanes that have nothing left to do but end: hardware does not count them as absent.
bool about_to_end(const LaneGroup& g);
// Of the .aligned instruction behind `ip`. Always false.
bool report_divergence(const Ins* ip, Warp& w, uint32_t here, uint32_t elsewhere);

// `me` reads where `before` was the reader on record, and takes its place. Two lanes of a warp become "several lanes" if
// they read the same bytes; of lanes that read different bytes of one granule the later alone stays on record, so that
// neighbours that each update their own part give no false alarm.
inline void merge_reader(Accessor& me, const Accessor& before) {
    if (before.warp != me.warp || before.clock != me.clock) return;
    me.strong = me.strong && before.strong;
    if (before.bytes == me.bytes) me.manyLanes = before.manyLanes || before.lane != me.lane;
    else if (before.lane == me.lane && !before.manyLanes) me.bytes |= before.bytes;
}

// "warp 3, lane 5, PTX line 120"
std::string describe(const Block& block, const Accessor& who);
const char* verb(Access access);  // "read", "write", "atomic operation"

// Shared memory, of the warp's block or another one of its cluster: races and uninitialised reads. Offsets in bytes. False
// after a report.
bool check_shared(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes, Access access,
                  bool strong);
// Races alone: the write of a copy, when it is issued; the write of one that was issued by `at`, when it lands.
bool check_shared_issue(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes);
bool check_shared_landing(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes, uint32_t at,
                          bool bulk);
// Shared bytes between the issue of a copy and its landing; `step` +1 or -1.
void mark_pending(Block& block, uint32_t offset, uint32_t bytes, int step, uint32_t at);
// The same while an operation of the asynchronous proxy may read them. The first says whether they may be read so: they are
// written, in order with the reader, and behind a proxy fence. The last: the read is over.
bool check_proxy_read(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes);
void mark_reading(Block& block, uint32_t offset, uint32_t bytes, int step, uint32_t at);
void record_proxy_read(Block& block, uint32_t offset, uint32_t bytes, const Accessor& reader);

// Global memory: bounds of allocations, uninitialised reads (check/global.cpp), races (check/global_race.cpp).
enum class Proxy : uint8_t { Generic, Async };
bool check_global(const Ins* ip, Warp& w, const uint64_t* host, uint32_t lanes, uint32_t bytes, Access access,
                  bool strong, Proxy proxy = Proxy::Generic);
bool check_global_race(const Ins* ip, Warp& w, const uint64_t* host, uint32_t lanes, uint32_t bytes, Access access,
                       bool strong, Proxy proxy);
// The active lanes have run a proxy fence that covers global memory.
void global_proxy_fence(const Warp& w);
void global_race_launch_begin();

// Fault with a text made here. Always false.
bool report(const Ins* ip, Warp& w, int error, int lane, uint64_t address, const std::string& what);

constexpr int kCheckIllegalAddress = 700;
constexpr int kCheckLaunchFailed = 719;

}  // namespace softcuda
