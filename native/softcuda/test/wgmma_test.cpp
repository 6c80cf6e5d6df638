// wgmma.mma_async on every level: layouts of descriptors, fragments, types, scales; and the same bits as mma.sync.
#include <cmath>

#include "float_bits.h"
#include "tensor_fixture.h"

using namespace softcuda;

namespace {

struct Type {
    std::string name;
    uint32_t bytes;
};

double value(const std::string& type, uint32_t raw) {
    if (type == "bf16") return float_of(raw << 16);
    if (type == "f16") return half_value(raw);
    if (type == "tf32") return float_of(raw & 0xffffe000);
    if (type == "s8") return int8_t(raw);
    if (type == "u8") return uint8_t(raw);
    const int bits = type == "e4m3" ? 3 : 2, bias = type == "e4m3" ? 7 : 15,
              e = raw >> bits & (type == "e4m3" ? 15 : 31), f = raw & ((1 << bits) - 1);
    const double v = e ? std::ldexp((1 << bits) + f, e - bias - bits) : std::ldexp(f, 1 - bias - bits);
    return raw & 0x80 ? -v : v;
}

uint32_t draw(std::mt19937& random, const std::string& type) {
    const float x = float(int(random() % 4001) - 2000) / 777.0f;
    if (type == "bf16") return bits_of(x) >> 16;
    if (type == "tf32") return bits_of(x);
    if (type == "f16") return uint32_t((random() & 1) << 15 | (12 + random() % 6) << 10 | random() % 1024);
    if (type == "e4m3") return uint32_t((random() & 1) << 7 | random() % 0x60);
    if (type == "e5m2") return uint32_t((random() & 1) << 7 | (0x20 + random() % 0x30));
    return random() & 0xff;
}

struct Operand {
    bool mnMajor = false;
    int swizzle = 0;                            // as a tensor map numbers them: 0 none, 1 = 32, 2 = 64, 3 = 128 bytes
    uint32_t start = 0, extent = 0, depth = 0;  // rows or columns, and k, of the tile in shared memory
    uint32_t leading = 0, stride = 0;
    uint64_t descriptor(uint32_t advance = 0) const {
        static const uint64_t mode[4] = {0, 3, 2, 1};
        return uint64_t((start + advance) >> 4 & 0x3fff) | uint64_t(leading >> 4) << 16 | uint64_t(stride >> 4) << 32
               | mode[swizzle] << 62;
    }
};

// PTX ISA, canonical layouts: where element (x, k) of a tile lies, x along m or n.
uint32_t place(const Operand& o, uint32_t es, uint32_t x, uint32_t k) {
    const uint32_t width = 16u << o.swizzle, b = k * es;
    if (!o.mnMajor) {
        if (o.swizzle == 0) return o.start + x % 8 * 16 + x / 8 * o.stride + b / 16 * o.leading + b % 16;
        // A row of the pattern holds `width` bytes of k; further ones follow in blocks of their own.
        return swizzled_place(o.start + b / width * (o.extent * width) + x / 8 * o.stride + x % 8 * width + b % width,
                              o.swizzle);
    }
    if (o.swizzle == 0) return o.start + x / 8 * o.stride + k / 8 * o.leading + k % 8 * 16 + x % 8 * 2;
    const uint32_t atom = width / es;
    return swizzled_place(o.start + x / atom * o.leading + k / 8 * o.stride + k % 8 * width + x % atom * es, o.swizzle);
}

// Tiles packed as a TMA load leaves them, or with `gap` more bytes between their parts.
Operand packed(bool mnMajor, int swizzle, uint32_t es, uint32_t start, uint32_t extent, uint32_t depth, uint32_t gap) {
    Operand o;
    o.mnMajor = mnMajor, o.swizzle = swizzle, o.start = start, o.extent = extent, o.depth = depth;
    const uint32_t width = 16u << swizzle;
    if (!mnMajor && swizzle == 0) o.stride = 128 + gap, o.leading = extent / 8 * o.stride;
    else if (!mnMajor) o.stride = 8 * width, o.leading = 16;
    else if (swizzle == 0) o.leading = 128 + gap, o.stride = depth / 8 * o.leading;
    else o.stride = 8 * width, o.leading = depth / 8 * o.stride;
    (void) es;
    return o;
}

struct Case {
    std::string sum, a, b;
    uint32_t n;
    bool registers = false, mnA = false, mnB = false;
    int swizzleA = 3, swizzleB = 3;
    uint32_t steps = 2;  // of k
    int scaleA = 1, scaleB = 1;
    bool accumulate = false;  // the first step adds to what is there
    uint32_t gap = 0;
    bool saturate = false;
};

uint32_t element_bytes(const std::string& t) { return t == "tf32" ? 4 : t == "bf16" || t == "f16" ? 2 : 1; }

std::string text_of(const Case& c) {
    return c.sum + "." + c.a + "." + c.b + " n" + std::to_string(c.n)
           + (c.registers ? " registers"
              : c.mnA     ? " mn"
                          : " k")
           + std::to_string(c.swizzleA) + (c.mnB ? " mn" : " k") + std::to_string(c.swizzleB);
}

// The kernel: shared memory from `image`, A's registers from `fragments`, accumulators from `sums` and back to them.
std::string kernel(const Case& c, const std::vector<uint64_t>& descriptorsA, const std::vector<uint64_t>& descriptorsB,
                   bool mmaSync = false) {
    const uint32_t sums = c.sum == "f16" ? c.n / 4 : c.n / 2, es = element_bytes(c.a), k = 32 / es;
    std::string text = R"(
.visible .entry k(.param .u64 image, .param .u64 fragments, .param .u64 sums) {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>; .reg .b32 %a<)"
                       + std::to_string(4 * c.steps) + ">; .reg .b32 %b<" + std::to_string(c.n / 4) + ">; .reg .b32 %s<"
                       + std::to_string(sums) + R"(>;
    .shared .align 1024 .b8 data[65536];
    ld.param.u64 %d0, [image];
    ld.param.u64 %d1, [fragments];
    ld.param.u64 %d2, [sums];
    mov.u32 %r0, %tid.x;
)" + shared_from("%d0", 65536, 128)
                       + "mul.wide.u32 %d3, %r0, " + std::to_string(16 * c.steps) + R"(;
    add.u64 %d1, %d1, %d3;
    mul.wide.u32 %d3, %r0, )"
                       + std::to_string(4 * sums) + R"(;
    add.u64 %d2, %d2, %d3;
)";
    auto vector = [](const char* prefix, uint32_t first, uint32_t count) {
        std::string all = "{";
        for (uint32_t i = 0; i < count; i++) all += (i ? ", %" : "%") + std::string(prefix) + std::to_string(first + i);
        return all + "}";
    };
    for (uint32_t i = 0; i < 4 * c.steps; i++)
        text += "ld.global.b32 %a" + std::to_string(i) + ", [%d1+" + std::to_string(4 * i) + "];\n";
    for (uint32_t i = 0; i < sums; i++)
        text += "ld.global.b32 %s" + std::to_string(i) + ", [%d2+" + std::to_string(4 * i) + "];\n";
    const std::string shape = "m64n" + std::to_string(c.n) + "k" + std::to_string(k);
    const bool integer = c.sum == "s32", half = es == 2;
    if (!mmaSync) text += "wgmma.fence.sync.aligned;\n";
    for (uint32_t step = 0; step < c.steps; step++) {
        if (mmaSync) {
            // B's fragments from shared memory, by element: columns of 8, two registers of two elements. K-major, no swizzle.
            for (uint32_t j = 0; j < c.n / 8; j++) {
                text +=
                    "and.b32 %r10, %r0, 31; shr.u32 %r11, %r10, 2; and.b32 %r12, %r10, 3; mul.lo.u32 %r11, %r11, 16; "
                    "mad.lo.u32 %r11, %r12, 4, %r11;\n";
                for (uint32_t h = 0; h < 2; h++) {
                    const uint32_t offset = uint32_t(descriptorsB[step] & 0x3fff) * 16
                                            + j * uint32_t(descriptorsB[step] >> 32 & 0x3fff) * 16
                                            + h * uint32_t(descriptorsB[step] >> 16 & 0x3fff) * 16;
                    text += "ld.shared.b32 %b" + std::to_string(h) + ", [%r11+" + std::to_string(offset) + "];\n";
                }
                text += "mma.sync.aligned.m16n8k" + std::to_string(k) + ".row.col." + c.sum + "." + c.a + "." + c.b
                        + "." + c.sum + " " + vector("s", (c.sum == "f16" ? 2 : 4) * j, c.sum == "f16" ? 2 : 4) + ", "
                        + vector("a", 4 * step, 4) + ", {%b0, %b1}, "
                        + vector("s", (c.sum == "f16" ? 2 : 4) * j, c.sum == "f16" ? 2 : 4) + ";\n";
            }
            continue;
        }
        text += "setp.eq.u32 %p2, " + std::to_string(step || c.accumulate) + ", 1;\n";
        text += "mov.b64 %d5, " + std::to_string(descriptorsB[step]) + ";\n";
        if (!c.registers) text += "mov.b64 %d4, " + std::to_string(descriptorsA[step]) + ";\n";
        text += "wgmma.mma_async.sync.aligned." + shape + "." + c.sum + "." + c.a + "." + c.b
                + (c.saturate ? ".satfinite " : " ") + vector("s", 0, sums) + ", "
                + (c.registers ? vector("a", 4 * step, 4) : "%d4") + ", %d5, %p2"
                + (integer ? "" : ", " + std::to_string(c.scaleA) + ", " + std::to_string(c.scaleB))
                + (half && !c.registers ? c.mnA ? ", 1" : ", 0" : "") + (half ? c.mnB ? ", 1" : ", 0" : "") + ";\n";
    }
    if (!mmaSync) text += "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n";
    for (uint32_t i = 0; i < sums; i++)
        text += "st.global.b32 [%d2+" + std::to_string(4 * i) + "], %s" + std::to_string(i) + ";\n";
    return with_header(text + "ret;\n}\n");
}

