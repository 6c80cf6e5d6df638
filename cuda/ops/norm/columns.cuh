// What the kernels of batch normalisation share: how a matrix [rows, C] (NHWC with its places as rows) is spread over
// blocks and threads, and sums over the rows of a block.
//
// A thread owns one pack of V neighbouring channels (16 bytes where C and the addresses allow, else one channel) and every
// lanes-th row of its block; the threads of a block cover `groups` = 256/lanes neighbouring packs, so that a warp's accesses
// are contiguous. The grid is pieces × column blocks; a piece is `piece_rows` rows. The host chooses lanes and piece_rows
// from the shape alone: the order of every sum, and so its bits, is the same on every device.
#pragma once
#include <cstdint>
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::norm {

inline constexpr int kColumnThreads = 256;

struct Matrix {
    int64_t rows;
    int channels;
    int lanes_log2;
    int piece_rows;
};

template <int V> struct Columns {
    int groups, group, lane, lanes;
    int channel;  // the first of this thread's V
    bool active;
    int64_t piece;
    int64_t row, end;  // of the piece

    __device__ __forceinline__ explicit Columns(const Matrix& m) {
        lanes = 1 << m.lanes_log2;
        groups = kColumnThreads >> m.lanes_log2;
        group = static_cast<int>(threadIdx.x) & (groups - 1);
        lane = static_cast<int>(threadIdx.x) / groups;
        const int packs = m.channels / V;
        const int blocks = (packs + groups - 1) / groups;
        piece = blockIdx.x / static_cast<unsigned>(blocks);
        const int pack = (static_cast<int>(blockIdx.x) - static_cast<int>(piece) * blocks) * groups + group;
        channel = pack * V;
        active = pack < packs;
        row = piece * m.piece_rows;
        end = row + m.piece_rows < m.rows ? row + m.piece_rows : m.rows;
    }
};

// Calls body(offset) for the elements at which this thread's packs begin.
template <int V, class Body> __device__ __forceinline__ void for_rows(const Matrix& m, const Columns<V>& t, Body body) {
    const int64_t step = static_cast<int64_t>(t.lanes) * m.channels;
    int64_t at = (t.row + t.lane) * m.channels + t.channel;
    const int count = static_cast<int>(t.end - t.row - t.lane + t.lanes - 1) >> m.lanes_log2;
#pragma unroll 4
    for (int i = 0; i < count; ++i) {
        body(at);
        at += step;
    }
}

// Adds v[k][…] over the lanes of the block; the threads of lane 0 receive the sums. Idle threads give zeros. `shared` holds
// K · V · kColumnThreads floats.
template <int V, int K>
__device__ __forceinline__ void sum_lanes(float (&v)[K][V], const Columns<V>& t, float* shared) {
    const int thread = static_cast<int>(threadIdx.x);
    for (int offset = t.groups; offset < 32; offset <<= 1) {
#pragma unroll
        for (int k = 0; k < K; ++k) {
#pragma unroll
            for (int e = 0; e < V; ++e) v[k][e] += __shfl_xor_sync(kFullWarp, v[k][e], offset);
        }
    }
    const int width = t.groups < 32 ? 32 : t.groups;  // threads whose sums are one row of `shared`
    const int rows = kColumnThreads / width;
#pragma unroll
    for (int k = 0; k < K; ++k) {
#pragma unroll
        for (int e = 0; e < V; ++e) shared[(k * V + e) * kColumnThreads + thread] = v[k][e];
    }
    __syncthreads();
    if (t.lane != 0) return;
#pragma unroll
    for (int k = 0; k < K; ++k) {
#pragma unroll
        for (int e = 0; e < V; ++e) {
            const float* const from = shared + (k * V + e) * kColumnThreads + thread;
            float total = from[0];
            for (int r = 1; r < rows; ++r) total += from[r * width];
            v[k][e] = total;
        }
    }
}

// z = (x − mean) · scale + beta for this thread's channels; scale = rstd · gamma.
template <int V> struct ChannelAffine {
    float mean[V], scale[V], beta[V], rstd[V];

    // `spread` is rstd where eps < 0, else the variance.
    __device__ __forceinline__ void load(int channel, const float* gamma, const float* betas, const float* means,
                                         const float* spread, float eps) {
#pragma unroll
        for (int e = 0; e < V; ++e) {
            const int c = channel + e;
            mean[e] = means[c];
            rstd[e] = eps < 0.0f ? spread[c] : __frcp_rn(__fsqrt_rn(spread[c] + eps));
            scale[e] = rstd[e] * gamma[c];
            beta[e] = betas[c];
        }
    }

    __device__ __forceinline__ float centred(float x, int e) const { return x - mean[e]; }
    __device__ __forceinline__ float value(float centred, int e) const { return fmaf(centred, scale[e], beta[e]); }
};

}  // namespace zoe::norm
