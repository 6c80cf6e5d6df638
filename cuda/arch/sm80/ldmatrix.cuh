// ldmatrix of sm_80: 8x8 blocks from shared memory into the fragments of mma.sync.
//
// Each instruction reads 16 bytes of a row per 8x8 block, so it serves TF32 wherever k is contiguous. Offsets as in
// copy/shared.cuh.
#pragma once

namespace zoe {

// Four 8x8 blocks of 16-bit elements; lane l gives the address of row l % 8 of block l / 8.
template <int OFFSET> __device__ __forceinline__ void ldmatrix_x4(unsigned* r, unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4+%5];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address), "n"(OFFSET));
}

template <int OFFSET> __device__ __forceinline__ void ldmatrix_x4_trans(unsigned* r, unsigned address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4+%5];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address), "n"(OFFSET));
}

}  // namespace zoe
