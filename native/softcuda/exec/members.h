// Warp-wide operations wait for the lanes that their member mask names.
#pragma once
#include "exec/code.h"

namespace softcuda {

// The active lanes are at `ip` with these member masks (one for each lane). True when all members are here, or when those
// who are not cannot come: they have ended, or wait elsewhere themselves. Otherwise the active lanes stop at `ip` until
// the others get there, and the handler must return nullptr; it runs again for all of them together.
bool await_members(const Ins* ip, Warp& w, const uint32_t* mask);

}  // namespace softcuda
