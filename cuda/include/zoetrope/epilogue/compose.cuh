// Epilogues: what happens to a product between the accumulators and memory, as visitors composed in the order in which
// they act. A kernel says compose(Bias{bias}, Residual<T, Rows>{...}, Store<T, Rows>{...}) and that is all its epilogue.
//
// A visitor has
//   visit(outputs, acc, bounds)             changes the outputs that a thread holds (outputs.cuh), or stores them
// A step that does not apply (no bias, no residual) is skipped by a branch uniform over the block. One that gathers
// something over the block, such as the statistics of the next norm, has instead
//   template <class Outputs> struct Sums    what a thread gathers, all zero at first
//   visit(outputs, acc, bounds, sums)
//   reduce<Outputs>(bounds, sums, shared)   joins the sums of all threads of the block and writes them; called by every
//                                           thread, also by those without outputs, when the operand tiles in `shared`
//                                           are no longer needed
#pragma once
#include <type_traits>
#include "zoetrope/epilogue/outputs.cuh"

namespace zoe {

// The sums of a visitor, if it has any.
template <class Visitor, class Outputs, class = void> struct SumsOf {
    static constexpr bool ANY = false;
    struct Type {};
};
template <class Visitor, class Outputs>
struct SumsOf<Visitor, Outputs, std::void_t<typename Visitor::template Sums<Outputs>>> {
    static constexpr bool ANY = true;
    using Type = typename Visitor::template Sums<Outputs>;
};

template <class... Visitors> struct Composed;

template <> struct Composed<> {
    template <class Outputs> struct Sums {};
    template <class Outputs> static constexpr bool GATHERS = false;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs&, typename Outputs::Acc&, const Bounds&, Sums<Outputs>&) const {
    }
    template <class Outputs>
    __device__ __forceinline__ void reduce(const Bounds&, Sums<Outputs>&, unsigned char*) const {}
};

template <class First, class... Rest> struct Composed<First, Rest...> {
    First first;
    Composed<Rest...> rest;

    template <class Outputs> struct Sums {
        typename SumsOf<First, Outputs>::Type first;
        typename Composed<Rest...>::template Sums<Outputs> rest;
    };
    template <class Outputs>
    static constexpr bool GATHERS = SumsOf<First, Outputs>::ANY || Composed<Rest...>::template GATHERS<Outputs>;

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds,
                                          Sums<Outputs>& sums) const {
        if constexpr (SumsOf<First, Outputs>::ANY) first.visit(out, acc, bounds, sums.first);
        else first.visit(out, acc, bounds);
        rest.visit(out, acc, bounds, sums.rest);
    }
    template <class Outputs>
    __device__ __forceinline__ void reduce(const Bounds& bounds, Sums<Outputs>& sums, unsigned char* shared) const {
        if constexpr (SumsOf<First, Outputs>::ANY) first.template reduce<Outputs>(bounds, sums.first, shared);
        rest.template reduce<Outputs>(bounds, sums.rest, shared);
    }
};

__device__ __forceinline__ Composed<> compose() { return {}; }
template <class First, class... Rest>
__device__ __forceinline__ Composed<First, Rest...> compose(const First& first, const Rest&... rest) {
    return {first, compose(rest...)};
}

// Visits the outputs of a thread with an epilogue that gathers nothing.
template <class Outputs, class Epilogue>
__device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds,
                                      const Epilogue& epilogue) {
    static_assert(!Epilogue::template GATHERS<Outputs>, "sums over the block need block_product");
    typename Epilogue::template Sums<Outputs> none;
    epilogue.visit(out, acc, bounds, none);
}

}  // namespace zoe
