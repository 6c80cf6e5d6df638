// Squared Euclidean distances between the rows of two matrices on tensor cores, from their products:
//
//   row_squares_*         norms[i] = ‖a[i]‖²
//   squared_distance_*    out[i,j] = max(0, ‖a[i]‖² + ‖b[j]‖² − 2 a[i]·b[j])
//
// bf16 operands as they are; f32 ones rounded to TF32, in the norms too, so that both speak of the same rounded rows.
// Layouts: a [n, d], b [m, d], norms f32 [n] and [m], out [n, m] in f32, all dense. Any n, m, d ≥ 1, any alignment.
// Accuracy: the three terms cancel where rows are near each other against their length; the error is of the order of
// 1e-7 (‖a‖² + ‖b‖²) √d however small the distance is, and a row against its equal gives no exact 0.
// Mapping: a block makes a tile of out as gemm_sm80.cu does, the distance is made in its epilogue; norms: a warp a row.
// FLOPs 2 n m d; bytes at least (n + m) d |T| + 4 n m.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "squared_distance.cuh"
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/mma/product.cuh"
#include "zoetrope/reduce.cuh"

namespace zoe::pairwise {

constexpr int kThreads = 128;
constexpr int kRows = kThreads / 32;

__device__ __forceinline__ float factor(const float* p) { return __uint_as_float(to_tf32(__float_as_uint(*p))); }
__device__ __forceinline__ float factor(const bf16* p) { return to_float(*p); }

template <class T> __device__ __forceinline__ void row_squares(const T* x, float* norms, int64_t rows, int d) {
    const int64_t row = static_cast<int64_t>(blockIdx.x) * kRows + (threadIdx.x >> 5);
    if (row >= rows) return;
    float sum = 0.0f;
    for (int c = static_cast<int>(threadIdx.x) & 31; c < d; c += 32) {
        const float v = factor(x + row * d + c);
        sum = fmaf(v, v, sum);
    }
    sum = warp_sum(sum);
    if ((threadIdx.x & 31) == 0) norms[row] = sum;
}

// v = max(0, |a|^2 + |b|^2 - 2 v)
struct Distance {
    const float* of_rows;  // squared lengths, from the block's first row and column on
    const float* of_columns;

    struct Line {
        float norm;
    };

    template <class Outputs>
    __device__ __forceinline__ void visit(const Outputs& out, typename Outputs::Acc& acc, const Bounds& bounds) const {
        out.each_column(
            acc, bounds, [&](int c) { return of_columns[c]; },
            [](float product, float norm) { return fmaf(-2.0f, product, norm); });
        out.template each_pair<false>(
            acc, bounds, [&](int row) { return Line{of_rows[row]}; },
            [](const Line& at, int, bool, float& left, float& right) {
                left = fmaxf(0.0f, at.norm + left);
                right = fmaxf(0.0f, at.norm + right);
            });
    }
};

template <class Tile, class T = typename Tile::T>
__device__ __forceinline__ void distances(const T* a, const T* b, const float* norms_a, const float* norms_b,
                                          float* out, const Shape& s) {
    Place<Tile> place(s);
    place.open(a, b, s);
    block_product<Tile>(place.left, place.right, place.tiles, place.rows, place.columns, [&] {
        return compose(Distance{norms_a + place.m0, norms_b + place.n0}, place.store(out, s));
    });
}

}  // namespace zoe::pairwise

#define ZOE_ROW_SQUARES(TYPE)                                                                                          \
    ZOE_GEOMETRY(row_squares_##TYPE, row_squares, simt, "type=" #TYPE, zoe::pairwise::kThreads, zoe::pairwise::kRows,  \
                 1, 1, 0)                                                                                              \
    extern "C" __global__ void __launch_bounds__(zoe::pairwise::kThreads)                                              \
        row_squares_##TYPE(const zoe::TYPE* __restrict__ x, float* __restrict__ norms, int64_t rows, int d) {          \
        zoe::pairwise::row_squares(x, norms, rows, d);                                                                 \
    }

#define ZOE_DISTANCE(TYPE, SHAPE)                                                                                      \
    ZOE_TILE_GEOMETRY(squared_distance_sm80_##TYPE##_##SHAPE, squared_distance, sm80, "type=" #TYPE " tile=" #SHAPE,   \
                      zoe::sm80_##TYPE##_##SHAPE)                                                                      \
    extern "C" __global__ void __launch_bounds__(zoe::sm80_##TYPE##_##SHAPE::THREADS)                                  \
        squared_distance_sm80_##TYPE##_##SHAPE(const zoe::TYPE* a, const zoe::TYPE* b, const float* norms_a,           \
                                               const float* norms_b, float* out, zoe::pairwise::Shape shape) {         \
        zoe::pairwise::distances<zoe::sm80_##TYPE##_##SHAPE>(a, b, norms_a, norms_b, out, shape);                      \
    }

ZOE_ROW_SQUARES(f32)
ZOE_ROW_SQUARES(bf16)
ZOE_DISTANCE(f32, 128x64)
ZOE_DISTANCE(f32, 64x64)
ZOE_DISTANCE(bf16, 128x64)
ZOE_DISTANCE(bf16, 64x64)
