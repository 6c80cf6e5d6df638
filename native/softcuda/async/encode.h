// What cuTensorMapEncodeTiled, cuTensorMapEncodeIm2col and cuTensorMapReplaceAddress do, with their arguments as the driver
// API gives them.
#pragma once
#include "async/tensor_map.h"

namespace softcuda {

enum class Encoded { Done, Invalid, Unsupported };  // Unsupported: valid, but not offered here (interleaved layouts)

struct TensorLayout {
    uint32_t type;  // CUtensorMapDataType
    uint32_t rank;
    uint64_t address;
    const uint64_t* size;    // elements, `rank` of them, innermost first
    const uint64_t* stride;  // bytes, rank - 1 of them
    const uint32_t* step;    // element strides, `rank` of them
    int interleave, swizzle, promotion, fill;
};

Encoded encode_tiled(const TensorLayout& layout, const uint32_t* box, TensorMap& map);
// Corners: rank - 2 of them, innermost spatial dimension first.
Encoded encode_im2col(const TensorLayout& layout, const int* lower, const int* upper, uint32_t channels,
                      uint32_t pixels, TensorMap& map);

}  // namespace softcuda
