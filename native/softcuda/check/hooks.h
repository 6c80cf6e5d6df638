// What the checked handlers and the interpreter tell the checkers. Functions that return bool have reported a fault, and
// the handler must return nullptr, when they return false. All do nothing where the block has no checker.
#pragma once
#include <cstdint>

#include "exec/code.h"
#include "matrix/wgmma.h"

namespace softcuda {

enum class Access : uint8_t { Read, Write, Atomic };

// `host`: host addresses of the lanes' accesses, each of `bytes`, already known to lie within their space and aligned.
bool check_access(const Ins* ip, Warp& w, const uint64_t* host, uint32_t lanes, uint32_t bytes, Access access);

// membar and fence.
void check_fence(Warp& w);

// Every lane's member mask (shfl.sync and its kin) must name the lane itself and only lanes that take part.
bool check_members(const Ins* ip, Warp& w, const uint32_t* mask);
// shfl.sync: the lane read from must be a member.
bool check_shuffle_sources(const Ins* ip, Warp& w, const uint32_t* mask, const uint32_t* source);

// cp.async. `shared` and `global`: host addresses; lane l copies read[l] of `bytes` bytes and clears the rest.
bool check_async_copy(const Ins* ip, Warp& w, const uint64_t* shared, const uint64_t* global, uint32_t lanes,
                      uint32_t bytes, const uint32_t* read);
void check_async_commit(Warp& w);
// Completes all but the latest `keep` groups of each active lane; `all`: also what is not committed yet.
bool check_async_wait(const Ins* ip, Warp& w, uint32_t keep, bool all);

// Bulk copies (async/transfer.h): issued; their groups committed and waited for by the active lanes, all but the latest `keep`
// of them. `read`: only until they have read their sources.
struct Transfer;
bool check_transfer(const Transfer& transfer);
void check_bulk_commit(Warp& w);
bool check_bulk_wait(const Ins* ip, Warp& w, uint32_t keep, bool read);
// Performs one transfer of the cluster that is on its way; false when none was. `needed`: no warp can go on without, so that
// it must be one that somebody may wait for; else it happens now and then, at random.
bool check_land_one(Cluster& cluster, bool needed);
// All threads of the block have ended: so must its copies. False after a report.
bool check_block_end(Block& block);
// wgmma (matrix/wgmma.h): issued by the warp, its part of `blocks` eight columns; fences, groups; a register of one touched by
// another instruction.
bool check_wgmma(const Ins* ip, Warp& w, const WgmmaOperands& operands, uint32_t blocks, WgmmaProduct product);
void check_wgmma_fence(Warp& w);
void check_wgmma_commit(Warp& w);
bool check_wgmma_wait(Warp& w, uint32_t keep);
bool check_wgmma_touch(const Ins* ip, Warp& w, uint16_t place, bool writes);
// The warp has ended.
bool check_wgmma_end(Warp& w);
// fence.proxy.async by the active lanes, and the memory that it is for.
void check_proxy_fence(Warp& w, bool shared, bool global);

// mbarriers, by their block and offset: made, arrived at by the warp, their phase complete, and seen to be complete.
void check_mbarrier_init(Block& block, uint32_t offset);
void check_mbarrier_arrive(Warp& w, Block& block, uint32_t offset);
void check_mbarrier_complete(Block& block, uint32_t offset);
void check_mbarrier_observe(Warp& w, uint32_t offset);
// The warp waits for the phase of that parity, and it is not over.
bool check_mbarrier_vain(const Ins* ip, Warp& w, int lane, uint32_t offset, uint32_t parity);

// st.async and red.async: written to a block of the cluster.
bool check_async_store(const Ins* ip, Warp& w, Block& block, int lane, uint32_t offset, uint32_t bytes);

// barrier.cluster: the warp arrives, releasing what it did; the phase is complete; it has waited.
void check_cluster_arrive(Warp& w);
void check_cluster_complete(Cluster& cluster);
void check_cluster_observe(Warp& w);

// ---- from the interpreter, where a checker is present -------------------------------------------------------------------

void check_launch_begin(Launch& launch);  // sets Launch::checker when any check is on
void check_launch_end(Launch& launch);
void check_block_begin(Block& block);  // sets Block::checker, once for each Block, and forgets the block before
void check_block_free(Block& block);

// The active lanes of the warp arrive at a barrier where they wait; `lanes` leave the kernel.
void check_barrier_arrive(Warp& w);
bool check_lanes_end(Warp& w, uint32_t lanes);
// The barrier is complete; its lanes still wait (LaneGroup::barrier).
bool check_barrier_release(Block& block, int barrier);
// bar.arrive: the warp has come by and does not wait.
void check_barrier_signal(Warp& w, uint32_t barrier);
// The active lanes stop at a warp-wide operation until `missing` lanes get there.
void check_members_wait(Warp& w, uint32_t missing);
// The active lanes are at bar.warp.sync.
void check_warp_barrier(Warp& w);

}  // namespace softcuda
