#include "driver/occupancy.h"

#include <algorithm>

#include "driver/call.h"
#include "driver/device.h"

namespace softcuda::driver {

namespace {

constexpr uint32_t kWarp = 32;
constexpr uint32_t kSharedGranularity = 128;

uint32_t round_up(uint32_t value, uint32_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

uint32_t resident_blocks(const Kernel& kernel, uint32_t threads, uint32_t dynamicShared) {
    const DeviceModel& model = device_model();
    if (threads == 0 || threads > std::min<uint32_t>(kernel.maxThreads, uint32_t(model.maxThreadsPerBlock))) return 0;
    const uint64_t shared = uint64_t(kernel.staticShared) + dynamicShared;
    if (shared > uint32_t(model.sharedPerBlockOptin)) return 0;
    const uint32_t byThreads = uint32_t(model.maxThreadsPerMultiprocessor) / round_up(threads, kWarp);
    const uint32_t taken = round_up(uint32_t(shared), kSharedGranularity) + uint32_t(model.sharedReserved);
    const uint32_t byShared = taken ? uint32_t(model.sharedPerMultiprocessor) / taken : byThreads;
    const uint32_t blocks = std::min({byThreads, byShared, uint32_t(model.maxBlocksPerMultiprocessor)});
    return std::min(blocks, cooperative_block_limit(kernel, threads, dynamicShared));
}

namespace {

CUresult potential(int* minGrid, int* blockSize, CUfunction handle, CUoccupancyB2DSize sharedOf, size_t dynamicShared,
                   int limit) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (!minGrid || !blockSize || limit < 0) return CUDA_ERROR_INVALID_VALUE;
        auto function = find<Function>(handle);
        if (!function) return CUDA_ERROR_INVALID_HANDLE;
        uint32_t most = std::min<uint32_t>(function->kernel->maxThreads, uint32_t(device_model().maxThreadsPerBlock));
        if (limit > 0) most = std::min(most, uint32_t(limit));
        // The largest number of resident threads; among equals the largest block, as CUDA does.
        uint32_t best = 0, bestThreads = 0, bestBlocks = 0;
        for (uint32_t threads = round_up(most, kWarp); threads > 0; threads -= kWarp) {
            const uint32_t size = std::min(threads, most);
            const size_t shared = sharedOf ? sharedOf(int(size)) : dynamicShared;
            if (shared > 0x7fffffff) continue;
            const uint32_t blocks = resident_blocks(*function->kernel, size, uint32_t(shared));
            if (blocks * size <= best) continue;
            best = blocks * size;
            bestThreads = size;
            bestBlocks = blocks;
        }
        if (best == 0) return CUDA_ERROR_INVALID_VALUE;
        *blockSize = int(bestThreads);
        *minGrid = int(bestBlocks) * device_model().multiprocessors;
        return CUDA_SUCCESS;
    });
}

}  // namespace

}  // namespace softcuda::driver

using namespace softcuda::driver;

SOFTCUDA_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction handle,
                                                                           int blockSize, size_t dynamicShared,
                                                                           unsigned flags) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (!blocks || blockSize <= 0 || flags > 1) return CUDA_ERROR_INVALID_VALUE;
        auto function = find<Function>(handle);
        if (!function) return CUDA_ERROR_INVALID_HANDLE;
        *blocks = dynamicShared > 0x7fffffff
                      ? 0
                      : int(resident_blocks(*function->kernel, uint32_t(blockSize), uint32_t(dynamicShared)));
        return CUDA_SUCCESS;
    });
}

SOFTCUDA_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int blockSize,
                                                                  size_t dynamicShared) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, blockSize, dynamicShared, 0);
}

SOFTCUDA_API CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int* minGrid, int* blockSize, CUfunction function,
                                                                CUoccupancyB2DSize sharedOf, size_t dynamicShared,
                                                                int limit, unsigned flags) {
    if (flags > 1) return CUDA_ERROR_INVALID_VALUE;
    return potential(minGrid, blockSize, function, sharedOf, dynamicShared, limit);
}

SOFTCUDA_API CUresult cuOccupancyMaxPotentialBlockSize(int* minGrid, int* blockSize, CUfunction function,
                                                       CUoccupancyB2DSize sharedOf, size_t dynamicShared, int limit) {
    return potential(minGrid, blockSize, function, sharedOf, dynamicShared, limit);
}

SOFTCUDA_API CUresult cuOccupancyAvailableDynamicSMemPerBlock(size_t* bytes, CUfunction handle, int blocks,
                                                              int blockSize) {
    return in_context([&](const std::shared_ptr<Context>&) -> CUresult {
        if (!bytes || blocks <= 0 || blockSize <= 0) return CUDA_ERROR_INVALID_VALUE;
        auto function = find<Function>(handle);
        if (!function) return CUDA_ERROR_INVALID_HANDLE;
        const DeviceModel& model = device_model();
        const long each =
            long(model.sharedPerMultiprocessor) / blocks / long(kSharedGranularity) * long(kSharedGranularity)
            - model.sharedReserved;
        const long room = std::min(each, long(model.sharedPerBlockOptin)) - long(function->kernel->staticShared);
        if (room < 0 || resident_blocks(*function->kernel, uint32_t(blockSize), 0) < uint32_t(blocks))
            return CUDA_ERROR_INVALID_VALUE;
        *bytes = size_t(room);
        return CUDA_SUCCESS;
    });
}
