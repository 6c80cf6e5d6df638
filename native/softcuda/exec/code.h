// The decoded form of a kernel and the state its handlers work on: the contract between the front end (ptx/), the
// interpreter (exec/), the instruction semantics (isa/, matrix/, mem/, async/) and the checkers (check/).
//
// A warp's registers are structures of arrays: one register is 32 lanes side by side, so that a handler is a loop over
// lanes that the compiler turns into vector instructions. Immediates and special registers live in prefilled slots of
// the same file, so that a handler never asks what kind of operand it has.
#pragma once
#include <cstddef>
#include <cstdint>

namespace softcuda {

constexpr int kLanes = 32;
constexpr int kMaxArgs = 18;
constexpr size_t kUnit = 64;  // bytes per register-file unit: bank W takes 2 units, bank D takes 4
constexpr uint32_t kAllLanes = 0xffffffffu;

// Generic addresses of the non-global spaces lie in windows no host pointer can reach (non-canonical on x86-64).
// Within a window the low 32 bits are the offset in that space; local offsets are per lane.
constexpr uint64_t kWindowMask = 0xffff000000000000ull;
constexpr uint64_t kSharedWindow = 0x00f1000000000000ull;
constexpr uint64_t kLocalWindow = 0x00f2000000000000ull;
constexpr uint64_t kParamWindow = 0x00f3000000000000ull;

// A 32-bit address of .shared::cluster names a block by its top byte: 0 the block that uses it, else rank + 1. So an
// address of .shared::cta means the same byte in both windows, as PTX asks.
constexpr int kRankShift = 24;

struct Ins;
struct Warp;
struct Block;
struct Launch;
struct Code;

// Runs one instruction (or a run of them) and returns the next one; nullptr when the warp cannot go on now, with
// Warp::state saying why (Running: the set of active lanes has changed). An instruction that must be run again later sets Warp::resume to itself, else to its successor.
using Handler = const Ins* (*) (const Ins*, Warp&);

struct alignas(64) Ins {
    Handler full;            // every live lane is active: may write all 32 lanes of its destinations
    Handler masked;          // must leave destination lanes outside Warp::active as they were
    uint16_t arg[kMaxArgs];  // destinations, then sources: register-file units for data, indices for predicates
    int32_t imm;             // address displacement, branch target, wait count: as the form defines
    uint32_t aux;            // length of a run, flags: as the form defines
};
static_assert(sizeof(Ins) == 64, "one instruction, one cache line");

enum class WarpState : uint8_t { Running, AtBarrier, Waiting, Yielded, Exited, Faulted };

// A set of lanes that waits at an instruction while another set of the same warp runs.
struct LaneGroup {
    const Ins* at;
    uint32_t lanes;
    int32_t barrier;  // -1: may run; else the barrier it waits at (exec/barrier.h)
    uint32_t since;   // when it stopped, by Warp::turn
};

struct Warp {
    uint8_t* regs;    // 64-byte aligned register file
    uint32_t* pred;   // predicate registers, one bit per lane
    uint32_t active;  // lanes that run the current instruction
    uint32_t live;    // lanes that exist and have not exited
    uint32_t index;   // warp number within the block
    WarpState state;
    const Ins* resume;  // where to go on after nullptr
    Block* block;
    int64_t budget;            // back edges left before the warp must let others run
    LaneGroup groups[kLanes];  // live lanes not in `active`, in rising order of `at` (exec/divergence.h)
    int groupCount;
    uint32_t turn;       // counts the choices of a group to run
    uint32_t spins;      // backward branches of diverged lanes since the last choice
    bool rotate;         // the group that ran has spun long enough: choose the one that waits longest
    uint32_t waitRound;  // Block::waitRound when a wait of this warp last gave up (async/mbarrier.cpp)
};

// The blocks of a thread block cluster, resident together and run by one thread of the host. A block launched without
// clusters is a cluster of its own.
constexpr uint32_t kMaxCluster = 16;
struct Cluster {
    Block* block[kMaxCluster];  // by rank
    uint32_t blocks;
};

struct Block {
    uint8_t* shared;       // 128-byte aligned
    uint32_t sharedBytes;  // static + dynamic
    uint32_t index[3];     // %ctaid
    uint8_t* local;        // localBytes for each thread: thread t's begins at local + t * localBytes
    uint32_t localBytes;
    uint32_t threads;
    uint32_t warps;
    Warp* warp;  // `warps` of them
    Launch* launch;
    void* barriers;      // exec/barrier.h
    void* checker;       // check/: null in fast mode
    uint64_t serial;     // number of this block within the launch, x fastest
    Cluster* cluster;    // never null
    uint32_t rank;       // %cluster_ctarank
    uint32_t waitRound;  // rises when waits that may give up shall do so
    uint64_t events;     // counts what might let a waiting warp go on: arrivals, completions, releases, ends
    void* async;         // async/block_async.h
};

struct Launch {
    const Code* code;
    uint32_t grid[3];
    uint32_t block[3];
    uint32_t cluster[3];   // extents in blocks, 1 without clusters
    bool explicitCluster;  // the launch or the kernel names a cluster size
    uint32_t dynamicShared;
    const uint8_t* params;  // parameter block, laid out as the entry declares
    uint32_t paramBytes;
    uint64_t arenaLow;  // device memory: [arenaLow, arenaHigh), host addresses
    uint64_t arenaHigh;
    bool cooperative;
    void* faults;   // exec/fault.h
    void* checker;  // check/: null in fast mode
};

// ---- what a handler uses -------------------------------------------------------------------------------------------

template <class T> inline __attribute__((always_inline)) T* reg(const Ins* ip, Warp& w, int k) {
    return static_cast<T*>(__builtin_assume_aligned(w.regs + size_t(ip->arg[k]) * kUnit, kUnit));
}
inline __attribute__((always_inline)) uint32_t& predicate(const Ins* ip, Warp& w, int k) { return w.pred[ip->arg[k]]; }

// Records the launch's first fault (driver error code, kernel, PTX line, block, warp, lane, address), sets the warp's
// state to Faulted and returns nullptr. Lane -1: the whole warp.
const Ins* fault(Warp& w, const Ins* ip, int error, int lane, uint64_t address, const char* what);

// ---- the table of instruction forms ----------------------------------------------------------------------------------

// `name` is the canonical opcode text. `signature` is "destinations=sources" with a letter an operand: w (32-bit bank,
// also 8- and 16-bit values, the unused upper bits zero), d (64-bit bank), p (predicate), m (address: base register +
// displacement in imm, mem/address.h), i (integer known at load time). Vector operands are flattened.
// Every letter takes one place in Ins::arg, in PTX order. For i that place holds the value's low 16 bits (a value that
// does not fit is refused); if the form has no m, the first i is also in imm. In a form with several m, imm is the
// displacement of the first; the decoder adds the others' to their bases beforehand. Immediate operands for w, d and p
// are prefilled slots (16-bit types: upper half zero), and so is the base of an address without a register. `_` as a
// destination is a slot nobody reads.
// A form whose name ends in "!checked" takes the place of the plain one in checked mode.
// `run` executes Ins::aux >= 2 consecutive instructions of this form, all lanes live, and returns ip + aux; null when
// there is none. A form with `run` has no other use for aux.
struct Form {
    const char* name;
    const char* signature;
    Handler full;
    Handler masked;
    Handler run;
};

struct FormSink {
    virtual void add(const Form& form) = 0;

protected:
    ~FormSink() = default;
};

}  // namespace softcuda
