#include "async/encode.h"

namespace softcuda {
namespace {

constexpr uint8_t kElementBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};  // by CUtensorMapDataType
constexpr uint32_t kTypes = sizeof kElementBytes;
constexpr uint32_t kFirstFloat = 6;
constexpr uint32_t kMaxBox = 256, kMaxStep = 8, kMaxPixels = 1024;

// What both kinds of map share.
Encoded encode_layout(const TensorLayout& l, uint32_t leastRank, TensorMap& m) {
    m = TensorMap{};
    if (l.rank < leastRank || l.rank > uint32_t(kMaxRank) || l.type >= kTypes) return Encoded::Invalid;
    if (!l.size || (l.rank > 1 && !l.stride) || !l.step || l.address % 16) return Encoded::Invalid;
    if (l.interleave < 0 || l.interleave > 2 || l.swizzle < 0 || l.swizzle > 3 || l.promotion < 0 || l.promotion > 3
        || l.fill < 0 || l.fill > 1)
        return Encoded::Invalid;
    if (l.fill && l.type < kFirstFloat) return Encoded::Invalid;
    for (uint32_t d = 0; d < l.rank; d++) {
        if (l.size[d] == 0 || l.size[d] > uint64_t(1) << 32 || l.step[d] == 0 || l.step[d] > kMaxStep)
            return Encoded::Invalid;
        m.last[d] = uint32_t(l.size[d] - 1);
        // Without interleaving the innermost dimension has no stride: what is given for it is ignored.
        m.step[d] = d == 0 ? 1 : uint8_t(l.step[d]);
    }
    for (uint32_t d = 0; d + 1 < l.rank; d++) {
        if (l.stride[d] % 16 || l.stride[d] >= uint64_t(1) << 40) return Encoded::Invalid;
        m.stride[d] = l.stride[d];
    }
    m.magic = kTensorMapMagic;
    m.rank = uint8_t(l.rank);
    m.type = uint8_t(l.type);
    m.elementBytes = kElementBytes[l.type];
    m.swizzle = Swizzle(l.swizzle);
    m.base = l.address;
    m.fillNan = l.fill == 1;
    return l.interleave ? Encoded::Unsupported : Encoded::Done;
}

// A row of the box: whole chunks of sixteen bytes, no wider than the swizzle's pattern.
bool row_fits(const TensorMap& m) {
    return m.row_bytes() % 16 == 0 && (m.swizzle == Swizzle::None || m.row_bytes() <= swizzle_bytes(m.swizzle));
}

}  // namespace

Encoded encode_tiled(const TensorLayout& layout, const uint32_t* box, TensorMap& map) {
    const Encoded result = encode_layout(layout, 1, map);
    if (result == Encoded::Invalid || !box) return Encoded::Invalid;
    for (uint32_t d = 0; d < layout.rank; d++) {
        if (box[d] == 0 || box[d] > kMaxBox) return Encoded::Invalid;
        map.box[d] = uint16_t(box[d]);
    }
    return row_fits(map) ? result : Encoded::Invalid;
}

Encoded encode_im2col(const TensorLayout& layout, const int* lower, const int* upper, uint32_t channels,
                      uint32_t pixels, TensorMap& map) {
    const Encoded result = encode_layout(layout, 3, map);
    if (result == Encoded::Invalid || !lower || !upper || channels == 0 || channels > kMaxBox || pixels == 0
        || pixels > kMaxPixels)
        return Encoded::Invalid;
    const int most = layout.rank == 3 ? 32767 : layout.rank == 4 ? 127 : 15;
    for (uint32_t k = 0; k + 2 < layout.rank; k++) {
        if (lower[k] < -most - 1 || lower[k] > most || upper[k] < -most - 1 || upper[k] > most) return Encoded::Invalid;
        map.lower[k] = int16_t(lower[k]);
        map.upper[k] = int16_t(upper[k]);
    }
    map.im2col = true;
    map.channels = uint16_t(channels);
    map.pixels = uint16_t(pixels);
    return row_fits(map) ? result : Encoded::Invalid;
}

}  // namespace softcuda
