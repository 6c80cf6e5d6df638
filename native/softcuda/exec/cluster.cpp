#include "exec/cluster.h"

#include "check/hooks.h"
#include "exec/barrier.h"
#include "exec/fault.h"

namespace softcuda {
namespace {

// Rounds in which nothing happened and every wait gave up once, before it counts as a deadlock: a program may do
// something else after a few vain waits.
constexpr uint32_t kMaxIdleRounds = 64;
constexpr uint32_t kRoundsToLand = 16;  // in checked mode: after so many a copy lands

}  // namespace

void ResidentCluster::prepare(Launch& launch, uint32_t multiprocessor) {
    launch_ = &launch;
    cluster_.blocks = launch.cluster[0] * launch.cluster[1] * launch.cluster[2];
    while (blocks_.size() < cluster_.blocks) blocks_.push_back(std::make_unique<ResidentBlock>());
    for (uint32_t rank = 0; rank < cluster_.blocks; rank++)
        cluster_.block[rank] = &blocks_[rank]->prepare(launch, multiprocessor, cluster_, rank);
}

void ResidentCluster::begin(uint64_t serial) {
    ended_ = 0;
    idleRounds_ = 0;
    rounds_ = 0;
    async_of(*cluster_.block[0]).clusterBarrier = {
        launch_->block[0] * launch_->block[1] * launch_->block[2] * cluster_.blocks, 0, 0};
    if (cluster_.blocks == 1) return blocks_[0]->begin(serial);
    const uint32_t *grid = launch_->grid, *extent = launch_->cluster;
    const uint64_t across = grid[0] / extent[0], down = grid[1] / extent[1];
    const uint64_t first[3] = {serial % across * extent[0], serial / across % down * extent[1],
                               serial / across / down * extent[2]};
    for (uint32_t rank = 0; rank < cluster_.blocks; rank++) {
        const uint64_t x = first[0] + rank % extent[0], y = first[1] + rank / extent[0] % extent[1],
                       z = first[2] + rank / extent[0] / extent[1];
        blocks_[rank]->begin(x + grid[0] * (y + grid[1] * z));
    }
}

void ResidentCluster::run() {
    // A block by itself, as most are, needs the cluster only when all its warps wait.
    while (cluster_.blocks == 1 && launch_->checker == nullptr) {
        const Progress progress = blocks_[0]->step();
        if (progress == Progress::Done) return;
        if (progress == Progress::Idle) break;
    }
    while (step() != Progress::Done) {}
}

Progress ResidentCluster::step() {
    bool idle = true;
    for (uint32_t rank = 0; rank < cluster_.blocks; rank++) {
        if (ended_ >> rank & 1) continue;
        const Progress progress = blocks_[rank]->step();
        if (progress == Progress::Done) ended_ |= 1u << rank;
        idle &= progress == Progress::Idle;
        if (fault_log(*launch_).happened.load(std::memory_order_relaxed)) return Progress::Done;
    }
    if (ended_ == (1u << cluster_.blocks) - 1) return Progress::Done;
    // Whoever spins, instead of waiting, must see copies land too.
    const bool checked = launch_->checker != nullptr;
    if (checked && check_land_one(cluster_, ++rounds_ % kRoundsToLand == 0)) idle = false;
    if (idle && checked && check_land_one(cluster_, true)) idle = false;
    if (!idle) {
        idleRounds_ = 0;
        return fault_log(*launch_).happened.load(std::memory_order_relaxed) ? Progress::Done : Progress::Again;
    }
    if (++idleRounds_ <= kMaxIdleRounds) {
        for (uint32_t rank = 0; rank < cluster_.blocks; rank++) cluster_.block[rank]->waitRound++;
        return Progress::Again;
    }
    deadlock();
    return Progress::Done;
}

// The report names the first block that has not ended, and for each warp what it waits for.
void ResidentCluster::deadlock() {
    for (uint32_t rank = 0; rank < cluster_.blocks; rank++) {
        if (ended_ >> rank & 1) continue;
        block_fault(*cluster_.block[rank], kLaunchFailed,
                    "deadlock: no warp can go on" + describe_waiting(*cluster_.block[rank]));
        return;
    }
}

}  // namespace softcuda
