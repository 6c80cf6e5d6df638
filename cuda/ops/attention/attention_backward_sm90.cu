// Flash attention, backward, on Hopper's tensor cores; see attention_backward_sm80.cu for the mathematics and the two
// passes, each the sole writer of what it computes, so that the bits never change. This takes what is bf16 and can be
// copied by TMA, as attention_forward_sm90.cu does: q, k, v and dO; gradients may lie anywhere.
//
// One body, persistent and warp-specialised: `rows` are a block's own, 64 for each consumer, and `columns` stream by.
//
//            rows A, B      columns X, Y      out1             out2
//   keys       K, V            Q, dO        dK = scale dS X    dV = P Y
//   queries    Q, dO           K, V         dQ = scale dS X
//
// A consumer's tile of columns:
//   S = A Xᵀ, dP = B Yᵀ           wgmma, operands in shared memory, sums in registers
//   P from S                      while dP is made
//   dS = P (dP − Δ)
//   out2 += P Y, out1 += dS X     wgmma, P and dS in registers, rounded and packed
// X and Y are read as they are stored in both kinds of products: K-major in the first, MN-major in the second. P and dS
// of the keys' pass lie transposed, keys down, so that none needs a turn through shared memory; what belongs to a
// query, its normalizer and Δ, is of a column there: a second warp of the producer's brings it with the stage.
// Exponentials and differences of one consumer, or block, run beside the products of another.
//
//   barrier          arrivals                                      ends when                       waits
//   ring, full(s)    producer, and bytes of X and Y;               X, Y and statistics are there   consumers
//                    keys: the statistics' warp
//   ring, empty(s)   consumers' warps                              out1 and out2 have been made    producer, statistics
//   rows, full       producer, and bytes of A and B                A and B are there               consumers
//   rows, empty      consumers' warps                              the item's last dP is made      producer
//
//   entry                  consumers  shared memory          a consumer's registers, a thread      ptxas -> setmaxnreg
//                                     ring, rows             S, dP; P, dS packed; out1, out2
//   keys    d64  128x128       2      3 x 32 KiB, 32 KiB     64, 64; 32, 32; 32, 32                168 -> 40, 232
//   keys    d64   64x64        1      3 x 16 KiB, 16 KiB     32, 32; 16, 16; 32, 32                128 -> 40, 216
//   keys    d128 128x64        2      3 x 32 KiB, 64 KiB     32, 32; 16, 16; 64, 64                168 -> 40, 232
//   queries d64  128x128       2      3 x 32 KiB, 32 KiB     64, 64;  -, 32; 32,  -                168 -> 40, 232
//   queries d64   64x64        1      3 x 16 KiB, 16 KiB     32, 32;  -, 16; 32,  -                128 -> 40, 216
//   queries d128 128x64        2      3 x 32 KiB, 64 KiB     32, 32;  -, 16; 64,  -                168 -> 40, 232
// and 12 bytes of statistics a column of each stage. No spills, no local memory. At d128 128 columns would need more
// registers than there are, and so would making out2 while dS is.
//
// Cost a head: keys 8 Sq Sk D FLOP, queries 6 Sq Sk D (each half when causal), Sq Sk exponentials in each. Of 128 x 64
// the keys' products take 1024 clocks at D = 64 and 2048 at 128 (2048 multiplications a clock), the queries' 768 and
// 1536, the exponentials 512 (16 a clock), X and Y from the second-level cache 256 and 512 (64 bytes a clock).
//
// Source: Shah et al., "FlashAttention-3" (arXiv:2407.08608), with its sums of dQ in global memory replaced by the
// second pass; PTX ISA (wgmma, tensor copies, mbarrier).
// Measured: not on a GPU. Predicted from the above: bound by the tensor cores.
#include "hopper.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::attention {

