// Stochastic gradient descent with Nesterov momentum over flat parameters, with the clipping, schedule, moving
// average and bf16 copy of the other optimisers.
//
//   g = gradient·scale·min(1, max_norm/‖scale·gradient‖) + decay·θ
//   m = μ·m + g
//   θ = θ - rate·(g + μ·m)
//   ema = ema + (1-d_t)·(θ - ema)      copy = bf16(θ)
//
//   sgd_update(master, gradient, m, ema?, copy?, chunks, hyper, control, clear)    grid.x = chunks; clear: gradient = 0
//
// after optimizer_norm and optimizer_prepare (prepare.cu); μ is hyper's β1. Weight decay is part of the gradient here, after
// clipping, not decoupled. A norm that is not finite changes nothing (the gradient is still cleared).
// Arguments   optim.cuh has the layouts of chunks, hyper and control.
// Mapping     flat_parameters.cuh.
// Traffic     20 (+4 clear, +8 EMA, +2 copy) bytes an element; five operations.
// Source      Sutskever, Martens, Dahl, Hinton 2013 (ICML), in the form with the gradient at the point looked ahead to.
// Measured    H200: 11.2 million parameters with EMA, copy and clear in 85 us, 4.5 TB/s.
#include "flat_parameters.cuh"

namespace {

struct Nesterov {
    static constexpr int kStates = 1;
    float factor, momentum, rate, decay;

    __device__ __forceinline__ float operator()(float theta, float gradient, float& m, float&) const {
        const float g = fmaf(decay, theta, gradient * factor);
        m = fmaf(momentum, m, g);
        return fmaf(-rate, fmaf(momentum, m, g), theta);
    }
};

}  // namespace

ZOE_GEOMETRY(sgd_update, sgd_update, simt, "", optim::kThreads, optim::kChunk, 1, 1, 0)
// Four blocks: without a count ptxas settles for 32 registers on sm_90 and spills.
extern "C" __global__ void __launch_bounds__(optim::kThreads, 4)
    sgd_update(float* master, float* gradient, float* m, float* ema, zoe::bf16* copy, const optim::Chunk* chunks,
               const float* hyper, const float* control, int clear) {
    const optim::Chunk chunk = chunks[blockIdx.x];
    const Nesterov rule{control[optim::kGradient], hyper[optim::kBeta1], control[optim::kRateNow],
                        chunk.decay != 0 ? hyper[optim::kWeightDecay] : 0.0f};
    optim::update_chunk({master, gradient, m, nullptr, ema, copy, clear != 0}, chunk, control, rule);
}
