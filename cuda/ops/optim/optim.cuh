// What the optimisers' kernels share: the layouts of their small device tensors. The host side is AdamW.java and Sgd.java.
#pragma once
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace optim {

inline constexpr int kThreads = 256;
inline constexpr int kChunk = 4096;  // most elements of a chunk

// A chunk is a stretch of the flat parameters within one tensor: I64 {begin, count, decay}; decay 1 applies weight decay. What
// no chunk covers (gaps that align tensors) is neither counted in the norm nor touched.
struct Chunk {
    int64_t begin;
    int64_t count;
    int64_t decay;
};

// Hyper-parameters, f32.
enum Hyper {
    kRate,   // peak learning rate
    kBeta1,  // or momentum
    kBeta2,
    kEpsilon,
    kWeightDecay,    // AdamW: decoupled, times the rate; SGD: times the weight, added to its gradient
    kMaxNorm,        // gradients of a larger global norm are scaled down to it; 0: no clipping
    kGradientScale,  // every gradient is multiplied by it first (1/accumulated steps)
    kEmaDecay,       // decay of the moving average
    kEmaWarmUp,      // w > 0: decay at step t is min(decay, (1+t)/(w+t)); 0: none
    kWarmUpSteps,    // linear from rate/steps
    kTotalSteps,     // cosine or line from there to the final rate at this step; 0: constant
    kFinalRate,
    kBeta1Rest,  // 1 - β1 and 1 - β2, made in double: f32 has no digits to spare for them near 1
    kBeta2Rest,
    kSchedule,    // a Schedule
    kDropPeriod,  // kSteps: steps between drops, 1 or more
    kDropFactor,  // kSteps: of each drop
    kHyperSize
};

// How the learning rate goes on after its warm-up.
enum Schedule { kCosine, kLinear, kSteps };

// State, I32: updates applied, updates skipped for a norm that was not finite, and whether the last one was.
enum State { kStep, kSkipped, kNotFinite, kStateSize = 4 };

// What one step computes for the update kernel (and for reports), f32.
enum Control {
    kNorm,            // global norm of the scaled gradients, before clipping
    kGradient,        // factor of every gradient: scale · clip
    kRateNow,         // learning rate of this step
    kStepSize,        // rate / (1 - β1^t)
    kRootCorrection,  // 1 / √(1 - β2^t)
    kDecayFactor,     // 1 - rate·weight decay
    kEmaShare,        // 1 - EMA decay of this step
    kRun,             // 1: update, 0: skip
    kControlSize
};

}  // namespace optim
