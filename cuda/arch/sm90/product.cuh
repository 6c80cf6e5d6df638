// The two halves of a warp-specialised product: the producer, which keeps a ring of stages full, and the consumers,
// which multiply what is in them. Both run over k-tile after k-tile of tile after tile without a block barrier.
//
//            wait empty(s) -> announce the bytes of s -> copy A, B      (one thread)
//            wait full(s)  -> 4 wgmma -> wait for the k-tile before -> give its stage back      (each consumer)
//
// full(s) has one arrival, the producer's, and the bytes of the whole stage; empty(s) one from each consuming warp of
// each block that the stage's copies reach. A copy to the cluster may come before this block's producer has announced
// its bytes: its arrival is missing then, so the phase does not end. One group of wgmma stays in flight while the next
// is issued.
#pragma once
#include "arch/sm90/ring.cuh"
#include "arch/sm90/tile.cuh"
#include "arch/sm90/wgmma.cuh"

namespace zoe {

// The operands of one tile of the result: rows from m0, columns from n0 of that matrix of the batch.
struct OperandTile {
    int m0, n0, matrix_a, matrix_b;
};

template <class Tile, bool TRANS_A, bool TRANS_B> struct Sm90Product {
    using A = Sm90Operand<!TRANS_A>;  // op(A) is m x k, K-major as stored; op(B) k x n, MN-major as stored
    using B = Sm90Operand<TRANS_B>;

    // By one thread. `rank`: of this block in its cluster.
    static __device__ __forceinline__ void produce(StagePlace<Tile>& at, const CUtensorMap& a, const CUtensorMap& b,
                                                   const OperandTile& tile, int k_tiles, int rank) {
        constexpr int SHARE = Tile::TN / kBox / Tile::CLUSTER;
#pragma unroll 1
        for (int kt = 0; kt < k_tiles; ++kt, at.advance()) {
            wait_for_end<(Tile::CLUSTER > 1)>(at.empty(), at.parity ^ 1);
            arrive_expecting(at.full(), Tile::STAGE_BYTES);
            const unsigned to = at.operands();
            A::template load<Tile::TM / kBox, 1>(to, a, at.full(), 0, tile.m0, kt * Tile::TK, tile.matrix_a);
            B::template load<SHARE, Tile::CLUSTER>(to + Tile::A_BYTES, b, at.full(), rank * SHARE, tile.n0,
                                                   kt * Tile::TK, tile.matrix_b);
        }
    }

    // acc = the rows of consumer `which` of the product; by its whole warpgroup.
    static __device__ __forceinline__ void consume(StagePlace<Tile>& at, int which, int k_tiles,
                                                   float (&acc)[Tile::FRAGMENTS][4]) {
        StagePlace<Tile> before = at;
#pragma unroll 1
        for (int kt = 0; kt < k_tiles; ++kt, at.advance()) {
            wait_for_end(at.full(), at.parity);
            const unsigned long long left = A::descriptor(at.operands() + which * kBoxBytes),
                                     right = B::descriptor(at.operands() + Tile::A_BYTES);
            wgmma_fence();
#pragma unroll
            for (int step = 0; step < Tile::TK / 16; ++step)
                wgmma<A::TRANSPOSED, B::TRANSPOSED>(acc, left + step * A::K16, right + step * B::K16, kt | step);
            wgmma_commit();
            wgmma_wait<1>();
            if (kt > 0) release(before);
            before = at;
        }
        wgmma_wait<0>();
        release(before);
    }

private:
    // This warp reads the stage no more.
    static __device__ __forceinline__ void release(const StagePlace<Tile>& stage) {
        const int lane = threadIdx.x & 31;
        if constexpr (Tile::CLUSTER > 1) {
            if (lane < Tile::CLUSTER) arrive_at_rank(stage.empty(), lane);
        } else {
            if (lane == 0) arrive(stage.empty());
        }
    }
};

}  // namespace zoe
