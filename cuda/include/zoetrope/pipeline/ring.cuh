// The ring of buffers in shared memory that a product's operand tiles pass through: one address writes ahead of another
// that reads.
#pragma once

namespace zoe {

template <int STAGE_BYTES> struct Ring {
    unsigned begin, end;  // addresses in shared memory

    __device__ __forceinline__ unsigned after(unsigned at) const {
        return at + STAGE_BYTES == end ? begin : at + STAGE_BYTES;
    }
};

}  // namespace zoe
