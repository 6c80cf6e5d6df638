// The device's memory, shared by all contexts.
#pragma once
#include "mem/arena.h"
#include "vm.h"

namespace softcuda::driver {

// Made at the first call, with the capacity device_memory() and, in checked mode, the records the checks need. It is never
// destroyed: pinned host memory may be in use to the end of the process. Throws std::bad_alloc when the address space
// cannot be reserved.
Arena& arena();

}  // namespace softcuda::driver
