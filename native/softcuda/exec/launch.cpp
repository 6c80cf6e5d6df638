// Launches: which thread runs which block, and when.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "check/hooks.h"
#include "exec/cluster.h"
#include "exec/fault.h"
#include "exec/pool.h"
#include "exec/profile.h"
#include "vm.h"

namespace softcuda {
namespace {

constexpr int64_t kWakeNanoseconds = 8000;           // less work than this is not worth waking other threads
constexpr uint64_t kCooperativeMemory = 1ull << 30;  // bytes of state for the resident blocks of a cooperative launch

uint64_t state_bytes(const Code& code, uint32_t threads, uint32_t dynamicShared) {
    uint64_t warps = (threads + kLanes - 1) / kLanes;
    return warps
               * (uint64_t(code.units) * kUnit + code.predicates * 4 + sizeof(Warp)
                  + uint64_t(code.localBytes) * kLanes)
           + code.staticShared + dynamicShared + 4096;
}

// Each host thread and each worker keeps the state of the cluster it runs from launch to launch.
ResidentCluster& own_cluster() {
    thread_local ResidentCluster cluster;
    return cluster;
}

// Clusters go out in rising order, so that one which waits for an earlier one finds it at work or done.
void run_clusters(Launch& launch, LaunchMeter& meter, uint64_t clusters, std::atomic<uint64_t>& next, uint64_t chunk,
                  int worker) {
    LaunchMeter::Share share(meter);
    FaultLog& log = fault_log(launch);
    try {
        ResidentCluster& cluster = own_cluster();
        cluster.prepare(launch, uint32_t(worker));
        for (uint64_t first; (first = next.fetch_add(chunk, std::memory_order_relaxed)) < clusters;) {
            for (uint64_t c = first; c < first + chunk && c < clusters; c++) {
                if (log.happened.load(std::memory_order_relaxed)) return;
                cluster.begin(c);
                cluster.run();
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

void run_small_or_spread(Launch& launch, LaunchMeter& meter, uint64_t clusters) {
    std::atomic<uint64_t> next{0};
    Pool& pool = Pool::instance();
    if (clusters == 1 || pool.size() == 1) return run_clusters(launch, meter, clusters, next, 1, 0);
    // The first cluster here and now: how long it takes tells whether the others are worth waking anyone.
    ResidentCluster& cluster = own_cluster();
    auto begin = Clock::now();
    try {
        LaunchMeter::Share share(meter);
        cluster.prepare(launch, 0);
        cluster.begin(0);
        cluster.run();
    } catch (const std::bad_alloc&) {
        next = 0;  // reported by run_clusters, which meets it again
        return run_clusters(launch, meter, 1, next, 1, 0);
    }
    int64_t each = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count() + 1;
    next = 1;
    uint64_t chunk =
        std::max<uint64_t>(1, std::min<uint64_t>(uint64_t(20000 / each), clusters / (uint64_t(pool.size()) * 8)));
    if (double(each) * double(clusters - 1) < double(kWakeNanoseconds))
        return run_clusters(launch, meter, clusters, next, chunk, 0);
    Pool::Job job(pool, [&](int worker) { run_clusters(launch, meter, clusters, next, chunk, worker); });
    job.wake();
    run_clusters(launch, meter, clusters, next, chunk, 0);
    job.finish();
}

// All blocks have their state at once; clusters take turns on their thread whenever they give way.
void run_resident(Launch& launch, LaunchMeter& meter, uint64_t clusters) {
    Pool& pool = Pool::instance();
    uint64_t workers = std::min<uint64_t>(clusters, uint64_t(pool.size()));
    std::vector<std::unique_ptr<ResidentCluster>> resident;
    for (uint64_t c = 0; c < clusters; c++) {
        resident.push_back(std::make_unique<ResidentCluster>());
        resident.back()->prepare(launch, uint32_t(c % workers));
        resident.back()->begin(c);
    }
    std::atomic<uint64_t> nextShare{0};
    auto work = [&](int) {
        LaunchMeter::Share metered(meter);
        for (uint64_t share; (share = nextShare.fetch_add(1)) < workers;) {
            std::vector<ResidentCluster*> mine;
            for (uint64_t c = share; c < clusters; c += workers) mine.push_back(resident[c].get());
            while (!mine.empty()) {
                for (size_t k = 0; k < mine.size();) {
                    if (mine[k]->step() != Progress::Done) k++;
                    else mine.erase(mine.begin() + std::ptrdiff_t(k));
                }
                if (nextShare.load(std::memory_order_relaxed) < workers && !mine.empty()) {
                    // Not all threads have come yet: take over another share, so that its clusters run as well.
                    uint64_t more = nextShare.fetch_add(1);
                    if (more < workers) {
                        for (uint64_t c = more; c < clusters; c += workers) mine.push_back(resident[c].get());
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
    std::memcpy(launch.cluster, request.cluster, sizeof launch.cluster);
    launch.explicitCluster = request.explicitCluster;
    launch.dynamicShared = request.dynamicShared;
    launch.params = static_cast<const uint8_t*>(request.parameters);
    launch.paramBytes = code.parameterBytes;
    launch.arenaLow = request.arenaLow;
    launch.arenaHigh = request.arenaHigh;
    launch.cooperative = request.cooperative;
    launch.faults = &log;
    LaunchMeter meter(launch, Profile::instance());
    check_launch_begin(launch);
    uint64_t clusters = uint64_t(request.grid[0]) * request.grid[1] * request.grid[2];
    const uint32_t each = request.cluster[0] * request.cluster[1] * request.cluster[2];
    if (each > 1) clusters /= each;
    if (request.cooperative) {
        if (code.gridWorkspace) std::memset(reinterpret_cast<void*>(code.gridWorkspace), 0, 64);
        try {
            run_resident(launch, meter, clusters);
        } catch (const std::bad_alloc&) {
            return {kOutOfMemory, "no host memory for the resident blocks of kernel " + code.name};
        }
    } else {
        run_small_or_spread(launch, meter, clusters);
    }
    if (launch.checker != nullptr && log.code) std::fprintf(stderr, "softcuda: %s\n", log.text.c_str());
    check_launch_end(launch);
    return {log.code, log.text};
}

uint32_t cooperative_block_limit(const Kernel& kernel, uint32_t threads, uint32_t dynamicShared) {
    return uint32_t(std::max<uint64_t>(1, kCooperativeMemory / state_bytes(*kernel.code, threads, dynamicShared)));
}

}  // namespace softcuda
