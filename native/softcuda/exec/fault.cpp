#include "exec/fault.h"

#include <cstdio>

#include "exec/kernel_code.h"

namespace softcuda {
namespace {

void record(const Launch& launch, int error, const std::string& text) {
    FaultLog& log = fault_log(launch);
    std::lock_guard<std::mutex> lock(log.mutex);
    if (!log.code) {
        log.code = error;
        log.text = text;
    }
    log.happened.store(true, std::memory_order_release);
}

std::string block_name(const Block& b) {
    return "block (" + std::to_string(b.index[0]) + ", " + std::to_string(b.index[1]) + ", "
           + std::to_string(b.index[2]) + ")";
}

}  // namespace

const Ins* fault(Warp& w, const Ins* ip, int error, int lane, uint64_t address, const char* what) {
    const Block& block = *w.block;
    const Launch& launch = *block.launch;
    const Code& code = *launch.code;
    size_t at = size_t(ip - code.ins.data());
    std::string text = std::string(what) + " in kernel " + code.name;
    if (at < code.ins.size()) text += " at PTX line " + std::to_string(code.lines[at]) + " (" + code.names[at] + ")";
    text += ", " + block_name(block) + ", warp " + std::to_string(w.index);
    if (lane >= 0) {
        uint32_t t = w.index * kLanes + uint32_t(lane);
        uint32_t x = launch.block[0], y = launch.block[1];
        text += ", lane " + std::to_string(lane) + ", thread (" + std::to_string(t % x) + ", "
                + std::to_string(t / x % y) + ", " + std::to_string(t / x / y) + ")";
    }
    char number[32];
    std::snprintf(number, sizeof number, ", address 0x%llx", static_cast<unsigned long long>(address));
    if (lane >= 0 || address) text += number;
    record(launch, error, text);
    w.state = WarpState::Faulted;
    w.resume = ip;
    return nullptr;
}

void block_fault(Block& block, int error, const std::string& what) {
    record(*block.launch, error, what + " in kernel " + block.launch->code->name + ", " + block_name(block));
}

}  // namespace softcuda
