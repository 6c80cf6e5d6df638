// The state of one resident block, reused from block to block, and its execution.
#pragma once
#include <cstdlib>
#include <memory>
#include <vector>

#include "async/block_async.h"
#include "exec/barrier.h"
#include "exec/code.h"
#include "exec/kernel_code.h"

namespace softcuda {

// Memory that grows and is never shrunk; contents are lost when it grows.
class Buffer {
public:
    Buffer() = default;
    ~Buffer() { std::free(data_); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    uint8_t* reserve(size_t bytes);  // 1024-byte aligned; throws std::bad_alloc
    uint8_t* data() const { return data_; }

private:
    uint8_t* data_ = nullptr;
    size_t bytes_ = 0;
};

// Again: some warp gave way and wants to go on. Idle: all that live wait, and nothing has happened that could end a wait.
enum class Progress { Done, Again, Idle };

class ResidentBlock {
public:
    ResidentBlock() = default;
    ~ResidentBlock();
    ResidentBlock(const ResidentBlock&) = delete;
    ResidentBlock& operator=(const ResidentBlock&) = delete;

    // Makes room for the block of that rank in a cluster of this launch and fills what stays the same from block to block.
    Block& prepare(Launch& launch, uint32_t multiprocessor, Cluster& cluster, uint32_t rank);
    // Puts the block with this number (x fastest) at its beginning.
    void begin(uint64_t serial);
    // Gives every warp that can run a turn. A fault counts as done.
    Progress step();

private:
    void fill_constants();
    void fill_parameters(bool all);
    void fill_specials(SpecialScope scope);
    uint64_t special_value(Special id, uint32_t warp, int lane) const;
    void shuffle_order();
    Progress time_out();

    Block block_{};
    BlockBarriers barriers_{};
    BlockAsync async_;
    Launch* launch_ = nullptr;
    const Code* code_ = nullptr;
    uint32_t multiprocessor_ = 0;
    std::vector<Warp> warps_;
    std::vector<uint32_t> order_;
    Buffer registers_, predicates_, shared_, local_;
    uint64_t randomState_ = 0;
    // What the register file is filled for.
    uint64_t filledSerial_ = 0;
    uint32_t filledGrid_[3] = {}, filledBlock_[3] = {}, filledCluster_[3] = {}, filledRank_ = 0, filledShared_ = 0;
    bool filledCooperative_ = false;
    std::vector<uint8_t> filledParameters_;
};

// Runs a warp until it cannot go on: see Warp::state.
void run_warp(Warp& w);

}  // namespace softcuda
