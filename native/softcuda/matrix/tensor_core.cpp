// mma.sync of floating-point types with the sums of a tensor core: chosen when a module is loaded (exec/tensor_core.h) by the
// suffix of the forms' names. Fragments as in matrix/fragment.h.
#include "matrix/tensor_core.h"

#include "matrix/fragment.h"
#include "matrix/mma_shapes.h"

namespace softcuda {
namespace SOFTCUDA_LEVEL {
namespace {

template <Element T> float element(uint32_t word, int h) {
    if (T == Element::Tf32) return float_of_bits(word & 0xffffe000);
    const uint32_t half = word >> 16 * h & 0xffff;
    return T == Element::F16 ? half_to_float(half) : float_of_bits(half << 16);
}

template <Element T, int J, bool halfC> const Ins* product(const Ins* ip, Warp& w) {
    constexpr int H = T == Element::Tf32 ? 1 : 2, K = 4 * J * H, C = halfC ? 2 : 4;
    float a[16][K], b[8][K];
    for (int j = 0; j < J; j++) {
        const uint32_t *top = reg<uint32_t>(ip, w, C + 2 * j), *low = reg<uint32_t>(ip, w, C + 2 * j + 1),
                       *column = reg<uint32_t>(ip, w, C + 2 * J + j);
        for (int l = 0; l < kLanes; l++)
            for (int h = 0; h < H; h++) {
                const int k = (4 * j + l % 4) * H + h;
                a[l / 4][k] = element<T>(top[l], h);
                a[l / 4 + 8][k] = element<T>(low[l], h);
                b[l / 4][k] = element<T>(column[l], h);
            }
    }
    const BlockSum shape = block_sum(tensor_core(), T == Element::Tf32 ? 32 : 16);
    uint32_t result[C][kLanes];
    for (int l = 0; l < kLanes; l++)
        for (int i = 0; i < 4; i++) {
            const uint32_t word = reg<uint32_t>(ip, w, C + 3 * J + (halfC ? i / 2 : i))[l];
            const float c = halfC ? half_to_float(word >> 16 * (i % 2) & 0xffff) : float_of_bits(word);
            const float sum =
                summed(shape, a[l / 4 + i / 2 * 8], b[2 * (l % 4) + i % 2], K, c, T == Element::F16 ? -14 : -126);
            if (!halfC) result[i][l] = bits_of_float(sum);
            else if (i % 2 == 0) result[i / 2][l] = half_from_float(sum);
            else result[i / 2][l] |= half_from_float(sum) << 16;
        }
    for (int i = 0; i < C; i++) {
        uint32_t* to = reg<uint32_t>(ip, w, i);
        for (int l = 0; l < kLanes; l++)
            if (w.active >> l & 1) to[l] = result[i][l];
    }
    return ip + 1;
}

}  // namespace

void add_tensor_core_forms(FormSink& sink) {
#define MODEL(SHAPE, TYPES, SIGNATURE, T, J, HALF_C)                                                                   \
    sink.add({"mma.sync.aligned." SHAPE ".row.col." TYPES "!model", SIGNATURE, product<Element::T, J, HALF_C>,         \
              product<Element::T, J, HALF_C>, nullptr});
    SOFTCUDA_MMA_SHAPES(MODEL)
#undef MODEL
}

}  // namespace SOFTCUDA_LEVEL
}  // namespace softcuda