template <bool KEYS_, int CONSUMERS_, int COLUMNS_, int D_, int STAGES_> struct BackwardTile : HopperRoles<CONSUMERS_> {
    static constexpr bool KEYS = KEYS_;  // rows are keys
    static constexpr int CONSUMERS = CONSUMERS_, ROWS = CONSUMERS * 64, COLUMNS = COLUMNS_, D = D_;
    using RowTile = HeadRows<ROWS, D>;
    using ColumnTile = HeadRows<COLUMNS, D>;

    // In shared memory: the ring of X and Y, A and B, the columns' statistics, the ring's barriers, the rows'.
    static constexpr int STAGES = STAGES_, STAGE_BYTES = 2 * ColumnTile::BYTES;
    static constexpr int STATISTICS_BYTES = KEYS ? 3 * COLUMNS * 4 : 0;  // of a stage
    static constexpr int ROW = STAGES * STAGE_BYTES, STATISTICS = ROW + 2 * RowTile::BYTES;
    static constexpr int BARRIERS = STATISTICS + STAGES * STATISTICS_BYTES;
    static constexpr int ROW_FULL = BARRIERS + 2 * STAGES * 8, ROW_EMPTY = ROW_FULL + 8, SHARED_BYTES = ROW_EMPTY + 8;
    static constexpr int WRITERS = KEYS ? 2 : 1, READERS = HopperRoles<CONSUMERS>::WARPS;
    static_assert(HopperRoles<CONSUMERS>::BLOCKS * (SHARED_BYTES + 1024) <= 228 * 1024,
                  "of a multiprocessor of compute capability 9.0");

    using Items = HeadTiles<ROWS, !KEYS>;  // the first keys are seen by most queries, the last queries see most keys

    static __device__ __forceinline__ int rows(const HopperShape& shape) { return KEYS ? shape.keys : shape.queries; }

    // Tiles of columns that a causal mask leaves to the rows from row0 on: first, and behind the last.
    static __device__ __forceinline__ int begin(const HopperShape& shape, int row0) {
        return KEYS && shape.causal ? max(0, row0 - shape.offset()) / COLUMNS : 0;
    }
    static __device__ __forceinline__ int end(const HopperShape& shape, int row0) {
        const int columns = KEYS           ? shape.queries
                            : shape.causal ? min(shape.keys, row0 + ROWS + shape.offset())
                                           : shape.keys;
        return columns > 0 ? ceil_div(columns, COLUMNS) : 0;
    }
};

// By one thread. Items without columns are passed over here as in the other loops.
template <class Tile>
__device__ __forceinline__ void produce(StagePlace<Tile> at, const CUtensorMap& a, const CUtensorMap& b,
                                        const CUtensorMap& x, const CUtensorMap& y, const HopperShape& shape) {
    const unsigned row_full = at.shared + Tile::ROW_FULL, rows = at.shared + Tile::ROW;
    unsigned parity = 1;
#pragma unroll 1
    for (typename Tile::Items item(shape, Tile::rows(shape)); item.next();) {
        const int begin = Tile::begin(shape, item.row0), end = Tile::end(shape, item.row0);
        if (begin >= end) continue;
        wait_for_end(at.shared + Tile::ROW_EMPTY, parity);
        parity ^= 1;
        arrive_expecting(row_full, 2 * Tile::RowTile::BYTES);
        Tile::RowTile::load(rows, a, row_full, item, item.row0);
        Tile::RowTile::load(rows + Tile::RowTile::BYTES, b, row_full, item, item.row0);
#pragma unroll 1
        for (int tile = begin; tile < end; ++tile, at.advance()) {
            wait_for_end(at.empty(), at.parity ^ 1);
            arrive_expecting(at.full(), Tile::STAGE_BYTES);
            Tile::ColumnTile::load(at.operands(), x, at.full(), item, tile * Tile::COLUMNS);
            Tile::ColumnTile::load(at.operands() + Tile::ColumnTile::BYTES, y, at.full(), item, tile * Tile::COLUMNS);
        }
    }
}

// Of the queries of a stage, where they are columns.
template <class Tile> struct Statistics {
    float largest[Tile::COLUMNS], log_sum[Tile::COLUMNS], delta[Tile::COLUMNS];

    static __device__ __forceinline__ Statistics& of(unsigned char* memory, const StagePlace<Tile>& at) {
        return reinterpret_cast<Statistics*>(memory + Tile::STATISTICS)[at.stage];
    }
};

