// mma.sync of bf16, f16 and tf32: m16n8k16, m16n8k8 and m16n8k4. Fragments, order and rounding: matrix/fragment.h.
//
// m16n8k16 of bf16 with vdpbf16ps is what fast GEMMs run on: its handler works in registers, and a run of such
// instructions that share A multiplies two B fragments at a time, which halves the shuffles of A.
#include "matrix/fragment.h"
#include "matrix/mma_shapes.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

// Operands: D (4 registers, 2 for f16 accumulators), A (2 J), B (J), C (as D).
template <Element E, int J, bool HalfC> const Ins* product(const Ins* ip, Warp& w) {
    constexpr int C = HalfC ? 2 : 4;
    const uint32_t *a[2 * J], *b[J];
    for (int i = 0; i < 2 * J; i++) a[i] = reg<uint32_t>(ip, w, C + i);
    for (int i = 0; i < J; i++) b[i] = reg<uint32_t>(ip, w, C + 2 * J + i);
    alignas(64) float sum[4][kLanes];
    float* c[4] = {sum[0], sum[1], sum[2], sum[3]};
    if (HalfC) {
        for (int i = 0; i < 2; i++) {
            const uint32_t* packed = reg<uint32_t>(ip, w, C + 3 * J + i);
            for (int l = 0; l < kLanes; l++) {
                sum[2 * i][l] = half_to_float(packed[l] & 0xffff);
                sum[2 * i + 1][l] = half_to_float(packed[l] >> 16);
            }
        }
    } else {
        for (int i = 0; i < 4; i++) __builtin_memcpy(sum[i], reg<uint32_t>(ip, w, C + 3 * J + i), sizeof sum[i]);
    }
    multiply<E, J>(a, b, c);
    alignas(64) uint32_t result[C][kLanes];
    if (HalfC) {
        for (int i = 0; i < 2; i++)
            for (int l = 0; l < kLanes; l++)
                result[i][l] = half_from_float(sum[2 * i][l]) | half_from_float(sum[2 * i + 1][l]) << 16;
    } else {
        __builtin_memcpy(result, sum, sizeof result);
    }
    const uint32_t active = w.active;
    for (int i = 0; i < C; i++) {
        uint32_t* to = reg<uint32_t>(ip, w, i);
        if (__builtin_expect(active == kAllLanes, 1)) {
            __builtin_memcpy(to, result[i], sizeof result[i]);
        } else {
            for (int l = 0; l < kLanes; l++)
                if (active >> l & 1) to[l] = result[i][l];
        }
    }
    return ip + 1;
}

template <Element E, int J, bool HalfC> const Ins* whole_product(const Ins* ip, Warp& w) {
    return product<E, J, HalfC>(ip, w);
}

template <Element E, int J, bool HalfC> const Ins* product_run(const Ins* ip, Warp& w) {
    for (uint32_t i = 0, n = ip->aux; i < n; i++) product<E, J, HalfC>(ip + i, w);
    return ip + ip->aux;
}

#if defined(__AVX512BF16__)

template <int N> MATRIX_INLINE void bf16_products(const Ins* ip, Warp& w) {
    Accumulator sums[N];
    const uint32_t* b[2][N];
    for (int i = 0; i < N; i++) {
        const float* c[4];
        for (int r = 0; r < 4; r++) c[r] = reg<float>(ip + i, w, 10 + r);
        sums[i].load(c);
        for (int j = 0; j < 2; j++) b[j][i] = reg<uint32_t>(ip + i, w, 8 + j);
    }
    for (int j = 0; j < 2; j++) {
        const uint32_t *top = reg<uint32_t>(ip, w, 4 + 2 * j), *low = reg<uint32_t>(ip, w, 5 + 2 * j);
        multiply_pairs<false, N>(sums, top, low, b[j]);
    }
    for (int i = 0; i < N; i++) {
        float* d[4];
        for (int r = 0; r < 4; r++) d[r] = reg<float>(ip + i, w, r);
        sums[i].store(d);
    }
}

// Whether `second` has the A of `first` and reads none of its results.
MATRIX_INLINE bool pairable(const Ins* first, const Ins* second) {
    uint64_t a, b;
    __builtin_memcpy(&a, first->arg + 4, 8);
    __builtin_memcpy(&b, second->arg + 4, 8);
    const __m256i sources = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(second->arg + 2));  // arg[2] to arg[17]
    __m256i same = _mm256_cmpeq_epi16(sources, _mm256_set1_epi16(int16_t(first->arg[0])));
    for (int i = 1; i < 4; i++)
        same = _mm256_or_si256(same, _mm256_cmpeq_epi16(sources, _mm256_set1_epi16(int16_t(first->arg[i]))));
    // Places 4 to 13 are sources; two bits for each place in the mask.
    return a == b && (uint32_t(_mm256_movemask_epi8(same)) & 0x00fffff0u) == 0;
}

template <> const Ins* whole_product<Element::Bf16, 2, false>(const Ins* ip, Warp& w) {
    bf16_products<1>(ip, w);
    return ip + 1;
}

template <> const Ins* product_run<Element::Bf16, 2, false>(const Ins* ip, Warp& w) {
    const Ins* end = ip + ip->aux;
    while (end - ip >= 2) {
        if (pairable(ip, ip + 1)) {
            bf16_products<2>(ip, w);
            ip += 2;
        } else {
            bf16_products<1>(ip++, w);
        }
    }
    if (ip != end) bf16_products<1>(ip++, w);
    return ip;
}

#endif

}  // namespace

void add_mma_forms(FormSink& sink) {
#define MMA(SHAPE, TYPES, SIGNATURE, E, J, HALF_C)                                                                     \
    sink.add({"mma.sync.aligned." SHAPE ".row.col." TYPES, SIGNATURE, whole_product<Element::E, J, HALF_C>,            \
              product<Element::E, J, HALF_C>, product_run<Element::E, J, HALF_C>});
    SOFTCUDA_MMA_SHAPES(MMA)
#undef MMA
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
