// Groups of wgmma products.
#pragma once
#include <string>

#include "exec/code.h"

namespace softcuda {

// What the wgmma.wait_group at Warp::resume waits for.
std::string describe_wgmma_wait(const Warp& w);

}  // namespace softcuda
