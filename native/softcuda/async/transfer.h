// One bulk copy or reduction between shared and global memory, or within a cluster's shared memory, plain or of a tensor's
// box. Everything it depends on is copied when it is issued, so that it can be performed at any later time.
#pragma once
#include <cstdint>

#include "async/reduce.h"
#include "async/shared_address.h"
#include "async/tensor_map.h"
#include "exec/code.h"

namespace softcuda {

enum class Route : uint8_t { Load, Store, Move };  // global to shared, shared to global, shared to shared

struct Transfer {
    Route route = Route::Load;
    Reduction reduction = Reduction::None;
    Number number = Number::B32;
    bool tensor = false;     // `box`, else `global` and `bytes`
    uint16_t multicast = 0;  // Load: ranks that get the data at the same offset; 0: the block of `shared` alone
    uint32_t bytes = 0;      // what the mbarrier is told
    SharedPlace shared;      // the side in shared memory; Move: the source
    SharedPlace target;      // Move: the destination
    SharedPlace barrier;     // Load, Move: told of each block's bytes, at the same offset in each with `multicast`
    uint64_t global = 0;
    TensorBox box{};
    Warp* warp = nullptr;  // who issued it, and where
    const Ins* at = nullptr;
    int lane = 0;
};

// A run of bytes side by side in global memory, and in shared memory but for the swizzle. Bytes first to last - 1 are there in
// global memory; none: first = last.
struct TransferRow {
    uint32_t offset;  // in shared memory, before swizzling
    uint64_t global;
    uint32_t first, last, bytes;
    Swizzle swizzle;

    bool whole() const { return last - first == bytes; }
};

// Calls visit(row) for all rows of a transfer between shared and global memory.
template <class Visit> void for_each_row(const Transfer& t, Visit visit) {
    if (!t.tensor) return visit(TransferRow{t.shared.offset, t.global, 0, t.bytes, t.bytes, Swizzle::None});
    const TensorMap& m = t.box.map;
    for_each_row(t.box, t.shared.offset, [&](uint32_t offset, uint64_t global, uint32_t first, uint32_t last) {
        visit(TransferRow{offset, global, first, last, m.row_bytes(), m.swizzle});
    });
}

// Calls visit(offset in shared memory, global address, first, last) for every sixteen bytes of a row; bytes first to last - 1
// of them are there in global memory.
template <class Visit> void for_each_chunk(const TransferRow& row, Visit visit) {
    for (uint32_t o = 0; o < row.bytes; o += 16) {
        const uint32_t first = row.first < o ? 0 : row.first - o > 16 ? 16 : row.first - o;
        const uint32_t last = row.last < o ? 0 : row.last - o > 16 ? 16 : row.last - o;
        const bool some = first < last;
        visit(swizzled(row.offset + o, row.swizzle), row.global + o, some ? first : 0u, some ? last : 0u);
    }
}

template <class Visit> void for_each_chunk(const Transfer& t, Visit visit) {
    for_each_row(t, [&](const TransferRow& row) { for_each_chunk(row, visit); });
}

// Gives a load the mask of ranks it goes to. False after a fault.
bool take_multicast(Transfer& t, uint32_t mask);

// Issues the transfer: performs it at once, or in checked mode hands it to the checkers, which choose the time. False after
// a fault.
bool start(const Transfer& t);

// Moves the data, without a word to mbarriers. False after a fault. A store takes it from `source`, if given: a copy of
// shared memory from `shared` on.
bool move_data(const Transfer& t, const uint8_t* source = nullptr);
// Calls visit(block) for each block that a load goes to.
template <class Visit> void for_each_destination(const Transfer& t, Visit visit) {
    if (!t.multicast) return visit(*t.shared.block);
    const Cluster& cluster = *t.warp->block->cluster;
    for (uint32_t rank = 0; rank < cluster.blocks; rank++) {
        if (t.multicast >> rank & 1) visit(*cluster.block[rank]);
    }
}

// Tells the mbarriers that the data has arrived. False after a fault.
bool signal_arrival(const Transfer& t);

}  // namespace softcuda
