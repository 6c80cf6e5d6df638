// Flash attention, forward, on Hopper's tensor cores; see attention_forward_sm80.cu for the definition, of which this
// takes what is bf16 and can be copied by TMA: q, k, v begin at a multiple of 16 bytes, and so do their rows and heads.
// O may lie anywhere. Heads are padded to D, by zeros that TMA makes of what is outside.
#include "arch/sm90/operand.cuh"
#include "arch/sm90/ring.cuh"
#include "arch/sm90/turns.cuh"
#include "arch/sm90/wgmma.cuh"
#include "entries.cuh"
#include "fragments.cuh"
#include "heads.cuh"
#include "online_softmax.cuh"

namespace zoe::attention {

template <int CONSUMERS_, int KEYS_, int D_> struct HopperTile {
    static constexpr int CONSUMERS = CONSUMERS_, THREADS = (1 + CONSUMERS) * kWarpgroup;
    static constexpr int QUERIES = CONSUMERS * 64, KEYS = KEYS_, D = D_, COLUMNS = D / kBox;

    // In shared memory: the ring, whose stages hold a tile of K or of V; Q; the ring's barriers; Q's.
    static constexpr int STAGES = 4, STAGE_BYTES = KEYS * D * 2, QUERY_BYTES = QUERIES * D * 2;
    static constexpr int QUERY = STAGES * STAGE_BYTES, BARRIERS = QUERY + QUERY_BYTES;
    static constexpr int QUERY_FULL = BARRIERS + 2 * STAGES * 8, QUERY_EMPTY = QUERY_FULL + 8;
    static constexpr int SHARED_BYTES = QUERY_EMPTY + 8;
    static constexpr int READERS = CONSUMERS * 4;  // warps

    // One block a multiprocessor with two consumers, two with one, whose registers are few enough for that.
    static constexpr int BLOCKS = CONSUMERS == 1 ? 2 : 1;
    static constexpr int PRODUCER_REGISTERS = 40, CONSUMER_REGISTERS = CONSUMERS == 1 ? 216 : 232;

    static_assert(STAGE_BYTES % 1024 == 0 && QUERY_BYTES % 1024 == 0, "a swizzle's pattern begins with every tile");
    static_assert(BLOCKS * (SHARED_BYTES + 1024) <= 228 * 1024, "of a multiprocessor of compute capability 9.0");
};

struct HopperShape {
    int batch, heads, queries, keys, dim;
    int64_t o_stride;
    float scale;
    int causal, wide;
};

// The items of this block: tiles of queries, the later of a head first, head after head. A wave of blocks so shares few
// heads' keys. In every other wave blocks take the items in turn from the other end: causal tiles differ in length, and
// where the blocks are a multiple of the tiles one of them would have the longest of every wave.
template <class Tile> struct Items {
    const HopperShape& of;
    int tiles, total, wave = 0;

    int batch, head, query0, key_tiles;

    __device__ __forceinline__ explicit Items(const HopperShape& of)
        : of(of), tiles(ceil_div(of.queries, Tile::QUERIES)), total(of.batch * of.heads * tiles) {}

    // Goes to the next item that sees a key or, with `all`, to the next.
    __device__ __forceinline__ bool next(bool all) {
        while (wave * static_cast<int>(gridDim.x) < total) {
            const int place = wave % 2 == 0 ? blockIdx.x : gridDim.x - 1 - blockIdx.x;
            const int item = wave++ * gridDim.x + place;
            if (item >= total) continue;
            const int both = item / tiles;
            batch = both / of.heads;
            head = both - batch * of.heads;
            query0 = (tiles - 1 - (item - both * tiles)) * Tile::QUERIES;
            const int end = of.causal ? min(of.keys, query0 + Tile::QUERIES + of.keys - of.queries) : of.keys;
            key_tiles = end > 0 ? ceil_div(end, Tile::KEYS) : 0;
            if (all || key_tiles > 0) return true;
        }
        return false;
    }
};

// By one thread: Q of every item, and its tiles in the order in which the consumers need them,
// K0, K1, V0, K2, V1, ..., V of the last.
template <class Tile>
__device__ __forceinline__ void produce(StagePlace<Tile> at, const CUtensorMap& q, const CUtensorMap& k,
                                        const CUtensorMap& v, const HopperShape& shape) {
    const auto copy = [&](const CUtensorMap& map, const Items<Tile>& item, int tile) {
        wait_for_end(at.empty(), at.parity ^ 1);
        arrive_expecting(at.full(), Tile::STAGE_BYTES);
#pragma unroll
        for (int c = 0; c < Tile::COLUMNS; ++c)
            copy_box(at.operands() + c * Tile::KEYS * kLine, map, at.full(), c * kBox, item.head, tile * Tile::KEYS,
                     item.batch);
        at.advance();
    };
    unsigned parity = 1;
#pragma unroll 1
    for (Items<Tile> item(shape); item.next(false); parity ^= 1) {
        wait_for_end(at.shared + Tile::QUERY_EMPTY, parity);
        arrive_expecting(at.shared + Tile::QUERY_FULL, Tile::QUERY_BYTES);
#pragma unroll
        for (int c = 0; c < Tile::COLUMNS; ++c)
            copy_box(at.shared + Tile::QUERY + c * Tile::QUERIES * kLine, q, at.shared + Tile::QUERY_FULL, c * kBox,
                     item.head, item.query0, item.batch);
        copy(k, item, 0);
#pragma unroll 1
        for (int tile = 1; tile < item.key_tiles; ++tile) {
            copy(k, item, tile);
            copy(v, item, tile - 1);
        }
        copy(v, item, item.key_tiles - 1);
    }
}

// 64 queries of a tile, by a warpgroup.
template <class Tile> struct Consumer {
    using Queries = Sm90Operand<true, Tile::QUERIES>;
    using Keys = Sm90Operand<true, Tile::KEYS>;     // Kᵀ, as stored
    using Values = Sm90Operand<false, Tile::KEYS>;  // V, as stored

    unsigned shared;
    int which, lane;
    float scores[Tile::KEYS / 8][4];
    uint32_t weights[Tile::KEYS / 16][4];
    float out[Tile::D / 8][4];

    __device__ __forceinline__ Consumer(unsigned shared, int which)
        : shared(shared), which(which), lane(threadIdx.x & 31) {}

    __device__ __forceinline__ void arrive_by_warp(unsigned barrier) const {
        if (lane == 0) arrive(barrier);
    }

    // scores = Q Kᵀ of a tile of keys, one group.
    __device__ __forceinline__ void multiply_keys(const StagePlace<Tile>& at) {
        const unsigned long long left = Queries::descriptor(shared + Tile::QUERY + which * kBoxBytes),
                                 right = Keys::descriptor(at.operands());
        wgmma_fence();
#pragma unroll
        for (int step = 0; step < Tile::D / 16; ++step) {
            const int box = step / 4, in_box = step % 4 * Keys::K16;
            wgmma<0, 0>(scores, left + box * (Tile::QUERIES * kLine / 16) + in_box,
                        right + box * (Tile::KEYS * kLine / 16) + in_box, step);
        }
        wgmma_commit();
    }

    // out += weights V of a tile of keys, one group.
    __device__ __forceinline__ void multiply_values(const StagePlace<Tile>& at) {
        const unsigned long long right = Values::descriptor(at.operands());
        wgmma_fence();
#pragma unroll
        for (int step = 0; step < Tile::KEYS / 16; ++step)
            wgmma<Values::TRANSPOSED>(out, weights[step], right + step * Values::K16, 1);
        wgmma_commit();
    }

    // Scores of keys from key0 on that the queries from `row` on, this lane's first, may not see: −∞.
    __device__ __forceinline__ void mask(const HopperShape& shape, int key0, int row) {
        const int offset = shape.keys - shape.queries, column = key0 + (lane & 3) * 2;
        const int last0 = shape.causal ? min(shape.keys - 1, row + offset) : shape.keys - 1;
        const int last1 = shape.causal ? min(shape.keys - 1, row + 8 + offset) : shape.keys - 1;
#pragma unroll
        for (int n = 0; n < Tile::KEYS / 8; ++n) {
#pragma unroll
            for (int e = 0; e < 4; ++e)
                if (column + n * 8 + (e & 1) > (e < 2 ? last0 : last1)) scores[n][e] = -CUDART_INF_F;
        }
    }

    __device__ __forceinline__ void pack_weights() {
        unroll<Tile::KEYS / 16>([&](auto s) { Fragments<bf16, 0>::from_c<s.value>(weights[s.value], scores); });
    }

    __device__ __forceinline__ void consume(StagePlace<Tile>& at, unsigned parity, const Turns<Tile::CONSUMERS>& turns,
                                            const HopperShape& shape, const Items<Tile>& item, OnlineSoftmax& softmax) {
        const int first = item.query0 + which * 64;  // of the warpgroup's
        const int row = first + (threadIdx.x / 32 & 3) * 16 + (lane >> 2);
        float keep[2];
        const auto weigh = [&](int tile) {
            const int key0 = tile * Tile::KEYS, last = key0 + Tile::KEYS - 1;
            if (last >= shape.keys || (shape.causal && last > first + shape.keys - shape.queries))
                mask(shape, key0, row);
            return softmax.add(scores, keep);
        };

        wait_for_end(shared + Tile::QUERY_FULL, parity);
        wait_for_end(at.full(), at.parity);
        multiply_keys(at);
        wgmma_wait<0>();
        wgmma_settled(scores);
        arrive_by_warp(at.empty());
        at.advance();
        weigh(0);
        pack_weights();
#pragma unroll 1
        for (int tile = 1; tile < item.key_tiles; ++tile) {
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
            pack_weights();
        }
        arrive_by_warp(shared + Tile::QUERY_EMPTY);
        wait_for_end(at.full(), at.parity);
        multiply_values(at);
        wgmma_wait<0>();
        wgmma_settled(out);
        arrive_by_warp(at.empty());
        at.advance();
    }

    __device__ __forceinline__ void store(const HopperShape& shape, const Items<Tile>& item,
                                          const OnlineSoftmax& softmax, bf16* o, float* normalizer) const {
        const int row = item.query0 + which * 64 + (threadIdx.x / 32 & 3) * 16 + (lane >> 2);
        const int64_t first = (static_cast<int64_t>(item.batch) * shape.heads + item.head) * shape.queries;
        o += static_cast<int64_t>(item.batch) * shape.queries * shape.o_stride
             + static_cast<int64_t>(item.head) * shape.dim;
        unroll<2>([&](auto half) {
            constexpr int h = half.value;
            const float total = softmax.total(h);
            const int r = row + 8 * h;
            if (r >= shape.queries) return;
            const float inverse = total > 0.0f ? 1.0f / total : 0.0f;
#pragma unroll
            for (int n = 0; n < Tile::D / 8; ++n)
                store_pair(o + r * shape.o_stride, n * 8 + (lane & 3) * 2, shape.dim, shape.wide,
                           out[n][2 * h] * inverse, out[n][2 * h + 1] * inverse);
            if ((lane & 3) == 0)
                Normalizer::of(softmax.reference[h], total, softmax.to_log2).store(normalizer + 2 * (first + r));
        });
    }
};

template <class Tile>
__device__ __forceinline__ void forward_sm90(const CUtensorMap& q, const CUtensorMap& k, const CUtensorMap& v, bf16* o,
                                             float* normalizer, const HopperShape& shape) {
    extern __shared__ __align__(1024) unsigned char memory[];
    const unsigned shared = shared_address(memory);
    const int warpgroup = warpgroup_index();
    if (threadIdx.x == 0) {
        prefetch_map(q);
        prefetch_map(k);
        prefetch_map(v);
        barrier_init(shared + Tile::QUERY_FULL, 1);
        barrier_init(shared + Tile::QUERY_EMPTY, Tile::READERS);
        init_ring<Tile>(shared);
    }
    __syncthreads();
    StagePlace<Tile> at{shared};
    if (warpgroup == 0) {
        keep_registers<Tile::PRODUCER_REGISTERS>();
        if (threadIdx.x / 32 == 0 && elected()) produce<Tile>(at, q, k, v, shape);
    } else {
        take_registers<Tile::CONSUMER_REGISTERS>();
        Consumer<Tile> consumer(shared, warpgroup - 1);
        const Turns<Tile::CONSUMERS> turns(consumer.which);
        unsigned parity = 0;
#pragma unroll 1
        for (Items<Tile> item(shape); item.next(true);) {
            OnlineSoftmax softmax{shape.scale * kLog2e};
#pragma unroll
            for (int n = 0; n < Tile::D / 8; ++n) {
#pragma unroll
                for (int e = 0; e < 4; ++e) consumer.out[n][e] = 0.0f;
            }
            if (item.key_tiles > 0) {
                consumer.consume(at, parity, turns, shape, item, softmax);
                parity ^= 1;
            }
            consumer.store(shape, item, softmax, o, normalizer);
            __syncwarp();  // lanes without a row are here before the others, and what follows is for all of a warp
        }
        turns.end();
    }
}

using hopper_d64_128x128 = HopperTile<2, 128, 64>;
using hopper_d64_64x64 = HopperTile<1, 64, 64>;
using hopper_d128_128x128 = HopperTile<2, 128, 128>;
using hopper_d128_64x64 = HopperTile<1, 64, 128>;
using hopper_d256_128x64 = HopperTile<2, 64, 256>;

}  // namespace zoe::attention

