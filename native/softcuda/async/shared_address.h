// From an address operand of an asynchronous instruction to a place in some block's shared memory.
#pragma once
#include "exec/code.h"

namespace softcuda {

// How the operand names it: by a 32-bit address of .shared::cta, where another block's is refused, or of .shared::cluster,
// or by a generic 64-bit one.
enum class Window : uint8_t { Cta, Cluster, Generic };

struct SharedPlace {
    Block* block = nullptr;
    uint32_t offset = 0;
    uint8_t* at() const { return block->shared + offset; }
};

// The place of `bytes` bytes at an address of that window. False after a fault: outside of shared memory, in a block that
// the cluster lacks, or not a multiple of `alignment`. `bytes` may be zero.
bool locate(const Ins* ip, Warp& w, int lane, uint64_t address, Window window, uint32_t bytes, uint32_t alignment,
            SharedPlace& place);

// The lane's value of address operand k, without a displacement.
inline uint64_t address_operand(const Ins* ip, Warp& w, int k, int lane, Window window) {
    return window == Window::Generic ? reg<uint64_t>(ip, w, k)[lane] : reg<uint32_t>(ip, w, k)[lane];
}

}  // namespace softcuda
