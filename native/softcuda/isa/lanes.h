// From a function on the values of one lane to the handlers of an instruction form.
//
//     form(sink, "fma.rn.f32", [](f32 a, f32 b, f32 c) { return fma(a, b, c); });
//
// makes the signature ("w=www", from the lambda's types), the full handler (a loop over 32 lanes that the compiler turns
// into vector instructions of the level this file is compiled for) and the masked one. A lambda that returns Values<...>
// writes several destinations. hot_form() adds a handler for runs of the same form.
//
// Aliasing. An instruction's destination may be one of its sources, in the very same slot; slots of different banks never
// overlap. So a lane is read completely before it is written, and lanes are independent: exactly what `ivdep` asserts.
// No pointer here is `restrict`.
//
// This file is compiled once for every dispatch level: everything stays in the level's namespace, nothing comes from std.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include "exec/code.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {

using u8 = uint8_t;
using s8 = int8_t;
using u16 = uint16_t;
using s16 = int16_t;
using u32 = uint32_t;
using s32 = int32_t;
using u64 = uint64_t;
using s64 = int64_t;
using f32 = float;
using f64 = double;
using u128 = unsigned __int128;
using s128 = __int128;

#define SOFTCUDA_INLINE inline __attribute__((always_inline))

template <class To, class From> SOFTCUDA_INLINE To bits_as(From value) {
    static_assert(sizeof(To) == sizeof(From), "reinterpretation keeps the size");
    return __builtin_bit_cast(To, value);
}

// ---- lane types ----------------------------------------------------------------------------------------------------

// How a lane value lives in its slot. A slot holds a float now and an integer next: built with -fno-strict-aliasing.
template <class T, class Slot, char kLetter> struct SlotLane {
    using Stored = Slot;
    static constexpr char letter = kLetter;
    static SOFTCUDA_INLINE T get(Slot stored) { return T(stored); }
    static SOFTCUDA_INLINE Slot put(T value) { return Slot(value); }
};

// Values narrower than their slot are zero-extended on write, signed ones included.
template <class T, class Unsigned> struct NarrowLane : SlotLane<T, u32, 'w'> {
    static SOFTCUDA_INLINE u32 put(T value) { return u32(Unsigned(value)); }
};
template <class T> struct Lane;
template <> struct Lane<u32> : SlotLane<u32, u32, 'w'> {};
template <> struct Lane<s32> : SlotLane<s32, s32, 'w'> {};
template <> struct Lane<f32> : SlotLane<f32, f32, 'w'> {};
template <> struct Lane<u64> : SlotLane<u64, u64, 'd'> {};
template <>
struct Lane<unsigned long long> : SlotLane<unsigned long long, u64, 'd'> {};  // what a literal may make of it
template <> struct Lane<s64> : SlotLane<s64, s64, 'd'> {};
template <> struct Lane<f64> : SlotLane<f64, f64, 'd'> {};
template <> struct Lane<u16> : NarrowLane<u16, u16> {};
template <> struct Lane<s16> : NarrowLane<s16, u16> {};
template <> struct Lane<u8> : NarrowLane<u8, u8> {};
template <> struct Lane<s8> : NarrowLane<s8, u8> {};
template <> struct Lane<bool> { static constexpr char letter = 'p'; };

// A word known when the module is loaded, kept in Ins::imm (the table of lop3).
struct Immediate {
    s32 value;
};
template <> struct Lane<Immediate> { static constexpr char letter = 'i'; };

// Several destinations.
template <class A, class B> struct Values2 {
    A a;
    B b;
};
template <class A> struct Values4 { A a, b, c, d; };

// ---- lane masks ----------------------------------------------------------------------------------------------------

// Bit l of the result: is flags[l] nonzero?
SOFTCUDA_INLINE u32 mask_of(const s32* flags) {
#if defined(__AVX512F__)
    const __m512i low = _mm512_load_si512(flags), high = _mm512_load_si512(flags + 16);
    return u32(_mm512_test_epi32_mask(low, low)) | u32(_mm512_test_epi32_mask(high, high)) << 16;
#elif defined(__AVX2__)
    u32 mask = 0;
    for (int part = 0; part < 4; ++part) {
        const __m256i word = _mm256_load_si256(reinterpret_cast<const __m256i*>(flags + part * 8));
        const __m256i zero = _mm256_cmpeq_epi32(word, _mm256_setzero_si256());
        mask |= (u32(_mm256_movemask_ps(_mm256_castsi256_ps(zero))) ^ 0xffu) << (part * 8);
    }
    return mask;
#else
    u32 mask = 0;
    for (int l = 0; l < kLanes; ++l) mask |= u32(flags[l] != 0) << l;
    return mask;
#endif
}

