#include "async/waiting.h"

#include <cstring>

#include "async/mbarrier.h"
#include "async/registers.h"
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

std::string describe_wait(const Warp& w) {
    const Code& code = *w.block->launch->code;
    const char* name = code.names[size_t(w.resume - code.ins.data())];
    if (std::strncmp(name, "mbarrier.", 9) == 0) return describe_mbarrier_wait(w);
    if (std::strncmp(name, "setmaxnreg.", 11) == 0) return describe_register_wait(w);
    return "";
}

}  // namespace softcuda
