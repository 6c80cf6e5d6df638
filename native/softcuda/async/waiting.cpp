#include "async/waiting.h"

#include <cstring>

#include "async/mbarrier.h"
#include "async/registers.h"
#include "async/wgmma_groups.h"
#include "exec/cluster_barrier.h"
#include "exec/divergence.h"
#include "exec/kernel_code.h"

namespace softcuda {

bool suspend(const Ins* ip, Warp& w) {
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].barrier < 0) return false;
    }
    if (w.waitRound != w.block->waitRound) {
        w.waitRound = w.block->waitRound;
        return false;
    }
    w.state = WarpState::Waiting;
    w.resume = ip;
    return true;
}

const Ins* hold(const Ins* ip, Warp& w) {
    for (int k = 0; k < w.groupCount; k++) {
        if (w.groups[k].barrier >= 0) continue;
        stop_group(w, ip, w.active);
        w.rotate = true;
        return choose_group(w);
    }
    w.state = WarpState::Waiting;
    w.resume = ip;
    return nullptr;
}

std::string describe_wait(const Warp& w) {
    const Code& code = *w.block->launch->code;
    const char* name = code.names[size_t(w.resume - code.ins.data())];
    if (std::strncmp(name, "mbarrier.", 9) == 0) return describe_mbarrier_wait(w);
    if (std::strncmp(name, "barrier.cluster", 15) == 0) return describe_cluster_wait(w);
    if (std::strncmp(name, "wgmma.", 6) == 0) return describe_wgmma_wait(w);
    if (std::strncmp(name, "setmaxnreg.", 11) == 0) return describe_register_wait(w);
    return "";
}

}  // namespace softcuda
