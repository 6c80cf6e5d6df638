// The tile that a block of the sm80 tier makes of a product, and its share for each warp.
//
// WARPS_M x WARPS_N warps make a TM x TN tile, a warp WM x WN of it: MI x NI accumulator fragments of 16 x 8. Large warp
// tiles keep the instructions per mma low.
#pragma once
#include "zoetrope/dtype.cuh"

namespace zoe {

template <class T_, int TM_, int TN_, int WM_, int WN_, int STAGES_> struct Sm80Tile {
    using T = T_;
    static constexpr bool MMA_SYNC = true;
    static constexpr int TM = TM_, TN = TN_, WM = WM_, WN = WN_, STAGES = STAGES_;
    static constexpr int TK = 64 / int(sizeof(T));  // 64-byte rows: bf16 32, f32 16
    static constexpr int WARPS_M = TM / WM, WARPS_N = TN / WN, THREADS = WARPS_M * WARPS_N * 32;
    static constexpr int MI = WM / 16, NI = WN / 8, STEPS = 2;  // an mma takes two chunks, 32 bytes, of k
    static constexpr int A_BYTES = TM * 64, B_BYTES = TN * 64, STAGE_BYTES = A_BYTES + B_BYTES;
    static constexpr int SHARED_BYTES = STAGES * STAGE_BYTES;
    static_assert(WM % 16 == 0 && (WN == 8 || WN % 16 == 0), "fragments are loaded 16 x 16 at a time, or 8 wide");
};

}  // namespace zoe
