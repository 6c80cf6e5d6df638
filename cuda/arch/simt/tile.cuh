// The tile that a block of the simt tier makes of a product, and its share for each thread.
//
// 128 threads make a TM x TN tile, a thread RM x RN of it, in groups of four neighbouring rows and columns (so that
// shared memory is read 16 bytes at a time), the groups TM/(RM/4) apart.
#pragma once
#include "zoetrope/dtype.cuh"

namespace zoe {

template <class T_, int TM_, int TN_, int RM_, int RN_> struct SimtTile {
    using T = T_;
    static constexpr bool MMA_SYNC = false;
    static constexpr int TM = TM_, TN = TN_, TK = 16, RM = RM_, RN = RN_, STAGES = 2;
    static constexpr int COLUMNS = TN / RN, THREADS = (TM / RM) * COLUMNS;
    static constexpr int GM = RM / 4, GN = RN >= 4 ? RN / 4 : 1, SN = RN >= 4 ? 4 : RN;  // groups, their width
    static constexpr int A_LINE = TM + 4, B_LINE = TN + 4;  // padded against bank conflicts of transposing stores
    static constexpr int STAGE_FLOATS = TK * (A_LINE + B_LINE), SHARED_BYTES = 2 * STAGE_FLOATS * 4;
    static_assert(RM % 4 == 0 && (RN == 1 || RN % 4 == 0), "groups of four");
};

}  // namespace zoe
