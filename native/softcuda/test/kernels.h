// Small kernels around a few instructions, for tests of asynchronous copies and what goes with them.
#pragma once
#include "check/options.h"
#include "machine.h"

namespace softcuda {

// Switches checks on for as long as it lives.
struct Checks {
    explicit Checks(bool on, uint64_t seed = 0) {
        CheckOptions options;
        options.memory = options.race = options.init = options.sync = on;
        options.seed = seed;
        set_check_options(options);
    }
    ~Checks() { set_check_options(CheckOptions()); }
};

// An mbarrier that one thread initialises with `count`, known to all threads of the block.
inline std::string barrier_ready(const std::string& name, int count) {
    return R"(
    setp.ne.u32 %p7, %r0, 0;
    @%p7 bra READY_)"
           + name + R"(;
    mbarrier.init.shared.b64 [)"
           + name + "], " + std::to_string(count) + R"(;
    fence.mbarrier_init.release.cluster;
READY_)" + name
           + R"(:
    barrier.sync.aligned 0;
)";
}

// Waits until the phase with that parity is over. `label` must be new.
inline std::string barrier_wait(const std::string& name, const std::string& parity, const std::string& label) {
    return label + ":\n    mbarrier.try_wait.parity.shared::cta.b64 %p6, [" + name + "], " + parity
           + ";\n    @!%p6 bra " + label + ";\n";
}

}  // namespace softcuda
