// How many blocks of a kernel the device's model lets a multiprocessor hold.
#pragma once
#include <cstdint>

#include "driver/engine.h"

namespace softcuda::driver {

// By threads, blocks and shared memory; registers are not counted, since the interpreter does not run out of them. 0 when
// not even one fits.
uint32_t resident_blocks(const Kernel& kernel, uint32_t threads, uint32_t dynamicShared);

}  // namespace softcuda::driver
