// Rows of bytes, whatever the element type: concatenation and splitting along the last dimension (channels in NHWC) and
// gathering by index.
//
//   concat_rows(a, b, out, rows, bytes_a, bytes_b)     out[r] = a[r] followed by b[r]
//   split_rows(in, a, b, rows, bytes_a, bytes_b)       the inverse, and the gradient of concat_rows
//   gather_rows(table, ids, out, table_rows, rows, row_bytes)   out[r] = table[ids[r]]; an index outside 0 … table_rows-1
//                                                      gives a row of bytes 0xff: NaN in f32 and bf16, -1 in integers
//
// Arguments   rows lie one after the other without gaps; ids are I32. Outputs must not overlap inputs.
// Mapping     rows.cuh: units of 16 bytes where all lengths and addresses allow, else 4, 2 or 1; four units a thread. The
//             host launches ceil(rows · row bytes / unit / 1024) blocks with the same choice of unit.
// Traffic     every byte read and written once.
// Measured    not by itself; it passed its tests on an H200.
#include "rows.cuh"

using zoe::address_bits;

namespace {

template <class Unit> __device__ __forceinline__ Unit all_ones() { return static_cast<Unit>(~Unit{0}); }
template <> __device__ __forceinline__ uint4 all_ones<uint4>() { return make_uint4(~0u, ~0u, ~0u, ~0u); }

}  // namespace

ZOE_GEOMETRY(concat_rows, concat_rows, simt, "", zoe::kRowThreads, zoe::kRowTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::kRowThreads)
    concat_rows(const uint8_t* __restrict__ a, const uint8_t* __restrict__ b, uint8_t* __restrict__ out, int64_t rows,
                int64_t bytes_a, int64_t bytes_b) {
    zoe::with_unit(address_bits(a) | address_bits(b) | address_bits(out) | bytes_a | bytes_b, [&](auto unit) {
        using Unit = decltype(unit);
        const int64_t width_a = bytes_a / static_cast<int>(sizeof(Unit));
        const int64_t width_b = bytes_b / static_cast<int>(sizeof(Unit));
        zoe::for_units(rows, width_a + width_b, [&](int64_t row, int64_t place) {
            const Unit* source = reinterpret_cast<const Unit*>(a) + row * width_a + place;
            if (place >= width_a) source = reinterpret_cast<const Unit*>(b) + row * width_b + (place - width_a);
            reinterpret_cast<Unit*>(out)[row * (width_a + width_b) + place] = *source;
        });
    });
}

ZOE_GEOMETRY(split_rows, split_rows, simt, "", zoe::kRowThreads, zoe::kRowTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::kRowThreads)
    split_rows(const uint8_t* __restrict__ in, uint8_t* __restrict__ a, uint8_t* __restrict__ b, int64_t rows,
               int64_t bytes_a, int64_t bytes_b) {
    zoe::with_unit(address_bits(a) | address_bits(b) | address_bits(in) | bytes_a | bytes_b, [&](auto unit) {
        using Unit = decltype(unit);
        const int64_t width_a = bytes_a / static_cast<int>(sizeof(Unit));
        const int64_t width_b = bytes_b / static_cast<int>(sizeof(Unit));
        zoe::for_units(rows, width_a + width_b, [&](int64_t row, int64_t place) {
            Unit* target = reinterpret_cast<Unit*>(a) + row * width_a + place;
            if (place >= width_a) target = reinterpret_cast<Unit*>(b) + row * width_b + (place - width_a);
            *target = reinterpret_cast<const Unit*>(in)[row * (width_a + width_b) + place];
        });
    });
}

ZOE_GEOMETRY(gather_rows, gather_rows, simt, "", zoe::kRowThreads, zoe::kRowTile, 1, 1, 0)
extern "C" __global__ void __launch_bounds__(zoe::kRowThreads)
    gather_rows(const uint8_t* __restrict__ table, const int32_t* __restrict__ ids, uint8_t* __restrict__ out,
                int64_t table_rows, int64_t rows, int64_t row_bytes) {
    zoe::with_unit(address_bits(table) | address_bits(out) | row_bytes, [&](auto unit) {
        using Unit = decltype(unit);
        const int64_t width = row_bytes / static_cast<int>(sizeof(Unit));
        zoe::for_units(rows, width, [&](int64_t row, int64_t place) {
            const int64_t id = ids[row];
            Unit value = all_ones<Unit>();
            if (id >= 0 && id < table_rows) value = reinterpret_cast<const Unit*>(table)[id * width + place];
            reinterpret_cast<Unit*>(out)[row * width + place] = value;
        });
    });
}
