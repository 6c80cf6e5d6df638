#include "async/transfer.h"

#include <cstring>

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

bool load(const Transfer& t) {
    uint64_t bad = 0;
    for_each_chunk(t, [&](uint32_t offset, uint64_t global, uint32_t first, uint32_t last) {
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
        if (!t.multicast) {
            if (offset + 16 <= t.shared.block->sharedBytes) std::memcpy(t.shared.block->shared + offset, chunk, 16);
            return;
        }
        for_each_destination(t, [&](Block& block) {
            if (offset + 16 <= block.sharedBytes) std::memcpy(block.shared + offset, chunk, 16);
        });
    });
    return !bad || refuse(t, kIllegalAddress, bad, "a bulk copy reads outside device memory");
}

bool store(const Transfer& t, const uint8_t* source) {
    uint64_t bad = 0;
    for_each_chunk(t, [&](uint32_t offset, uint64_t global, uint32_t first, uint32_t last) {
        if (bad || first == last || offset + 16 > t.shared.block->sharedBytes) return;
        if (!in_device_memory(t, global + first, last - first)) {
            bad = global + first;
            return;
        }
        const uint8_t* from = (source ? source + (offset - t.shared.offset) : t.shared.block->shared + offset) + first;
        uint8_t* to = reinterpret_cast<uint8_t*>(global + first);
        if (t.reduction == Reduction::None) std::memcpy(to, from, last - first);
        else reduce(t.reduction, t.number, to, from, last - first);
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