// By one warp.
template <class Tile>
__device__ __forceinline__ void produce_statistics(StagePlace<Tile> at, unsigned char* memory, const float* normalizer,
                                                   const float* delta, const HopperShape& shape) {
#pragma unroll 1
    for (typename Tile::Items item(shape, Tile::rows(shape)); item.next();) {
        const int begin = Tile::begin(shape, item.row0), end = Tile::end(shape, item.row0);
        const int64_t first = item.row_of_all(shape.queries);
#pragma unroll 1
        for (int tile = begin; tile < end; ++tile, at.advance()) {
            wait_for_end(at.empty(), at.parity ^ 1);
            Statistics<Tile>& to = Statistics<Tile>::of(memory, at);
#pragma unroll
            for (int i = threadIdx.x & 31; i < Tile::COLUMNS; i += 32) {
                const int query = tile * Tile::COLUMNS + i;
                const Normalizer of = Normalizer::load(normalizer + 2 * first, query, shape.queries);
                to.largest[i] = of.largest;
                to.log_sum[i] = of.log_sum;
                to.delta[i] = query < shape.queries ? delta[first + query] : 0.0f;
            }
            arrive_by_warp(at.full());
        }
    }
}

// What belongs to the query of an element of this lane's fragments: its column's where rows are keys, else its row's.
template <class Tile> struct Queries {
    const Statistics<Tile>* columns;
    Normalizer row[2];
    float row_delta[2];

    __device__ __forceinline__ void load_rows(const float* normalizer, const float* delta, int query, int queries) {
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            row[h] = Normalizer::load(normalizer, query + 8 * h, queries);
            row_delta[h] = query + 8 * h < queries ? delta[query + 8 * h] : 0.0f;
        }
    }
    __device__ __forceinline__ Normalizer normalizer(int n, int e) const {
        if constexpr (!Tile::KEYS) return row[e >> 1];
        else return {columns->largest[column(n, e)], columns->log_sum[column(n, e)]};
    }
    __device__ __forceinline__ float delta(int n, int e) const {
        if constexpr (!Tile::KEYS) return row_delta[e >> 1];
        else return columns->delta[column(n, e)];
    }
    static __device__ __forceinline__ int column(int n, int e) { return n * 8 + (threadIdx.x & 3) * 2 + (e & 1); }
};

// 64 rows of a tile, by a warpgroup.
template <class Tile> struct Gradients {
    static constexpr int N = Tile::COLUMNS / 8;
    float p[N][4], ds[N][4];
    float out1[Tile::D / 8][4], out2[Tile::KEYS ? Tile::D / 8 : 1][4];

    // Probabilities of scores; 0 where row0, the warpgroup's first, and columns from column0 on are beyond the mask.
    __device__ __forceinline__ void weigh(const HopperShape& shape, const Queries<Tile>& of, int row0, int column0) {
        const float to_log2 = shape.scale * kLog2e;
#pragma unroll
        for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int e = 0; e < 4; ++e) p[n][e] = of.normalizer(n, e).probability(p[n][e], to_log2);
        }
        // Where rows are keys the sum of queries beyond the last is +∞, and keys beyond it are not stored.
        const bool masked = Tile::KEYS ? shape.causal && row0 + 63 > column0 + shape.offset()
                                       : column0 + Tile::COLUMNS > shape.keys
                                             || (shape.causal && column0 + Tile::COLUMNS - 1 > row0 + shape.offset());
        if (!masked) return;
        const int row = row0 + row_in_warpgroup();
