// wgmma of sm_90a: a warpgroup multiplies 64 x 16 by 16 x N, both in shared memory, in bf16, and adds in fp32.
//
// The product is asynchronous. Its registers may be touched, and its operands overwritten, after a wait for its group
// only; registers that other code wrote must be fenced before. Accumulators (PTX ISA, "Register fragments for wgmma"):
// with warp w, g = lane / 4 and t = lane % 4, d[j] = {(r, c), (r, c + 1), (r + 8, c), (r + 8, c + 1)} for r = 16 w + g,
// c = 8 j + 2 t: those of mma.sync m16n8k16, j being the fragment's number in a row.
#pragma once

namespace zoe {

__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Until at most PENDING groups of this warpgroup are not complete.
template <int PENDING> __device__ __forceinline__ void wgmma_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

// The text and the operands of N / 8 fragments: "%0, %1, ..." and "+f"(d[0][0]), ...
// clang-format off
#define ZOE_TEN(t) "%" #t "0,%" #t "1,%" #t "2,%" #t "3,%" #t "4,%" #t "5,%" #t "6,%" #t "7,%" #t "8,%" #t "9,"
#define ZOE_TEXT_32 ZOE_TEN() ZOE_TEN(1) ZOE_TEN(2) "%30,%31"
#define ZOE_TEXT_64 ZOE_TEN() ZOE_TEN(1) ZOE_TEN(2) ZOE_TEN(3) ZOE_TEN(4) ZOE_TEN(5) "%60,%61,%62,%63"
#define ZOE_TEXT_128                                                                                                   \
    ZOE_TEN() ZOE_TEN(1) ZOE_TEN(2) ZOE_TEN(3) ZOE_TEN(4) ZOE_TEN(5) ZOE_TEN(6) ZOE_TEN(7) ZOE_TEN(8) ZOE_TEN(9)       \
    ZOE_TEN(10) ZOE_TEN(11) "%120,%121,%122,%123,%124,%125,%126,%127"
#define ZOE_SUMS_1(j) "+f"(d[j][0]), "+f"(d[j][1]), "+f"(d[j][2]), "+f"(d[j][3])
#define ZOE_SUMS_4(j) ZOE_SUMS_1(j), ZOE_SUMS_1(j + 1), ZOE_SUMS_1(j + 2), ZOE_SUMS_1(j + 3)
#define ZOE_SUMS_8 ZOE_SUMS_4(0), ZOE_SUMS_4(4)
#define ZOE_SUMS_16 ZOE_SUMS_8, ZOE_SUMS_4(8), ZOE_SUMS_4(12)
#define ZOE_SUMS_32 ZOE_SUMS_16, ZOE_SUMS_4(16), ZOE_SUMS_4(20), ZOE_SUMS_4(24), ZOE_SUMS_4(28)
// clang-format on

// A and B: descriptors' numbers among the operands, then that of `accumulate`, of the majors.
#define ZOE_WGMMA(N, TEXT, SUMS, A, B, ACCUMULATE, A_TRANSPOSED, B_TRANSPOSED)                                         \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #ACCUMULATE                                                      \
                 ", 0;\n"                                                                                              \
                 "wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 {" TEXT "}, %" #A ", %" #B                  \
                 ", p, 1, 1, %" #A_TRANSPOSED ", %" #B_TRANSPOSED ";\n}"                                               \
                 : SUMS                                                                                                \
                 : "l"(a), "l"(b), "r"(accumulate), "n"(TRANS_A), "n"(TRANS_B)                                         \
                 : "memory")

// d = A B + (accumulate ? d : 0), a and b being descriptors. TRANS: 1 where an operand is MN-major.
template <int TRANS_A, int TRANS_B, int FRAGMENTS>
__device__ __forceinline__ void wgmma(float (&d)[FRAGMENTS][4], unsigned long long a, unsigned long long b,
                                      int accumulate) {
    static_assert(FRAGMENTS == 8 || FRAGMENTS == 16 || FRAGMENTS == 32, "64, 128 or 256 columns");
    if constexpr (FRAGMENTS == 8) ZOE_WGMMA(64, ZOE_TEXT_32, ZOE_SUMS_8, 32, 33, 34, 35, 36);
    if constexpr (FRAGMENTS == 16) ZOE_WGMMA(128, ZOE_TEXT_64, ZOE_SUMS_16, 64, 65, 66, 67, 68);
    if constexpr (FRAGMENTS == 32) ZOE_WGMMA(256, ZOE_TEXT_128, ZOE_SUMS_32, 128, 129, 130, 131, 132);
}

// The same with A, 64 x 16, in registers: a warp's lie as the A of mma.sync m16n8k16, rows 16 w and on, so that two
// fragments of sums that adjoin, rounded and packed in pairs, are one.
#define ZOE_WGMMA_REGISTERS(N, TEXT, SUMS, A0, A1, A2, A3, B, ACCUMULATE, B_TRANSPOSED)                                \
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #ACCUMULATE                                                      \
                 ", 0;\n"                                                                                              \
                 "wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 {" TEXT "}, {%" #A0 ", %" #A1 ", %" #A2     \
                 ", %" #A3 "}, %" #B ", p, 1, 1, %" #B_TRANSPOSED ";\n}"                                               \
                 : SUMS                                                                                                \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(TRANS_B)                   \
                 : "memory")

template <int TRANS_B, int FRAGMENTS>
__device__ __forceinline__ void wgmma(float (&d)[FRAGMENTS][4], const unsigned (&a)[4], unsigned long long b,
                                      int accumulate) {
    static_assert(FRAGMENTS == 8 || FRAGMENTS == 16 || FRAGMENTS == 32, "64, 128 or 256 columns");
    if constexpr (FRAGMENTS == 8) ZOE_WGMMA_REGISTERS(64, ZOE_TEXT_32, ZOE_SUMS_8, 32, 33, 34, 35, 36, 37, 38);
    if constexpr (FRAGMENTS == 16) ZOE_WGMMA_REGISTERS(128, ZOE_TEXT_64, ZOE_SUMS_16, 64, 65, 66, 67, 68, 69, 70);
    if constexpr (FRAGMENTS == 32)
        ZOE_WGMMA_REGISTERS(256, ZOE_TEXT_128, ZOE_SUMS_32, 128, 129, 130, 131, 132, 133, 134);
}

// Behind a wait, before sums are read: the compiler takes them for results of the instruction that began the product,
// and would be free to read them before the wait.
template <int FRAGMENTS> __device__ __forceinline__ void wgmma_settled(float (&d)[FRAGMENTS][4]) {
#pragma unroll
    for (int j = 0; j < FRAGMENTS; ++j) {
#pragma unroll
        for (int e = 0; e < 4; ++e) asm volatile("" : "+f"(d[j][e])::"memory");
    }
}

#undef ZOE_TEN
#undef ZOE_TEXT_32
#undef ZOE_TEXT_64
#undef ZOE_TEXT_128
#undef ZOE_SUMS_1
#undef ZOE_SUMS_4
#undef ZOE_SUMS_8
#undef ZOE_SUMS_16
#undef ZOE_SUMS_32
#undef ZOE_WGMMA
#undef ZOE_WGMMA_REGISTERS

}  // namespace zoe
