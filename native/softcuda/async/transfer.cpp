#include "async/transfer.h"

#include <cstring>
#include <type_traits>

#include "async/mbarrier.h"
#include "async/reduce.h"
#include "check/hooks.h"

namespace softcuda {
namespace {

constexpr int kIllegalAddress = 700;
constexpr int kLaunchFailed = 719;

bool refuse(const Transfer& t, int error, uint64_t address, const char* what) {
    fault(*t.warp, t.at, error, t.lane, address, what);
    return false;
}

// What a load puts where the tensor has nothing: zeros, or NaNs of the element's width.
void fill(const Transfer& t, uint8_t* chunk) {
    const bool nan = t.tensor && t.box.map.fillNan;
    std::memset(chunk, nan ? 0xff : 0, 16);
    if (!nan) return;
    const uint32_t width = t.box.map.elementBytes;
    for (uint32_t o = width - 1; o < 16; o += width) chunk[o] = 0x7f;
}

bool in_device_memory(const Transfer& t, uint64_t address, uint32_t bytes) {
    const Launch& l = *t.warp->block->launch;
    return address >= l.arenaLow && address <= l.arenaHigh && l.arenaHigh - address >= bytes;
}

// Whether all of the row is in device memory, and what its swizzle may reach in the block's shared memory: the 128 bytes that
// it lies in.
bool moves_whole(const Transfer& t, const TransferRow& row, const Block& block) {
    const uint64_t reach = row.swizzle == Swizzle::None ? row.offset + row.bytes : (row.offset | 127) + 1;
    return row.whole() && reach <= block.sharedBytes && in_device_memory(t, row.global, row.bytes);
}

// Calls copy(offset in shared memory, offset in the row, bytes) for the pieces of a row, of sixteen bytes under a swizzle: within
// the pattern's width the number of the row is XORed onto that of the piece. Rows as wide as the widest pattern are unrolled.
template <class Copy> inline void for_each_piece(const TransferRow& row, Copy copy) {
    constexpr std::integral_constant<uint32_t, 16> kPiece;
    if (row.swizzle == Swizzle::None) return copy(row.offset, 0u, row.bytes);
    const uint32_t key = swizzled(row.offset, row.swizzle) ^ row.offset;
    if (row.bytes == 128) {
#pragma GCC unroll 8
        for (uint32_t o = 0; o < 128; o += 16) copy(row.offset + (o ^ key), o, kPiece);
    } else {
        for (uint32_t o = 0; o < row.bytes; o += 16) copy(row.offset + (o ^ key), o, kPiece);
    }
}

bool load(const Transfer& t) {
    // The rows of a box lie far apart, so that no prefetcher of the CPU knows of the next ones.
    constexpr uint64_t kRowsAhead = 8;
    const uint64_t ahead = t.tensor && t.box.map.rank > 1 ? kRowsAhead * t.box.map.stride[0] : 0;
    uint64_t bad = 0;
    for_each_row(t, [&](const TransferRow& row) {
        if (bad) return;
        const uint8_t* from = reinterpret_cast<const uint8_t*>(row.global);
        if (moves_whole(t, row, *t.shared.block)) {
            for (uint32_t o = 0; ahead && o < row.bytes; o += 64) __builtin_prefetch(from + ahead + o);
            for_each_destination(t, [&](Block& block) {
                uint8_t* const shared = block.shared;
                for_each_piece(
                    row, [=](uint32_t to, uint32_t at, auto bytes) { std::memcpy(shared + to, from + at, bytes); });
            });
            return;
        }
        for_each_chunk(row, [&](uint32_t offset, uint64_t global, uint32_t first, uint32_t last) {
            if (bad) return;
            alignas(16) uint8_t chunk[16];
            if (last - first != 16) fill(t, chunk);
            if (first != last) {
                if (!in_device_memory(t, global + first, last - first)) {
                    bad = global + first;
                    return;
                }
                std::memcpy(chunk + first, reinterpret_cast<const void*>(global + first), last - first);
            }
            for_each_destination(t, [&](Block& block) {
                if (offset + 16 <= block.sharedBytes) std::memcpy(block.shared + offset, chunk, 16);
            });
        });
    });
    return !bad || refuse(t, kIllegalAddress, bad, "a bulk copy reads outside device memory");
}

bool store(const Transfer& t, const uint8_t* source) {
    uint64_t bad = 0;
    const auto shared = [&](uint32_t offset) {
        return source ? source + (offset - t.shared.offset) : t.shared.block->shared + offset;
    };
    for_each_row(t, [&](const TransferRow& row) {
        if (bad) return;
        if (t.reduction == Reduction::None && moves_whole(t, row, *t.shared.block)) {
            uint8_t* to = reinterpret_cast<uint8_t*>(row.global);
            for_each_piece(row,
                           [&](uint32_t from, uint32_t at, auto bytes) { std::memcpy(to + at, shared(from), bytes); });
            return;
        }
        for_each_chunk(row, [&](uint32_t offset, uint64_t global, uint32_t first, uint32_t last) {
            if (bad || first == last || offset + 16 > t.shared.block->sharedBytes) return;
            if (!in_device_memory(t, global + first, last - first)) {
                bad = global + first;
                return;
            }
            uint8_t* to = reinterpret_cast<uint8_t*>(global + first);
            if (t.reduction == Reduction::None) std::memcpy(to, shared(offset) + first, last - first);
            else reduce(t.reduction, t.number, to, shared(offset) + first, last - first);
        });
    });
    return !bad || refuse(t, kIllegalAddress, bad, "a bulk copy writes outside device memory");
}

}  // namespace

bool move_data(const Transfer& t, const uint8_t* source) {
    if (t.route == Route::Load) return load(t);
    if (t.route == Route::Store) return store(t, source);
    if (t.reduction == Reduction::None) std::memmove(t.target.at(), t.shared.at(), t.bytes);
    else reduce(t.reduction, t.number, t.target.at(), t.shared.at(), t.bytes);
    return true;
}

bool signal_arrival(const Transfer& t) {
    if (t.route == Route::Store) return true;
    const char* wrong = nullptr;
    if (t.route == Route::Move || !t.multicast) {
        wrong = add_transactions(t.barrier, t.bytes);
    } else {
        for_each_destination(t, [&](Block& block) {
            if (!wrong) wrong = add_transactions({&block, t.barrier.offset}, t.bytes);
        });
    }
    return !wrong || refuse(t, kLaunchFailed, t.barrier.offset, wrong);
}

bool start(const Transfer& t) {
    if (t.warp->block->checker != nullptr) return check_transfer(t);
    return move_data(t) && signal_arrival(t);
}

}  // namespace softcuda
