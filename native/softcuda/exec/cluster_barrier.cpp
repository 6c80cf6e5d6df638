#include "exec/cluster_barrier.h"

#include "async/block_async.h"
#include "async/waiting.h"
#include "check/hooks.h"
#include "exec/levels.h"

namespace softcuda {
namespace {

constexpr int kLaunchFailed = 719;
constexpr int kIllegalAddress = 700;

ClusterBarrier& barrier_of(const Cluster& cluster) { return async_of(*cluster.block[0]).clusterBarrier; }
ClusterArrivals& arrivals_of(const Warp& w) {
    BlockAsync& async = async_of(*w.block);
    if (async.clusterArrivals.empty()) async.clusterArrivals.resize(w.block->warps);
    async.used = true;
    return async.clusterArrivals[w.index];
}

void complete_if_all(Cluster& cluster) {
    ClusterBarrier& b = barrier_of(cluster);
    if (b.live == 0 || b.arrived != b.live) return;
    b.arrived = 0;
    b.phase++;
    check_cluster_complete(cluster);
    for (uint32_t rank = 0; rank < cluster.blocks; rank++) cluster.block[rank]->events++;
}

// Lanes that arrived in a phase that is not over. Arrivals of two phases can be outstanding: those of the one that is over
// may not have waited yet.
uint32_t outstanding(const Warp& w, uint32_t lanes) {
    const ClusterArrivals& a = arrivals_of(w);
    return lanes & a.lanes & (barrier_of(*w.block->cluster).phase & 1 ? a.odd : ~a.odd);
}

template <bool releases> const Ins* arrive(const Ins* ip, Warp& w) {
    Cluster& cluster = *w.block->cluster;
    ClusterBarrier& b = barrier_of(cluster);
    ClusterArrivals& a = arrivals_of(w);
    if (const uint32_t twice = w.active & a.lanes)
        return fault(w, ip, kLaunchFailed, __builtin_ctz(twice), 0,
                     "barrier.cluster.arrive by a thread that has not waited since it arrived last");
    if (releases) check_cluster_arrive(w);
    a.lanes |= w.active;
    a.odd = b.phase & 1 ? a.odd | w.active : a.odd & ~w.active;
    b.arrived += uint32_t(__builtin_popcount(w.active));
    complete_if_all(cluster);
    return ip + 1;
}

const Ins* wait(const Ins* ip, Warp& w) {
    ClusterArrivals& a = arrivals_of(w);
    if (const uint32_t without = w.active & ~a.lanes)
        return fault(w, ip, kLaunchFailed, __builtin_ctz(without), 0,
                     "barrier.cluster.wait by a thread that has not arrived");
    if (outstanding(w, w.active)) return hold(ip, w);
    a.lanes &= ~w.active;
    w.block->events++;
    check_cluster_observe(w);
    return ip + 1;
}

// The same place in the shared memory of another block, of an address of .shared::cluster or a generic one.
template <class T, bool generic> const Ins* map_address(const Ins* ip, Warp& w) {
    T* to = reg<T>(ip, w, 0);
    const T* from = reg<T>(ip, w, 1);
    const uint32_t* rank = reg<uint32_t>(ip, w, 2);
    constexpr T kRankBits = T(0xff) << kRankShift;
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int l = __builtin_ctz(lanes);
        if (rank[l] >= w.block->cluster->blocks)
            return fault(w, ip, kIllegalAddress, l, rank[l], "mapa names a rank that the cluster does not have");
        if (generic && (from[l] & T(kWindowMask)) != T(kSharedWindow))
            return fault(w, ip, kIllegalAddress, l, from[l], "mapa of an address that is not one of shared memory");
        to[l] = (from[l] & ~kRankBits) | T(rank[l] + 1) << kRankShift;
    }
    return ip + 1;
}

template <class T> const Ins* rank_of(const Ins* ip, Warp& w) {
    const T* address = reg<T>(ip, w, 1);
    for (uint32_t lanes = w.active; lanes; lanes &= lanes - 1) {
        const int l = __builtin_ctz(lanes);
        const uint32_t named = uint32_t(address[l]) >> kRankShift;
        reg<uint32_t>(ip, w, 0)[l] = named ? named - 1 : w.block->rank;
    }
    return ip + 1;
}

}  // namespace

void cluster_lanes_ended(Warp& w, uint32_t lanes) {
    Cluster& cluster = *w.block->cluster;
    ClusterBarrier& b = barrier_of(cluster);
    b.live -= uint32_t(__builtin_popcount(lanes));
    if (b.phase == 0 && b.arrived == 0) return;  // nobody has come to it yet
    b.arrived -= uint32_t(__builtin_popcount(outstanding(w, lanes)));
    arrivals_of(w).lanes &= ~lanes;
    if (b.arrived) complete_if_all(cluster);
}

std::string describe_cluster_wait(const Warp& w) {
    const Cluster& cluster = *w.block->cluster;
    std::string text = ", barrier.cluster (" + std::to_string(barrier_of(cluster).arrived) + " of "
                       + std::to_string(barrier_of(cluster).live) + " threads)";
    for (uint32_t rank = 0; rank < cluster.blocks; rank++)
        if (async_of(*cluster.block[rank]).ended) text += ", rank " + std::to_string(rank) + " has ended";
    return text;
}

void add_cluster_forms(FormSink& sink) {
    auto both = [&](const char* name, const char* signature, Handler h) { sink.add({name, signature, h, h, nullptr}); };
    both("barrier.cluster.arrive", "=", arrive<true>);
    both("barrier.cluster.arrive.relaxed", "=", arrive<false>);
    both("barrier.cluster.wait", "=", wait);
    both("mapa.shared::cluster.u32", "w=ww", map_address<uint32_t, false>);
    both("mapa.shared::cluster.u64", "d=dw", map_address<uint64_t, false>);
    both("mapa.u64", "d=dw", map_address<uint64_t, true>);
    both("getctarank.shared::cluster.u32", "w=w", rank_of<uint32_t>);
    both("getctarank.shared::cluster.u64", "w=d", rank_of<uint64_t>);
    both("getctarank.u64", "w=d", rank_of<uint64_t>);
}

}  // namespace softcuda
