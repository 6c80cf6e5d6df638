// Fences between the generic proxy, through which ordinary accesses go, and the asynchronous one of bulk copies and wgmma.
// All share one memory here, so that they order nothing; the checkers look for those that are missing.
#include "check/hooks.h"
#include "check/peers.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

template <bool shared, bool global> const Ins* fence_async(const Ins* ip, Warp& w) {
    check_proxy_fence(w, shared, global);
    return ip + 1;
}

const Ins* fence_mbarrier_init(const Ins* ip, Warp& w) {
    check_mbarrier_fence(w);
    return ip + 1;
}

const Ins* nothing(const Ins* ip, Warp&) { return ip + 1; }

}  // namespace

void add_proxy_forms(FormSink& sink) {
    auto both = [&](const char* name, const char* signature, Handler h) { sink.add({name, signature, h, h, nullptr}); };
    both("fence.proxy.async", "=", fence_async<true, true>);
    both("fence.proxy.async.global", "=", fence_async<false, true>);
    for (const char* name : {"fence.proxy.async.shared::cta", "fence.proxy.async.shared::cluster"})
        both(name, "=", fence_async<true, false>);
    both("fence.proxy.alias", "=", nothing);
    both("fence.mbarrier_init.release.cluster", "=", fence_mbarrier_init);
    for (const char* name :
         {"fence.proxy.tensormap::generic.release.cta", "fence.proxy.tensormap::generic.release.cluster",
          "fence.proxy.tensormap::generic.release.gpu", "fence.proxy.tensormap::generic.release.sys"})
        both(name, "=", nothing);
    for (const char* name :
         {"fence.proxy.tensormap::generic.acquire.cta", "fence.proxy.tensormap::generic.acquire.cluster",
          "fence.proxy.tensormap::generic.acquire.gpu", "fence.proxy.tensormap::generic.acquire.sys"})
        both(name, "=mi", nothing);
}

}  // namespace softcuda
