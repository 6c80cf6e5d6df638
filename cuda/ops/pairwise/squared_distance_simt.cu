// Squared Euclidean distances between the rows of two matrices, by their differences: exact to f32 rounding.
//
//   out[i,j] = Σ_k (a[i,k] − b[j,k])²
//
// Layouts: a [n, d], b [m, d] in f32 or bf16 (widened), out [n, m] in f32, all dense. Any n, m, d ≥ 1, any alignment.
// Sums run over k in order: the same bits whatever the tile; a row against its equal gives 0, and nothing cancels.
// Mapping: 128 threads make a tile of out, 8 x 8 or 8 x 4 values a thread (arch/simt/product.cuh).
// FLOPs 3 n m d (a subtraction and an FMA); bytes at least (n + m) d |T| + 4 n m.
// Measured: not by itself; it passed its tests on an H200.
// Changed since: its epilogue is composed of visitors. Not run on a GPU again yet.
#include "squared_distance.cuh"
#include "arch/simt/outputs.cuh"
#include "arch/simt/product.cuh"

namespace zoe::pairwise {

struct AddSquaredDifference {
    __device__ __forceinline__ float operator()(float a, float b, float sum) const {
        const float difference = a - b;
        return fmaf(difference, difference, sum);
    }
};

template <class Tile, class T = typename Tile::T>
__device__ __forceinline__ void distances(const T* a, const T* b, float* out, const Shape& s) {
    __shared__ __align__(16) float shared[Tile::SHARED_BYTES / 4];
    float acc[Tile::RM][Tile::RN];
    Place<Tile> place(s);
    place.open(a, b, s);
    simt_product<Tile, AddSquaredDifference>(place.left, place.right, place.tiles, shared, acc);
    visit(SimtOutputs<Tile>(), acc, place.bounds(), compose(place.store(out, s)));
}

}  // namespace zoe::pairwise

#define ZOE_DISTANCE(TYPE, SHAPE)                                                                                      \
    ZOE_TILE_GEOMETRY(squared_distance_simt_##TYPE##_##SHAPE, squared_distance, simt, "type=" #TYPE " tile=" #SHAPE,   \
                      zoe::simt_##TYPE##_##SHAPE)                                                                      \
    extern "C" __global__ void __launch_bounds__(zoe::simt_##TYPE##_##SHAPE::THREADS)                                  \
        squared_distance_simt_##TYPE##_##SHAPE(const zoe::TYPE* a, const zoe::TYPE* b, float* out,                     \
                                               zoe::pairwise::Shape shape) {                                           \
        zoe::pairwise::distances<zoe::simt_##TYPE##_##SHAPE>(a, b, out, shape);                                        \
    }

ZOE_DISTANCE(f32, 128x64)
ZOE_DISTANCE(f32, 64x64)
ZOE_DISTANCE(bf16, 128x64)
ZOE_DISTANCE(bf16, 64x64)
