// ZOETROPE_TENSOR_CORE: what tells tensor cores' sums from others, by mma.sync and by wgmma, on every level.
#include <cmath>

#include "float_bits.h"
#include "exec/tensor_core.h"
#include "expect.h"
#include "kernels.h"

using namespace softcuda;

namespace {

// One sum: a row of A times a column of B, both of k elements, plus c. All rows and columns alike.
struct Probe {
    const char* type;  // bf16, tf32, e4m3
    std::vector<float> a, b;
    float c;
};

uint32_t raw(const std::string& type, float x) {
    if (type == "bf16") return bits_of(x) >> 16;
    if (type == "tf32") return bits_of(x);
    const int e = x == 0 ? 0 : std::ilogb(x);  // e4m3, normal numbers only
    return x == 0 ? 0
                  : (x < 0 ? 0x80u : 0u) | uint32_t(e + 7) << 3 | uint32_t(std::fabs(x) / std::ldexp(1.0f, e) * 8 - 8);
}

float run_probe(const Probe& p, TensorCore model, bool wgmma) {
    set_tensor_core(model);
    const std::string type = p.type;
    const uint32_t bits = type == "tf32" ? 32 : type == "bf16" ? 16 : 8, k = 256 / bits;
    std::string text = R"(
.visible .entry k(.param .u64 in, .param .u64 out, .param .f32 c) {
    .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %d<16>; .reg .b32 %s<8>;
    .shared .align 1024 .b8 data[4096];
    ld.param.u64 %d0, [in];
    ld.param.u64 %d1, [out];
    mov.u32 %r0, %tid.x;
    and.b32 %r1, %r0, 3;
    mad.wide.u32 %d2, %r1, 4, %d0;
    ld.global.b32 %r2, [%d2];
    ld.global.b32 %r3, [%d2+16];
    ld.global.b32 %r4, [%d2+32];
    ld.global.b32 %r5, [%d2+48];
    ld.param.b32 %s0, [c];
    mov.b32 %s1, %s0; mov.b32 %s2, %s0; mov.b32 %s3, %s0;
)";
    if (wgmma) {
        // Every column of B in a core matrix of its own row: 16 bytes of k, then 128 bytes on the other 16.
        text += R"(
    and.b32 %r6, %r0, 31;
    shl.b32 %r7, %r6, 2;
    mov.u32 %r8, data;
    add.u32 %r7, %r7, %r8;
    st.shared.b32 [%r7], %r4;
    st.shared.b32 [%r7+128], %r5;
    fence.proxy.async.shared::cta;
    bar.sync 0;
    mov.b64 %d4, 0x0000000800080000;
    wgmma.fence.sync.aligned;
    setp.eq.u32 %p1, 0, 0;
    wgmma.mma_async.sync.aligned.m64n8k)"
                + std::to_string(k) + ".f32." + type + "." + type
                + " {%s0, %s1, %s2, %s3}, {%r2, %r2, %r3, %r3}, %d4, %p1, 1, 1" + (bits == 16 ? ", 0" : "")
                + ";\nwgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n";
    } else {
        text += "mma.sync.aligned.m16n8k" + std::to_string(k) + ".row.col.f32." + type + "." + type
                + ".f32 {%s0, %s1, %s2, %s3}, {%r2, %r2, %r3, %r3}, {%r4, %r5}, {%s0, %s1, %s2, %s3};\n";
    }
    text += "and.b32 %r9, %r0, 127;\nsetp.ne.u32 %p0, %r9, " + std::string(wgmma ? "37" : "5")
            + ";\n@%p0 bra END;\nst.global.b32 [%d1], %s3;\nEND:\nret;\n}\n";
    Machine m(uint64_t(16) << 20);
    Module& module = m.load(with_header(text));
    uint32_t* in = m.allocate<uint32_t>(16);
    for (uint32_t i = 0; i < k; i++) {
        in[i * bits / 32] |= raw(type, p.a[i]) << i * bits % 32;
        in[8 + i * bits / 32] |= raw(type, p.b[i]) << i * bits % 32;
    }
    float* out = m.allocate<float>(1);
    EXPECT_EQ(m.launch(module, "k", {1, 1, 1, wgmma ? 128u : 32u}, in, out, p.c).text, "");
    set_tensor_core(TensorCore::Exact);
    return *out;
}

