// Flash attention, forward, on Hopper's tensor cores; see attention_forward_sm80.cu for the definition, of which this
// takes what is bf16 and can be copied by TMA: q, k, v begin at a multiple of 16 bytes, and so do their rows and heads.
// O may lie anywhere. Heads are padded to D by the zeros that TMA makes of what is outside a tensor.
//
// Persistent and warp-specialised (hopper.cuh says who makes which tiles). Warpgroup 0 produces: one thread has Q
// copied, and tiles of K and V to a ring. The others consume, 64 queries each, a tile of keys j at a time:
//
//   S(j) = Q K(j)ᵀ        wgmma, Q and K in shared memory, sums in registers
//   P(j) = 2^(to_log2 S − reference), the sums of its rows, and the factor where a reference moves (online_softmax.cuh)
//   O   += P(j) V(j)      wgmma, P in registers: sums, packed in pairs, are the left operand of a product
//
// Two overlaps keep the tensor cores at work (Shah et al., section 3): S(j+1) and P(j) V(j) are issued together, so
// that a warpgroup makes P(j+1) during P(j) V(j); and warpgroups take turns at issuing (arch/sm90/turns.cuh), so that
// one's exponentials run beside the other's products.
//
//   barrier            arrivals                          ends when                       waits
//   ring, full(s)      producer, and bytes of a tile     K or V is there                 consumers
//   ring, empty(s)     consumers' warps                  it has been multiplied          producer
//   Q full             producer, and bytes of Q          Q is there                      consumers
//   Q empty            consumers' warps                  the item's last S is made       producer
//   named, turns       128 of the warpgroup before       it has issued                   128 of the warpgroup
//   tiles of K and V alternate in the ring: K0, K1, V0, K2, V1, ..., the order in which they are multiplied
//
//   entry         consumers  shared memory         registers a consumer's thread needs      by ptxas -> setmaxnreg
//                            ring, Q               S, P, O
//   d64  128x128      2      4 x 16 KiB, 16 KiB     64, 32,  32                             168 -> 40, 232
//   d64   64x64       1      4 x  8 KiB,  8 KiB     32, 16,  32                             128 -> 40, 216
//   d128 128x128      2      4 x 32 KiB, 32 KiB     64, 32,  64                             168 -> 40, 232
//   d128  64x64       1      4 x 16 KiB, 16 KiB     32, 16,  64                             128 -> 40, 216
//   d256 128x64       2      4 x 32 KiB, 64 KiB     32, 16, 128                             168 -> 40, 232
// No spills, no local memory. Two blocks of one consumer fit a multiprocessor, and overlap as two consumers do.
//
// Cost a head: 4 Sq Sk D FLOP (half when causal) and Sq Sk exponentials. Of a tile of 128 x 128 the products take 1024
// clocks at D = 64 and 2048 at 128 (2048 multiplications a clock), the exponentials 1024 (16 a clock), K and V from the
// second-level cache 512 and 1024 (64 bytes a clock). The host's estimate is in io.zoetrope.ops.attention.HopperPlan.
//
// Source: Shah et al., "FlashAttention-3" (arXiv:2407.08608); PTX ISA (wgmma, tensor copies, mbarrier, bar).
// Measured: not on a GPU. Predicted from the above: bound by the tensor cores at 128 and 256, by exponentials as much
// as by them at 64; short sequences by the latency of their few tiles.
#include "arch/sm90/turns.cuh"
#include "hopper.cuh"
#include "online_softmax.cuh"
#include "zoetrope/entry.cuh"

