// The register tiles of the simt attention kernels. A block of 128 threads is 16 groups of 8 lanes; a group owns
// ROWS rows, and lane c of it the score columns c, c+8, c+16, … and the head columns 4c … 4c+3, 32 further on, and so
// on. Groups lie within a warp, so that they exchange probabilities through shared memory without a block barrier.
//
// Operand tiles have a pitch of DP + 4 floats: 8 lanes that read 16 bytes of 8 consecutive rows touch all 32 banks.
#pragma once
#include "heads.cuh"

namespace zoe::attention {

inline constexpr int kSimtThreads = 128;
inline constexpr int kGroups = kSimtThreads / 8;

template <int DP> inline constexpr int kOperandPitch = DP + 4;
template <int BN> inline constexpr int kScorePitch = BN + 4;

// scores[i][j] += Σ_d a[row i][d] · b[column c + 8j][d]; `a` points to the group's first row.
template <int DP, int ROWS, int COLUMNS>
__device__ __forceinline__ void multiply_scores(float (&scores)[ROWS][COLUMNS], const float* a, const float* b, int c) {
    constexpr int kPitch = kOperandPitch<DP>;
#pragma unroll 4
    for (int d = 0; d < DP; d += 4) {
        float4 x[ROWS], y[COLUMNS];
#pragma unroll
        for (int i = 0; i < ROWS; ++i) x[i] = *reinterpret_cast<const float4*>(a + i * kPitch + d);
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) y[j] = *reinterpret_cast<const float4*>(b + (c + 8 * j) * kPitch + d);
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
#pragma unroll
            for (int j = 0; j < COLUMNS; ++j) {
                float s = scores[i][j];
                s = fmaf(x[i].x, y[j].x, s);
                s = fmaf(x[i].y, y[j].y, s);
                s = fmaf(x[i].z, y[j].z, s);
                scores[i][j] = fmaf(x[i].w, y[j].w, s);
            }
        }
    }
}

// out[i][…] += Σ_j weights[row i][j] · b[j][…]; `weights` points to the group's first row, pitch kScorePitch<BN>.
template <int DP, int ROWS, int BN>
__device__ __forceinline__ void multiply_values(float (&out)[ROWS][DP / 8], const float* weights, const float* b,
                                                int c) {
    constexpr int kPitch = kOperandPitch<DP>;
#pragma unroll 2
    for (int j = 0; j < BN; j += 4) {
        float w[ROWS][4];
#pragma unroll
        for (int i = 0; i < ROWS; ++i) load_floats(weights + i * kScorePitch<BN> + j, w[i]);
#pragma unroll
        for (int jj = 0; jj < 4; ++jj) {
#pragma unroll
            for (int d = 0; d < DP / 32; ++d) {
                const float4 y = *reinterpret_cast<const float4*>(b + (j + jj) * kPitch + 4 * c + 32 * d);
#pragma unroll
                for (int i = 0; i < ROWS; ++i) {
                    out[i][4 * d] = fmaf(w[i][jj], y.x, out[i][4 * d]);
                    out[i][4 * d + 1] = fmaf(w[i][jj], y.y, out[i][4 * d + 1]);
                    out[i][4 * d + 2] = fmaf(w[i][jj], y.z, out[i][4 * d + 2]);
                    out[i][4 * d + 3] = fmaf(w[i][jj], y.w, out[i][4 * d + 3]);
                }
            }
        }
    }
}

// Publishes the group's tile of weights for multiply_values, after what it read before.
template <int ROWS, int COLUMNS>
__device__ __forceinline__ void share_weights(float* weights, const float (&p)[ROWS][COLUMNS], int c) {
    __syncwarp();
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j) weights[i * kScorePitch<8 * COLUMNS> + c + 8 * j] = p[i][j];
    }
    __syncwarp();
}

// Writes factor · out as one row of T.
template <int DP, class T>
__device__ __forceinline__ void store_row(T* row, const float (&out)[DP / 8], float factor, int c, int dim, bool wide) {
#pragma unroll
    for (int d = 0; d < DP / 32; ++d) {
        const int column = 4 * c + 32 * d;
        float v[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) v[e] = out[4 * d + e] * factor;
        if (wide) {
            if (column < dim) store_floats(row + column, v);
        } else {
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                if (column + e < dim) store_float(row + column + e, v[e]);
            }
        }
    }
}

}  // namespace zoe::attention
