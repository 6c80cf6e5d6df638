// The last stage of a normalisation's parameter gradients: sums of per-block partial sums, in a fixed order.
//
//   dβ_c (+)= Σ_k partial[k][0][c]      dγ_c (+)= Σ_k partial[k][1][c]
//
// Layouts: partial [K, 2, C] f32; grad_gamma, grad_beta [C] f32, overwritten, or added to when `accumulate`.
// Mapping: a block takes 32 columns of the 2·C; 8 warps each sum every eighth k, and the first adds the eight.
// Bytes: 8·K·C read.
// Measured: not by itself; it passed its tests on an H200.
#include <cstdint>
#include "zoetrope/entry.cuh"

namespace zoe::norm {
constexpr int kColumns = 32;
constexpr int kRows = 8;
}  // namespace zoe::norm

ZOE_GEOMETRY(norm_parameter_gradient, norm_parameter_gradient, simt, "", zoe::norm::kColumns* zoe::norm::kRows, 1,
             zoe::norm::kColumns, 1, 0)

extern "C" __global__ void __launch_bounds__(zoe::norm::kColumns* zoe::norm::kRows)
    norm_parameter_gradient(const float* __restrict__ partial, float* __restrict__ grad_gamma,
                            float* __restrict__ grad_beta, int64_t pieces, int channels, int accumulate) {
    using namespace zoe::norm;
    __shared__ float sums[kRows][kColumns];
    const int x = static_cast<int>(threadIdx.x) % kColumns, y = static_cast<int>(threadIdx.x) / kColumns;
    const int64_t pitch = 2ll * channels;
    const int64_t column = static_cast<int64_t>(blockIdx.x) * kColumns + x;
    float sum = 0.0f;
    if (column < pitch) {
        const float* p = partial + y * pitch + column;
#pragma unroll 4
        for (int64_t k = y; k < pieces; k += kRows) {
            sum += *p;
            p += kRows * pitch;
        }
    }
    sums[y][x] = sum;
    __syncthreads();
    if (y == 0 && column < pitch) {
#pragma unroll
        for (int i = 1; i < kRows; ++i) sum += sums[i][x];
        float* const to = column < channels ? grad_beta + column : grad_gamma + (column - channels);
        *to = accumulate ? *to + sum : sum;
    }
}
