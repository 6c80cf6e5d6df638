// The last stage of a normalisation's parameter gradients: sums of per-block partial sums, in a fixed order.
//
//   dβ_c (+)= Σ_k partial[k][0][c]      dγ_c (+)= Σ_k partial[k][1][c]
//
// Layouts: partial [K, 2, C] f32; grad_gamma, grad_beta [C] f32, overwritten, or added to when `accumulate`.
// Mapping: a block takes 32 columns of the 2·C; 8 warps each sum every eighth k, and the first adds the eight.
// Bytes: 8·K·C read.
// Measured: not by itself; it passed its tests on an H200.
#include "piece_sums.cuh"
#include "zoetrope/entry.cuh"

ZOE_GEOMETRY(norm_parameter_gradient, norm_parameter_gradient, simt, "", zoe::norm::kPieceThreads, 1,
             zoe::norm::kSumColumns, 1, 0)

extern "C" __global__ void __launch_bounds__(zoe::norm::kPieceThreads)
    norm_parameter_gradient(const float* __restrict__ partial, float* __restrict__ grad_gamma,
                            float* __restrict__ grad_beta, int64_t pieces, int channels, int accumulate) {
    const int64_t pitch = 2ll * channels, column = zoe::norm::piece_column();
    const float sum = zoe::norm::sum_of_pieces(partial, pieces, pitch, column);
    if (threadIdx.x >= zoe::norm::kSumColumns || column >= pitch) return;
    float* const to = column < channels ? grad_beta + column : grad_gamma + (column - channels);
    *to = accumulate ? *to + sum : sum;
}
