// Matrix product on tensor cores: bf16 by mma.m16n8k16, f32 rounded to TF32 by mma.m16n8k8, both summed in fp32.
//
//   C = gate act(alpha op(A) op(B) + bias) + beta D  for each matrix of a batch (blockIdx.z)
//
// Layouts: row-major with leading dimensions; op(A) is m x k, stored k x m when transposed; op(B) is k x n, stored n x
// k when transposed; bias [n] in f32; C in the operands' type or f32; D is C or lies like it; gate, if any, has a vector
// [n] in the operands' type for every so many rows. act: none, SiLU, GELU (tanh form). Any m, n, k >= 1, any alignment:
// operands whose rows are not 16-byte aligned are fetched element by element.
//
// A block makes a tile of C; an operand whose k is contiguous makes a K-major tile, else MN-major (layout/operand.cuh);
// three stages of cp.async, ldmatrix on swizzled shared memory (arch/sm80/product.cuh). TF32 operands are rounded (rna),
// not cut.
//
// FLOPs 2 m n k; bytes at least (m k + k n) |T| + m n |C|, in practice A and B once per column and row of tiles.
// Source: PTX ISA (fragments, cp.async); CUTLASS's documentation for the multi-stage scheme.
// Measured: H200, bf16 nt: 4096^3 404 us, 340 TFLOP/s, 0.48 x cuBLAS; 1024^3 21 us, 0.65 x.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "gemm.cuh"

ZOE_GEMM(sm80, bf16, 128x128)
ZOE_GEMM(sm80, bf16, 64x64)
ZOE_GEMM(sm80, f32, 128x64)
ZOE_GEMM(sm80, f32, 64x64)
