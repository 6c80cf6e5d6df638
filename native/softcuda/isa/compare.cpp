// setp and set: every comparison, with the boolean combination forms and the complementary second destination.
#include "isa/half.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

enum class Order { Eq, Ne, Lt, Le, Gt, Ge, Equ, Neu, Ltu, Leu, Gtu, Geu, Num, Nan };

// Ordered comparisons are false, those with a trailing u true, when an operand is a NaN.
template <Order kOrder, class T> SOFTCUDA_INLINE bool holds(T a, T b) {
    switch (kOrder) {
        case Order::Eq: return a == b;
        case Order::Ne: return a < b || a > b;
        case Order::Lt: return a < b;
        case Order::Le: return a <= b;
        case Order::Gt: return a > b;
        case Order::Ge: return a >= b;
        case Order::Equ: return !(a < b || a > b);
        case Order::Neu: return !(a == b);
        case Order::Ltu: return !(a >= b);
        case Order::Leu: return !(a > b);
        case Order::Gtu: return !(a <= b);
        case Order::Geu: return !(a < b);
        case Order::Num: return a == a && b == b;
        case Order::Nan: return a != a || b != b;
    }
    return false;
}

template <bool kFlush, class T> SOFTCUDA_INLINE T comparable(T value) { return value; }
template <bool kFlush> SOFTCUDA_INLINE f32 comparable(f32 value) { return kFlush ? flush(value) : value; }
template <bool kFlush> SOFTCUDA_INLINE f32 comparable(f16 value) { return widen(value); }
template <bool kFlush> SOFTCUDA_INLINE f32 comparable(bf16 value) { return widen(value); }
template <Order kOrder, bool kFlush, class T> SOFTCUDA_INLINE bool compare(T a, T b) {
    return holds<kOrder>(comparable<kFlush>(a), comparable<kFlush>(b));
}

// The lane mask of a comparison of two sources.
template <Order kOrder, class T, bool kFlush> struct Comparison {
    static SOFTCUDA_INLINE u32 mask(const Ins* ip, Warp& w, int k) {
        alignas(64) s32 flags[kLanes];
        const Source<T> a(ip, w, k), b(ip, w, k + 1);
#pragma GCC ivdep
        for (int l = 0; l < kLanes; ++l) flags[l] = -s32(compare<kOrder, kFlush>(a[l], b[l]));
        return mask_of(flags);
    }
};

#if defined(__AVX512F__)
template <Order kOrder>
constexpr int kIntegerPredicate = kOrder == Order::Eq   ? _MM_CMPINT_EQ
                                  : kOrder == Order::Ne ? _MM_CMPINT_NE
                                  : kOrder == Order::Lt ? _MM_CMPINT_LT
                                  : kOrder == Order::Le ? _MM_CMPINT_LE
                                  : kOrder == Order::Gt ? _MM_CMPINT_NLE
                                                        : _MM_CMPINT_NLT;
template <Order kOrder>
constexpr int kFloatPredicate = kOrder == Order::Eq    ? _CMP_EQ_OQ
                                : kOrder == Order::Ne  ? _CMP_NEQ_OQ
                                : kOrder == Order::Lt  ? _CMP_LT_OQ
                                : kOrder == Order::Le  ? _CMP_LE_OQ
                                : kOrder == Order::Gt  ? _CMP_GT_OQ
                                : kOrder == Order::Ge  ? _CMP_GE_OQ
                                : kOrder == Order::Equ ? _CMP_EQ_UQ
                                : kOrder == Order::Neu ? _CMP_NEQ_UQ
                                : kOrder == Order::Ltu ? _CMP_NGE_UQ
                                : kOrder == Order::Leu ? _CMP_NGT_UQ
                                : kOrder == Order::Gtu ? _CMP_NLE_UQ
                                : kOrder == Order::Geu ? _CMP_NLT_UQ
                                : kOrder == Order::Num ? _CMP_ORD_Q
                                                       : _CMP_UNORD_Q;