// destination[l] = bit l of mask ? chosen[l] : other[l], for 32-bit and 64-bit slots. Any of the three may be the same.
template <class Word> SOFTCUDA_INLINE void blend(Word* destination, u32 mask, const Word* chosen, const Word* other) {
#if defined(__AVX512F__)
    constexpr int kWords = 64 / sizeof(Word);
    for (int first = 0; first < kLanes; first += kWords) {
        const __m512i no = _mm512_load_si512(other + first), yes = _mm512_load_si512(chosen + first);
        const u32 these = mask >> first;
        _mm512_store_si512(destination + first, sizeof(Word) == 4 ? _mm512_mask_blend_epi32(__mmask16(these), no, yes)
                                                                  : _mm512_mask_blend_epi64(__mmask8(these), no, yes));
    }
#else
#pragma GCC ivdep
    for (int l = 0; l < kLanes; ++l) {
        const Word yes = chosen[l], no = other[l], keep = Word(0) - Word(mask >> l & 1u);
        destination[l] = (yes & keep) | (no & ~keep);
    }
#endif
}

// As a mask of all ones or all zeros, for selections without a branch.
SOFTCUDA_INLINE u32 spread(bool condition) { return 0u - u32(condition); }

// ---- operands ------------------------------------------------------------------------------------------------------

template <class T> struct Source {
    const typename Lane<T>::Stored* slot;
    SOFTCUDA_INLINE Source(const Ins* ip, Warp& w, int k) : slot(reg<typename Lane<T>::Stored>(ip, w, k)) {}
    SOFTCUDA_INLINE T operator[](int l) const { return Lane<T>::get(slot[l]); }
};
template <> struct Source<bool> {
    u32 mask;
    SOFTCUDA_INLINE Source(const Ins* ip, Warp& w, int k) : mask(predicate(ip, w, k)) {}
    SOFTCUDA_INLINE bool operator[](int l) const { return (mask >> l & 1u) != 0; }
};
template <> struct Source<Immediate> {
    Immediate word;
    SOFTCUDA_INLINE Source(const Ins* ip, Warp&, int) : word{ip->imm} {}
    SOFTCUDA_INLINE Immediate operator[](int) const { return word; }
};

template <class T> struct Destination {
    typename Lane<T>::Stored* slot;
    SOFTCUDA_INLINE Destination(const Ins* ip, Warp& w, int k) : slot(reg<typename Lane<T>::Stored>(ip, w, k)) {}
    SOFTCUDA_INLINE void set(int l, T value) { slot[l] = Lane<T>::put(value); }
    SOFTCUDA_INLINE void finish() {}
};
template <> struct Destination<bool> {
    u32& predicateRegister;
    alignas(64) s32 flags[kLanes];
    SOFTCUDA_INLINE Destination(const Ins* ip, Warp& w, int k) : predicateRegister(predicate(ip, w, k)) {}
    SOFTCUDA_INLINE void set(int l, bool value) { flags[l] = -s32(value); }
    SOFTCUDA_INLINE void finish() { predicateRegister = mask_of(flags); }
};

// All destinations of a form. Signature<A...>::text is the signature of a form with the sources A.
template <class R> struct Destinations {
    static constexpr int count = 1;
    template <class... A> struct Signature {
        static constexpr char text[] = {Lane<R>::letter, '=', Lane<A>::letter..., 0};
    };
    Destination<R> a;
    SOFTCUDA_INLINE Destinations(const Ins* ip, Warp& w) : a(ip, w, 0) {}
    SOFTCUDA_INLINE void set(int l, R value) { a.set(l, value); }
    SOFTCUDA_INLINE void finish() { a.finish(); }
};
template <class A, class B> struct Destinations<Values2<A, B>> {
    static constexpr int count = 2;
    template <class... S> struct Signature {
        static constexpr char text[] = {Lane<A>::letter, Lane<B>::letter, '=', Lane<S>::letter..., 0};
    };
    Destination<A> a;
    Destination<B> b;
    SOFTCUDA_INLINE Destinations(const Ins* ip, Warp& w) : a(ip, w, 0), b(ip, w, 1) {}
    SOFTCUDA_INLINE void set(int l, Values2<A, B> value) {
        a.set(l, value.a);
        b.set(l, value.b);
    }
    SOFTCUDA_INLINE void finish() {
        a.finish();
        b.finish();
    }
};
template <class A> struct Destinations<Values4<A>> {
    static constexpr int count = 4;
    template <class... S> struct Signature {
        static constexpr char text[] = {
            Lane<A>::letter, Lane<A>::letter, Lane<A>::letter, Lane<A>::letter, '=', Lane<S>::letter..., 0};
    };
    Destination<A> a, b, c, d;
    SOFTCUDA_INLINE Destinations(const Ins* ip, Warp& w) : a(ip, w, 0), b(ip, w, 1), c(ip, w, 2), d(ip, w, 3) {}
    SOFTCUDA_INLINE void set(int l, Values4<A> value) {
        a.set(l, value.a);
        b.set(l, value.b);
        c.set(l, value.c);
        d.set(l, value.d);
    }
    SOFTCUDA_INLINE void finish() {}
};

// ---- handlers ------------------------------------------------------------------------------------------------------

// A closure without captures has no state, so any object of its type will do: handlers are plain functions and have none.
struct Stateless {};
template <class F> SOFTCUDA_INLINE F stateless() {
    static_assert(__is_empty(F), "the lane function of a form cannot capture");
    return __builtin_bit_cast(F, Stateless{});
}

