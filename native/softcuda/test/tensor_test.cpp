// cp.async.bulk.tensor of tiles: ranks, swizzles, what lies outside, element strides, stores and reductions.
#include "tensor_fixture.h"

using namespace softcuda;

namespace {

struct Tile {
    uint32_t type, bytes;
    std::vector<uint64_t> size;
    std::vector<uint32_t> box, step;
    std::vector<int32_t> at;
    int swizzle, fill;
};

std::vector<uint32_t> taken(const Tile& c) {
    std::vector<uint32_t> n = c.box;
    for (size_t d = 1; d < n.size(); d++) n[d] = (n[d] + c.step[d] - 1) / c.step[d];
    return n;
}

uint32_t bytes_of_box(const Tile& c) {
    uint32_t n = c.bytes;
    for (uint32_t t : taken(c)) n *= t;
    return n;
}

std::string shown(const Tile& c) {
    std::string text = "rank " + std::to_string(c.size.size()) + ", " + std::to_string(c.bytes) + " bytes, swizzle "
                       + std::to_string(c.swizzle) + ", at";
    for (int32_t x : c.at) text += " " + std::to_string(x);
    return text;
}

void check_load(const Tile& c) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(load_kernel(int(c.size.size()), false, true));
    Tensor t(m, c.type, c.bytes, c.size, 7);
    TensorMap map;
    EXPECT(encode_tiled(t.layout(c.step, c.swizzle, c.fill), c.box.data(), map) == Encoded::Done);
    uint8_t* out = m.allocate<uint8_t>(kTile);
    std::vector<int32_t> at = c.at;
    at.resize(5, 12345);
    EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, argument(map), out, bytes_of_box(c), at[0], at[1], at[2], at[3],
                       at[4], 0u, 0u, 0u)
                  .text,
              "");
    std::vector<uint8_t> wanted(kTile, 0xa5);
    for_each_element(t, taken(c), c.step, c.at, c.swizzle, [&](const std::vector<int64_t>& element, uint32_t offset) {
        uint64_t from;
        const bool inside = t.find(element, from);
        for (uint32_t b = 0; b < c.bytes; b++)
            wanted[offset + b] = inside ? t.data[from + b] : !c.fill ? 0 : b + 1 == c.bytes ? 0x7f : 0xff;
    });
    for (uint32_t i = 0; i < kTile; i++) {
        if (out[i] == wanted[i]) continue;
        expect::failed(__FILE__, __LINE__,
                       shown(c) + ": byte " + std::to_string(i) + " is " + std::to_string(out[i]) + ", expected "
                           + std::to_string(wanted[i]));
        return;
    }
}

void check_store(const Tile& c) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(store_kernel(int(c.size.size()), "cp.async.bulk.tensor." + std::to_string(c.size.size())
                                                                 + "d.global.shared::cta.tile.bulk_group"));
    Tensor t(m, c.type, c.bytes, c.size, 8);
    TensorMap map;
    EXPECT(encode_tiled(t.layout(c.step, c.swizzle, 0), c.box.data(), map) == Encoded::Done);
    uint8_t* in = m.allocate<uint8_t>(kTile);
    std::mt19937 random(5);
    for (uint32_t i = 0; i < kTile; i++) in[i] = uint8_t(random());
    m.arena().mark_written(reinterpret_cast<uint64_t>(in), kTile);
    std::vector<uint8_t> wanted(t.data, t.data + t.total);
    for_each_element(t, taken(c), c.step, c.at, c.swizzle, [&](const std::vector<int64_t>& element, uint32_t offset) {
        uint64_t to;
        if (t.find(element, to)) std::memcpy(&wanted[to], in + offset, c.bytes);
    });
    std::vector<int32_t> at = c.at;
    at.resize(5, 12345);
    EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, argument(map), in, at[0], at[1], at[2], at[3], at[4]).text, "");
    if (std::memcmp(wanted.data(), t.data, t.total)) expect::failed(__FILE__, __LINE__, "store: " + shown(c));
}