// One compare instruction for 64 bytes. kPerPart lanes are compared at a time.
#define DIRECT_COMPARISON(T, kPerPart, LOAD, COMPARE, PREDICATE)                                                       \
    template <Order kOrder> struct Comparison<kOrder, T, false> {                                                      \
        static SOFTCUDA_INLINE u32 mask(const Ins* ip, Warp& w, int k) {                                               \
            const T *a = reg<T>(ip, w, k), *b = reg<T>(ip, w, k + 1);                                                  \
            u32 mask = 0;                                                                                              \
            for (int l = 0; l < kLanes; l += kPerPart)                                                                 \
                mask |= u32(COMPARE(LOAD(a + l), LOAD(b + l), PREDICATE<kOrder>)) << l;                                \
            return mask;                                                                                               \
        }                                                                                                              \
    }
DIRECT_COMPARISON(s32, 16, _mm512_load_si512, _mm512_cmp_epi32_mask, kIntegerPredicate);
DIRECT_COMPARISON(u32, 16, _mm512_load_si512, _mm512_cmp_epu32_mask, kIntegerPredicate);
DIRECT_COMPARISON(s64, 8, _mm512_load_si512, _mm512_cmp_epi64_mask, kIntegerPredicate);
DIRECT_COMPARISON(u64, 8, _mm512_load_si512, _mm512_cmp_epu64_mask, kIntegerPredicate);
DIRECT_COMPARISON(f32, 16, _mm512_load_ps, _mm512_cmp_ps_mask, kFloatPredicate);
DIRECT_COMPARISON(f64, 8, _mm512_load_pd, _mm512_cmp_pd_mask, kFloatPredicate);
#endif

enum class Combine { None, And, Or, Xor };
template <Combine kCombine> SOFTCUDA_INLINE u32 combined(u32 truth, u32 other) {
    return kCombine == Combine::And   ? truth & other
           : kCombine == Combine::Or  ? truth | other
           : kCombine == Combine::Xor ? truth ^ other
                                      : truth;
}

// setp: p = truth combined with c, and in the two-destination form q = not truth combined with c. Inactive lanes keep their
// bits, so this serves as both handlers; there are many of it and they are small.
SOFTCUDA_INLINE void merge(u32& predicateRegister, u32 mask, u32 active) {
    predicateRegister = (predicateRegister & ~active) | (mask & active);
}
template <class C> __attribute__((noinline)) u32 mask_of_sources(const Ins* ip, Warp& w, int k) {
    return C::mask(ip, w, k);
}
template <class C, Combine kCombine, bool kBoth> const Ins* setp(const Ins* ip, Warp& w) {
    constexpr int first = kBoth ? 2 : 1;
    const u32 truth = mask_of_sources<C>(ip, w, first);
    const u32 other = kCombine == Combine::None ? 0 : predicate(ip, w, first + 2);
    merge(predicate(ip, w, 0), combined<kCombine>(truth, other), w.active);
    if (kBoth) merge(predicate(ip, w, 1), combined<kCombine>(~truth, other), w.active);
    return ip + 1;
}
// The plain form is the hot one.
template <class C> const Ins* setp_full(const Ins* ip, Warp& w) {
    predicate(ip, w, 0) = C::mask(ip, w, 1);
    return ip + 1;
}

template <class T, class C, Combine kCombine, bool kBoth> void add_one(FormSink& sink, const char* name) {
    constexpr char w = Lane<T>::letter;
    static constexpr char plain[] = {'p', '=', w, w, 0}, combine[] = {'p', '=', w, w, 'p', 0};
    static constexpr char both[] = {'p', 'p', '=', w, w, 0}, bothCombine[] = {'p', 'p', '=', w, w, 'p', 0};
    constexpr Handler handler = setp<C, kCombine, kBoth>;
    sink.add({name, kCombine == Combine::None ? (kBoth ? both : plain) : (kBoth ? bothCombine : combine),
              kCombine == Combine::None && !kBoth ? setp_full<C> : handler, handler, nullptr});
}
template <class T, Order kOrder, bool kFlush>
void add_setp(FormSink& sink, const char* plain, const char* with_and, const char* with_or, const char* with_xor) {
    using C = Comparison<kOrder, T, kFlush>;
    add_one<T, C, Combine::None, false>(sink, plain);
    add_one<T, C, Combine::None, true>(sink, plain);
    add_one<T, C, Combine::And, false>(sink, with_and);
    add_one<T, C, Combine::And, true>(sink, with_and);
    add_one<T, C, Combine::Or, false>(sink, with_or);
    add_one<T, C, Combine::Or, true>(sink, with_or);
    add_one<T, C, Combine::Xor, false>(sink, with_xor);
    add_one<T, C, Combine::Xor, true>(sink, with_xor);
}

