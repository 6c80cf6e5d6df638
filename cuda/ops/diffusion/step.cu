// The step counter of a sampling loop, on the device so that the loop replays as one graph.
//
//   step_advance(counter, rows)                      counter += 1, and back to 0 at `rows` (never when rows = 0)
//   step_timestep(timesteps, rows, row, out, n)      out[i] = timesteps[row] for i < n: what the network is told
//
// Arguments   counter, row: I32[1] (row null for 0); timesteps f32[rows]; out f32[n]. A row outside the table gives NaN.
// Mapping     one thread; one thread an element.
// Measured    not by itself; it passed its tests on an H200.
#include "sampler.cuh"

using sampler::kThreads;

ZOE_GEOMETRY(step_advance, step_advance, simt, "", 1, 1, 1, 1, 0)
extern "C" __global__ void step_advance(int32_t* counter, int rows) {
    const int next = *counter + 1;
    *counter = rows != 0 && next >= rows ? 0 : next;
}

ZOE_GEOMETRY(step_timestep, step_timestep, simt, "", kThreads, kThreads, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(kThreads)
    step_timestep(const float* __restrict__ timesteps, int rows, const int32_t* __restrict__ row,
                  float* __restrict__ out, int64_t n) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i >= n) return;
    const int r = sampler::row_of(row, rows);
    out[i] = r >= 0 ? timesteps[r] : sampler::not_a_number();
}
