// Copies between layouts: slices, permutations, windows of a larger tensor; and conversion between any two types.
//
//   array_copy(x, out, n, extents, rank, steps_x, steps_out, unit)   out[place(i, steps_out)] = x[place(i, steps_x)]
//   array_transpose(x, out, rows, columns, unit)                     out[b, c, r] = x[b, r, c], b being blockIdx.y
//   array_convert(x, out, n, from, to)                               element types 0 f32, 1 bf16, 2 i32, 3 i64, 4 u8
//
// Conversion to an integer rounds toward zero and takes the nearest value of the type (NaN: 0); from i64 to i32 or
// u8 it also takes the nearest, which is what C's saturating conversions do. To f32 and bf16 it rounds to nearest
// even, bf16 from an integer by way of f32.
//
// Layout      units of 1, 2, 4, 8 or (copy) 16 bytes: the host takes the widest that divides the innermost run, all
//             steps and both addresses. Extents and steps are in units (strides.cuh). x and out must not overlap.
// Mapping     copy: 16 units a thread, consecutive threads on consecutive units of the extents. transpose: 256
//             threads move a tile of 32 × 32 units through shared memory, whose rows are padded by one unit so that
//             a column lies in 32 banks; grid.x counts tiles. convert: 16 elements a thread.
// Traffic     every byte read and written once; a permutation that is no transposition reads in runs of a unit.
// Measured    not measured on a GPU.
#include "strides.cuh"

namespace zoe::array {

inline constexpr int kSide = 32;
inline constexpr int kTransposeRows = kThreads / kSide;

template <class Unit>
__device__ __forceinline__ void strided_copy(const void* x, void* out, int64_t n, const Extents& extents, int rank,
                                             const Steps& steps_x, const Steps& steps_out) {
    const Steps steps[2] = {steps_x, steps_out};
    const auto single = [&](int64_t i) {
        int64_t offset[2];
        place(i, extents, rank, steps, offset);
        static_cast<Unit*>(out)[offset[1]] = static_cast<const Unit*>(x)[offset[0]];
    };
    for_tile<kThreads, 1, 16>(n, false, single, single);
}

template <class Unit>
__device__ __forceinline__ void transpose(const void* x, void* out, int64_t rows, int64_t columns, void* shared) {
    Unit(*tile)[kSide + 1] = static_cast<Unit(*)[kSide + 1]>(shared);
    const int64_t across = (columns + kSide - 1) / kSide;
    const int64_t row0 = blockIdx.x / across * kSide, column0 = blockIdx.x % across * kSide;
    const int lane = static_cast<int>(threadIdx.x) % kSide, first = static_cast<int>(threadIdx.x) / kSide;
    const Unit* const from = static_cast<const Unit*>(x) + blockIdx.y * rows * columns;
    Unit* const to = static_cast<Unit*>(out) + blockIdx.y * rows * columns;
#pragma unroll
    for (int i = first; i < kSide; i += kTransposeRows) {
        if (row0 + i < rows && column0 + lane < columns) tile[i][lane] = from[(row0 + i) * columns + column0 + lane];
    }
    __syncthreads();
#pragma unroll
    for (int i = first; i < kSide; i += kTransposeRows) {
        if (column0 + i < columns && row0 + lane < rows) to[(column0 + i) * rows + row0 + lane] = tile[lane][i];
    }
}

enum Type { kF32, kBf16, kI32, kI64, kU8 };

__device__ __forceinline__ bool is_float(int type) { return type <= kBf16; }

__device__ __forceinline__ float read_float(const void* x, int64_t i, int type) {
    return type == kF32 ? static_cast<const float*>(x)[i] : to_float(static_cast<const bf16*>(x)[i]);
}

__device__ __forceinline__ int64_t read_integer(const void* x, int64_t i, int type) {
    if (type == kI32) return static_cast<const int32_t*>(x)[i];
    return type == kI64 ? static_cast<const int64_t*>(x)[i] : static_cast<const uint8_t*>(x)[i];
}

__device__ __forceinline__ void write_float(void* out, int64_t i, int type, float v) {
    if (type == kF32) {
        static_cast<float*>(out)[i] = v;
    } else {
        static_cast<bf16*>(out)[i] = from_float<bf16>(v);
    }
}

__device__ __forceinline__ void write_integer(void* out, int64_t i, int type, int64_t v) {
    if (type == kI64) {
        static_cast<int64_t*>(out)[i] = v;
        return;
    }
    const int64_t low = type == kI32 ? -2147483648LL : 0, high = type == kI32 ? 2147483647LL : 255;
    v = v < low ? low : v > high ? high : v;
    if (type == kI32) {
        static_cast<int32_t*>(out)[i] = static_cast<int32_t>(v);
    } else {
        static_cast<uint8_t*>(out)[i] = static_cast<uint8_t>(v);
    }
}

// Saturates at the ends of 64 bits: 2⁶³ is an f32, 2⁶³ - 1 is none.
__device__ __forceinline__ int64_t truncated(float v) {
    if (v != v) return 0;
    if (v >= 9223372036854775808.0f) return 0x7fffffffffffffffLL;
    if (v <= -9223372036854775808.0f) return -0x7fffffffffffffffLL - 1;
    return static_cast<int64_t>(v);
}

}  // namespace zoe::array

