// createpolicy: a hint for caches, which nobody here reads.
#include <string>

#include "async/form_names.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

const Ins* policy(const Ins* ip, Warp& w) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) reg<uint64_t>(ip, w, 0)[__builtin_ctz(lanes)] = 0;
    return ip + 1;
}

}  // namespace

void add_cache_policy_forms(FormSink& sink) {
    for (const char* first : {"evict_last", "evict_normal", "evict_first", "evict_unchanged"})
        for (const char* second : {"", ".L2::evict_first", ".L2::evict_unchanged"}) {
            const char* name = lasting(std::string("createpolicy.fractional.L2::") + first + second + ".b64");
            sink.add({name, "d=", policy, policy, nullptr});
            sink.add({name, "d=w", policy, policy, nullptr});
        }
}

}  // namespace softcuda
