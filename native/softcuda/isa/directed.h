// Floating-point forms in the rounding modes other than to nearest.
//
// The rounding mode of the processor is changed around one instruction's loop. The compiler does not know of it, so every
// operand passes through an empty asm after the change and every result through one before the change back: volatile asm
// statements keep their order, and the operation has to stay between them.
#pragma once
#include "isa/half.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {

// Sets MXCSR's rounding control for a scope.
template <Round kRound> class RoundingScope {
public:
    SOFTCUDA_INLINE RoundingScope() {
        asm volatile("stmxcsr %0" : "=m"(before_));
        const u32 control = kRound == Round::Down   ? 0x2000
                            : kRound == Round::Up   ? 0x4000
                            : kRound == Round::Zero ? 0x6000
                                                    : 0;
        const u32 now = (before_ & ~0x6000u) | control;
        asm volatile("ldmxcsr %0" : : "m"(now));
    }
    SOFTCUDA_INLINE ~RoundingScope() { asm volatile("ldmxcsr %0" : : "m"(before_)); }
    RoundingScope(const RoundingScope&) = delete;
    RoundingScope& operator=(const RoundingScope&) = delete;

private:
    u32 before_;
};

// The same value, of unknown origin to the optimiser.
SOFTCUDA_INLINE f32 pinned(f32 value) {
    asm volatile("" : "+x"(value));
    return value;
}
SOFTCUDA_INLINE f64 pinned(f64 value) {
    asm volatile("" : "+x"(value));
    return value;
}
template <class T> SOFTCUDA_INLINE T pinned(T value) {
    asm volatile("" : "+r"(value));
    return value;
}

template <Round kRound, class F, class R, class... A> struct Directed {
    template <class... S> static SOFTCUDA_INLINE void apply_to(F f, Destination<R>& destination, const S... source) {
        const RoundingScope<kRound> rounding;
        for (int l = 0; l < kLanes; ++l) destination.set(l, pinned(f(pinned(source[l])...)));
    }
    template <int... I> static SOFTCUDA_INLINE void apply(const Ins* ip, Warp& w, Indices<I...>) {
        Destination<R> destination(ip, w, 0);
        apply_to(stateless<F>(), destination, Source<A>(ip, w, 1 + I)...);
    }
    __attribute__((flatten, noinline)) static const Ins* full(const Ins* ip, Warp& w) {
        apply(ip, w, Indices<__integer_pack(sizeof...(A))...>());
        return ip + 1;
    }
    static void add(FormSink& sink, const char* name, R (F::*)(A...) const) {
        sink.add({name, Destinations<R>::template Signature<A...>::text, full, masked<full, R>, nullptr});
    }
};
template <Round kRound, class F, class R, class... A>
void add_directed(FormSink& sink, const char* name, R (F::*member)(A...) const) {
    Directed<kRound, F, R, A...>::add(sink, name, member);
}

// `f` rounds in the current mode; three forms, `zero`, `down` and `up` their names.
template <class F> void directed_forms(FormSink& sink, F, const char* zero, const char* down, const char* up) {
    add_directed<Round::Zero, F>(sink, zero, &F::operator());
    add_directed<Round::Down, F>(sink, down, &F::operator());
    add_directed<Round::Up, F>(sink, up, &F::operator());
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
