// mma.sync of 8-bit integers, m16n8k32 and m16n8k16, exact 32-bit sums; .satfinite saturates the result.
//
// Fragments as in matrix/fragment.h with four elements in a register: A register 2j (row g) and 2j + 1 (row g + 8) and B
// register j (column g) hold k = 16 j + 4 t to 16 j + 4 t + 3.
#include "exec/code.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

template <class A, class B, int J, bool Saturate> const Ins* product(const Ins* ip, Warp& w) {
    int32_t b[8][16 * J];   // [column][k]
    int32_t a[16][16 * J];  // [row][k]
    for (int j = 0; j < J; j++) {
        const uint32_t *top = reg<uint32_t>(ip, w, 4 + 2 * j), *low = reg<uint32_t>(ip, w, 5 + 2 * j),
                       *col = reg<uint32_t>(ip, w, 4 + 2 * J + j);
        for (int l = 0; l < kLanes; l++)
            for (int e = 0; e < 4; e++) {
                const int g = l / 4, k = 16 * j + 4 * (l % 4) + e;
                a[g][k] = A(top[l] >> 8 * e);
                a[g + 8][k] = A(low[l] >> 8 * e);
                b[g][k] = B(col[l] >> 8 * e);
            }
    }
    uint32_t result[4][kLanes];
    for (int i = 0; i < 4; i++) {
        const uint32_t* c = reg<uint32_t>(ip, w, 4 + 3 * J + i);
        for (int l = 0; l < kLanes; l++) {
            const int32_t *row = a[l / 4 + 8 * (i / 2)], *column = b[2 * (l % 4) + i % 2];
            int32_t dot = 0;
            for (int k = 0; k < 16 * J; k++) dot += row[k] * column[k];
            if (Saturate) {
                int64_t sum = int64_t(int32_t(c[l])) + dot;
                sum = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum;
                result[i][l] = uint32_t(sum);
            } else {
                result[i][l] = c[l] + uint32_t(dot);
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        uint32_t* to = reg<uint32_t>(ip, w, i);
        for (int l = 0; l < kLanes; l++)
            if (w.active >> l & 1) to[l] = result[i][l];
    }
    return ip + 1;
}

}  // namespace

void add_mma_int_forms(FormSink& sink) {
#define IMMA_ONE(SHAPE, SAT, TYPES, SIGNATURE, A, B, J, SATURATE)                                                      \
    sink.add({"mma.sync.aligned." SHAPE ".row.col" SAT ".s32." TYPES ".s32", SIGNATURE, product<A, B, J, SATURATE>,    \
              product<A, B, J, SATURATE>, nullptr});
#define IMMA(SHAPE, TYPES, SIGNATURE, A, B, J)                                                                         \
    IMMA_ONE(SHAPE, "", TYPES, SIGNATURE, A, B, J, false)                                                              \
    IMMA_ONE(SHAPE, ".satfinite", TYPES, SIGNATURE, A, B, J, true)
#define IMMA_TYPES(SHAPE, SIGNATURE, J)                                                                                \
    IMMA(SHAPE, "s8.s8", SIGNATURE, int8_t, int8_t, J)                                                                 \
    IMMA(SHAPE, "s8.u8", SIGNATURE, int8_t, uint8_t, J)                                                                \
    IMMA(SHAPE, "u8.s8", SIGNATURE, uint8_t, int8_t, J)                                                                \
    IMMA(SHAPE, "u8.u8", SIGNATURE, uint8_t, uint8_t, J)
    IMMA_TYPES("m16n8k32", "wwww=wwwwwwwwww", 2)
    IMMA_TYPES("m16n8k16", "wwww=wwwwwww", 1)
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
