// The record of what went wrong first in a launch.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "exec/code.h"
#include "exec/time_limit.h"

namespace softcuda {

// CUresult values that the machine itself raises.
constexpr int kOutOfMemory = 2;
constexpr int kIllegalAddressError = 700;
constexpr int kLaunchTimeout = 702;
constexpr int kAssertError = 710;
constexpr int kIllegalInstruction = 715;
constexpr int kLaunchFailed = 719;

struct FaultLog {
    std::atomic<bool> happened{false};  // blocks that still run look at this now and then, and stop
    std::mutex mutex;
    int code = 0;
    std::string text;
    Clock::time_point deadline = kNoDeadline;  // a launch that has not ended by then is a fault
};

inline FaultLog& fault_log(const Launch& launch) { return *static_cast<FaultLog*>(launch.faults); }

// A fault of a block as a whole, such as a deadlock.
void block_fault(Block& block, int error, const std::string& what);

}  // namespace softcuda