const std::vector<Tile> kTiles = {
    {0, 1, {300}, {256}, {1}, {16}, 0, 0},
    {0, 1, {300}, {256}, {1}, {-40}, 0, 0},
    {7, 4, {300}, {32}, {5}, {290}, 3, 1},  // the innermost stride counts for nothing
    {9, 2, {100, 60}, {64, 32}, {1, 1}, {0, 0}, 3, 0},
    {9, 2, {100, 60}, {64, 32}, {1, 1}, {64, 40}, 3, 1},  // past the end of both
    {9, 2, {100, 60}, {64, 32}, {1, 1}, {-3, -5}, 3, 0},  // before the beginning of both
    {6, 2, {100, 60}, {32, 40}, {1, 1}, {7, 9}, 2, 0},
    {6, 2, {100, 60}, {16, 50}, {1, 1}, {91, 20}, 1, 1},
    {6, 2, {100, 60}, {24, 30}, {1, 1}, {9, 40}, 0, 0},
    {9, 2, {100, 60}, {32, 16}, {1, 1}, {5, 6}, 3, 0},  // rows narrower than the pattern
    {7, 4, {50, 9, 7}, {32, 4, 5}, {1, 1, 1}, {20, 6, -1}, 3, 1},
    {7, 4, {50, 19, 17}, {16, 8, 10}, {1, 2, 3}, {5, 1, 4}, 2, 0},  // strides: 4 of 8, 4 of 10
    {9, 2, {64, 20, 20, 3}, {64, 5, 4, 2}, {1, 2, 1, 1}, {0, 17, 18, 2}, 3, 0},
    {8, 8, {10, 4, 5, 3, 4}, {4, 3, 2, 3, 2}, {1, 1, 1, 2, 1}, {7, 2, 4, -1, 3}, 1, 1},
    {2, 4, {40, 4, 5, 3, 4}, {8, 3, 2, 2, 2}, {1, 1, 1, 1, 1}, {35, -1, 1, 2, -1}, 1, 0},
    {9, 2, {100, 60}, {64, 32}, {1, 1}, {500, 0}, 3, 0},  // nothing of it is there
};

}  // namespace

TEST(tiles_arrive_in_their_places) {
    on_every_level([] {
        for (const Tile& c : kTiles) check_load(c);
    });
    for (uint64_t seed : {0, 1, 2}) {
        Checks checks(true, seed);
        for (const Tile& c : kTiles) check_load(c);
    }
}

TEST(tiles_leave_from_their_places) {
    on_every_level([] {
        for (const Tile& c : kTiles) check_store(c);
    });
    for (uint64_t seed : {0, 1, 2}) {
        Checks checks(true, seed);
        for (const Tile& c : kTiles) check_store(c);
    }
}

TEST(reductions_of_tiles) {
    on_every_level([] {
        for (const char* operation : {"add", "min", "max", "inc", "dec", "and", "or", "xor"}) {
            Machine m(uint64_t(16) << 20);
            Module& module = m.load(store_kernel(
                2, "cp.reduce.async.bulk.tensor.2d.global.shared::cta." + std::string(operation) + ".tile.bulk_group"));
            Tensor t(m, 2, 4, {40, 20}, 9);
            TensorMap map;
            const std::vector<uint32_t> box = {32, 8}, step = {1, 1};
            EXPECT(encode_tiled(t.layout(step, 3, 0), box.data(), map) == Encoded::Done);
            uint32_t* in = m.allocate<uint32_t>(kTile / 4);
            for (uint32_t i = 0; i < kTile / 4; i++) in[i] = i * 2654435761u;
            std::vector<uint8_t> wanted(t.data, t.data + t.total);
            const std::string o = operation;
            for_each_element(t, box, step, {16, 15}, 3, [&](const std::vector<int64_t>& element, uint32_t offset) {
                uint64_t to;
                if (!t.find(element, to)) return;
                uint32_t a, b = in[offset / 4];
                std::memcpy(&a, &wanted[to], 4);
                a = o == "add"   ? a + b
                    : o == "min" ? std::min(a, b)
                    : o == "max" ? std::max(a, b)
                    : o == "inc" ? (a >= b ? 0 : a + 1)
                    : o == "dec" ? (a == 0 || a > b ? b : a - 1)
                    : o == "and" ? a & b
                    : o == "or"  ? a | b
                                 : a ^ b;
                std::memcpy(&wanted[to], &a, 4);
            });
            EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 64}, argument(map), in, 16, 15, 0, 0, 0).text, "");
            if (std::memcmp(wanted.data(), t.data, t.total)) expect::failed(__FILE__, __LINE__, o);
        }
    });
}

// Blocks on all threads add to one tile: nothing is lost.
TEST(reductions_are_atomic) {
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(store_kernel(1, "cp.reduce.async.bulk.tensor.1d.global.shared::cta.add.tile.bulk_group"));
    Tensor t(m, 7, 4, {64}, 10);
    for (int i = 0; i < 64; i++) reinterpret_cast<float*>(t.data)[i] = float(i);
    TensorMap map;
    const std::vector<uint32_t> box = {64}, step = {1};
    EXPECT(encode_tiled(t.layout(step, 0, 0), box.data(), map) == Encoded::Done);
    float* in = m.allocate<float>(kTile / 4);
    for (int i = 0; i < 64; i++) in[i] = float(i % 7 + 1);
    EXPECT_EQ(m.launch(module, "k", {300, 1, 1, 64}, argument(map), in, 0, 0, 0, 0, 0).text, "");
    for (int i = 0; i < 64; i++) EXPECT_EQ(reinterpret_cast<float*>(t.data)[i], float(i + 300 * (i % 7 + 1)));
}

