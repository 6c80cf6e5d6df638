// An operand tile on its way through registers: fetched from global memory while the tile before it is used, widened to
// f32 on the way into shared memory, where it lies [k][m or n].
#pragma once
#include "zoetrope/copy/global.cuh"

namespace zoe {

template <class Source> struct Staged {
    using T = typename Source::T;
    static constexpr int VEC = Source::VEC;
    union Chunk {
        uint4 whole;
        T part[VEC];
        __device__ Chunk() {}
    };
    Chunk chunk[Source::CHUNKS];

    // Global memory to registers.
    __device__ __forceinline__ void fetch(Source& source) {
        if (source.vector) {
            source.prepare();
#pragma unroll
            for (int i = 0; i < Source::CHUNKS; ++i) {
                chunk[i].whole = make_uint4(0, 0, 0, 0);
                if (!source.present(i)) continue;
                Address from = source.address(i);
                int bytes = source.bytes(i);
                if (bytes == 16) {
                    chunk[i].whole = load_global_16(from);
                } else if (bytes > 0) {
#pragma unroll
                    for (int e = 0; e < VEC; ++e)
                        if (e * int(sizeof(T)) < bytes) chunk[i].part[e] = load_global<T>(from + e * sizeof(T));
                }
            }
        } else {
#pragma unroll
            for (int e = 0; e < VEC; ++e) {
                auto element = source.element(e);
#pragma unroll
                for (int i = 0; i < Source::CHUNKS; ++i) {
                    chunk[i].part[e] = T(0.0f);
                    if (source.present(i) && source.has(i, element)) chunk[i].part[e] = source.get(i, element);
                }
            }
        }
        source.advance();
    }

    // Registers to shared memory, lines of LINE floats, one for each k.
    template <int LINE> __device__ __forceinline__ void store(const Source& source, float* tile) const {
#pragma unroll
        for (int i = 0; i < Source::CHUNKS; ++i) {
            if (!source.present(i)) continue;
            if constexpr (Source::K_MAJOR) {
                float* to = tile + source.k0 * LINE + source.mn(i);
#pragma unroll
                for (int e = 0; e < VEC; ++e) to[e * LINE] = to_float(chunk[i].part[e]);
            } else {
                float* to = tile + source.k0 * LINE + source.mn(i);
#pragma unroll
                for (int e = 0; e < VEC; e += 4)
                    *reinterpret_cast<float4*>(to + e) =
                        make_float4(to_float(chunk[i].part[e]), to_float(chunk[i].part[e + 1]),
                                    to_float(chunk[i].part[e + 2]), to_float(chunk[i].part[e + 3]));
            }
        }
    }
};

}  // namespace zoe
