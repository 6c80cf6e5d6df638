// cp.async.bulk.tensor of im2col boxes.
#include "tensor_fixture.h"

using namespace softcuda;

namespace {

// A convolution's geometry, spatial dimensions innermost first: W, H, D.
struct Convolution {
    int channels;
    std::vector<int> image, filter, padLow, padHigh, stride, dilation;
    int images;
    int rank() const { return int(image.size()) + 2; }
    int output(size_t k) const {
        return (image[k] + padLow[k] + padHigh[k] - (filter[k] - 1) * dilation[k] - 1) / stride[k] + 1;
    }
};

// Every tap of the convolution: its box, against the pixels of the image that the output's pixels see through that tap.
void check_taps(const Convolution& c, int swizzle, uint32_t pixels, uint32_t first) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(load_kernel(c.rank(), true, true));
    std::vector<uint64_t> size = {uint64_t(c.channels)};
    std::vector<uint32_t> step = {1};
    std::vector<int> lower, upper;
    const size_t spatial = c.image.size();
    for (size_t k = 0; k < spatial; k++) {
        size.push_back(uint64_t(c.image[k]));
        step.push_back(uint32_t(c.stride[k]));
        lower.push_back(-c.padLow[k]);
        upper.push_back(c.padHigh[k] - (c.filter[k] - 1) * c.dilation[k]);
    }
    size.push_back(uint64_t(c.images));
    step.push_back(1);
    Tensor t(m, 9, 2, size, 21);
    const uint32_t channels = swizzle == 3 ? 64 : swizzle == 2 ? 32 : 16;
    TensorMap map;
    EXPECT(encode_im2col(t.layout(step, swizzle, 0), lower.data(), upper.data(), channels, pixels, map)
           == Encoded::Done);
    uint8_t* out = m.allocate<uint8_t>(kTile);
    int taps = 1, outputs = 1;
    for (size_t k = 0; k < spatial; k++) taps *= c.filter[k], outputs *= c.output(k);
    // The first output pixel of the box.
    std::vector<int> start;
    int rest = int(first);
    for (size_t k = 0; k < spatial; k++) start.push_back(rest % c.output(k)), rest /= c.output(k);
    const int image = rest;
    for (int tap = 0; tap < taps; tap++) {
        int at[5] = {16, 0, 0, 0, 0}, rest = tap;
        uint32_t offset[3] = {0, 0, 0};
        for (size_t k = 0; k < spatial; k++) {
            at[1 + k] = start[k] * c.stride[k] - c.padLow[k];
            offset[k] = uint32_t(rest % c.filter[k] * c.dilation[k]);
            rest /= c.filter[k];
        }
        at[1 + spatial] = image;
        EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, argument(map), out, pixels * channels * 2, at[0], at[1], at[2],
                           at[3], at[4], offset[0], offset[1], offset[2])
                      .text,
                  "");
        for (uint32_t p = 0; p < pixels; p++) {
            std::vector<int64_t> element = {0};
            int number = int(first + p);
            for (size_t k = 0; k < spatial; k++) {
                element.push_back(int64_t(number % c.output(k)) * c.stride[k] - c.padLow[k] + offset[k]);
                number /= c.output(k);
            }
            element.push_back(number);
            for (uint32_t x = 0; x < channels; x++) {
                element[0] = 16 + int64_t(x);
                uint64_t from;
                uint16_t wanted = 0, got;
                if (t.find(element, from)) std::memcpy(&wanted, t.data + from, 2);
                std::memcpy(&got, out + swizzled_place(p * channels * 2 + x * 2, swizzle), 2);
                if (got == wanted) continue;
                expect::failed(__FILE__, __LINE__,
                               "rank " + std::to_string(c.rank()) + ", swizzle " + std::to_string(swizzle) + ", tap "
                                   + std::to_string(tap) + ", pixel " + std::to_string(p) + ", channel "
                                   + std::to_string(x) + ": got " + std::to_string(got) + ", expected "
                                   + std::to_string(wanted));
                return;
            }
        }
    }
}

const std::vector<Convolution> kConvolutions = {
    {72, {9, 6}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 3},   // OH and OW differ
    {72, {11, 8}, {3, 2}, {2, 0}, {1, 3}, {2, 1}, {1, 2}, 2},  // unequal padding, strides and dilations
    {24, {13}, {5}, {2}, {2}, {2}, {1}, 4},
    {40, {5, 4, 3}, {3, 2, 2}, {1, 1, 0}, {1, 0, 1}, {1, 2, 1}, {1, 1, 1}, 2},
};

}  // namespace

