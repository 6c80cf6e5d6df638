// Matrix product on FP32 FMA units: exact f32, and bf16 operands widened to f32; see gemm_sm80.cu for the definition.
//
// 128 threads a block, 8 x 8 or 8 x 4 outputs a thread; shared tiles in f32 [k][m], [k][n], double-buffered through
// registers (arch/simt/product.cuh). Per k a thread reads 64 bytes of shared memory for 64 FMAs.
//
// FLOPs 2 m n k; bytes as gemm_sm80.cu.
// Source: Volkov and Demmel, Benchmarking GPUs to tune dense linear algebra (2008).
// Measured: not by itself; it passed its tests on an H200.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "gemm.cuh"

ZOE_GEMM(simt, f32, 128x64)
ZOE_GEMM(simt, f32, 64x64)
ZOE_GEMM(simt, bf16, 128x64)
ZOE_GEMM(simt, bf16, 64x64)
