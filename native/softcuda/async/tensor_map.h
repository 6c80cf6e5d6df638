// The object that cuTensorMapEncode* makes and cp.async.bulk.tensor reads: a tensor in global memory and the boxes it is
// copied in. PTX and the driver keep its 128 bytes to themselves; this layout is our own.
#pragma once
#include <cstddef>
#include <cstdint>

namespace softcuda {

enum class Swizzle : uint8_t { None, B32, B64, B128 };  // numbered as CUtensorMapSwizzle
constexpr uint32_t swizzle_bytes(Swizzle s) { return s == Swizzle::None ? 16 : 16u << int(s); }

// The place in shared memory of the byte at that address under a swizzle: within the pattern, the number of the row is
// XORed onto the number of the sixteen-byte chunk.
constexpr uint32_t swizzled(uint32_t address, Swizzle s) {
    return s == Swizzle::None ? address : address ^ ((address >> 3) & (swizzle_bytes(s) - 16));
}

constexpr int kMaxRank = 5;
constexpr uint32_t kTensorMapMagic = 0x70616d74;

struct TensorMap {
    uint32_t magic;
    uint8_t rank;
    uint8_t type;  // CUtensorMapDataType
    uint8_t elementBytes;
    Swizzle swizzle;
    uint64_t base;
    uint64_t stride[kMaxRank - 1];  // bytes from one to the next of dimension 1 and up; elements of dimension 0 adjoin
    uint32_t last[kMaxRank];        // the last element's number: sizes go up to 2^32
    uint16_t box[kMaxRank];         // tile: elements, before element strides
    uint8_t step[kMaxRank];         // element strides; [0] is 1
    bool im2col;
    bool fillNan;
    int16_t lower[3], upper[3];  // im2col: corners of the box of pixels, innermost spatial dimension first
    uint16_t channels, pixels;   // im2col: of one transfer

    int64_t size(int dimension) const { return int64_t(last[dimension]) + 1; }
    // Elements that a transfer takes along a dimension, in tile mode.
    uint32_t taken(int dimension) const { return (box[dimension] + step[dimension] - 1u) / step[dimension]; }
    uint32_t row_bytes() const { return uint32_t(im2col ? channels : box[0]) * elementBytes; }
    uint32_t rows() const {
        if (im2col) return pixels;
        uint32_t n = 1;
        for (int d = 1; d < rank; d++) n *= taken(d);
        return n;
    }
    // Rows of a swizzled box are as far apart as the pattern is wide.
    uint32_t row_pitch() const { return swizzle == Swizzle::None ? row_bytes() : swizzle_bytes(swizzle); }
};
constexpr size_t kTensorMapBytes = 128;
static_assert(sizeof(TensorMap) <= kTensorMapBytes, "");

// A box of a tensor, as one instruction names it.
struct TensorBox {
    TensorMap map;
    int32_t coordinate[kMaxRank];
    uint16_t offset[3];  // im2col: of the filter's tap
};

// Calls visit(row, inside, address) for each row of the box, `address` that of its first element should `inside` hold: the
// row is within the tensor in all dimensions but the innermost.
template <class Visit> void for_each_tile_row(const TensorBox& b, Visit visit) {
    const TensorMap& m = b.map;
    const uint32_t rows = m.rows();
    uint32_t index[kMaxRank] = {};
    for (uint32_t row = 0; row < rows; row++) {
        bool inside = true;
        uint64_t address = m.base + uint64_t(int64_t(b.coordinate[0]) * m.elementBytes);
        for (int d = 1; d < m.rank; d++) {
            const int64_t at = int64_t(b.coordinate[d]) + int64_t(index[d]) * m.step[d];
            inside &= at >= 0 && at < m.size(d);
            address += uint64_t(at) * m.stride[d - 1];
        }
        visit(row, inside, address);
        for (int d = 1; d < m.rank && ++index[d] == m.taken(d); d++) index[d] = 0;
    }
}

// The same for the pixels of an im2col box: they are walked in steps of the element strides through the box of pixels that
// the corners leave of the image, from image to image, and shifted by the offset of the filter's tap.
template <class Visit> void for_each_pixel(const TensorBox& b, Visit visit) {
    const TensorMap& m = b.map;
    const int spatial = m.rank - 2;
    int64_t at[3] = {}, image = b.coordinate[m.rank - 1];
    for (int k = 0; k < spatial; k++) at[k] = b.coordinate[1 + k];
    for (uint32_t row = 0; row < m.pixels; row++) {
        bool inside = image >= 0 && image < m.size(m.rank - 1);
        uint64_t address =
            m.base + uint64_t(int64_t(b.coordinate[0]) * m.elementBytes) + uint64_t(image) * m.stride[m.rank - 2];
        for (int k = 0; k < spatial; k++) {
            const int64_t place = at[k] + b.offset[k];
            inside &= place >= 0 && place < m.size(1 + k);
            address += uint64_t(place) * m.stride[k];
        }
        visit(row, inside, address);
        int k = 0;
        for (; k < spatial; k++) {
            at[k] += m.step[1 + k];
            if (at[k] < m.size(1 + k) + m.upper[k]) break;
            at[k] = m.lower[k];
        }
        if (k == spatial) image++;
    }
}

// Calls visit(offset, address, first, last) for each row of a box whose copy in shared memory begins at `base`: where the row
// begins there, before swizzling, and in global memory. Its bytes first to last - 1 are within the tensor; none: first = last.
template <class Visit> void for_each_row(const TensorBox& b, uint32_t base, Visit visit) {
    const TensorMap& m = b.map;
    const int64_t bytes = m.row_bytes();
    const auto clamped = [&](int64_t at) { return uint32_t(at < 0 ? 0 : at > bytes ? bytes : at); };
    const uint32_t first = clamped(-int64_t(b.coordinate[0]) * m.elementBytes),
                   last = clamped((m.size(0) - b.coordinate[0]) * m.elementBytes);
    const auto row = [&](uint32_t number, bool inside, uint64_t address) {
        const bool some = inside && first < last;
        visit(base + number * m.row_pitch(), address, some ? first : 0u, some ? last : 0u);
    };
    if (m.im2col) for_each_pixel(b, row);
    else for_each_tile_row(b, row);
}

}  // namespace softcuda
