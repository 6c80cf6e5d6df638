// setmaxnreg: registers move from warps that give some back to warps that ask for more.
#pragma once
#include <string>

#include "exec/code.h"

namespace softcuda {

// What the setmaxnreg.inc at Warp::resume waits for.
std::string describe_register_wait(const Warp& w);

}  // namespace softcuda
