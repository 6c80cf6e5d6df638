// Epilogues: what happens to a product between the accumulators and memory, as visitors composed in the order in which
// they act. A kernel says compose(Bias{bias}, Residual<T, Rows>{...}, Store<T, Rows>{...}) and that is all its epilogue.
//
// A visitor has visit(outputs, acc, bounds), which changes the outputs that a thread holds (outputs.cuh), or stores them. A
// step that does not apply (no bias, no residual) is skipped by a branch uniform over the block.
#pragma once
#include "zoetrope/epilogue/outputs.cuh"

namespace zoe {

template <class... Visitors> struct Composed;

template <> struct Composed<> {
    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs&, typename Outputs::Acc&, const Bounds&) const {}
};

template <class First, class... Rest> struct Composed<First, Rest...> {
    First first;
    Composed<Rest...> rest;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        first.visit(out, acc, bounds);
        rest.visit(out, acc, bounds);
    }
};

__device__ __forceinline__ Composed<> compose() { return {}; }
template <class First, class... Rest>
__device__ __forceinline__ Composed<First, Rest...> compose(const First& first, const Rest&... rest) {
    return {first, compose(rest...)};
}

template <class Outputs, class Epilogue>
__device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds,
                                      const Epilogue& epilogue) {
    epilogue.visit(out, acc, bounds);
}

}  // namespace zoe