std::vector<uint32_t> run_case(const Case& c, bool compare, bool mmaSync = false) {
    const uint32_t esA = element_bytes(c.a), k = 32 / esA, depth = k * c.steps;
    const Operand a = packed(c.mnA, c.swizzleA, esA, 0, 64, depth, c.gap),
                  b = packed(c.mnB, c.swizzleB, esA, 16384, c.n, depth, c.gap);
    std::vector<uint64_t> descriptorsA, descriptorsB;
    for (uint32_t step = 0; step < c.steps; step++) {
        // The next step begins where its first element lies, before swizzling: the pattern is of addresses.
        auto advance = [&](const Operand& o, uint32_t extent) {
            const uint32_t from = step * k, width = 16u << o.swizzle, bytes = from * esA;
            if (o.mnMajor) return from / 8 * (o.swizzle ? o.stride : o.leading);
            return o.swizzle ? bytes / width * (extent * width) + bytes % width : bytes / 16 * o.leading;
        };
        descriptorsA.push_back(a.descriptor(advance(a, 64)));
        descriptorsB.push_back(b.descriptor(advance(b, c.n)));
    }
    std::mt19937 random(c.n * 7 + uint32_t(c.swizzleB));
    std::vector<double> A(64 * depth), B(c.n * depth);
    std::vector<uint8_t> image(65536);
    for (uint8_t& x : image) x = uint8_t(random());
    const uint32_t perRegister = 4 / esA;
    std::vector<uint32_t> fragments(128 * 4 * c.steps), rawA(64 * depth);
    for (uint32_t m = 0; m < 64; m++)
        for (uint32_t x = 0; x < depth; x++) {
            const uint32_t raw = draw(random, c.a);
            rawA[m * depth + x] = raw;
            A[m * depth + x] = value(c.a, raw) * c.scaleA;
            std::memcpy(&image[place(a, esA, m, x)], &raw, esA);
        }
    for (uint32_t n = 0; n < c.n; n++)
        for (uint32_t x = 0; x < depth; x++) {
            const uint32_t raw = draw(random, c.b);
            B[n * depth + x] = value(c.b, raw) * c.scaleB;
            std::memcpy(&image[place(b, esA, n, x)], &raw, esA);
        }
    // PTX ISA, register fragments of A: row 16 warp + lane / 4 + 8 v1, k = elements of lane % 4, + 16 bytes for v2.
    for (uint32_t t = 0; t < 128; t++)
        for (uint32_t step = 0; step < c.steps; step++)
            for (uint32_t r = 0; r < 4; r++) {
                uint32_t packed = 0;
                for (uint32_t e = 0; e < perRegister; e++) {
                    const uint32_t row = t / 32 * 16 + t % 32 / 4 + 8 * (r & 1),
                                   x = step * k + (t % 4) * perRegister + e + (r >> 1) * 4 * perRegister;
                    packed |= (rawA[row * depth + x] & (esA == 4 ? ~0u : (1u << 8 * esA) - 1)) << (8 * esA * e % 32);
                }
                fragments[(t * c.steps + step) * 4 + r] = packed;
            }
    const bool halfSum = c.sum == "f16", integer = c.sum == "s32";
    const uint32_t sums = halfSum ? c.n / 4 : c.n / 2;
    std::vector<uint32_t> before(128 * sums);
    for (uint32_t& s : before)
        s = halfSum   ? draw(random, "f16") << 16 | draw(random, "f16")
            : integer ? (c.saturate ? (random() & 1 ? 0x7ffffff0u : 0x80000010u) : random())
                      : bits_of(float(int(random() % 2001) - 1000) / 64.0f);

    Machine m(uint64_t(16) << 20);
    Module& module = m.load(kernel(c, descriptorsA, descriptorsB, mmaSync));
    auto upload = [&](const void* data, size_t bytes) {
        uint8_t* p = m.allocate<uint8_t>(bytes);
        std::memcpy(p, data, bytes);
        m.arena().mark_written(reinterpret_cast<uint64_t>(p), bytes);
        return p;
    };
    uint8_t *in = upload(image.data(), image.size()), *f = upload(fragments.data(), fragments.size() * 4),
            *s = upload(before.data(), before.size() * 4);
    EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 128}, in, f, s).text, "");
    std::vector<uint32_t> got(128 * sums);
    std::memcpy(got.data(), s, got.size() * 4);
    if (!compare) return got;
    for (uint32_t t = 0; t < 128; t++)
        for (uint32_t i = 0; i < c.n / 2; i++) {
            // PTX ISA, accumulator fragment: row 16 warp + lane / 4 + 8 v1, column 2 (lane % 4) + v0 + 8 v2.
            const uint32_t row = t / 32 * 16 + t % 32 / 4 + 8 * (i >> 1 & 1),
                           column = 2 * (t % 4) + (i & 1) + 8 * (i >> 2);
            auto number = [&](const std::vector<uint32_t>& from) {
                const uint32_t raw = halfSum ? from[t * sums + i / 2] >> 16 * (i & 1) & 0xffff : from[t * sums + i];
                return halfSum ? half_value(raw) : integer ? double(int32_t(raw)) : double(float_of(raw));
            };
            double wanted = c.accumulate ? number(before) : 0, size = std::fabs(wanted);
            for (uint32_t x = 0; x < depth; x++) {
                wanted += A[row * depth + x] * B[column * depth + x];
                size += std::fabs(A[row * depth + x] * B[column * depth + x]);
            }
            double tolerance = integer ? 0 : size * 0x1p-23 * depth + (halfSum ? size * 0x1p-10 * c.steps : 0);
            if (integer)
                wanted = c.saturate ? std::min(2147483647.0, std::max(-2147483648.0, wanted))
                                    : double(int32_t(uint32_t(int64_t(wanted))));
            if (std::fabs(number(got) - wanted) <= tolerance) continue;
            expect::failed(__FILE__, __LINE__,
                           text_of(c) + ": row " + std::to_string(row) + ", column " + std::to_string(column) + " is "
                               + std::to_string(number(got)) + ", expected " + std::to_string(wanted));
            return got;
        }
    return got;
}

}  // namespace