#define ZOE_ATTENTION_SM90(D, SHAPE)                                                                                   \
    ZOE_GEOMETRY(attention_forward_sm90_bf16_d##D##_##SHAPE, attention_forward, sm90,                                  \
                 "type=bf16 head=" #D " tile=" #SHAPE, zoe::attention::hopper_d##D##_##SHAPE::THREADS,                 \
                 zoe::attention::hopper_d##D##_##SHAPE::QUERIES, zoe::attention::hopper_d##D##_##SHAPE::KEYS, D,       \
                 zoe::attention::hopper_d##D##_##SHAPE::SHARED_BYTES)                                                  \
    ZOE_PIPELINE(attention_forward_sm90_bf16_d##D##_##SHAPE, zoe::attention::hopper_d##D##_##SHAPE::STAGES, 1)         \
    extern "C" __global__ void __launch_bounds__(zoe::attention::hopper_d##D##_##SHAPE::THREADS,                       \
                                                 zoe::attention::hopper_d##D##_##SHAPE::BLOCKS)                        \
        attention_forward_sm90_bf16_d##D##_##SHAPE(const __grid_constant__ CUtensorMap q,                              \
                                                   const __grid_constant__ CUtensorMap k,                              \
                                                   const __grid_constant__ CUtensorMap v, zoe::bf16* o,                \
                                                   float* normalizer, zoe::attention::HopperShape shape) {             \
        zoe::attention::forward_sm90<zoe::attention::hopper_d##D##_##SHAPE>(q, k, v, o, normalizer, shape);            \
    }

ZOE_ATTENTION_SM90(64, 128x128)
ZOE_ATTENTION_SM90(64, 64x64)
ZOE_ATTENTION_SM90(128, 128x128)
ZOE_ATTENTION_SM90(128, 64x64)
ZOE_ATTENTION_SM90(256, 128x64)
