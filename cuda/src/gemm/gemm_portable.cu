// Matrix product on FP32 FMA units: exact f32, and bf16 operands widened to f32; see gemm_tensor.cu for the definition.
//
// 128 threads a block, 8 x 8 or 8 x 4 outputs a thread; shared tiles in f32 [k][m], [k][n], double-buffered through
// registers (tile_portable.cuh). Per k a thread reads 64 bytes of shared memory for 64 FMAs.
//
// FLOPs 2 m n k; bytes as gemm_tensor.cu.
// Source: Volkov and Demmel, Benchmarking GPUs to tune dense linear algebra (2008).
// Not measured on a GPU yet.
#include "zoetrope/gemm_body.cuh"

ZOE_GEMM(portable, f32, 128x64)
ZOE_GEMM(portable, f32, 64x64)
ZOE_GEMM(portable, bf16, 128x64)
ZOE_GEMM(portable, bf16, 64x64)
