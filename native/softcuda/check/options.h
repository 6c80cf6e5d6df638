// Which checks are on. Read once from the environment (ZOETROPE_CHECK=memory,race,init,sync and ZOETROPE_SEED=number), or
// set by the program before the first launch.
#pragma once
#include <cstdint>
#include <string>

namespace softcuda {

struct CheckOptions {
    bool memory = false;  // bounds of allocations, use after free, misalignment
    bool race = false;    // conflicting accesses without a happens-before edge
    bool init = false;    // reads of bytes nobody wrote
    bool sync = false;    // divergent barriers, deadlocks, member masks
    uint64_t seed = 0;    // 0: warps in order; else the seed of the random order of warps

    bool any() const { return memory || race || init || sync; }
};

// Parses a comma-separated list ("memory,race", "all", "" for none). False and a message that names the bad word and the
// words known.
bool parse_check_options(const char* text, CheckOptions& options, std::string& error);

// The options in force. The first call reads the environment; a bad word there is reported on stderr and leaves all
// checks on, so that a typing error never passes for a clean run.
const CheckOptions& check_options();
void set_check_options(const CheckOptions& options);

}  // namespace softcuda
