// Atomic operations: atom (which returns the old value) and red, on global, shared and generic addresses.
//
// The lanes of a warp act one after the other, lowest first. Blocks run on several host threads, so that global and
// generic ones are host atomics, sequentially consistent; a block's warps share one thread at a time, so that shared ones
// need none.
#include "matrix/half.h"
#include "mem/access.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

template <class T> struct BankOf { using type = uint32_t; };
template <> struct BankOf<uint64_t> { using type = uint64_t; };
template <> struct BankOf<int64_t> { using type = uint64_t; };

// Bits: what memory holds. apply(old, b, c, flush): the new value; c is the third operand of cas; flush: whether fp32
// sums take and give subnormals as zero, which PTX asks of global memory and not of shared.
template <class T> struct Add {
    using Bits = T;
    static T apply(T old, T b, T, bool) { return old + b; }
};
template <class T> struct And {
    using Bits = T;
    static T apply(T old, T b, T, bool) { return old & b; }
};
template <class T> struct Or {
    using Bits = T;
    static T apply(T old, T b, T, bool) { return old | b; }
};
template <class T> struct Xor {
    using Bits = T;
    static T apply(T old, T b, T, bool) { return old ^ b; }
};
template <class T> struct Exch {
    using Bits = T;
    static T apply(T, T b, T, bool) { return b; }
};
template <class T> struct Cas {
    using Bits = T;
    static T apply(T old, T b, T c, bool) { return old == b ? c : old; }
};
template <class T> struct Min {
    using Bits = T;
    static T apply(T old, T b, T, bool) { return b < old ? b : old; }
};
template <class T> struct Max {
    using Bits = T;
    static T apply(T old, T b, T, bool) { return b > old ? b : old; }
};
struct Inc {
    using Bits = uint32_t;
    static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool) { return old >= b ? 0 : old + 1; }
};
struct Dec {
    using Bits = uint32_t;
    static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool) { return old == 0 || old > b ? b : old - 1; }
};

ALWAYS_INLINE uint32_t flushed(uint32_t bits) { return (bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits; }

struct AddF32 {
    using Bits = uint32_t;
    static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool flush) {
        if (!flush) return bits_of_float(float_of_bits(old) + float_of_bits(b));
        return flushed(bits_of_float(float_of_bits(flushed(old)) + float_of_bits(flushed(b))));
    }
};

struct AddF64 {
    using Bits = uint64_t;
    static uint64_t apply(uint64_t old, uint64_t b, uint64_t, bool) {
        double x, y;
        __builtin_memcpy(&x, &old, 8);
        __builtin_memcpy(&y, &b, 8);
        x += y;
        __builtin_memcpy(&old, &x, 8);
        return old;
    }
};

// fp32 has more than twice the significand of the 16-bit formats, so that rounding twice is rounding once. NaN is
// canonical: 0x7fff.
ALWAYS_INLINE uint32_t add_half(uint32_t a, uint32_t b) {
    const float sum = half_to_float(a & 0xffff) + half_to_float(b & 0xffff);
    return sum != sum ? 0x7fff : half_from_float(sum);
}

ALWAYS_INLINE uint32_t add_bf16(uint32_t a, uint32_t b) {
    const uint32_t sum = bits_of_float(float_of_bits(a << 16) + float_of_bits(b << 16));
    if ((sum & 0x7fffffff) > 0x7f800000) return 0x7fff;
    return (sum + 0x7fff + (sum >> 16 & 1)) >> 16;
}

struct AddF16 {
    using Bits = uint16_t;
    static uint16_t apply(uint16_t old, uint16_t b, uint16_t, bool) { return uint16_t(add_half(old, b)); }
};
struct AddBf16 {
    using Bits = uint16_t;
    static uint16_t apply(uint16_t old, uint16_t b, uint16_t, bool) { return uint16_t(add_bf16(old, b)); }
};
struct AddF16x2 {
    using Bits = uint32_t;
    static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool) {
        return add_half(old, b) | add_half(old >> 16, b >> 16) << 16;
    }
};
struct AddBf16x2 {
    using Bits = uint32_t;
    static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool) {
        return add_bf16(old & 0xffff, b & 0xffff) | add_bf16(old >> 16, b >> 16) << 16;
    }
};