// setp on pairs: p is the low half's comparison, q the high half's.
template <class T, Order kOrder> const Ins* setp_pair(const Ins* ip, Warp& w) {
    alignas(64) s32 low[kLanes], high[kLanes];
    const Source<Pair<T>> a(ip, w, 2), b(ip, w, 3);
    for (int l = 0; l < kLanes; ++l) {
        low[l] = holds<kOrder>(widen(a[l].x), widen(b[l].x));
        high[l] = holds<kOrder>(widen(a[l].y), widen(b[l].y));
    }
    merge(predicate(ip, w, 0), mask_of(low), w.active);
    merge(predicate(ip, w, 1), mask_of(high), w.active);
    return ip + 1;
}

#define SETP(ORDER, CMP, T, FLUSH, TYPE)                                                                               \
    add_setp<T, Order::ORDER, FLUSH>(sink, "setp." CMP "." TYPE, "setp." CMP ".and." TYPE, "setp." CMP ".or." TYPE,    \
                                     "setp." CMP ".xor." TYPE)
#define SETP_PAIR(ORDER, CMP, T, TYPE)                                                                                 \
    sink.add({"setp." CMP "." TYPE, "pp=ww", setp_pair<T, Order::ORDER>, setp_pair<T, Order::ORDER>, nullptr})
#define SET(ORDER, CMP, T, FLUSH, TYPE)                                                                                \
    forms(                                                                                                             \
        sink, [](T a, T b) { return spread(compare<Order::ORDER, FLUSH>(a, b)); }, "set." CMP ".u32." TYPE,            \
        "set." CMP ".s32." TYPE);                                                                                      \
    form(sink, "set." CMP ".f32." TYPE, [](T a, T b) { return compare<Order::ORDER, FLUSH>(a, b) ? 1.0f : 0.0f; })
#define SET_FLUSH(ORDER, CMP, T, FLUSH, TYPE)                                                                          \
    forms(                                                                                                             \
        sink, [](T a, T b) { return spread(compare<Order::ORDER, FLUSH>(a, b)); }, "set." CMP ".ftz.u32." TYPE,        \
        "set." CMP ".ftz.s32." TYPE);                                                                                  \
    form(sink, "set." CMP ".ftz.f32." TYPE, [](T a, T b) { return compare<Order::ORDER, FLUSH>(a, b) ? 1.0f : 0.0f; })
#define SET_HALF(ORDER, CMP, T, ONE, TYPE)                                                                             \
    form(sink, "set." CMP "." TYPE "." TYPE,                                                                           \
         [](T a, T b) { return u16(spread(compare<Order::ORDER, false>(a, b)) & ONE); });                              \
    form(sink, "set." CMP "." TYPE "x2." TYPE "x2", [](Pair<T> a, Pair<T> b) {                                         \
        return u32(spread(compare<Order::ORDER, false>(a.x, b.x)) & ONE)                                               \
               | u32(spread(compare<Order::ORDER, false>(a.y, b.y)) & ONE) << 16;                                      \
    });                                                                                                                \
    forms(                                                                                                             \
        sink,                                                                                                          \
        [](Pair<T> a, Pair<T> b) {                                                                                     \
            return (spread(compare<Order::ORDER, false>(a.x, b.x)) & 0xffffu)                                          \
                   | spread(compare<Order::ORDER, false>(a.y, b.y)) << 16;                                             \
        },                                                                                                             \
        "set." CMP ".u32." TYPE "x2", "set." CMP ".s32." TYPE "x2")

