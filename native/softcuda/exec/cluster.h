// The blocks of one cluster, resident together: they take turns on one thread, so that what passes between them (remote
// shared memory, mbarriers, the cluster's barrier) needs no other synchronisation.
#pragma once
#include <memory>
#include <vector>

#include "exec/block.h"

namespace softcuda {

class ResidentCluster {
public:
    // Makes room for a cluster of this launch; `multiprocessor` is what its blocks take for theirs.
    void prepare(Launch& launch, uint32_t multiprocessor);
    // Puts the cluster with this number (x fastest) at its beginning.
    void begin(uint64_t serial);
    // Gives every warp that can run a turn. A fault counts as done.
    Progress step();
    void run();

private:
    void deadlock();

    Cluster cluster_{};
    Launch* launch_ = nullptr;
    std::vector<std::unique_ptr<ResidentBlock>> blocks_;  // the first cluster_.blocks of them are in use
    uint32_t ended_ = 0;                                  // by rank: one bit each
    uint32_t idleRounds_ = 0, rounds_ = 0;
};

}  // namespace softcuda
