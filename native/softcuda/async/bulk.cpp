// cp.async.bulk and cp.reduce.async.bulk of plain bytes, and the waits for bulk groups.
//
// In fast mode a transfer is performed when it is issued, which PTX allows, so that commit_group and wait_group have
// nothing to do. In checked mode the checkers choose the time (check/transfers.cpp).
#include <utility>

#include "async/form_names.h"
#include "async/transfer.h"
#include "check/hooks.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr int kIllegalAddress = 700;
constexpr int kInvalidInstruction = 715;
constexpr int kMisalignedAddress = 716;
constexpr int kNumbers = int(Number::F64) + 1;

// One lane's instruction: operands are taken one after the other, the first address with the displacement.
class Lane {
public:
    Lane(const Ins* ip, Warp& w, int lane, Transfer& t) : ip_(ip), w_(w), lane_(lane), t_(t) {
        t.warp = &w;
        t.at = ip;
        t.lane = lane;
    }

    uint64_t global() {
        const uint64_t address = reg<uint64_t>(ip_, w_, next_)[lane_] + displacement();
        next_++;
        return address;
    }
    uint32_t word() { return reg<uint32_t>(ip_, w_, next_++)[lane_]; }
    // An address of shared memory, looked up when the size is known.
    uint32_t shared() {
        const uint32_t address = reg<uint32_t>(ip_, w_, next_)[lane_] + uint32_t(displacement());
        next_++;
        return address;
    }

    bool place(uint32_t address, Window window, uint32_t bytes, uint32_t alignment, SharedPlace& to) const {
        return locate(ip_, w_, lane_, address, window, bytes, alignment, to);
    }
    bool sized(uint32_t bytes) {
        t_.bytes = bytes;
        if (bytes % 16 == 0) return true;
        fault(w_, ip_, kInvalidInstruction, lane_, bytes, "the size of a bulk copy must be a multiple of 16 bytes");
        return false;
    }
    bool in_global(uint64_t address) {
        t_.global = address;
        const Launch& l = *w_.block->launch;
        if (address % 16) {
            fault(w_, ip_, kMisalignedAddress, lane_, address, "misaligned address: expected a multiple of 16");
            return false;
        }
        if (t_.bytes == 0 || (address >= l.arenaLow && address <= l.arenaHigh && l.arenaHigh - address >= t_.bytes))
            return true;
        fault(w_, ip_, kIllegalAddress, lane_, address, "a bulk copy outside device memory");
        return false;
    }

private:
    uint64_t displacement() {
        const int64_t d = first_ ? ip_->imm : 0;
        first_ = false;
        return uint64_t(d);
    }

    const Ins* ip_;
    Warp& w_;
    int lane_;
    Transfer& t_;
    int next_ = 0;
    bool first_ = true;
};

template <class Body> const Ins* for_each_lane(const Ins* ip, Warp& w, Body body) {
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        Transfer t;
        Lane lane(ip, w, __builtin_ctz(lanes), t);
        if (!body(lane, t) || !start(t)) return nullptr;
    }
    return ip + 1;
}

// [shared], [global], size, [mbarrier], and with multicast the mask.
template <bool multicast> const Ins* load(const Ins* ip, Warp& w) {
    return for_each_lane(ip, w, [&](Lane& lane, Transfer& t) {
        t.route = Route::Load;
        const uint32_t to = lane.shared();
        const uint64_t from = lane.global();
        if (!lane.sized(lane.word()) || !lane.place(to, Window::Cluster, t.bytes, 16, t.shared)
            || !lane.in_global(from))
            return false;
        if (!lane.place(lane.shared(), Window::Cluster, 8, 8, t.barrier)) return false;
        if (t.barrier.block != t.shared.block) {
            fault(w, ip, kInvalidInstruction, t.lane, t.barrier.offset,
                  "the mbarrier of a bulk copy lies in another block than its destination");
            return false;
        }
        return !multicast || take_multicast(t, lane.word());
    });
}

template <int kind> const Ins* move(const Ins* ip, Warp& w) {
    return for_each_lane(ip, w, [&](Lane& lane, Transfer& t) {
        t.route = Route::Move;
        t.reduction = Reduction(kind / kNumbers);
        t.number = Number(kind % kNumbers);
        const uint32_t to = lane.shared(), from = lane.shared();
        return lane.sized(lane.word()) && lane.place(to, Window::Cluster, t.bytes, 16, t.target)
               && lane.place(from, Window::Cta, t.bytes, 16, t.shared)
               && lane.place(lane.shared(), Window::Cluster, 8, 8, t.barrier);
    });
}

