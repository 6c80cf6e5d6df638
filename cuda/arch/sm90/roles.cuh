// Warpgroups of one block that do different work: who issues, and how registers move from those who need few to those
// who need many (PTX ISA, setmaxnreg, elect.sync).
#pragma once

namespace zoe {

constexpr int kWarpgroup = 128;  // threads

// The same value in all lanes, and known to be so: branches on it are uniform.
__device__ __forceinline__ int warpgroup_index() { return __shfl_sync(0xffffffffu, int(threadIdx.x) / kWarpgroup, 0); }

// One lane of a warp that is whole here.
__device__ __forceinline__ bool elected() {
    unsigned lead;
    asm volatile("{\n.reg .pred p;\nelect.sync _|p, 0xffffffff;\nselp.u32 %0, 1, 0, p;\n}" : "=r"(lead));
    return lead != 0;
}

// By all threads of a warpgroup. What is given up must have been given before others can have it: the sum over the
// warpgroups may not exceed what the block was launched with.
template <int REGISTERS> __device__ __forceinline__ void keep_registers() {
    static_assert(REGISTERS % 8 == 0 && REGISTERS >= 24 && REGISTERS <= 256, "as setmaxnreg takes them");
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}
template <int REGISTERS> __device__ __forceinline__ void take_registers() {
    static_assert(REGISTERS % 8 == 0 && REGISTERS >= 24 && REGISTERS <= 256, "as setmaxnreg takes them");
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}

}  // namespace zoe