namespace zoe::attention {

template <int CONSUMERS_, int KEYS_, int D_> struct ForwardTile : HopperRoles<CONSUMERS_> {
    static constexpr int CONSUMERS = CONSUMERS_, QUERIES = CONSUMERS * 64, KEYS = KEYS_, D = D_;
    using QueryRows = HeadRows<QUERIES, D>;
    using KeyRows = HeadRows<KEYS, D>;  // and values

    // In shared memory: the ring, Q, the ring's barriers, Q's.
    static constexpr int STAGES = 4, STAGE_BYTES = KeyRows::BYTES;
    static constexpr int QUERY = STAGES * STAGE_BYTES, BARRIERS = QUERY + QueryRows::BYTES;
    static constexpr int QUERY_FULL = BARRIERS + 2 * STAGES * 8, QUERY_EMPTY = QUERY_FULL + 8;
    static constexpr int SHARED_BYTES = QUERY_EMPTY + 8;
    static constexpr int WRITERS = 1, READERS = HopperRoles<CONSUMERS>::WARPS;
    static_assert(HopperRoles<CONSUMERS>::BLOCKS * (SHARED_BYTES + 1024) <= 228 * 1024,
                  "of a multiprocessor of compute capability 9.0");

    using Items = HeadTiles<QUERIES, true>;

    // Tiles of keys that queries from query0 on see.
    static __device__ __forceinline__ int key_tiles(const HopperShape& shape, int query0) {
        const int end = shape.causal ? min(shape.keys, query0 + QUERIES + shape.offset()) : shape.keys;
        return end > 0 ? ceil_div(end, KEYS) : 0;
    }
};

// By one thread.
template <class Tile>
__device__ __forceinline__ void produce(StagePlace<Tile> at, const CUtensorMap& q, const CUtensorMap& k,
                                        const CUtensorMap& v, const HopperShape& shape) {
    const unsigned query_full = at.shared + Tile::QUERY_FULL, query_empty = at.shared + Tile::QUERY_EMPTY;
    unsigned parity = 1;
#pragma unroll 1
    for (typename Tile::Items item(shape, shape.queries); item.next();) {
        const int key_tiles = Tile::key_tiles(shape, item.row0);
        if (key_tiles == 0) continue;
        const auto copy = [&](const CUtensorMap& map, int tile) {
            wait_for_end(at.empty(), at.parity ^ 1);
            arrive_expecting(at.full(), Tile::STAGE_BYTES);
            Tile::KeyRows::load(at.operands(), map, at.full(), item, tile * Tile::KEYS);
            at.advance();
        };
        wait_for_end(query_empty, parity);
        parity ^= 1;
        arrive_expecting(query_full, Tile::QueryRows::BYTES);
        Tile::QueryRows::load(at.shared + Tile::QUERY, q, query_full, item, item.row0);
        copy(k, 0);
#pragma unroll 1
        for (int tile = 1; tile < key_tiles; ++tile) {
            copy(k, tile);
            copy(v, tile - 1);
        }
        copy(v, key_tiles - 1);
    }
}

// 64 queries of a tile, by a warpgroup.
template <class Tile> struct Consumer {
    unsigned queries;  // in shared memory
    float scores[Tile::KEYS / 8][4];
    uint32_t weights[Tile::KEYS / 16][4];
    float out[Tile::D / 8][4];

    __device__ __forceinline__ void multiply_keys(const StagePlace<Tile>& at) {
        wgmma_fence();
        multiply_rows<Tile::D, Tile::QUERIES, Tile::KEYS>(scores, queries, at.operands());
        wgmma_commit();
    }

    __device__ __forceinline__ void multiply_values(const StagePlace<Tile>& at) {
        wgmma_fence();
        multiply_add<Tile::D, Tile::KEYS>(out, weights, at.operands());
        wgmma_commit();
    }

    // Scores of the tile of keys from key0 on that this lane's queries, from `query` on, may not see: −∞.
    __device__ __forceinline__ void mask(const HopperShape& shape, int key0, int query) {
        const int column = key0 + (threadIdx.x & 3) * 2;
        const int last0 = shape.causal ? min(shape.keys - 1, query + shape.offset()) : shape.keys - 1;
        const int last1 = shape.causal ? min(shape.keys - 1, query + 8 + shape.offset()) : shape.keys - 1;
#pragma unroll
        for (int n = 0; n < Tile::KEYS / 8; ++n) {
#pragma unroll
            for (int e = 0; e < 4; ++e)
                if (column + n * 8 + (e & 1) > (e < 2 ? last0 : last1)) scores[n][e] = -CUDART_INF_F;
        }
    }

    // `query0`: the warpgroup's first.
    __device__ __forceinline__ void consume(StagePlace<Tile>& at, const Turns<Tile::CONSUMERS>& turns,
                                            const HopperShape& shape, int query0, int key_tiles,
                                            OnlineSoftmax& softmax) {
        float keep[2];
        const auto weigh = [&](int tile) {
            const int key0 = tile * Tile::KEYS, last = key0 + Tile::KEYS - 1;
            if (last >= shape.keys || (shape.causal && last > query0 + shape.offset()))
                mask(shape, key0, query0 + row_in_warpgroup());
            return softmax.add(scores, keep);
        };

        wait_for_end(at.full(), at.parity);
        multiply_keys(at);
        wgmma_wait<0>();
        wgmma_settled(scores);
        arrive_by_warp(at.empty());
        at.advance();
        weigh(0);
        pack(weights, scores);
#pragma unroll 1
        for (int tile = 1; tile < key_tiles; ++tile) {
            const StagePlace<Tile> keys = at;
            at.advance();
            wait_for_end(keys.full(), keys.parity);
            turns.take();
            multiply_keys(keys);
            wait_for_end(at.full(), at.parity);
            multiply_values(at);
            turns.pass();
            wgmma_wait<1>();
            wgmma_settled(scores);
            arrive_by_warp(keys.empty());
            const bool moved = weigh(tile);
            wgmma_wait<0>();
            wgmma_settled(out);
            arrive_by_warp(at.empty());
            at.advance();
            if (moved) {
#pragma unroll
                for (int n = 0; n < Tile::D / 8; ++n) {
#pragma unroll
                    for (int e = 0; e < 4; ++e) out[n][e] *= keep[e / 2];
                }
            }
            pack(weights, scores);
        }
        arrive_by_warp(at.shared + Tile::QUERY_EMPTY);
        wait_for_end(at.full(), at.parity);
        multiply_values(at);
        wgmma_wait<0>();
        wgmma_settled(out);
        arrive_by_warp(at.empty());
        at.advance();
    }

    // o, normalizer: of the item's head; `query`: this lane's first.
    __device__ __forceinline__ void store(const HopperShape& shape, int query, const OnlineSoftmax& softmax, bf16* o,
                                          int64_t o_stride, float* normalizer) const {
        unroll<2>([&](auto half) {
            constexpr int h = half.value;
            const float total = softmax.total(h);
            const int r = query + 8 * h;
            if (r >= shape.queries) return;
            const float inverse = total > 0.0f ? 1.0f / total : 0.0f;
#pragma unroll
            for (int n = 0; n < Tile::D / 8; ++n)
                store_pair(o + r * o_stride, n * 8 + (threadIdx.x & 3) * 2, shape.dim, shape.wide,
                           out[n][2 * h] * inverse, out[n][2 * h + 1] * inverse);
            if ((threadIdx.x & 3) == 0)
                Normalizer::of(softmax.reference[h], total, softmax.to_log2).store(normalizer + 2 * r);
        });
    }
};

template <class Tile>
__device__ __forceinline__ void forward_sm90(const CUtensorMap& q, const CUtensorMap& k, const CUtensorMap& v, bf16* o,
                                             float* normalizer, const HopperShape& shape, int64_t o_stride) {
    extern __shared__ __align__(1024) unsigned char memory[];
    StagePlace<Tile> at{shared_address(memory)};
    const int warpgroup = warpgroup_index();
    if (threadIdx.x == 0) {
        prefetch_map(q);
        prefetch_map(k);
        prefetch_map(v);
        barrier_init(at.shared + Tile::QUERY_FULL, 1);
        barrier_init(at.shared + Tile::QUERY_EMPTY, Tile::READERS);
        init_ring<Tile>(at.shared);
    }
    __syncthreads();
    if (warpgroup == 0) {
        keep_registers<Tile::PRODUCER_REGISTERS>();
        if (threadIdx.x / 32 == 0 && elected()) produce<Tile>(at, q, k, v, shape);
        return;
    }
    take_registers<Tile::CONSUMER_REGISTERS>();
    const int which = warpgroup - 1;
    const Turns<Tile::CONSUMERS> turns(which);
    Consumer<Tile> consumer;
    consumer.queries = at.shared + Tile::QUERY + which * 64 * kLine;
    unsigned parity = 0;
#pragma unroll 1
    for (typename Tile::Items item(shape, shape.queries); item.next();) {
        const int query0 = item.row0 + which * 64, key_tiles = Tile::key_tiles(shape, item.row0);
        OnlineSoftmax softmax{shape.scale * kLog2e};
        clear(consumer.out);
        if (key_tiles > 0) {
            wait_for_end(at.shared + Tile::QUERY_FULL, parity);
            parity ^= 1;
            consumer.consume(at, turns, shape, query0, key_tiles, softmax);
        }
        consumer.store(shape, query0 + row_in_warpgroup(), softmax,
                       o + item.element(shape.queries, o_stride, shape.dim), o_stride,
                       normalizer + 2 * item.row_of_all(shape.queries));
        __syncwarp();  // lanes without a row are here before the others, and what follows is for all of a warp
    }
    turns.end();
}

using forward_d64_128x128 = ForwardTile<2, 128, 64>;
using forward_d64_64x64 = ForwardTile<1, 64, 64>;
using forward_d128_128x128 = ForwardTile<2, 128, 128>;
using forward_d128_64x64 = ForwardTile<1, 64, 128>;
using forward_d256_128x64 = ForwardTile<2, 64, 256>;

}  // namespace zoe::attention