TEST(all_layouts_of_16_bit_matrices) {
    on_every_level([] {
        for (const char* type : {"bf16", "f16"})
            for (bool mnA : {false, true})
                for (bool mnB : {false, true})
                    for (int swizzle = 0; swizzle < 4; swizzle++) {
                        Case c{"f32", type, type, 64};
                        c.mnA = mnA, c.mnB = mnB, c.swizzleA = swizzle, c.swizzleB = (swizzle + (mnA ? 1 : 0)) % 4;
                        c.steps = 4;
                        c.gap = swizzle == 0 ? 48 : 0;
                        run_case(c, true);
                    }
    });
}

TEST(all_widths) {
    on_every_level([] {
        for (uint32_t n = 8; n <= 256; n += 8) {
            Case c{"f32", "bf16", "bf16", n};
            c.accumulate = n % 16 != 0;
            run_case(c, true);
            if (n > 32 && n % 16) continue;
            Case i{"s32", "s8", "u8", n};
            run_case(i, true);
        }
    });
}

TEST(other_types) {
    on_every_level([] {
        for (int swizzle = 0; swizzle < 4; swizzle++)
            for (bool accumulate : {false, true}) {
                std::vector<Case> cases = {{"f32", "tf32", "tf32", 32}, {"f16", "f16", "f16", 40}};
                for (const char* a : {"e4m3", "e5m2"})
                    for (const char* b : {"e4m3", "e5m2"})
                        for (const char* sum : {"f32", "f16"}) cases.push_back({sum, a, b, 24});
                for (const char* a : {"s8", "u8"})
                    for (const char* b : {"s8", "u8"}) cases.push_back({"s32", a, b, 48});
                for (Case& c : cases) {
                    c.swizzleA = swizzle, c.swizzleB = 3 - swizzle, c.accumulate = accumulate;
                    run_case(c, true);
                }
            }
        Case c{"s32", "s8", "s8", 32};
        c.saturate = c.accumulate = true;
        c.steps = 1;
        run_case(c, true);
    });
}