ZOE_GEOMETRY(array_copy, array_copy, simt, "", zoe::array::kThreads, zoe::array::kTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_copy(const void* x, void* out, int64_t n, zoe::array::Extents extents, int rank, zoe::array::Steps steps_x,
               zoe::array::Steps steps_out, int unit) {
    using zoe::array::strided_copy;
    switch (unit) {
        case 1: strided_copy<uint8_t>(x, out, n, extents, rank, steps_x, steps_out); break;
        case 2: strided_copy<uint16_t>(x, out, n, extents, rank, steps_x, steps_out); break;
        case 4: strided_copy<uint32_t>(x, out, n, extents, rank, steps_x, steps_out); break;
        case 8: strided_copy<uint2>(x, out, n, extents, rank, steps_x, steps_out); break;
        default: strided_copy<uint4>(x, out, n, extents, rank, steps_x, steps_out); break;
    }
}

ZOE_GEOMETRY(array_transpose, array_transpose, simt, "", zoe::array::kThreads, zoe::array::kSide, zoe::array::kSide, 1,
             0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_transpose(const void* x, void* out, int64_t rows, int64_t columns, int unit) {
    using zoe::array::transpose;
    __shared__ uint64_t tile[zoe::array::kSide * (zoe::array::kSide + 1)];
    switch (unit) {
        case 1: transpose<uint8_t>(x, out, rows, columns, tile); break;
        case 2: transpose<uint16_t>(x, out, rows, columns, tile); break;
        case 4: transpose<uint32_t>(x, out, rows, columns, tile); break;
        default: transpose<uint64_t>(x, out, rows, columns, tile); break;
    }
}

ZOE_GEOMETRY(array_convert, array_convert, simt, "", zoe::array::kThreads, zoe::array::kTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::array::kThreads)
    array_convert(const void* x, void* out, int64_t n, int from, int to) {
    using namespace zoe::array;
    const auto single = [&](int64_t i) {
        if (is_float(from)) {
            const float v = read_float(x, i, from);
            if (is_float(to)) {
                write_float(out, i, to, v);
            } else {
                write_integer(out, i, to, truncated(v));
            }
        } else {
            const int64_t v = read_integer(x, i, from);
            if (is_float(to)) {
                write_float(out, i, to, static_cast<float>(v));
            } else {
                write_integer(out, i, to, v);
            }
        }
    };
    zoe::for_tile<kThreads, 1, 16>(n, false, single, single);
}