#pragma unroll
        for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                const int r = row + (e >> 1) * 8, c = column0 + Queries<Tile>::column(n, e);
                const int key = Tile::KEYS ? r : c, query = Tile::KEYS ? c : r;
                if (key >= shape.keys || (shape.causal && key > query + shape.offset())) p[n][e] = 0.0f;
            }
        }
    }

    // One tile of columns. rows: of A in shared memory, this warpgroup's first.
    template <class Read>
    __device__ __forceinline__ void add(const StagePlace<Tile>& at, unsigned rows, const HopperShape& shape,
                                        const Queries<Tile>& of, int row0, int column0, Read&& rows_read) {
        const unsigned x = at.operands(), y = x + Tile::ColumnTile::BYTES;
        wgmma_fence();
        multiply_rows<Tile::D, Tile::ROWS, Tile::COLUMNS>(p, rows, x);
        wgmma_commit();
        multiply_rows<Tile::D, Tile::ROWS, Tile::COLUMNS>(ds, rows + Tile::RowTile::BYTES, y);
        wgmma_commit();
        wgmma_wait<1>();
        wgmma_settled(p);
        weigh(shape, of, row0, column0);
        wgmma_wait<0>();
        wgmma_settled(ds);
        rows_read();
#pragma unroll
        for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int e = 0; e < 4; ++e) ds[n][e] = p[n][e] * (ds[n][e] - of.delta(n, e));
        }
        uint32_t weights[N / 2][4], differences[N / 2][4];
        pack(differences, ds);
        if constexpr (Tile::KEYS) pack(weights, p);
        wgmma_fence();
        if constexpr (Tile::KEYS) multiply_add<Tile::D, Tile::COLUMNS>(out2, weights, y);
        multiply_add<Tile::D, Tile::COLUMNS>(out1, differences, x);
        wgmma_commit();
        wgmma_wait<0>();
        wgmma_settled(out1);
        if constexpr (Tile::KEYS) wgmma_settled(out2);
    }

    // to: the item's head; row: this lane's first.
    template <int F>
    static __device__ __forceinline__ void store(const float (&out)[F][4], float factor, bf16* to, int64_t stride,
                                                 int row, int rows, int dim, bool wide) {
        unroll<2>([&](auto half) {
            constexpr int h = half.value;
            if (row + 8 * h >= rows) return;
#pragma unroll
            for (int n = 0; n < F; ++n)
                store_pair(to + (row + 8 * h) * stride, n * 8 + (threadIdx.x & 3) * 2, dim, wide,
                           out[n][2 * h] * factor, out[n][2 * h + 1] * factor);
        });
    }
};

template <class Tile>
__device__ __forceinline__ void backward_sm90(const CUtensorMap& a, const CUtensorMap& b, const CUtensorMap& x,
                                              const CUtensorMap& y, const float* normalizer, const float* delta,
                                              bf16* out1, bf16* out2, const HopperShape& shape, int64_t out1_stride,
                                              int64_t out2_stride) {
    extern __shared__ __align__(1024) unsigned char memory[];
    StagePlace<Tile> at{shared_address(memory)};
    const int warpgroup = warpgroup_index(), warp = threadIdx.x / 32;
    if (threadIdx.x == 0) {
        prefetch_map(a);
        prefetch_map(b);
        prefetch_map(x);
        prefetch_map(y);
        barrier_init(at.shared + Tile::ROW_FULL, 1);
        barrier_init(at.shared + Tile::ROW_EMPTY, Tile::READERS);
        init_ring<Tile>(at.shared);
    }
    __syncthreads();
    if (warpgroup == 0) {
        keep_registers<Tile::PRODUCER_REGISTERS>();
        if (warp == 0 && elected()) produce<Tile>(at, a, b, x, y, shape);
        if (Tile::KEYS && warp == 1) produce_statistics<Tile>(at, memory, normalizer, delta, shape);
        return;
    }
    take_registers<Tile::CONSUMER_REGISTERS>();
    const int mine = (warpgroup - 1) * 64, rows = Tile::rows(shape);
    Gradients<Tile> gradients;
    Queries<Tile> of;
    unsigned parity = 0;
#pragma unroll 1
    for (typename Tile::Items item(shape, rows); item.next();) {
        const int row0 = item.row0 + mine, row = row0 + row_in_warpgroup();
        const int begin = Tile::begin(shape, item.row0), end = Tile::end(shape, item.row0);
        if constexpr (!Tile::KEYS) {
            const int64_t first = item.row_of_all(shape.queries);
            of.load_rows(normalizer + 2 * first, delta + first, row, shape.queries);
        }
        clear(gradients.out1);
        clear(gradients.out2);
        if (begin < end) {
            wait_for_end(at.shared + Tile::ROW_FULL, parity);
            parity ^= 1;
        }
#pragma unroll 1
        for (int tile = begin; tile < end; ++tile, at.advance()) {
            wait_for_end(at.full(), at.parity);
            of.columns = &Statistics<Tile>::of(memory, at);
            gradients.add(at, at.shared + Tile::ROW + mine * kLine, shape, of, row0, tile * Tile::COLUMNS, [&] {
                if (tile + 1 == end) arrive_by_warp(at.shared + Tile::ROW_EMPTY);
            });
            arrive_by_warp(at.empty());
        }
        gradients.store(gradients.out1, shape.scale, out1 + item.element(rows, out1_stride, shape.dim), out1_stride,
                        row, rows, shape.dim, shape.wide);
        if constexpr (Tile::KEYS)
            gradients.store(gradients.out2, 1.0f, out2 + item.element(rows, out2_stride, shape.dim), out2_stride, row,
                            rows, shape.dim, shape.wide);
        __syncwarp();  // lanes without a row are here before the others, and what follows is for all of a warp
    }
}

