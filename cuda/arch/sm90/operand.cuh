// Operand tiles as TMA brings them and wgmma reads them.
//
// An operand, of R rows (m or n) by 64 of k in bf16, lies in shared memory as R / 64 boxes of 64 x 64, 8192 bytes each,
// in which 64 elements that adjoin in memory make a line of 128 bytes, the sixteen-byte chunk c of line r at c ^
// (r % 8). Lines are rows where the operand is K-major, and values of k where it is MN-major. A box begins at a multiple
// of 1024 bytes.
//
// A matrix descriptor (PTX ISA, "Matrix descriptor") tells wgmma where its 16 of k begin and how to go on, in units of
// 16 bytes, S = 128 being the width of the swizzle:
//   K-major    element (r, k) at (r / 8) SBO + (r % 8) S + 2 k             SBO = 8 S;  16 of k are 32 bytes further on
//   MN-major   element (m, k) at (m / 64) LBO + (k / 8) SBO + (k % 8) S + 2 (m % 64)
//                                                          SBO = 8 S, LBO = a box;  16 of k are 16 lines further on
// before bits 4..6 of the address are xored with bits 7..9. For K-major tiles LBO is not read, and SBO leads from a box
// to the next, since boxes adjoin: the same for both, 64 rows further on is the next box.
#pragma once
#include "arch/sm90/cluster.cuh"
#include "arch/sm90/mbarrier.cuh"
#include "arch/sm90/tensor_copy.cuh"

namespace zoe {

constexpr int kBox = 64, kBoxBytes = kBox * kBox * 2;

constexpr int kLine = 128;  // bytes, the swizzle's width
constexpr unsigned long long kSwizzle128 = 1ull << 62;

// LINES: of a box, where it has other than 64.
template <bool K_MAJOR, int LINES = kBox> struct Sm90Operand {
    static constexpr int TRANSPOSED = K_MAJOR ? 0 : 1;            // as wgmma is told
    static constexpr int K16 = (K_MAJOR ? 32 : 16 * kLine) / 16;  // from one wgmma's k to the next, in the descriptor

    static __device__ __forceinline__ unsigned long long descriptor(unsigned address) {
        constexpr unsigned long long leading = K_MAJOR ? 1 : LINES * kLine / 16, stride = 8 * kLine / 16;
        return (address & 0x3ffff) >> 4 | leading << 16 | stride << 32 | kSwizzle128;
    }

    // Boxes first..first + COUNT - 1 of a tile whose first row is mn0, for one k-tile, to where they belong in the
    // stage at `to`. BLOCKS > 1: to all blocks of the cluster.
    template <int COUNT, int BLOCKS>
    static __device__ __forceinline__ void load(unsigned to, const CUtensorMap& map, unsigned barrier, int first,
                                                int mn0, int k0, int matrix) {
#pragma unroll
        for (int i = 0; i < COUNT; ++i) {
            const unsigned at = to + (first + i) * kBoxBytes;
            const int mn = mn0 + (first + i) * kBox, x = K_MAJOR ? k0 : mn, y = K_MAJOR ? mn : k0;
            if constexpr (BLOCKS > 1) copy_box_to((1 << BLOCKS) - 1, at, map, barrier, x, y, matrix);
            else copy_box(at, map, barrier, x, y, matrix);
        }
    }
};

}  // namespace zoe