#define ZOE_ATTENTION_SM90(SHAPE, D, TILE)                                                                             \
    ZOE_GEOMETRY(attention_forward_sm90_bf16_##SHAPE, attention_forward, sm90, "type=bf16 head=" #D " tile=" #TILE,    \
                 zoe::attention::forward_##SHAPE::THREADS, zoe::attention::forward_##SHAPE::QUERIES,                   \
                 zoe::attention::forward_##SHAPE::KEYS, D, zoe::attention::forward_##SHAPE::SHARED_BYTES)              \
    ZOE_PIPELINE(attention_forward_sm90_bf16_##SHAPE, zoe::attention::forward_##SHAPE::STAGES, 1)                      \
    extern "C" __global__ void __launch_bounds__(zoe::attention::forward_##SHAPE::THREADS,                             \
                                                 zoe::attention::forward_##SHAPE::BLOCKS)                              \
        attention_forward_sm90_bf16_##SHAPE(const __grid_constant__ CUtensorMap q,                                     \
                                            const __grid_constant__ CUtensorMap k,                                     \
                                            const __grid_constant__ CUtensorMap v, zoe::bf16* o, float* normalizer,    \
                                            zoe::attention::HopperShape shape, int64_t o_stride) {                     \
        zoe::attention::forward_sm90<zoe::attention::forward_##SHAPE>(q, k, v, o, normalizer, shape, o_stride);        \
    }

ZOE_ATTENTION_SM90(d64_128x128, 64, 128x128)
ZOE_ATTENTION_SM90(d64_64x64, 64, 64x64)
ZOE_ATTENTION_SM90(d128_128x128, 128, 128x128)
ZOE_ATTENTION_SM90(d128_64x64, 128, 64x64)
ZOE_ATTENTION_SM90(d256_128x64, 256, 128x64)
