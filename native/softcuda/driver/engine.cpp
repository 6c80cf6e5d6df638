#include "driver/engine.h"

#include "check/options.h"
#include "driver/device.h"

namespace softcuda::driver {

namespace {

// Freed blocks that checked mode keeps out of use, so that a use after free is seen: bytes.
constexpr uint64_t kQuarantine = uint64_t(256) << 20;

Arena* make_arena() {
    Arena* made = new Arena(device_memory());
    if (check_options().memory) made->enable_quarantine(kQuarantine);
    if (check_options().init) made->enable_initialisation_record();
    return made;
}

}  // namespace

Arena& arena() {
    static Arena* const instance = make_arena();
    return *instance;
}

}  // namespace softcuda::driver
