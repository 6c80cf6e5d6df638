// A training batch from a data set of bytes: gathered, cropped, flipped, erased and normalised in one pass.
//
//   out[i,y,x,c] = (data[index_i, y + dy_i, x' + dx_i, c] - mean_c)·factor_c,   x' = x or W-1-x where sample i is flipped
//                  0 (a pixel of the mean) inside sample i's erased rectangle
//   labels_out[i] = labels[index_i]
//
//   augment_*(data, labels?, indices, mean, factor, out, labels_out?, count, H, W, C, parts, pad, reflect, flip,
//             erase, side, seed, stream, state)
//
// The crop of an image padded by `pad` on all sides is a shift by dy, dx in -pad … pad; beyond the image are zero pixels
// (black, byte 0) or, with `reflect`, its mirror image without the edge repeated. A rectangle of 1 … side rows and columns
// at a uniform place is erased with probability erase. Sample i draws words 8·i … 8·i+7 of the key: shift y, shift x, flip,
// erase or not, height, width, top, left. With pad, flip and erase 0 nothing is drawn and the batch is the plain data.
//
// Arguments   data U8[count][H][W][C]; labels I32[count]; indices I32[samples], one outside the data set gives NaN pixels and
//             the label -1; mean and factor f32[C] in units of bytes; out T[samples][H][W][C].
// Mapping     `parts` blocks of 256 threads a sample; the first thread draws, all share it; four elements a thread and tile.
// Traffic     1 + sizeof(T) bytes an element; one fused multiply-add and the index arithmetic.
// Source      crop and flip: He et al. 2016 (arXiv:1512.03385); erasing: Zhong et al. 2017 (arXiv:1708.04896), DeVries and
//             Taylor 2017 (arXiv:1708.04552).
// Measured    H200: 512 pictures of 28 x 28 in 7 us.
#include "zoetrope/copy/vector.cuh"
#include "zoetrope/entry.cuh"
#include "zoetrope/philox.cuh"

namespace {

constexpr int kThreads = 256;
constexpr int kTile = 1024;

struct Picture {
    int height, width, channels;
};

struct Choice {
    int pad;
    int reflect;
    int flip;
    float erase;
    int side;
};

struct Draw {
    int shift_y, shift_x;
    int flipped;
    int top, left, bottom, right;  // the erased rectangle, bottom and right excluded
};

// Uniform in 0 … bound-1 by multiplication: bound is a few hundred, so its bias of bound/2^32 is far below notice.
__device__ __forceinline__ int below(uint32_t word, int bound) {
    return static_cast<int>(__umulhi(word, static_cast<uint32_t>(bound)));
}

__device__ __forceinline__ Draw draw(const zoe::PhiloxKey& key, int sample, const Picture& p, const Choice& choice) {
    const uint64_t block = 2ull * static_cast<uint32_t>(sample);
    const uint4 a = zoe::philox_words(key, block);
    const uint4 b = zoe::philox_words(key, block + 1);
    Draw d{};
    d.shift_y = below(a.x, 2 * choice.pad + 1) - choice.pad;
    d.shift_x = below(a.y, 2 * choice.pad + 1) - choice.pad;
    d.flipped = choice.flip != 0 && (a.z >> 31) != 0;
    if (zoe::uniform01(a.w) <= choice.erase) {
        const int height = min(1 + below(b.x, choice.side), p.height);
        const int width = min(1 + below(b.y, choice.side), p.width);
        d.top = below(b.z, p.height - height + 1);
        d.left = below(b.w, p.width - width + 1);
        d.bottom = d.top + height;
        d.right = d.left + width;
    }
    return d;
}

// i mirrored into 0 … extent-1; |i| < 2·extent - 1.
__device__ __forceinline__ int mirrored(int i, int extent) {
    if (i < 0) i = -i;
    return i < extent ? i : 2 * extent - 2 - i;
}

template <class T>
__device__ __forceinline__ void augment(const uint8_t* __restrict__ data, const int32_t* __restrict__ labels,
                                        const int32_t* __restrict__ indices, const float* __restrict__ mean,
                                        const float* __restrict__ factor, T* __restrict__ out,
                                        int32_t* __restrict__ labels_out, int count, const Picture& p, int parts,
                                        const Choice& choice, uint64_t seed, uint64_t stream, const uint64_t* state) {
    __shared__ Draw shared;
    const int sample = static_cast<int>(blockIdx.x) / parts;
    const int part = static_cast<int>(blockIdx.x) - sample * parts;
    const int index = indices[sample];
    const bool known = index >= 0 && index < count;
    if (threadIdx.x == 0) {
        Draw d{};
        if (choice.pad > 0 || choice.flip != 0 || choice.erase > 0.0f) {
            d = draw(zoe::philox_key(seed, stream, state), sample, p, choice);
        }
        shared = d;
        if (labels != nullptr && part == 0) labels_out[sample] = known ? labels[index] : -1;
    }
    __syncthreads();
    const Draw d = shared;
    const int size = p.height * p.width * p.channels;
    const uint8_t* const from = data + static_cast<int64_t>(known ? index : 0) * size;
    out += static_cast<int64_t>(sample) * size;
    const int first = part * kTile;
    const int end = min(first + kTile, size);
    for (int i = first + static_cast<int>(threadIdx.x); i < end; i += kThreads) {
        const int place = i / p.channels;
        const int c = i - place * p.channels;
        const int y = place / p.width;
        const int x = place - y * p.width;
        int row = y + d.shift_y;
        int column = (d.flipped ? p.width - 1 - x : x) + d.shift_x;
        const bool inside = row >= 0 && row < p.height && column >= 0 && column < p.width;
        float v = 0.0f;
        if (inside || choice.reflect != 0) {
            row = mirrored(row, p.height);
            column = mirrored(column, p.width);
            v = static_cast<float>(from[(row * p.width + column) * p.channels + c]);
        }
        v = (v - mean[c]) * factor[c];
        if (y >= d.top && y < d.bottom && x >= d.left && x < d.right) v = 0.0f;
        zoe::store_float(out + i, known ? v : __int_as_float(0x7fffffff));
    }
}

}  // namespace

#define ZOE_AUGMENT(suffix, type)                                                                                      \
    ZOE_GEOMETRY(augment_##suffix, augment, simt, "type=" #suffix, kThreads, kTile, 1, 1, 0)                           \
    extern "C" __global__ void __launch_bounds__(kThreads) augment_##suffix(                                           \
        const uint8_t* data, const int32_t* labels, const int32_t* indices, const float* mean, const float* factor,    \
        type* out, int32_t* labels_out, int count, int height, int width, int channels, int parts, int pad,            \
        int reflect, int flip, float erase, int side, uint64_t seed, uint64_t stream, const uint64_t* state) {         \
        augment(data, labels, indices, mean, factor, out, labels_out, count, Picture{height, width, channels}, parts,  \
                Choice{pad, reflect, flip, erase, side}, seed, stream, state);                                         \
    }

ZOE_AUGMENT(f32, float)
ZOE_AUGMENT(bf16, zoe::bf16)