using keys_d64_128x128 = BackwardTile<true, 2, 128, 64, 3>;
using keys_d64_64x64 = BackwardTile<true, 1, 64, 64, 3>;
using keys_d128_128x64 = BackwardTile<true, 2, 64, 128, 3>;
using queries_d64_128x128 = BackwardTile<false, 2, 128, 64, 3>;
using queries_d64_64x64 = BackwardTile<false, 1, 64, 64, 3>;
using queries_d128_128x64 = BackwardTile<false, 2, 64, 128, 3>;

}  // namespace zoe::attention

#define ZOE_BACKWARD_SM90(PASS, SHAPE, D, TILE)                                                                        \
    ZOE_GEOMETRY(attention_backward_##PASS##_sm90_bf16_##SHAPE, attention_backward_##PASS, sm90,                       \
                 "type=bf16 head=" #D " tile=" #TILE, zoe::attention::PASS##_##SHAPE::THREADS,                         \
                 zoe::attention::PASS##_##SHAPE::ROWS, zoe::attention::PASS##_##SHAPE::COLUMNS, D,                     \
                 zoe::attention::PASS##_##SHAPE::SHARED_BYTES)                                                         \
    ZOE_PIPELINE(attention_backward_##PASS##_sm90_bf16_##SHAPE, zoe::attention::PASS##_##SHAPE::STAGES, 1)

#define ZOE_BACKWARD_KEYS_SM90(SHAPE, D, TILE)                                                                         \
    ZOE_BACKWARD_SM90(keys, SHAPE, D, TILE)                                                                            \
    extern "C" __global__ void __launch_bounds__(zoe::attention::keys_##SHAPE::THREADS,                                \
                                                 zoe::attention::keys_##SHAPE::BLOCKS)                                 \
        attention_backward_keys_sm90_bf16_##SHAPE(                                                                     \
            const __grid_constant__ CUtensorMap q, const __grid_constant__ CUtensorMap k,                              \
            const __grid_constant__ CUtensorMap v, const __grid_constant__ CUtensorMap grad_o,                         \
            const float* normalizer, const float* delta, zoe::bf16* grad_k, zoe::bf16* grad_v,                         \
            zoe::attention::HopperShape shape, int64_t grad_k_stride, int64_t grad_v_stride) {                         \
        zoe::attention::backward_sm90<zoe::attention::keys_##SHAPE>(k, v, q, grad_o, normalizer, delta, grad_k,        \
                                                                    grad_v, shape, grad_k_stride, grad_v_stride);      \
    }

#define ZOE_BACKWARD_QUERIES_SM90(SHAPE, D, TILE)                                                                      \
    ZOE_BACKWARD_SM90(queries, SHAPE, D, TILE)                                                                         \
    extern "C" __global__ void __launch_bounds__(zoe::attention::queries_##SHAPE::THREADS,                             \
                                                 zoe::attention::queries_##SHAPE::BLOCKS)                              \
        attention_backward_queries_sm90_bf16_##SHAPE(                                                                  \
            const __grid_constant__ CUtensorMap q, const __grid_constant__ CUtensorMap k,                              \
            const __grid_constant__ CUtensorMap v, const __grid_constant__ CUtensorMap grad_o,                         \
            const float* normalizer, const float* delta, zoe::bf16* grad_q, zoe::attention::HopperShape shape,         \
            int64_t grad_q_stride) {                                                                                   \
        zoe::attention::backward_sm90<zoe::attention::queries_##SHAPE>(q, grad_o, k, v, normalizer, delta, grad_q,     \
                                                                       nullptr, shape, grad_q_stride, 0);              \
    }

ZOE_BACKWARD_KEYS_SM90(d64_128x128, 64, 128x128)
ZOE_BACKWARD_KEYS_SM90(d64_64x64, 64, 64x64)
ZOE_BACKWARD_KEYS_SM90(d128_128x64, 128, 128x64)
ZOE_BACKWARD_QUERIES_SM90(d64_128x128, 64, 128x128)
ZOE_BACKWARD_QUERIES_SM90(d64_64x64, 64, 64x64)
ZOE_BACKWARD_QUERIES_SM90(d128_128x64, 128, 128x64)
