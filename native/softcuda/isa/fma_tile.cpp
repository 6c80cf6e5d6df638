// A 4 x 4 outer product of fma.rn.f32 chains in one step: what ptx/tile.cpp finds in matrix products.
//
// Chain (r, c) computes d = fma(a[K-1][r], b[K-1][c], ... fma(a[0][r], b[0][c], init)). Its accumulator stays in a vector
// register of the host over all K steps, and every operand loaded serves four chains; one fma at a time, each would be
// loaded and stored from the register file in memory. All values are read before any result is written (for 16 or 8 lanes
// at a time, which share no bytes with the others), so results may take the slots of operands that die here.
//
// Layout of the instructions: the header (arg: the 16 initial values, row by row; aux: K; imm: how far to the instruction
// behind the tile), one with the 16 destinations, then one for each two steps (a[0..3], b[0..3], twice), then the 16 K
// single fma for warps that have diverged.
#include "isa/lanes.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))

#if defined(__AVX512F__)
using Vector = __m512;
SOFTCUDA_INLINE Vector load(const u8* p) { return _mm512_load_ps(p); }
SOFTCUDA_INLINE void store(u8* p, Vector v) { _mm512_store_ps(p, v); }
SOFTCUDA_INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
#else
using Vector = __m256;
SOFTCUDA_INLINE Vector load(const u8* p) { return _mm256_load_ps(reinterpret_cast<const float*>(p)); }
SOFTCUDA_INLINE void store(u8* p, Vector v) { _mm256_store_ps(reinterpret_cast<float*>(p), v); }
SOFTCUDA_INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
#endif

const Ins* tile_full(const Ins* ip, Warp& w) {
    const u32 steps = ip->aux;
    for (u32 at = 0; at < kLanes * sizeof(float); at += sizeof(Vector)) {
        u8* const file = w.regs + at;
        Vector sum[4][4];
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) {
#pragma GCC unroll 4
            for (int c = 0; c < 4; c++) sum[r][c] = load(file + size_t(ip[0].arg[4 * r + c]) * kUnit);
        }
        const u16* operands = ip[2].arg;
        for (u32 k = 0; k < steps; k++) {
            Vector b[4];
#pragma GCC unroll 4
            for (int c = 0; c < 4; c++) b[c] = load(file + size_t(operands[4 + c]) * kUnit);
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++) {
                const Vector a = load(file + size_t(operands[r]) * kUnit);
#pragma GCC unroll 4
                for (int c = 0; c < 4; c++) sum[r][c] = multiply_add(a, b[c], sum[r][c]);
            }
            operands = k & 1 ? ip[3 + k / 2].arg : operands + 8;
        }
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) {
#pragma GCC unroll 4
            for (int c = 0; c < 4; c++) store(file + size_t(ip[1].arg[4 * r + c]) * kUnit, sum[r][c]);
        }
    }
    return ip + ip->imm;
}

const Ins* tile_masked(const Ins* ip, Warp&) { return ip + 2 + (ip->aux + 1) / 2; }

void add_tile(FormSink& sink) { sink.add({"internal.fma.tile", "=", tile_full, tile_masked, nullptr}); }

#else

void add_tile(FormSink&) {}

#endif

}  // namespace

void add_fma_tile_forms(FormSink& sink) { add_tile(sink); }

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