TEST(mistakes_are_named) {
    Machine m(uint64_t(16) << 20);
    Tensor t(m, 9, 2, {100, 60}, 11), integers(m, 0, 1, {128, 60}, 11);
    const std::vector<uint32_t> box = {64, 32}, step = {1, 1};
    TensorMap map, bytes;
    EXPECT(encode_tiled(t.layout(step, 3, 0), box.data(), map) == Encoded::Done);
    EXPECT(encode_tiled(integers.layout(step, 0, 0), box.data(), bytes) == Encoded::Done);
    uint8_t* out = m.allocate<uint8_t>(kTile);
    auto load = [&](const std::string& text, const MapArgument& a, uint32_t expected) {
        return m.launch(m.load(text), "k", {1, 1, 1, 64}, a, out, expected, 0, 0, 0, 0, 0, 0u, 0u, 0u);
    };
    auto replaced = [](std::string text, const std::string& what, const std::string& with) {
        const size_t at = text.find(what);
        EXPECT(at != std::string::npos);
        return text.replace(at, what.size(), with);
    };
    auto expect_text = [](const FaultReport& f, int code, const std::string& part) {
        EXPECT_EQ(f.code, code);
        if (f.text.find(part) == std::string::npos)
            expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + f.text);
    };
    expect_text(load(load_kernel(3, false), argument(map), 4096), 715, "the tensor map has rank 2, the instruction 3");
    expect_text(load(load_kernel(4, true), argument(map), 4096), 715, "the tensor map has rank 2, the instruction 4");
    expect_text(load(load_kernel(2, false), MapArgument{}, 4096), 715, "no tensor map is there");
    const std::string good = load_kernel(2, false), copy = "complete_tx::bytes [%r2], [%d0,";
    expect_text(load(replaced(good, copy, "complete_tx::bytes [%r2+64], [%d0,"), argument(map), 4096), 716,
                "multiple of 128");
    expect_text(load(replaced(good, copy, "complete_tx::bytes [%r2+16384], [%d0,"), argument(map), 4096), 700,
                "outside the block's shared memory");
    expect_text(load(replaced(good, copy, "complete_tx::bytes [%r2], [%d0+8,"), argument(map), 4096), 716,
                "misaligned tensor map: expected a multiple of 64");
    expect_text(load(replaced(good, copy, "complete_tx::bytes [%r2], [%d0+128,"), argument(map), 4096), 700,
                "a tensor map outside the kernel's parameters");
    expect_text(load(good, argument(map), 4224), 719, "128 bytes of transactions pending");
    expect_text(
        m.launch(m.load(store_kernel(2, "cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.tile.bulk_group")), "k",
                 {1, 1, 1, 64}, argument(bytes), out, 0, 0, 0, 0, 0),
        715, "a bulk reduction that elements of this tensor map's type do not have");
    TensorMap beyond = map;
    beyond.base = m.arena().high() - 64;
    expect_text(load(good, argument(beyond), 4096), 700, "a bulk copy reads outside device memory");
}

// A box of eight rows that begins within its swizzle's pattern; of four, which another may complete.
TEST(swizzled_boxes_begin_with_their_pattern) {
    for (uint32_t rows : {4u, 8u}) {
        Checks checks(true);
        Machine m(uint64_t(16) << 20);
        Tensor t(m, 9, 2, {64, 60}, 12);
        const std::vector<uint32_t> box = {64, rows}, step = {1, 1};
        TensorMap map;
        EXPECT(encode_tiled(t.layout(step, 3, 0), box.data(), map) == Encoded::Done);
        uint8_t* out = m.allocate<uint8_t>(kTile);
        std::string text = load_kernel(2, false);
        text.replace(text.find("complete_tx::bytes [%r2],"), 25, "complete_tx::bytes [%r2+512],");
        const FaultReport f =
            m.launch(m.load(text), "k", {1, 1, 1, 64}, argument(map), out, rows * 128, 0, 0, 0, 0, 0, 0u, 0u, 0u);
        if (rows == 4) EXPECT_EQ(f.text, "");
        else EXPECT(f.code == 719 && f.text.find("misaligned swizzle atom") == 0);
    }
}

TEST_MAIN