template <int kind> const Ins* store(const Ins* ip, Warp& w) {
    return for_each_lane(ip, w, [&](Lane& lane, Transfer& t) {
        t.route = Route::Store;
        t.reduction = Reduction(kind / kNumbers);
        t.number = Number(kind % kNumbers);
        const uint64_t to = lane.global();
        const uint32_t from = lane.shared();
        return lane.sized(lane.word()) && lane.in_global(to) && lane.place(from, Window::Cta, t.bytes, 16, t.shared);
    });
}

const Ins* nothing(const Ins* ip, Warp&) { return ip + 1; }

const Ins* commit(const Ins* ip, Warp& w) {
    check_bulk_commit(w);
    return ip + 1;
}

template <bool read> const Ins* wait(const Ins* ip, Warp& w) {
    return check_bulk_wait(ip, w, uint32_t(ip->imm), read) ? ip + 1 : nullptr;
}

const char* const kNumberNames[kNumbers] = {"b32", "b64", "u32", "s32", "u64", "s64", "f16", "bf16", "f32", "f64"};
const char* const kReductionNames[] = {"", "add", "min", "max", "inc", "dec", "and", "or", "xor"};

// Bulk reductions of one operation and type, where PTX has them.
template <int kind> void add_reduction(FormSink& sink) {
    const Reduction r = Reduction(kind / kNumbers);
    const Number n = Number(kind % kNumbers);
    if (!reduces(r, n)) return;
    const bool half = n == Number::F16 || n == Number::Bf16, floating = half || n == Number::F32 || n == Number::F64;
    const std::string what = std::string(".") + kReductionNames[int(r)]
                             + (half && r == Reduction::Add ? ".noftz." : ".") + kNumberNames[int(n)];
    const std::string global = "cp.reduce.async.bulk.global.shared.bulk_group";
    sink.add({lasting(global + what), "=mmw", store<kind>, store<kind>, nullptr});
    sink.add({lasting(global + ".L2::cache_hint" + what), "=mmwd", store<kind>, store<kind>, nullptr});
    if (floating) return;  // within a cluster: integers only
    sink.add({lasting("cp.reduce.async.bulk.shared.shared.mbarrier::complete_tx::bytes" + what), "=mmwm", move<kind>,
              move<kind>, nullptr});
}

template <int... kinds> void add_reductions(FormSink& sink, std::integer_sequence<int, kinds...>) {
    (add_reduction<kinds>(sink), ...);
}

}  // namespace

bool take_multicast(Transfer& t, uint32_t mask) {
    t.multicast = uint16_t(mask);
    if (t.multicast != 0 && t.multicast >> t.warp->block->cluster->blocks == 0) return true;
    fault(*t.warp, t.at, kInvalidInstruction, t.lane, mask,
          "a multicast mask names no block, or one that the cluster does not have");
    return false;
}

void add_bulk_forms(FormSink& sink) {
    auto both = [&](const char* name, const char* signature, Handler h) { sink.add({name, signature, h, h, nullptr}); };
    both("cp.async.bulk.shared.global.mbarrier::complete_tx::bytes", "=mmwm", load<false>);
    both("cp.async.bulk.shared.global.mbarrier::complete_tx::bytes.L2::cache_hint", "=mmwmd", load<false>);
    both("cp.async.bulk.shared.global.mbarrier::complete_tx::bytes.multicast::cluster", "=mmwmw", load<true>);
    both("cp.async.bulk.shared.global.mbarrier::complete_tx::bytes.multicast::cluster.L2::cache_hint", "=mmwmwd",
         load<true>);
    both("cp.async.bulk.shared.shared.mbarrier::complete_tx::bytes", "=mmwm", move<0>);
    both("cp.async.bulk.global.shared.bulk_group", "=mmw", store<0>);
    both("cp.async.bulk.global.shared.bulk_group.L2::cache_hint", "=mmwd", store<0>);
    both("cp.async.bulk.prefetch.L2.global", "=mw", nothing);
    both("cp.async.bulk.prefetch.L2.global.L2::cache_hint", "=mwd", nothing);
    both("cp.async.bulk.commit_group", "=", commit);
    both("cp.async.bulk.wait_group", "=i", wait<false>);
    both("cp.async.bulk.wait_group.read", "=i", wait<true>);
    add_reductions(sink, std::make_integer_sequence<int, (int(Reduction::Xor) + 1) * kNumbers>());
}

}  // namespace softcuda