template <class Op, Space S, bool Result, bool Third> const Ins* atomic(const Ins* ip, Warp& w) {
    using T = typename Op::Bits;
    using D = typename BankOf<T>::type;
    constexpr int k = Result ? 1 : 0;
    const uint32_t lanes = w.active;
    Pointers p;
    if (!resolve<S>(ip, w, k, lanes, sizeof(T), p)) return nullptr;
    if (!OBSERVED(ip, w, p, lanes, sizeof(T), Access::Atomic)) return nullptr;
    const D* b = reg<D>(ip, w, k + 1);
    const D* c = Third ? reg<D>(ip, w, k + 2) : b;
    D* to = Result ? reg<D>(ip, w, 0) : nullptr;
    const Launch& launch = *w.block->launch;
    for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
        const int l = __builtin_ctz(rest);
        T* at = reinterpret_cast<T*>(p.at[l]);
        const T second = T(b[l]), third = T(c[l]);
        T old;
        // The blocks of a cluster run on one thread.
        if (S == Space::Shared || S == Space::Cluster) {
            old = *at;
            *at = Op::apply(old, second, third, false);
        } else {
            const bool flush = S == Space::Global || p.at[l] - launch.arenaLow < launch.arenaHigh - launch.arenaLow;
            old = __atomic_load_n(at, __ATOMIC_RELAXED);
            while (!__atomic_compare_exchange_n(at, &old, Op::apply(old, second, third, flush), false, __ATOMIC_SEQ_CST,
                                                __ATOMIC_RELAXED)) {}
        }
        if (Result) to[l] = D(old);
    }
    return ip + 1;
}

}  // namespace

void add_atom_forms(FormSink& sink) {
#define ATOM_SPACE(TEXT, SPACE, OPERATION, OP, RESULT, B, THIRD)                                                       \
    sink.add({FORM_NAME("atom" TEXT OPERATION), RESULT "=m" B, atomic<OP, Space::SPACE, true, THIRD>,                  \
              atomic<OP, Space::SPACE, true, THIRD>, nullptr});
#define RED_SPACE(TEXT, SPACE, OPERATION, OP, B)                                                                       \
    sink.add({FORM_NAME("red" TEXT OPERATION), "=m" B, atomic<OP, Space::SPACE, false, false>,                         \
              atomic<OP, Space::SPACE, false, false>, nullptr});
#define ATOM_ONLY(OPERATION, OP, RESULT, B, THIRD)                                                                     \
    ATOM_SPACE(".global", Global, OPERATION, OP, RESULT, B, THIRD)                                                     \
    ATOM_SPACE(".shared", Shared, OPERATION, OP, RESULT, B, THIRD)                                                     \
    ATOM_SPACE(".shared::cluster", Cluster, OPERATION, OP, RESULT, B, THIRD)                                           \
    ATOM_SPACE("", Generic, OPERATION, OP, RESULT, B, THIRD)
#define ATOM(OPERATION, OP, BANK)                                                                                      \
    ATOM_ONLY(OPERATION, OP, BANK, BANK, false)                                                                        \
    RED_SPACE(".global", Global, OPERATION, OP, BANK)                                                                  \
    RED_SPACE(".shared", Shared, OPERATION, OP, BANK)                                                                  \
    RED_SPACE(".shared::cluster", Cluster, OPERATION, OP, BANK)                                                        \
    RED_SPACE("", Generic, OPERATION, OP, BANK)
    ATOM(".add.u32", Add<uint32_t>, "w")
    ATOM(".add.u64", Add<uint64_t>, "d")
    ATOM(".add.f32", AddF32, "w")
    ATOM(".add.f64", AddF64, "d")
    ATOM(".add.noftz.f16", AddF16, "w")
    ATOM(".add.noftz.bf16", AddBf16, "w")
    ATOM(".add.noftz.f16x2", AddF16x2, "w")
    ATOM(".add.noftz.bf16x2", AddBf16x2, "w")
    ATOM(".min.u32", Min<uint32_t>, "w")
    ATOM(".min.s32", Min<int32_t>, "w")
    ATOM(".min.u64", Min<uint64_t>, "d")
    ATOM(".min.s64", Min<int64_t>, "d")
    ATOM(".max.u32", Max<uint32_t>, "w")
    ATOM(".max.s32", Max<int32_t>, "w")
    ATOM(".max.u64", Max<uint64_t>, "d")
    ATOM(".max.s64", Max<int64_t>, "d")
    ATOM(".inc.u32", Inc, "w")
    ATOM(".dec.u32", Dec, "w")
    ATOM(".and.b32", And<uint32_t>, "w")
    ATOM(".and.b64", And<uint64_t>, "d")
    ATOM(".or.b32", Or<uint32_t>, "w")
    ATOM(".or.b64", Or<uint64_t>, "d")
    ATOM(".xor.b32", Xor<uint32_t>, "w")
    ATOM(".xor.b64", Xor<uint64_t>, "d")
    ATOM_ONLY(".exch.b32", Exch<uint32_t>, "w", "w", false)
    ATOM_ONLY(".exch.b64", Exch<uint64_t>, "d", "d", false)
    ATOM_ONLY(".cas.b16", Cas<uint16_t>, "w", "ww", true)
    ATOM_ONLY(".cas.b32", Cas<uint32_t>, "w", "ww", true)
    ATOM_ONLY(".cas.b64", Cas<uint64_t>, "d", "dd", true)
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
