// What a block's asynchronous machinery keeps while the block is resident.
#pragma once
#include <cstdint>
#include <vector>

#include "async/wgmma_pack.h"
#include "exec/code.h"

namespace softcuda {

// The registers of a block, which setmaxnreg hands from warp to warp.
struct RegisterPool {
    uint32_t unused = 0;              // registers that no warp holds
    std::vector<uint32_t> perThread;  // by warp; empty until the first setmaxnreg
};

// Where a warp is with the cluster's barrier: lanes that have arrived and not waited yet, and of those which did in an odd
// phase.
struct ClusterArrivals {
    uint32_t lanes = 0, odd = 0;
};

// barrier.cluster, kept with the block of rank 0: threads of the cluster that have not ended, those that have arrived in this
// phase, and the phases that are over.
struct ClusterBarrier {
    uint32_t live = 0, arrived = 0, phase = 0;
};

struct BlockAsync {
    bool used = false;   // something below is not as reset() leaves it
    bool ended = false;  // all threads of the block have: its shared memory is nobody's
    ClusterBarrier clusterBarrier;
    std::vector<ClusterArrivals> clusterArrivals;  // by warp; empty until the first
    std::vector<uint32_t> mbarriers;               // offsets of the initialised ones in shared memory, rising

    RegisterPool registers;
    std::vector<uint32_t> wgmmaGroups;  // by warp: committed; empty until the first
    WgmmaPacks wgmmaPacks;

    void reset() {
        ended = false;
        if (used) clear();
    }

private:
    void clear() {
        used = false;
        clusterArrivals.clear();
        mbarriers.clear();
        registers.perThread.clear();
        wgmmaGroups.clear();
        wgmmaPacks.clear();
    }
};

inline BlockAsync& async_of(const Block& block) { return *static_cast<BlockAsync*>(block.async); }

}  // namespace softcuda
