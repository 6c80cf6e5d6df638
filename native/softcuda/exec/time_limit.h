// How long a launch may take: a kernel that spins for ever otherwise runs for ever.
#pragma once
#include <chrono>

namespace softcuda {

using Clock = std::chrono::steady_clock;

constexpr Clock::time_point kNoDeadline = Clock::time_point::max();

// When a launch that begins now must have ended: by ZOETROPE_TIMEOUT, in seconds; kNoDeadline when that is not set.
Clock::time_point launch_deadline();

}  // namespace softcuda