TEST(boxes_are_the_taps_of_a_convolution) {
    on_every_level([] {
        for (const Convolution& c : kConvolutions)
            for (int swizzle : {1, 2, 3}) {
                check_taps(c, swizzle, 40, 0);
                check_taps(c, swizzle, 100, 7);  // wraps over images and runs past the last one
            }
    });
    for (uint64_t seed : {0, 1}) {
        Checks checks(true, seed);
        check_taps(kConvolutions[1], 3, 100, 7);
    }
}

// A 4 x 4 image of 1 to 16 and a border of one: the published example of this mode.
TEST(a_small_image) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(load_kernel(4, true));
    Tensor t(m, 7, 4, {4, 4, 4, 1}, 1);
    for (uint64_t p = 0; p < 16; p++)
        for (uint64_t c = 0; c < 4; c++)
            *reinterpret_cast<float*>(t.data + p % 4 * t.stride[1] + p / 4 * t.stride[2] + c * 4) =
                float(p + 1) + float(c) * 100;
    const std::vector<uint32_t> step = {1, 1, 1, 1};
    const int corner[2] = {-1, -1};
    TensorMap map;
    EXPECT(encode_im2col(t.layout(step, 0, 0), corner, corner, 4, 16, map) == Encoded::Done);
    float* out = m.allocate<float>(kTile / 4);
    const float first[16] = {0, 0, 0, 0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11};
    for (uint32_t tap : {0u, 1u}) {
        EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, argument(map), out, 256u, 0, -1, -1, 0, 0, tap, tap, 0u).text,
                  "");
        for (int p = 0; p < 16; p++)
            for (int c = 0; c < 4; c++) {
                const float value = tap ? float(p + 1) : first[p];
                EXPECT_EQ(out[p * 4 + c], value == 0 ? 0 : value + float(c) * 100);
            }
    }
    FaultReport f = m.launch(module, "k", {1, 1, 1, 64}, argument(map), out, 256u, 0, 3, -1, 0, 0, 0u, 0u, 0u);
    EXPECT_EQ(f.code, 715);
    EXPECT(f.text.find("an im2col box begins at 3 in dimension 1, outside of the pixels from -1 to 2") == 0);
    f = m.launch(module, "k", {1, 1, 1, 64}, argument(map), out, 256u, 0, -1, -2, 0, 0, 0u, 0u, 0u);
    EXPECT(f.text.find("begins at -2 in dimension 2") != std::string::npos);
}

// A store without offsets writes the pixels back to where a load with offset zero found them.
TEST(pixels_are_stored) {
    on_every_level([] {
        Machine m(uint64_t(16) << 20);
        Module& module =
            m.load(store_kernel(4, "cp.async.bulk.tensor.4d.global.shared::cta.im2col_no_offs.bulk_group"));
        Tensor t(m, 9, 2, {64, 5, 4, 2}, 31);
        const std::vector<uint32_t> step = {1, 1, 1, 1};
        const int lower[2] = {0, -1}, upper[2] = {-1, 0};
        TensorMap map;
        EXPECT(encode_im2col(t.layout(step, 3, 0), lower, upper, 64, 30, map) == Encoded::Done);
        uint8_t* in = m.allocate<uint8_t>(kTile);
        for (uint32_t i = 0; i < kTile; i++) in[i] = uint8_t(i * 7 + i / 256);
        std::vector<uint8_t> wanted(t.data, t.data + t.total);
        int64_t w = 0, h = -1, n = 0;
        for (uint32_t p = 0; p < 30; p++) {
            for (int64_t c = 0; c < 64; c++) {
                uint64_t to;
                if (t.find({c, w, h, n}, to))
                    std::memcpy(&wanted[to], in + swizzled_place(p * 128 + uint32_t(c) * 2, 3), 2);
            }
            if (++w == 4) {
                w = 0;
                if (++h == 4) {
                    h = -1;
                    n++;
                }
            }
        }
        EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, argument(map), in, 0, 0, -1, 0, 0).text, "");
        EXPECT(std::memcmp(wanted.data(), t.data, t.total) == 0);
    });
}

TEST_MAIN