#define SIX_ORDERS(APPLY, ...)                                                                                         \
    APPLY(Eq, "eq", __VA_ARGS__);                                                                                      \
    APPLY(Ne, "ne", __VA_ARGS__);                                                                                      \
    APPLY(Lt, "lt", __VA_ARGS__);                                                                                      \
    APPLY(Le, "le", __VA_ARGS__);                                                                                      \
    APPLY(Gt, "gt", __VA_ARGS__);                                                                                      \
    APPLY(Ge, "ge", __VA_ARGS__)
#define UNSIGNED_ORDERS(APPLY, ...)                                                                                    \
    APPLY(Lt, "lo", __VA_ARGS__);                                                                                      \
    APPLY(Le, "ls", __VA_ARGS__);                                                                                      \
    APPLY(Gt, "hi", __VA_ARGS__);                                                                                      \
    APPLY(Ge, "hs", __VA_ARGS__)
#define FLOAT_ORDERS(APPLY, ...)                                                                                       \
    SIX_ORDERS(APPLY, __VA_ARGS__);                                                                                    \
    APPLY(Equ, "equ", __VA_ARGS__);                                                                                    \
    APPLY(Neu, "neu", __VA_ARGS__);                                                                                    \
    APPLY(Ltu, "ltu", __VA_ARGS__);                                                                                    \
    APPLY(Leu, "leu", __VA_ARGS__);                                                                                    \
    APPLY(Gtu, "gtu", __VA_ARGS__);                                                                                    \
    APPLY(Geu, "geu", __VA_ARGS__);                                                                                    \
    APPLY(Num, "num", __VA_ARGS__);                                                                                    \
    APPLY(Nan, "nan", __VA_ARGS__)

void add_integer_setp(FormSink& sink) {
    SETP(Eq, "eq", u16, false, "b16");
    SETP(Ne, "ne", u16, false, "b16");
    SETP(Eq, "eq", u32, false, "b32");
    SETP(Ne, "ne", u32, false, "b32");
    SETP(Eq, "eq", u64, false, "b64");
    SETP(Ne, "ne", u64, false, "b64");
    SIX_ORDERS(SETP, s16, false, "s16");
    SIX_ORDERS(SETP, u16, false, "u16");
    SIX_ORDERS(SETP, s32, false, "s32");
    SIX_ORDERS(SETP, u32, false, "u32");
    SIX_ORDERS(SETP, s64, false, "s64");
    SIX_ORDERS(SETP, u64, false, "u64");
    UNSIGNED_ORDERS(SETP, u16, false, "u16");
    UNSIGNED_ORDERS(SETP, u32, false, "u32");
    UNSIGNED_ORDERS(SETP, u64, false, "u64");
}

void add_float_setp(FormSink& sink) {
    FLOAT_ORDERS(SETP, f32, false, "f32");
    FLOAT_ORDERS(SETP, f32, true, "ftz.f32");
    FLOAT_ORDERS(SETP, f64, false, "f64");
    FLOAT_ORDERS(SETP, f16, false, "f16");
    FLOAT_ORDERS(SETP, bf16, false, "bf16");
    FLOAT_ORDERS(SETP_PAIR, f16, "f16x2");
    FLOAT_ORDERS(SETP_PAIR, bf16, "bf16x2");
}

void add_set(FormSink& sink) {
    SET(Eq, "eq", u32, false, "b32");
    SET(Ne, "ne", u32, false, "b32");
    SIX_ORDERS(SET, s32, false, "s32");
    SIX_ORDERS(SET, u32, false, "u32");
    FLOAT_ORDERS(SET, f32, false, "f32");
    FLOAT_ORDERS(SET_FLUSH, f32, true, "f32");
    FLOAT_ORDERS(SET, f64, false, "f64");
    FLOAT_ORDERS(SET, f16, false, "f16");
    FLOAT_ORDERS(SET, bf16, false, "bf16");
    FLOAT_ORDERS(SET_HALF, f16, 0x3c00u, "f16");
    FLOAT_ORDERS(SET_HALF, bf16, 0x3f80u, "bf16");
}

}  // namespace

void add_compare_forms(FormSink& sink) {
    add_integer_setp(sink);
    add_float_setp(sink);
    add_set(sink);
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