TEST(a_from_registers) {
    on_every_level([] {
        for (auto [sum, type] : {std::pair{"f32", "bf16"},
                                 {"f32", "f16"},
                                 {"f16", "f16"},
                                 {"f32", "tf32"},
                                 {"f32", "e4m3"},
                                 {"f32", "e5m2"},
                                 {"s32", "s8"},
                                 {"s32", "u8"}}) {
            Case c{sum, type, type, 64};
            c.registers = true;
            run_case(c, true);
        }
        Case c{"f32", "bf16", "bf16", 64};  // as attention multiplies probabilities by values
        c.registers = c.mnB = c.accumulate = true;
        run_case(c, true);
    });
}

TEST(scales_negate) {
    on_every_level([] {
        for (auto [sum, type] : {std::pair{"f32", "bf16"}, {"f16", "f16"}, {"f32", "tf32"}, {"f32", "e4m3"}})
            for (auto [a, b] : {std::pair{-1, 1}, {1, -1}, {-1, -1}}) {
                Case c{sum, type, type, 16};
                c.scaleA = a, c.scaleB = b, c.accumulate = true;
                run_case(c, true);
            }
    });
}

// The same order of the same sums: the same bits, on every level and by mma.sync.
TEST(the_bits_of_mma_sync) {
    for (auto [sum, type] : {std::pair{"f32", "bf16"}, {"f32", "f16"}, {"f16", "f16"}, {"f32", "tf32"}}) {
        Case c{sum, type, type, 72};
        c.swizzleA = c.swizzleB = 0, c.accumulate = true, c.steps = 3;
        std::vector<std::vector<uint32_t>> results;
        on_every_level([&] {
            results.push_back(run_case(c, true));
            results.push_back(run_case(c, true, true));
            Case r = c;
            r.registers = true;
            results.push_back(run_case(r, true));
        });
        for (const auto& r : results) EXPECT(r == results[0]);
    }
}

