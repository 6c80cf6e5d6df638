// The devices that softcuda shows: all alike, on the same CPU and in the same memory.
#pragma once
#include <cstdint>

#include "driver/api.h"

namespace softcuda::driver {

struct DeviceModel {
    int major;  // compute capability
    int minor;
    int sharedPerBlock;  // without opting in
    int sharedPerBlockOptin;
    int sharedPerMultiprocessor;
    int sharedReserved;  // taken by the system from each block
    int maxThreadsPerMultiprocessor;
    int maxBlocksPerMultiprocessor;
    int maxThreadsPerBlock;
    int maxBlock[3];
    int maxGrid[3];
    int registersPerBlock;
    int multiprocessors;
};

// Limits of the compute capability that ZOETROPE_COMPUTE names (8.0 by default): what the documentation gives for it.
const DeviceModel& device_model();

// How many devices there are: ZOETROPE_DEVICES, 1 by default.
int device_count();

// Bytes of memory, which the devices share: ZOETROPE_MEMORY (bytes, or with a suffix K, M, G), else half of the machine's memory.
uint64_t device_memory();

}  // namespace softcuda::driver
