// The parts of k-means beside the search for the nearest centroid: new centroids, and distances to a chosen row.
//
//   kmeans_sums        sums[p,k,c] += x[r,c], counts[p,k] += 1 over the rows r of part p with labels[r] = k, in order
//   kmeans_centroids   centroids[k,c] = Σ_p sums[p,k,c] / Σ_p counts[p,k]; a cluster without rows keeps its centroid.
//                      totals[k] = Σ_p counts[p,k]
//   kmeans_nearer      nearest[r] = min(nearest[r], ‖x[r] − x[chosen]‖²), for the choice of first centroids by k-means++
//
// x [rows, d] f32, labels i32 [rows] (a label outside 0 … K−1 is left out), sums f32 [parts, K, d] and counts i32 [parts, K]
// zeroed beforehand, centroids f32 [K, d], totals i32 [K], nearest f32 [rows].
// Mapping   sums: a thread owns column c of part p, so that its additions follow the order of the rows and need no atomics;
//           the host chooses the parts from the shape alone. centroids: a thread an element. nearer: 2^lanes_log2 lanes
//           a row, joined by a butterfly.
// Bytes     sums: x once, and a read and a write of an accumulator for each of its elements, in the L2 cache.
// Source    Lloyd, Least squares quantization in PCM (1982); Arthur and Vassilvitskii, k-means++ (2007).
// Measured: not by itself; it passed its tests on an H200.
#include "zoetrope/entry.cuh"
#include "zoetrope/reduce.cuh"

namespace {

constexpr int kThreads = 256;

}  // namespace

ZOE_GEOMETRY(kmeans_sums, kmeans_sums, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    kmeans_sums(const float* __restrict__ x, const int* __restrict__ labels, float* sums, int* counts, int64_t rows,
                int d, int clusters, int parts) {
    const int64_t t = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t part = t / d;
    if (part >= parts) return;
    const int c = static_cast<int>(t - part * d);
    const int64_t share = (rows + parts - 1) / parts;
    const int64_t begin = part * share;
    const int64_t end = begin + share < rows ? begin + share : rows;
    float* const own = sums + part * clusters * d + c;
    int* const own_counts = counts + part * clusters;
#pragma unroll 4
    for (int64_t r = begin; r < end; ++r) {
        const int label = labels[r];
        const float value = x[r * d + c];
        if (static_cast<unsigned>(label) >= static_cast<unsigned>(clusters)) continue;
        own[static_cast<int64_t>(label) * d] += value;
        if (c == 0) own_counts[label] += 1;
    }
}

ZOE_GEOMETRY(kmeans_centroids, kmeans_centroids, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    kmeans_centroids(const float* __restrict__ sums, const int* __restrict__ counts, float* __restrict__ centroids,
                     int* __restrict__ totals, int d, int clusters, int parts) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t size = static_cast<int64_t>(clusters) * d;
    if (i >= size) return;
    const int64_t k = i / d;
    float sum = 0.0f;
    int count = 0;
    for (int p = 0; p < parts; ++p) {
        sum += sums[p * size + i];
        count += counts[static_cast<int64_t>(p) * clusters + k];
    }
    if (count > 0) centroids[i] = sum / static_cast<float>(count);
    if (i == k * d) totals[k] = count;
}

ZOE_GEOMETRY(kmeans_nearer, kmeans_nearer, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    kmeans_nearer(const float* __restrict__ x, float* nearest, int64_t rows, int d, int64_t chosen, int lanes_log2,
                  int first) {
    const int64_t t = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t r = t >> lanes_log2;
    const int lanes = 1 << lanes_log2;
    const int lane = static_cast<int>(t) & (lanes - 1);
    const bool inside = r < rows;
    float sum = 0.0f;
    if (inside) {
        for (int c = lane; c < d; c += lanes) {
            const float difference = x[r * d + c] - x[chosen * d + c];
            sum = fmaf(difference, difference, sum);
        }
    }
    for (int offset = lanes >> 1; offset > 0; offset >>= 1) sum += __shfl_xor_sync(zoe::kFullWarp, sum, offset);
    if (inside && lane == 0 && (first != 0 || sum < nearest[r])) nearest[r] = sum;
}
