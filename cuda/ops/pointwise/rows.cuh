// Moving rows of bytes: what concatenation, splitting and gathering share.
//
// A row is cut into units of the widest type (16, 4, 2 or 1 bytes) that divides every row length and address involved.
// Units are numbered through all rows; a block takes kRowThreads · kRowUnroll consecutive ones. Row and place in the row
// come from one division a thread and are carried forward by addition.
#pragma once
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"

namespace zoe {

inline constexpr int kRowThreads = 256;
inline constexpr int kRowUnroll = 4;
inline constexpr int kRowTile = kRowThreads * kRowUnroll;

// Calls f(row, place) for this thread's units; `width` is units a row.
template <class F> __device__ __forceinline__ void for_units(int64_t rows, int64_t width, F f) {
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kRowTile;
    const int64_t first_row = begin / width;
    int64_t row = first_row;
    int64_t place = begin - first_row * width + static_cast<int>(threadIdx.x);
    if (width > kRowThreads) {  // at most one row further a step
        while (place >= width) {
            place -= width;
            ++row;
        }
#pragma unroll
        for (int u = 0; u < kRowUnroll; ++u) {
            if (row < rows) f(row, place);
            place += kRowThreads;
            if (place >= width) {
                place -= width;
                ++row;
            }
        }
    } else {
        const uint32_t w = static_cast<uint32_t>(width);
        uint32_t p = static_cast<uint32_t>(place);
        row += p / w;
        p %= w;
        const uint32_t step_rows = kRowThreads / w;
        const uint32_t step = kRowThreads % w;
#pragma unroll
        for (int u = 0; u < kRowUnroll; ++u) {
            if (row < rows) f(row, static_cast<int64_t>(p));
            row += step_rows;
            p += step;
            if (p >= w) {
                p -= w;
                ++row;
            }
        }
    }
}

// Calls f with a value of the widest unit type that divides `bits`, the union of all addresses and row lengths in bytes.
template <class F> __device__ __forceinline__ void with_unit(uint64_t bits, F f) {
    if ((bits & 15) == 0) {
        f(uint4{});
    } else if ((bits & 3) == 0) {
        f(uint32_t{});
    } else if ((bits & 1) == 0) {
        f(uint16_t{});
    } else {
        f(uint8_t{});
    }
}

__device__ __forceinline__ uint64_t address_bits(const void* p) { return reinterpret_cast<uintptr_t>(p); }

}  // namespace zoe
