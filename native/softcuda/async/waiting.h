// Instructions at which a warp stays until something happens elsewhere.
#pragma once
#include <string>

#include "exec/code.h"

namespace softcuda {

// The active lanes have to wait at `ip`. True: the warp has stopped there and the handler returns nullptr; it runs the
// instruction again later. False: it cannot stop, because other lanes of the warp could go on, or has waited long enough
// in vain (Block::waitRound); an instruction that may give up does so, another one returns to itself.
bool suspend(const Ins* ip, Warp& w);

// What the warp, whose state is Waiting, waits for: ", mbarrier at ...". Empty where it is not known.
std::string describe_wait(const Warp& w);

}  // namespace softcuda
