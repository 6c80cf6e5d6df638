// Launches: which thread runs which block, and when.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "check/hooks.h"
#include "exec/block.h"
#include "exec/fault.h"
#include "exec/pool.h"
#include "vm.h"

namespace softcuda {
namespace {

constexpr int64_t kWakeNanoseconds = 8000;             // less work than this is not worth waking other threads
constexpr uint64_t kCooperativeMemory = 1ull << 30;    // bytes of state for the resident blocks of a cooperative launch

uint64_t state_bytes(const Code& code, uint32_t threads, uint32_t dynamicShared) {
    uint64_t warps = (threads + kLanes - 1) / kLanes;
    return warps * (uint64_t(code.units) * kUnit + code.predicates * 4 + sizeof(Warp) + uint64_t(code.localBytes) * kLanes) + code.staticShared +
           dynamicShared + 4096;
}

// Each host thread and each worker keeps the state of the block it runs from launch to launch.
ResidentBlock& own_block() {
    thread_local ResidentBlock block;
    return block;
}

// Blocks go out in rising order, so that one which waits for an earlier one finds it at work or done.
void run_blocks(Launch& launch, uint64_t blocks, std::atomic<uint64_t>& next, uint64_t chunk, int worker) {
    FaultLog& log = fault_log(launch);
    try {
        ResidentBlock& block = own_block();
        block.prepare(launch, uint32_t(worker));
        for (uint64_t first; (first = next.fetch_add(chunk, std::memory_order_relaxed)) < blocks;) {
            for (uint64_t b = first; b < first + chunk && b < blocks; b++) {
                if (log.happened.load(std::memory_order_relaxed)) return;
                block.begin(b);
                block.run();
            }
        }
    } catch (const std::bad_alloc&) {
        std::lock_guard<std::mutex> lock(log.mutex);
        if (!log.code) {
            log.code = kOutOfMemory;
            log.text = "no host memory for the state of a block of kernel " + launch.code->name;
        }
        log.happened.store(true);
    }
}

void run_small_or_spread(Launch& launch, uint64_t blocks) {
    std::atomic<uint64_t> next{0};
    Pool& pool = Pool::instance();
    if (blocks == 1 || pool.size() == 1) return run_blocks(launch, blocks, next, 1, 0);
    // The first block here and now: how long it takes tells whether the others are worth waking anyone.
    ResidentBlock& block = own_block();
    auto begin = Clock::now();
    try {
        block.prepare(launch, 0);
        block.begin(0);
        block.run();
    } catch (const std::bad_alloc&) {
        next = 0;   // reported by run_blocks, which meets it again
        return run_blocks(launch, 1, next, 1, 0);
    }
    int64_t each = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count() + 1;
    next = 1;
    uint64_t chunk = std::max<uint64_t>(1, std::min<uint64_t>(uint64_t(20000 / each), blocks / (uint64_t(pool.size()) * 8)));
    if (double(each) * double(blocks - 1) < double(kWakeNanoseconds)) return run_blocks(launch, blocks, next, chunk, 0);
    Pool::Job job(pool, [&](int worker) { run_blocks(launch, blocks, next, chunk, worker); });
    job.wake();
    run_blocks(launch, blocks, next, chunk, 0);
    job.finish();
}

// All blocks have their state at once and take turns on their thread whenever they give way.
void run_resident(Launch& launch, uint64_t blocks) {
    Pool& pool = Pool::instance();
    uint64_t workers = std::min<uint64_t>(blocks, uint64_t(pool.size()));
    std::vector<std::unique_ptr<ResidentBlock>> resident;
    for (uint64_t b = 0; b < blocks; b++) {
        resident.push_back(std::make_unique<ResidentBlock>());
        resident.back()->prepare(launch, uint32_t(b % workers));
        resident.back()->begin(b);
    }
    std::atomic<uint64_t> nextShare{0};
    auto work = [&](int) {
        for (uint64_t share; (share = nextShare.fetch_add(1)) < workers;) {
            std::vector<ResidentBlock*> mine;
            for (uint64_t b = share; b < blocks; b += workers) mine.push_back(resident[b].get());
            while (!mine.empty()) {
                for (size_t k = 0; k < mine.size();) {
                    if (mine[k]->step() == Progress::Again) k++;
                    else mine.erase(mine.begin() + std::ptrdiff_t(k));
                }
                if (nextShare.load(std::memory_order_relaxed) < workers && !mine.empty()) {
                    // Not all threads have come yet: take over another share, so that its blocks run as well.
                    uint64_t more = nextShare.fetch_add(1);
                    if (more < workers) {
                        for (uint64_t b = more; b < blocks; b += workers) mine.push_back(resident[b].get());
                    }
                }
            }
        }
    };
    Pool::Job job(pool, work);
    job.wake();
    work(0);
    job.finish();
}

}  // namespace

FaultReport run(const LaunchRequest& request) {
    const Code& code = *request.kernel->code;
    FaultLog log;
    log.deadline = launch_deadline();
    Launch launch{};
    launch.code = &code;
    std::memcpy(launch.grid, request.grid, sizeof launch.grid);
    std::memcpy(launch.block, request.block, sizeof launch.block);
    launch.dynamicShared = request.dynamicShared;
    launch.params = static_cast<const uint8_t*>(request.parameters);
    launch.paramBytes = code.parameterBytes;
    launch.arenaLow = request.arenaLow;
    launch.arenaHigh = request.arenaHigh;
    launch.cooperative = request.cooperative;
    launch.faults = &log;
    check_launch_begin(launch);
    uint64_t blocks = uint64_t(request.grid[0]) * request.grid[1] * request.grid[2];
    if (request.cooperative) {
        if (code.gridWorkspace) std::memset(reinterpret_cast<void*>(code.gridWorkspace), 0, 64);
        try {
            run_resident(launch, blocks);
        } catch (const std::bad_alloc&) {
            return {kOutOfMemory, "no host memory for the resident blocks of kernel " + code.name};
        }
    } else {
        run_small_or_spread(launch, blocks);
    }
    if (launch.checker != nullptr && log.code) std::fprintf(stderr, "softcuda: %s\n", log.text.c_str());
    check_launch_end(launch);
    return {log.code, log.text};
}

uint32_t cooperative_block_limit(const Kernel& kernel, uint32_t threads, uint32_t dynamicShared) {
    return uint32_t(std::max<uint64_t>(1, kCooperativeMemory / state_bytes(*kernel.code, threads, dynamicShared)));
}

}  // namespace softcuda
