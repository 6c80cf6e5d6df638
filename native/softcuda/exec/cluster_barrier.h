// barrier.cluster: all threads of a cluster that have not ended arrive, and wait for each other.
#pragma once
#include <string>

#include "exec/code.h"

namespace softcuda {

// Lanes of the warp have ended: a barrier that waits for all may now be complete.
void cluster_lanes_ended(Warp& w, uint32_t lanes);

// What the barrier.cluster.wait at Warp::resume waits for.
std::string describe_cluster_wait(const Warp& w);

}  // namespace softcuda
