#include "exec/block.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "check/hooks.h"
#include "check/options.h"
#include "exec/control.h"
#include "exec/divergence.h"
#include "exec/fault.h"

namespace softcuda {
namespace {

template <class T> void splat(uint8_t* slot, T value) {
    T* lanes = reinterpret_cast<T*>(slot);
    for (int l = 0; l < kLanes; l++) lanes[l] = value;
}

}  // namespace

uint8_t* Buffer::reserve(size_t bytes) {
    if (bytes <= bytes_) return data_;
    std::free(data_);
    data_ = nullptr;
    bytes_ = 0;
    size_t rounded = (bytes + 1023) / 1024 * 1024;
    data_ = static_cast<uint8_t*>(std::aligned_alloc(1024, rounded));
    if (!data_) throw std::bad_alloc();
    bytes_ = rounded;
    return data_;
}

ResidentBlock::~ResidentBlock() { check_block_free(block_); }

Block& ResidentBlock::prepare(Launch& launch, uint32_t multiprocessor, Cluster& cluster, uint32_t rank) {
    const Code& code = *launch.code;
    uint32_t threads = launch.block[0] * launch.block[1] * launch.block[2];
    uint32_t warps = (threads + kLanes - 1) / kLanes;
    size_t file = size_t(code.units) * kUnit;
    uint8_t* oldRegisters = registers_.data();
    uint8_t* registers = registers_.reserve(file * warps);
    uint8_t* predicates = predicates_.reserve(size_t(code.predicates) * warps * sizeof(uint32_t));
    uint32_t sharedBytes = code.staticShared + launch.dynamicShared;
    block_.shared = shared_.reserve(std::max<uint32_t>(sharedBytes, 1) + 64);
    block_.sharedBytes = sharedBytes;
    block_.localBytes = code.localBytes;
    block_.local = local_.reserve(std::max<size_t>(size_t(code.localBytes) * warps * kLanes, 1));
    block_.threads = threads;
    block_.warps = warps;
    block_.launch = &launch;
    block_.barriers = &barriers_;
    block_.async = &async_;
    block_.cluster = &cluster;
    block_.rank = rank;
    if (warps_.size() < warps) warps_.resize(warps);
    block_.warp = warps_.data();
    for (uint32_t i = 0; i < warps; i++) {
        Warp& w = warps_[i];
        w.regs = registers + i * file;
        w.pred = reinterpret_cast<uint32_t*>(predicates) + size_t(i) * code.predicates;
        w.index = i;
        w.block = &block_;
        for (auto [index, value] : code.predicateConstants) w.pred[index] = value;
        w.pred[code.explicitCluster] = launch.explicitCluster ? kAllLanes : 0;
    }
    if (order_.size() != warps) {
        order_.resize(warps);
        for (uint32_t i = 0; i < warps; i++) order_[i] = i;
    }
    launch_ = &launch;
    code_ = &code;
    multiprocessor_ = multiprocessor;
    randomState_ = check_options().seed;
    bool filled = filledSerial_ == code.serial && oldRegisters == registers && filledShared_ == launch.dynamicShared
                  && filledCooperative_ == launch.cooperative && filledRank_ == rank
                  && std::equal(launch.cluster, launch.cluster + 3, filledCluster_)
                  && std::equal(launch.grid, launch.grid + 3, filledGrid_)
                  && std::equal(launch.block, launch.block + 3, filledBlock_);
    fill_parameters(!filled);
    if (filled) return block_;
    fill_constants();
    fill_specials(SpecialScope::Launch);
    fill_specials(SpecialScope::Warp);
    filledSerial_ = code.serial;
    filledShared_ = launch.dynamicShared;
    filledCooperative_ = launch.cooperative;
    std::copy(launch.grid, launch.grid + 3, filledGrid_);
    std::copy(launch.block, launch.block + 3, filledBlock_);
    std::copy(launch.cluster, launch.cluster + 3, filledCluster_);
    filledRank_ = rank;
    return block_;
}

void ResidentBlock::fill_constants() {
    for (uint32_t i = 0; i < block_.warps; i++) {
        for (const ConstantFill& c : code_->constants) {
            uint8_t* slot = warps_[i].regs + size_t(c.unit) * kUnit;
            if (c.wide) splat<uint64_t>(slot, c.value);
            else splat<uint32_t>(slot, uint32_t(c.value));
        }
    }
}

// Most launches of a kernel differ from the one before in some of the parameters only.
void ResidentBlock::fill_parameters(bool all) {
    const uint8_t* now = launch_->params;
    for (const ParameterFill& p : code_->parameters) {
        if (!all && std::memcmp(now + p.offset, filledParameters_.data() + p.offset, p.flags & 15) == 0) continue;
        uint64_t value = parameter_value(now + p.offset, p.flags);
        for (uint32_t i = 0; i < block_.warps; i++) {
            uint8_t* slot = warps_[i].regs + size_t(p.unit) * kUnit;
            if (p.wide) splat<uint64_t>(slot, value);
            else splat<uint32_t>(slot, uint32_t(value));
        }
    }
    if (now) filledParameters_.assign(now, now + code_->parameterBytes);
}

void ResidentBlock::fill_specials(SpecialScope scope) {
    for (const SpecialFill& s : code_->specials) {
        if (s.scope != scope) continue;
        uint64_t uniform = scope == SpecialScope::Warp ? 0 : special_value(s.id, 0, 0);
        for (uint32_t i = 0; i < block_.warps; i++) {
            uint8_t* slot = warps_[i].regs + size_t(s.unit) * kUnit;
            if (scope == SpecialScope::Warp) {
                for (int l = 0; l < kLanes; l++) {
                    uint64_t value = special_value(s.id, i, l);
                    if (s.wide) reinterpret_cast<uint64_t*>(slot)[l] = value;
                    else reinterpret_cast<uint32_t*>(slot)[l] = uint32_t(value);
                }
            } else if (s.wide) {
                splat<uint64_t>(slot, uniform);
            } else {
                splat<uint32_t>(slot, uint32_t(uniform));
            }
        }
    }
}

uint64_t ResidentBlock::special_value(Special id, uint32_t warp, int lane) const {
    const Launch& l = *launch_;
    uint32_t thread = warp * kLanes + uint32_t(lane);
    switch (id) {
        case Special::TidX: return thread % l.block[0];
        case Special::TidY: return thread / l.block[0] % l.block[1];
        case Special::TidZ: return thread / l.block[0] / l.block[1];
        case Special::NtidX: return l.block[0];
        case Special::NtidY: return l.block[1];
        case Special::NtidZ: return l.block[2];
        case Special::CtaidX: return block_.index[0];
        case Special::CtaidY: return block_.index[1];
        case Special::CtaidZ: return block_.index[2];
        case Special::NctaidX: return l.grid[0];
        case Special::NctaidY: return l.grid[1];
        case Special::NctaidZ: return l.grid[2];
        case Special::ClusterIdX: return block_.index[0] / l.cluster[0];
        case Special::ClusterIdY: return block_.index[1] / l.cluster[1];
        case Special::ClusterIdZ: return block_.index[2] / l.cluster[2];
        case Special::NclusterIdX: return l.grid[0] / l.cluster[0];
        case Special::NclusterIdY: return l.grid[1] / l.cluster[1];
        case Special::NclusterIdZ: return l.grid[2] / l.cluster[2];
        case Special::ClusterCtaidX: return block_.index[0] % l.cluster[0];
        case Special::ClusterCtaidY: return block_.index[1] % l.cluster[1];
        case Special::ClusterCtaidZ: return block_.index[2] % l.cluster[2];
        case Special::LaneId: return uint32_t(lane);
        case Special::WarpId: return warp;
        case Special::NwarpId: return block_.warps;
        case Special::SmId: return multiprocessor_;
        case Special::NsmId: return 256;
        case Special::LanemaskEq: return 1u << lane;
        case Special::LanemaskLe: return (2u << lane) - 1;
        case Special::LanemaskLt: return (1u << lane) - 1;
        case Special::LanemaskGe: return ~((1u << lane) - 1);
        case Special::LanemaskGt: return ~((2u << lane) - 1);
        case Special::ClusterNctaidX: return l.cluster[0];
        case Special::ClusterNctaidY: return l.cluster[1];
        case Special::ClusterNctaidZ: return l.cluster[2];
        case Special::ClusterCtarank: return block_.rank;
        case Special::ClusterNctarank: return block_.cluster->blocks;
        case Special::DynamicSmemSize: return l.dynamicShared;
        case Special::TotalSmemSize:
        case Special::AggrSmemSize: return block_.sharedBytes;
        case Special::WarpSize: return kLanes;
        // The runtime hands a cooperative grid its workspace this way: high and low half of an address.
        case Special::EnvReg1: return l.cooperative ? code_->gridWorkspace >> 32 : 0;
        case Special::EnvReg2: return l.cooperative ? code_->gridWorkspace & 0xffffffff : 0;
        default: return 0;
    }
}

void ResidentBlock::begin(uint64_t serial) {
    const Launch& l = *launch_;
    block_.serial = serial;
    block_.index[0] = uint32_t(serial % l.grid[0]);
    block_.index[1] = uint32_t(serial / l.grid[0] % l.grid[1]);
    block_.index[2] = uint32_t(serial / l.grid[0] / l.grid[1]);
    reset_barriers(barriers_, block_.threads);
    async_.reset();
    block_.waitRound = 0;
    if (l.checker != nullptr || block_.checker != nullptr) check_block_begin(block_);
    for (uint32_t i = 0; i < block_.warps; i++) {
        Warp& w = warps_[i];
        uint32_t lanes = block_.threads - i * kLanes;
        w.live = lanes >= kLanes ? kAllLanes : (1u << lanes) - 1;
        w.active = w.live;
        w.state = WarpState::Running;
        w.resume = code_->ins.data();
        w.groupCount = 0;
        w.turn = 0;
        w.spins = 0;
        w.rotate = false;
        w.waitRound = 0;
    }
    fill_specials(SpecialScope::Block);
}

void ResidentBlock::shuffle_order() {
    for (uint32_t i = block_.warps; i > 1; i--) {
        randomState_ ^= randomState_ << 13;  // xorshift64 (Marsaglia, 2003)
        randomState_ ^= randomState_ >> 7;
        randomState_ ^= randomState_ << 17;
        std::swap(order_[i - 1], order_[randomState_ % i]);
    }
}

// The fault names the first warp that was still at work: most likely it is in the loop that does not end.
Progress ResidentBlock::time_out() {
    for (uint32_t i = 0; i < block_.warps; i++) {
        Warp& w = warps_[i];
        if (w.state == WarpState::Exited || w.state == WarpState::AtBarrier) continue;
        fault(w, w.resume, kLaunchTimeout, -1, 0, "ran longer than ZOETROPE_TIMEOUT allows");
        return Progress::Done;
    }
    block_fault(block_, kLaunchTimeout, "ran longer than ZOETROPE_TIMEOUT allows" + describe_waiting(block_));
    return Progress::Done;
}

Progress ResidentBlock::step() {
    if (randomState_) shuffle_order();
    const uint64_t eventsBefore = block_.events;
    for (uint32_t i : order_) {
        Warp& w = warps_[i];
        if (w.state == WarpState::Exited || w.state == WarpState::AtBarrier) continue;
        run_warp(w);
        if (w.state == WarpState::Faulted) return Progress::Done;
    }
    const FaultLog& log = fault_log(*launch_);
    if (log.happened.load(std::memory_order_acquire)) return Progress::Done;
    // A warp that waited at a barrier when its turn came may have been released by one that ran later.
    bool allEnded = true, waiting = block_.events == eventsBefore;
    for (uint32_t i = 0; i < block_.warps; i++) {
        WarpState s = warps_[i].state;
        allEnded &= s == WarpState::Exited;
        waiting &= s == WarpState::Exited || s == WarpState::AtBarrier || s == WarpState::Waiting;
    }
    if (allEnded) {
        async_.ended = true;
        if (block_.checker != nullptr) check_block_end(block_);
        return Progress::Done;
    }
    if (log.deadline != kNoDeadline && Clock::now() > log.deadline) return time_out();
    return waiting ? Progress::Idle : Progress::Again;
}

}  // namespace softcuda