void expect_sum(const Probe& p, TensorCore model, float wanted) {
    on_every_level([&] {
        if (std::string(p.type) != "e4m3") EXPECT_EQ(run_probe(p, model, false), wanted);
        EXPECT_EQ(run_probe(p, model, true), wanted);
    });
}

std::vector<float> repeated(float x, size_t n) { return std::vector<float>(n, x); }

}  // namespace

// The published probes: 2^25 and sixteen ones; 2^26.
TEST(ones_beside_a_large_number) {
    const std::vector<float> ones = repeated(1, 16);
    expect_sum({"bf16", ones, ones, 0x1p25f}, TensorCore::H100, 0x1p25f + 16);
    expect_sum({"bf16", ones, ones, 0x1p25f}, TensorCore::A100, 0x1p25f);
    expect_sum({"bf16", ones, ones, 0x1p26f}, TensorCore::H100, 0x1p26f);
    expect_sum({"bf16", ones, ones, 0x1p24f}, TensorCore::Exact, 0x1p24f);  // each one alone is lost
    expect_sum({"bf16", ones, ones, 0x1p24f}, TensorCore::A100, 0x1p24f + 16);
}

// Terms are cut toward zero, each by itself, and so is the result.
TEST(terms_are_truncated) {
    std::vector<float> a = repeated(0, 16), b = repeated(1, 16);
    a[3] = 1, a[9] = -0x1p-26f;
    expect_sum({"bf16", a, b, 0}, TensorCore::H100, 1);  // below the last bit kept
    a[9] = -0x1p-25f;
    expect_sum({"bf16", a, b, 0}, TensorCore::H100, 1 - 0x1p-24f);  // kept, and the sum rounded toward zero
    expect_sum({"bf16", a, b, 0}, TensorCore::A100, 1);             // there one bit less is kept
    a[9] = -0x1p-24f, a[3] = -1;
    expect_sum({"bf16", a, b, 0}, TensorCore::H100, -1);  // away from a tie: toward zero
    expect_sum({"bf16", a, b, 0}, TensorCore::Exact, -1);
    a[9] = -0x1.8p-24f;
    expect_sum({"bf16", a, b, 0}, TensorCore::Exact, -1 - 0x1p-23f);
    expect_sum({"bf16", a, b, 0}, TensorCore::H100, -1);
}

// A product of two numbers with full fractions is aligned by its factors' exponents, not by its own.
TEST(exponents_of_products_are_not_normalised) {
    std::vector<float> a = repeated(0, 8), b = repeated(1, 8);
    a[0] = b[0] = 1.5f, a[1] = 0x1p-25f;
    // 2.25 counts as exponent 0: 2^-25 is kept, and lost when rounded to a float.
    expect_sum({"tf32", a, b, -2.25f}, TensorCore::H100, 0);  // by the accumulator's exponent, 1, it is cut
    expect_sum({"tf32", a, b, -1.75f}, TensorCore::H100, 0.5f);
    a[2] = -1.5f, b[2] = 1.5f;
    expect_sum({"tf32", a, b, 0}, TensorCore::H100, 0x1p-25f);
    a[1] = 0x1p-26f;
    expect_sum({"tf32", a, b, 0}, TensorCore::H100, 0);
}

TEST(eight_bit_sums_keep_thirteen_bits) {
    std::vector<float> a = repeated(0, 32), b = repeated(1, 32);
    a[5] = 64, a[20] = 0x1p-6f, b[20] = 0x1p-1f;
    expect_sum({"e4m3", a, b, 0}, TensorCore::H100, 64 + 0x1p-7f);
    b[20] = 0x1p-2f;
    expect_sum({"e4m3", a, b, 0}, TensorCore::H100, 64);
    expect_sum({"e4m3", a, b, 0}, TensorCore::Exact, 64 + 0x1p-8f);
}

TEST_MAIN
