// wgmma.mma_async as the parts that differ see it: the levels that compute it and the checkers that choose when.
#pragma once
#include <cstdint>

#include "async/tensor_map.h"
#include "exec/code.h"

namespace softcuda {

// A matrix in shared memory as a descriptor describes it. In both majors it is made of pieces of sixteen bytes; eight of them
// are an 8 x 8 matrix of 16-bit elements, whose rows run along k (K-major) or along m or n (MN-major).
struct MatrixLayout {
    uint32_t start, block, chunk, row;  // of a piece: start + block number * block + chunk number * chunk + row * row
    uint32_t atomShift,
        atom;  // MN-major under a swizzle: 2^atomShift blocks are a pattern's width, whose next begins at `atom`
    Swizzle swizzle;

    // Piece `row` of block `b` (eight rows or columns of the product) and chunk `c` (eight 16-bit steps of k).
    uint32_t first(uint32_t b, uint32_t c) const {
        return start + (b >> atomShift) * atom + (b & ((1u << atomShift) - 1)) * block + c * chunk;
    }
    uint32_t piece(uint32_t b, uint32_t c, uint32_t r) const { return swizzled(first(b, c) + r * row, swizzle); }
};

// False: the descriptor says something that is not understood, named by `wrong`.
inline bool matrix_layout(uint64_t descriptor, bool mnMajor, MatrixLayout& l, const char*& wrong) {
    const uint32_t leading = uint32_t(descriptor >> 16 & 0x3fff) << 4, stride = uint32_t(descriptor >> 32 & 0x3fff)
                                                                                << 4;
    static constexpr Swizzle kSwizzles[4] = {Swizzle::None, Swizzle::B128, Swizzle::B64,
                                             Swizzle::B32};  // not as in a tensor map
    l.swizzle = kSwizzles[descriptor >> 62];
    l.start = uint32_t(descriptor & 0x3fff) << 4;
    l.atomShift = 0;
    wrong = nullptr;
    if (descriptor >> 49 & 7)
        wrong =
            "a matrix descriptor with a base offset: expected 0, with the pattern at a multiple of 1024 bytes "
            "(128-byte swizzle), 512 or 256";
    if (descriptor & 0x3ff1c000c000c000ull) wrong = "a matrix descriptor with reserved bits set";
    const uint32_t width = swizzle_bytes(l.swizzle);
    if (l.swizzle == Swizzle::None) {
        l.row = 16;
        l.block = l.atom = stride;
        l.chunk = leading;
    } else if (!mnMajor) {
        l.row = width;
        l.block = l.atom = stride;
        l.chunk = 16;
    } else {
        l.row = width;
        l.block = 16;
        l.atomShift = uint32_t(l.swizzle);  // patterns of 2, 4 and 8 pieces
        l.atom = leading;
        l.chunk = stride;
    }
    return !wrong;
}

// What one warp's part of the product depends on, besides shared memory and the accumulators.
struct WgmmaOperands {
    alignas(64) uint32_t a[4][kLanes];  // of A in registers
    uint64_t descriptorA = 0, descriptorB = 0;
    MatrixLayout layoutA, layoutB;  // A in shared memory: layoutA
    bool registers;                 // A is in registers
    bool accumulate;                // scale-d
};

// Computes it: reads shared memory and adds to the accumulators.
using WgmmaProduct = void (*)(const Ins* ip, Warp& w, const WgmmaOperands& operands);

// The records behind a wgmma hold the accumulators' places: so many each. Ins::aux of the first counts them.
constexpr uint32_t kWgmmaPlaces = 16;
inline uint32_t wgmma_records(uint32_t places) { return (places + kWgmmaPlaces - 1) / kWgmmaPlaces; }
inline uint16_t wgmma_place(const Ins* ip, uint32_t k) { return ip[1 + k / kWgmmaPlaces].arg[k % kWgmmaPlaces]; }

}  // namespace softcuda
