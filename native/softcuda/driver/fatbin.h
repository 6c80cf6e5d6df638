// Finds the PTX in a module image: PTX text itself, or a fat binary, which softcuda takes the PTX from.
#pragma once
#include <string>

#include "driver/api.h"

namespace softcuda::driver {

// The PTX for a device of compute capability `capability` (80 for 8.0) in `image`, as cuModuleLoadData takes it. On failure a
// driver error code, and in `log` what was found and what to do about it.
CUresult extract_ptx(const void* image, int capability, std::string& ptx, std::string& log);

}  // namespace softcuda::driver
