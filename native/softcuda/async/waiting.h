// Instructions at which a warp stays until something happens elsewhere.
#pragma once
#include <string>

#include "exec/code.h"

namespace softcuda {

// The active lanes have to wait at `ip`. True: the warp has stopped there and the handler returns nullptr; it runs the
// instruction again later. False: it cannot stop, because other lanes of the warp could go on, or has waited long enough
// in vain (Block::waitRound).
bool suspend(const Ins* ip, Warp& w);

// The same for an instruction that cannot give up: it stops, and other lanes of the warp that can go on do so meanwhile.
// Always nullptr, for the handler to return.
const Ins* hold(const Ins* ip, Warp& w);

// What the warp, whose state is Waiting, waits for: ", mbarrier at ...". Empty where it is not known.
std::string describe_wait(const Warp& w);

}  // namespace softcuda
