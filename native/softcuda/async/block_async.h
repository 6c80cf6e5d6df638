// What a block's asynchronous machinery keeps while the block is resident.
#pragma once
#include <cstdint>
#include <vector>

#include "exec/code.h"

namespace softcuda {

struct BlockAsync {
    std::vector<uint32_t> mbarriers;   // offsets of the initialised ones in shared memory, rising

    void reset() { mbarriers.clear(); }
};

inline BlockAsync& async_of(const Block& block) { return *static_cast<BlockAsync*>(block.async); }

}  // namespace softcuda
