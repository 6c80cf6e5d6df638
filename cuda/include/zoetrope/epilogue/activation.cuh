// Activations in an epilogue.
#pragma once
#include "zoetrope/epilogue/outputs.cuh"

namespace zoe {

enum Activation : int { kNone = 0, kSilu = 1, kGelu = 2 };

// x sigmoid(x c0 + x^3 c1): SiLU with (1, 0); with sqrt(8/pi) (1, 0.044715) the tanh form of GELU, since
// (1 + tanh u) / 2 = sigmoid(2u).
__device__ __forceinline__ float gated(float x, float c0, float c1) {
    return __fdividef(x, 1.0f + __expf(-x * fmaf(c1 * x, x, c0)));
}

// v = act(v)
struct Activate {
    int activation;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds&) const {
        if (activation == kNone) return;
        const float c0 = activation == kSilu ? 1.0f : 1.5957691216057308f;
        const float c1 = activation == kSilu ? 0.0f : 0.044715f * 1.5957691216057308f;
        out.each_value(acc, [&](float v) { return gated(v, c0, c1); });
    }
};

}  // namespace zoe