TEST(checked_mode_computes_the_same_at_any_time) {
    Case c{"f32", "bf16", "bf16", 64};
    c.accumulate = true, c.steps = 4;
    const std::vector<uint32_t> wanted = run_case(c, true);
    for (uint64_t seed : {0, 1, 2, 3, 4}) {
        Checks checks(true, seed);
        EXPECT(run_case(c, true) == wanted);
        Case r = c;
        r.registers = true;
        EXPECT(run_case(r, true) == wanted);
    }
}

namespace {

void expect_fault(const std::string& body, uint32_t threads, int code, const std::string& part, bool checked = false) {
    Checks checks(checked);
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(with_header(R"(
.visible .entry k() {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>; .reg .b32 %s<8>;
    .shared .align 1024 .b8 data[8192];
    mov.u32 %r0, %tid.x;
    mov.u32 %r9, 0;
    mov.u32 %r8, data;
    setp.eq.u32 %p0, %r9, 0;
    mov.b64 %d5, 0x4000004000000000;
    mov.b64 %d6, 0x4000004000000040;
)" + body + "\nret;\n}\n"));
    const FaultReport f = m.launch(module, "k", {1, 1, 1, threads});
    EXPECT_EQ(f.code, code);
    if (f.text.find(part) == std::string::npos) expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + f.text);
}

const std::string kProduct =
    "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%s0, %s1, %s2, %s3}, %d5, %d6, %p0, 1, 1, 0, 0;\n";

}  // namespace

