// What a block's asynchronous machinery keeps while the block is resident.
#pragma once
#include <cstdint>
#include <vector>

#include "exec/code.h"

namespace softcuda {

// The registers of a block, which setmaxnreg hands from warp to warp.
struct RegisterPool {
    uint32_t unused = 0;                // registers that no warp holds
    std::vector<uint32_t> perThread;    // by warp; empty until the first setmaxnreg
};

struct BlockAsync {
    std::vector<uint32_t> mbarriers;   // offsets of the initialised ones in shared memory, rising

    RegisterPool registers;

    void reset() {
        mbarriers.clear();
        registers.perThread.clear();
    }
};

inline BlockAsync& async_of(const Block& block) { return *static_cast<BlockAsync*>(block.async); }

}  // namespace softcuda