template <int... I> struct Indices {};

template <class F, class R, class... A> struct Elementwise {
    static constexpr int firstSource = Destinations<R>::count;

    template <class... S> static SOFTCUDA_INLINE void apply_to(F f, Destinations<R>& destination, const S... source) {
#pragma GCC ivdep
        for (int l = 0; l < kLanes; ++l) destination.set(l, f(source[l]...));
        destination.finish();
    }
    template <int... I> static SOFTCUDA_INLINE void apply(const Ins* ip, Warp& w, Indices<I...>) {
        Destinations<R> destination(ip, w);
        apply_to(stateless<F>(), destination, Source<A>(ip, w, firstSource + I)...);
    }
    static SOFTCUDA_INLINE void apply(const Ins* ip, Warp& w) {
        apply(ip, w, Indices<__integer_pack(sizeof...(A))...>());
    }

    __attribute__((flatten, noinline)) static const Ins* full(const Ins* ip, Warp& w) {
        apply(ip, w);
        return ip + 1;
    }
    __attribute__((flatten, noinline)) static const Ins* run(const Ins* ip, Warp& w) {
        for (u32 left = ip->aux; left != 0; --left, ++ip) apply(ip, w);
        return ip;
    }
};

template <size_t kBytes> struct SlotBits;
template <> struct SlotBits<4> { using Type = u32; };
template <> struct SlotBits<8> { using Type = u64; };

// What a destination held before the instruction, to give it back to the inactive lanes.
template <class T> struct Kept {
    using Slot = typename Lane<T>::Stored;
    alignas(64) u8 before[kLanes * sizeof(Slot)];
    SOFTCUDA_INLINE Kept(const Ins* ip, Warp& w, int k) { __builtin_memcpy(before, reg<u8>(ip, w, k), sizeof before); }
    SOFTCUDA_INLINE void restore(const Ins* ip, Warp& w, int k) const {
        using Bits = typename SlotBits<sizeof(Slot)>::Type;
        Bits* slot = reg<Bits>(ip, w, k);
        blend(slot, w.active, slot, reinterpret_cast<const Bits*>(before));
    }
};
template <> struct Kept<bool> {
    u32 before;
    SOFTCUDA_INLINE Kept(const Ins* ip, Warp& w, int k) : before(predicate(ip, w, k)) {}
    SOFTCUDA_INLINE void restore(const Ins* ip, Warp& w, int k) const {
        u32& now = predicate(ip, w, k);
        now = (now & w.active) | (before & ~w.active);
    }
};
template <class R> struct KeptAll {
    Kept<R> a;
    SOFTCUDA_INLINE KeptAll(const Ins* ip, Warp& w) : a(ip, w, 0) {}
    SOFTCUDA_INLINE void restore(const Ins* ip, Warp& w) const { a.restore(ip, w, 0); }
};
template <class A, class B> struct KeptAll<Values2<A, B>> {
    Kept<A> a;
    Kept<B> b;
    SOFTCUDA_INLINE KeptAll(const Ins* ip, Warp& w) : a(ip, w, 0), b(ip, w, 1) {}
    SOFTCUDA_INLINE void restore(const Ins* ip, Warp& w) const {
        a.restore(ip, w, 0);
        b.restore(ip, w, 1);
    }
};
template <class A> struct KeptAll<Values4<A>> {
    Kept<A> a, b, c, d;
    SOFTCUDA_INLINE KeptAll(const Ins* ip, Warp& w) : a(ip, w, 0), b(ip, w, 1), c(ip, w, 2), d(ip, w, 3) {}
    SOFTCUDA_INLINE void restore(const Ins* ip, Warp& w) const {
        a.restore(ip, w, 0);
        b.restore(ip, w, 1);
        c.restore(ip, w, 2);
        d.restore(ip, w, 3);
    }
};

// The masked handler of any form whose full one only writes the destinations R: run that, then put the inactive lanes back.
template <Handler kFull, class R> const Ins* masked(const Ins* ip, Warp& w) {
    const KeptAll<R> kept(ip, w);
    kFull(ip, w);
    kept.restore(ip, w);
    return ip + 1;
}

// ---- registration --------------------------------------------------------------------------------------------------

template <bool kHot, class F, class R, class... A> Form form_of(const char* name, R (F::*)(A...) const) {
    using Handlers = Elementwise<F, R, A...>;
    Form form{name, Destinations<R>::template Signature<A...>::text, Handlers::full, masked<Handlers::full, R>,
              nullptr};
    if constexpr (kHot) form.run = Handlers::run;
    return form;
}
template <class F> void form(FormSink& sink, const char* name, F) { sink.add(form_of<false>(name, &F::operator())); }
template <class F> void hot_form(FormSink& sink, const char* name, F) { sink.add(form_of<true>(name, &F::operator())); }

// One operation under several spellings.
template <class F, class... Names> void forms(FormSink& sink, F f, Names... names) { (form(sink, names, f), ...); }
template <class F, class... Names> void hot_forms(FormSink& sink, F f, Names... names) {
    (hot_form(sink, names, f), ...);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
