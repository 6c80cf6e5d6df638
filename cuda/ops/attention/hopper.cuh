// What Hopper's attention kernels have in common: who does which tiles, how rows of a head come by TMA, and the two
// kinds of products that they make of them.
#pragma once
#include "arch/sm90/operand.cuh"
#include "arch/sm90/ring.cuh"
#include "arch/sm90/roles.cuh"
#include "arch/sm90/wgmma.cuh"
#include "fragments.cuh"
#include "heads.cuh"

namespace zoe::attention {

struct HopperShape {
    int batch, heads, queries, keys, dim;
    float scale;
    int causal, wide;  // wide: rows of outputs may be written in pairs

    __device__ __forceinline__ int offset() const { return keys - queries; }  // causal: key ≤ query + offset
};

// Registers by setmaxnreg: one block a multiprocessor with two consumers, two with one.
template <int CONSUMERS> struct HopperRoles {
    static constexpr int THREADS = (1 + CONSUMERS) * kWarpgroup, BLOCKS = CONSUMERS == 1 ? 2 : 1;
    static constexpr int PRODUCER_REGISTERS = 40, CONSUMER_REGISTERS = CONSUMERS == 1 ? 216 : 232;
    static constexpr int WARPS = CONSUMERS * 4;  // of the consumers
};

// The tiles of ROWS rows that this block makes, of all heads of all sequences. Heads follow one another, so that a wave
// of blocks shares few heads' operands. Causal tiles differ in length: the longer ones come first, and in every other
// wave blocks take theirs from the other end, since where their number is a multiple of a head's tiles one block would
// have the longest of every wave.
template <int ROWS, bool LAST_FIRST> struct HeadTiles {
    int heads, tiles, total, wave = 0;
    int batch, head, row0;

    __device__ __forceinline__ HeadTiles(const HopperShape& shape, int rows)
        : heads(shape.heads), tiles(ceil_div(rows, ROWS)), total(shape.batch * shape.heads * tiles) {}

    __device__ __forceinline__ bool next() {
        const int place = wave % 2 == 0 ? blockIdx.x : gridDim.x - 1 - blockIdx.x, item = wave++ * gridDim.x + place;
        if (item >= total) return false;
        const int both = item / tiles, tile = item - both * tiles;
        batch = both / heads;
        head = both - batch * heads;
        row0 = (LAST_FIRST ? tiles - 1 - tile : tile) * ROWS;
        return true;
    }

    // Of its head's first row, in an array [B, S, H, D] with rows `stride` apart, and in one [B, H, S].
    __device__ __forceinline__ int64_t element(int rows, int64_t stride, int dim) const {
        return static_cast<int64_t>(batch) * rows * stride + static_cast<int64_t>(head) * dim;
    }
    __device__ __forceinline__ int64_t row_of_all(int rows) const {
        return (static_cast<int64_t>(batch) * heads + head) * rows;
    }
};

// ROWS rows of one head in shared memory: D / 64 boxes of ROWS lines, one behind the other (arch/sm90/operand.cuh).
template <int ROWS, int D> struct HeadRows {
    static constexpr int BYTES = ROWS * D * 2, BOX_BYTES = ROWS * kLine;
    static_assert(BYTES % 1024 == 0, "a swizzle's pattern begins with every tile");

    template <class Item>
    static __device__ __forceinline__ void load(unsigned to, const CUtensorMap& map, unsigned barrier, const Item& of,
                                                int row) {
#pragma unroll
        for (int c = 0; c < D / kBox; ++c) copy_box(to + c * BOX_BYTES, map, barrier, c * kBox, of.head, row, of.batch);
    }
};

// out = A Bᵀ of 64 rows of a tile of A_ROWS, which begin at `a`, and all B_ROWS of the tile at `b`. Issued, no more.
template <int D, int A_ROWS, int B_ROWS>
__device__ __forceinline__ void multiply_rows(float (&out)[B_ROWS / 8][4], unsigned a, unsigned b) {
    using A = Sm90Operand<true, A_ROWS>;
    using B = Sm90Operand<true, B_ROWS>;
    const unsigned long long left = A::descriptor(a), right = B::descriptor(b);
#pragma unroll
    for (int step = 0; step < D / 16; ++step) {
        const int box = step / 4, in_box = step % 4 * A::K16;
        wgmma<0, 0>(out, left + box * (HeadRows<A_ROWS, D>::BOX_BYTES / 16) + in_box,
                    right + box * (HeadRows<B_ROWS, D>::BOX_BYTES / 16) + in_box, step);
    }
}

// out += W B, W being 64 x B_ROWS in registers and B all rows of the tile at `b`. Issued, no more.
template <int D, int B_ROWS>
__device__ __forceinline__ void multiply_add(float (&out)[D / 8][4], const uint32_t (&w)[B_ROWS / 16][4], unsigned b) {
    using B = Sm90Operand<false, B_ROWS>;
    const unsigned long long right = B::descriptor(b);
#pragma unroll
    for (int step = 0; step < B_ROWS / 16; ++step) wgmma<1>(out, w[step], right + step * B::K16, 1);
}

// Sums as the left operand of a product.
template <int FRAGMENTS>
__device__ __forceinline__ void pack(uint32_t (&w)[FRAGMENTS / 2][4], const float (&sums)[FRAGMENTS][4]) {
    unroll<FRAGMENTS / 2>([&](auto s) { Fragments<bf16, 0>::from_c<s.value>(w[s.value], sums); });
}

template <int FRAGMENTS> __device__ __forceinline__ void clear(float (&sums)[FRAGMENTS][4]) {
#pragma unroll
    for (int n = 0; n < FRAGMENTS; ++n) {
#pragma unroll
        for (int e = 0; e < 4; ++e) sums[n][e] = 0.0f;
    }
}

// This lane's first row among the 64 of its warpgroup; the second is 8 further on.
__device__ __forceinline__ int row_in_warpgroup() {
    return (static_cast<int>(threadIdx.x) / 32 & 3) * 16 + (static_cast<int>(threadIdx.x) & 31) / 4;
}

// One arrival of the warp, whose lanes have all come here.
__device__ __forceinline__ void arrive_by_warp(unsigned barrier) {
    __syncwarp();
    if ((threadIdx.x & 31) == 0) arrive(barrier);
}

}  // namespace zoe::attention
