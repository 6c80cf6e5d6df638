#include "async/shared_address.h"

#include <string>

#include "async/block_async.h"

namespace softcuda {
namespace {

constexpr int kIllegalAddress = 700;
constexpr int kMisalignedAddress = 716;

}  // namespace

bool locate(const Ins* ip, Warp& w, int lane, uint64_t address, Window window, uint32_t bytes, uint32_t alignment,
            SharedPlace& place) {
    auto refuse = [&](int error, const char* what) {
        fault(w, ip, error, lane, address, what);
        return false;
    };
    if (window == Window::Generic && (address & kWindowMask) != kSharedWindow)
        return refuse(kIllegalAddress, "the address is not one of shared memory");
    const uint64_t within = window == Window::Generic ? address & ~kWindowMask : uint32_t(address);
    if (within >> 32) return refuse(kIllegalAddress, "shared access outside the block's shared memory");
    const uint32_t named = uint32_t(within) >> kRankShift;
    place.block = w.block;
    place.offset = uint32_t(within) & ((1u << kRankShift) - 1);
    if (named != 0) {
        if (window == Window::Cta) return refuse(kIllegalAddress, "shared access outside the block's shared memory");
        if (named > w.block->cluster->blocks)
            return refuse(kIllegalAddress, "shared access in a block that the cluster does not have");
        place.block = w.block->cluster->block[named - 1];
        if (async_of(*place.block).ended)
            return refuse(
                kIllegalAddress,
                "shared access in a block of the cluster that has ended (a cluster barrier is missing before its end)");
    }
    const uint32_t size = place.block->sharedBytes;
    if (place.offset > size || size - place.offset < bytes)
        return refuse(kIllegalAddress, "shared access outside the block's shared memory");
    if (place.offset & (alignment - 1))
        return refuse(kMisalignedAddress,
                      ("misaligned address: expected a multiple of " + std::to_string(alignment)).c_str());
    return true;
}

}  // namespace softcuda
