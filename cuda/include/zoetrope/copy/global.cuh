// Global memory by numeric addresses: what cp.async and the element-wise paths of the operand sources take.
#pragma once
#include "zoetrope/dtype.cuh"

namespace zoe {

using Address = unsigned long long;

__device__ __forceinline__ Address global_address(const void* p) { return __cvta_generic_to_global(p); }

template <class T> __device__ __forceinline__ T load_global(Address at);
template <> __device__ __forceinline__ float load_global<float>(Address at) {
    float v;
    asm volatile("ld.global.f32 %0, [%1];" : "=f"(v) : "l"(at));
    return v;
}
template <> __device__ __forceinline__ bf16 load_global<bf16>(Address at) {
    unsigned short v;
    asm volatile("ld.global.u16 %0, [%1];" : "=h"(v) : "l"(at));
    return __ushort_as_bfloat16(v);
}

__device__ __forceinline__ uint4 load_global_16(Address at) {
    uint4 v;
    asm volatile("ld.global.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(at));
    return v;
}

__device__ __forceinline__ int clamp_bytes(int elements, int size) { return min(max(elements * size, 0), 16); }

__device__ __forceinline__ bool aligned_16(const void* p) {
    return (reinterpret_cast<unsigned long long>(p) & 15) == 0;
}

// Keeps a value that the loop needs in its register: the compiler would compute it again in every iteration, which the
// assembler for a GPU undoes, but an interpreter of PTX pays for.
__device__ __forceinline__ void keep(unsigned& v) { asm volatile("" : "+r"(v)); }
__device__ __forceinline__ void keep(int& v) { asm volatile("" : "+r"(v)); }
__device__ __forceinline__ void keep(unsigned long long& v) { asm volatile("" : "+l"(v)); }
__device__ __forceinline__ void keep(long long& v) { asm volatile("" : "+l"(v)); }

}  // namespace zoe