TEST(mistakes_are_named) {
    expect_fault(kProduct, 128, 0, "");
    expect_fault(kProduct, 96, 719, "does not belong to a whole warpgroup of four");
    expect_fault("setp.lt.u32 %p1, %r0, 16;\n@%p1 bra END;\n" + kProduct + "END:", 128, 719,
                 "divergent wgmma: .aligned needs all lanes of the warp");
    expect_fault("setp.lt.u32 %p1, %r0, 16;\n@%p1 bra END;\nwgmma.commit_group.sync.aligned;\nEND:", 128, 719,
                 "divergent wgmma");
    expect_fault("mov.b64 %d6, 0x4000004000003f00;\n" + kProduct, 128, 700,
                 "matrix B of a wgmma reaches outside the block's shared memory");
    expect_fault("mov.b64 %d5, 0x4000104000000000;\n" + kProduct, 128, 700,
                 "matrix A of a wgmma reaches outside the block's shared memory");
    expect_fault("mov.b64 %d5, 0x4002004000000000;\n" + kProduct, 128, 715, "a matrix descriptor with a base offset");
    expect_fault("mov.b64 %d5, 0x4000404000004000;\n" + kProduct, 128, 715,
                 "a matrix descriptor with reserved bits set");
}

TEST(descriptors_begin_with_their_pattern) {
    const std::string setup = R"(
    mad.lo.u32 %r7, %r0, 16, %r8;
    add.u32 %r6, %r8, 8192;
ZERO:
    st.shared.v4.u32 [%r7], {%r9, %r9, %r9, %r9};
    add.u32 %r7, %r7, 2048;
    setp.lt.u32 %p1, %r7, %r6;
    @%p1 bra ZERO;
    fence.proxy.async.shared::cta;
    bar.sync 0;
    wgmma.fence.sync.aligned;
)",
                      end = "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n";
    const std::string inner = "mov.b64 %d5, 0x4000004000000002;\n";  // a k step within the row
    expect_fault(setup + "mov.b64 %d6, 0x4000004000000040;\n" + inner + kProduct + end, 128, 0, "", true);
    expect_fault(setup + "mov.b64 %d6, 0x4000004000000010;\n" + inner + kProduct + end, 128, 0, "", false);
    expect_fault(
        setup + "mov.b64 %d6, 0x4000004000000010;\n" + "mov.b64 %d5, 0x4000004000000000;\n" + kProduct + end, 128, 719,
        "misaligned swizzle atom: matrix B of a wgmma begins at shared address 256, within a pattern of 1024 bytes",
        true);
    expect_fault(setup + "mov.b64 %d6, 0x4000002000000040;\n" + "mov.b64 %d5, 0x4000004000000000;\n" + kProduct + end,
                 128, 719, "rows of matrix B of a wgmma are 512 bytes apart by eight, expected a multiple of 1024",
                 true);
}

