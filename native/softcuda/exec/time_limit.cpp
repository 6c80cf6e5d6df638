#include "exec/time_limit.h"

#include <cstdio>
#include <cstdlib>

namespace softcuda {
namespace {

constexpr double kMostSeconds = 1e6;

// Zero: no limit.
Clock::duration time_limit() {
    const char* text = std::getenv("ZOETROPE_TIMEOUT");
    if (!text || !*text) return Clock::duration::zero();
    char* end = nullptr;
    double seconds = std::strtod(text, &end);
    if (*end || !(seconds > 0 && seconds <= kMostSeconds)) {
        std::fprintf(
            stderr,
            "softcuda: ZOETROPE_TIMEOUT=%s is not a number of seconds above 0, at most %.0f; launches have no limit\n",
            text, kMostSeconds);
        return Clock::duration::zero();
    }
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

Clock::time_point launch_deadline() {
    static const Clock::duration limit = time_limit();
    return limit == Clock::duration::zero() ? kNoDeadline : Clock::now() + limit;
}

}  // namespace softcuda
