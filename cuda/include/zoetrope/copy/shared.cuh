// Shared memory by addresses in its own space, 32 bits: what ldmatrix and cp.async take.
//
// Offsets known at compile time travel as template arguments, so that they become the displacement of the instruction
// instead of an addition before it.
#pragma once
#include "zoetrope/dtype.cuh"

namespace zoe {

__device__ __forceinline__ unsigned shared_address(const void* p) {
    return static_cast<unsigned>(__cvta_generic_to_shared(p));
}

template <int OFFSET> __device__ __forceinline__ unsigned load_shared_b32(unsigned address) {
    unsigned r;
    asm volatile("ld.shared.b32 %0, [%1+%2];" : "=r"(r) : "r"(address), "n"(OFFSET));
    return r;
}

__device__ __forceinline__ void store_shared(unsigned address, float v) {
    asm volatile("st.shared.f32 [%0], %1;" ::"r"(address), "f"(v) : "memory");
}
__device__ __forceinline__ void store_shared(unsigned address, bf16 v) {
    asm volatile("st.shared.b16 [%0], %1;" ::"r"(address), "h"(__bfloat16_as_ushort(v)) : "memory");
}

}  // namespace zoe
