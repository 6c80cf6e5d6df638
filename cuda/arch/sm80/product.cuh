// The main loop of a tiled product on mma.sync, fed by a ring of shared-memory stages.
//
// One __syncthreads() a k-tile: it publishes the tile about to be read and frees the one read before, into which the
// copies for STAGES-1 tiles ahead then go.
#pragma once
#include "arch/sm80/cp_async.cuh"
#include "arch/sm80/fragments.cuh"
#include "arch/sm80/tile.cuh"
#include "zoetrope/pipeline/ring.cuh"

namespace zoe {

// Brings the source's current k-tile into shared memory at `to` and moves the source on.
template <class Source> __device__ __forceinline__ void load_tile(Source& source, unsigned to) {
    using T = typename Source::T;
    if (source.vector) {
        source.prepare();
        unroll<Source::CHUNKS>([&](auto at) {
            constexpr int I = decltype(at)::value;
            if (source.present(I))
                copy_async_16<Source::offset(I)>(to + source.base(I), source.address(I), source.bytes(I));
        });
    } else {
#pragma unroll 1
        for (int e = 0; e < Source::VEC; ++e) {
            auto element = source.element(e);
#pragma unroll
            for (int i = 0; i < Source::CHUNKS; ++i) {
                if (!source.present(i)) continue;
                T v = T(0.0f);
                if (source.has(i, element)) v = source.get(i, element);
                store_shared(to + source.base(i) + Source::offset(i) + e * int(sizeof(T)), v);
            }
        }
    }
    source.advance();
}

// acc += A B over `tiles` k-tiles. `live`: this warp has outputs at all (the others load and wait, but do not
// multiply).
template <class Tile, class SourceA, class SourceB>
__device__ __forceinline__ void sm80_product(SourceA& a, SourceB& b, int tiles, bool live, int warp_m, int warp_n,
                                             unsigned shared, float (&acc)[Tile::MI][Tile::NI][4]) {
    Fragments<Tile, SourceA::K_MAJOR, SourceB::K_MAJOR> fragments;
    fragments.init(threadIdx.x & 31, warp_m, warp_n);
#pragma unroll
    for (int i = 0; i < Tile::MI; ++i)
#pragma unroll
        for (int j = 0; j < Tile::NI; ++j)
#pragma unroll
            for (int e = 0; e < 4; ++e) acc[i][j][e] = 0;

    unsigned write = shared;
#pragma unroll 1
    for (int s = 0; s < Tile::STAGES - 1; ++s) {
        if (s < tiles) {
            load_tile(a, write);
            load_tile(b, write + Tile::A_BYTES);
        }
        copy_async_commit();
        write += Tile::STAGE_BYTES;
    }
    unsigned read = shared;
    const Ring<Tile::STAGE_BYTES> ring{shared, shared + Tile::SHARED_BYTES};
#pragma unroll 1
    for (int kt = 0; kt < tiles; ++kt) {
        copy_async_wait<Tile::STAGES - 2>();
        __syncthreads();
        if (kt + Tile::STAGES - 1 < tiles) {
            load_tile(a, write);
            load_tile(b, write + Tile::A_BYTES);
            write = ring.after(write);
        }
        copy_async_commit();
        if (live) fragments.multiply(read, acc);
        read = ring.after(read);
    }
}

}  // namespace zoe