TEST(descriptors_of_a_warpgroup_agree) {
    const std::string ready = for_shared("FILL", 8192, 128, "st.shared.v4.u32 [%r3], {0, 0, 0, 0};")
                              + "fence.proxy.async.shared::cta;\nbar.sync 0;\nwgmma.fence.sync.aligned;\n";
    expect_fault(ready + kProduct + "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;", 128, 0, "",
                 true);
    const std::string byWarp = "shr.u32 %r1, %r0, 5; mul.wide.u32 %d7, %r1, 2;\n",
                      byLane = "and.b32 %r1, %r0, 1; mul.wide.u32 %d7, %r1, 2;\n";
    for (const std::string matrix : {"A", "B"}) {
        const std::string descriptor = matrix == "A" ? "%d5" : "%d6",
                          moved = "add.u64 " + descriptor + ", " + descriptor + ", %d7;\n";
        expect_fault(byWarp + moved + ready + kProduct, 128, 719,
                     "the warps of a warpgroup give a wgmma different descriptors of matrix " + matrix, true);
        expect_fault(byLane + moved + ready + kProduct, 128, 719,
                     "the lanes of a warp give a wgmma different matrix descriptors", true);
    }
    expect_fault(
        ready + "setp.lt.u32 %p1, %r0, 32;\n@%p1 bra OTHER;\n" + kProduct + "bra END;\nOTHER:\n" + kProduct + "END:",
        128, 719, "the warps of a warpgroup issue different wgmmas", true);
}

TEST(shapes_that_do_not_exist) {
    for (const char* text :
         {"wgmma.mma_async.sync.aligned.m64n12k16.f32.bf16.bf16 {%s0, %s1, %s2, %s3}, %d5, %d6, %p0, 1, 1, 0, 0;",
          "wgmma.mma_async.sync.aligned.m64n16k16.f32.bf16.bf16 {%s0, %s1, %s2, %s3}, %d5, %d6, %p0, 1, 1, 0, 0;",
          "wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3 {%s0, %s1, %s2, %s3}, %d5, %d6, %p0, 1, 1, 0, 0;",
          "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%s0, %s1, %s2, _}, %d5, %d6, %p0, 1, 1, 0, 0;"}) {
        Machine m(uint64_t(16) << 20);
        int error = 0;
        std::string log;
        EXPECT(!m.try_load(with_header(".visible .entry k() { .reg .pred %p<2>; .reg .b64 %d<8>; .reg .b32 %s<8>;\n"
                                       + std::string(text) + "\nret; }\n"),
                           error, log));
        EXPECT_EQ(error, 218);
        EXPECT(log.find("ptx:5: ") == 0);
    }
}

TEST_MAIN
