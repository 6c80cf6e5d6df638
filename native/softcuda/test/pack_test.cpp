// mov with braces: the same opcode packs into one register and unpacks from one; only the braces tell which.
#include "expect.h"
#include "machine.h"

using namespace softcuda;

static const std::string kPack = with_header(R"(
.visible .entry pack(.param .u64 in, .param .u64 out)
{
    .reg .b16 %h<3>; .reg .b32 %r<7>; .reg .b64 %d<4>;
    ld.param.u64 %d1, [in];
    ld.param.u64 %d2, [out];
    mov.u32 %r1, %tid.x;
    mad.wide.u32 %d1, %r1, 4, %d1;
    mad.wide.u32 %d2, %r1, 16, %d2;
    ld.global.u32 %r2, [%d1];
    mov.b32 {%h1, %h2}, %r2;
    cvt.u32.u16 %r3, %h1;
    cvt.u32.u16 %r4, %h2;
    mov.b32 %r5, {%h2, %h1};
    mov.b64 %d3, {%r2, %r5};
    mov.b64 {_, %r6}, %d3;
    st.global.v4.u32 [%d2], {%r3, %r4, %r5, %r6};
    ret;
}
)");

TEST(braces_on_either_side_of_mov) {
    Machine m;
    Module& module = m.load(kPack);
    uint32_t *in = m.allocate<uint32_t>(32), *out = m.allocate<uint32_t>(128);
    for (uint32_t i = 0; i < 32; i++) in[i] = 0x80017f00u + i * 0x00030005u;
    EXPECT_EQ(m.launch(module, "pack", {}, in, out).text, "");
    for (uint32_t i = 0; i < 32; i++) {
        uint32_t low = in[i] & 0xffffu, high = in[i] >> 16;
        EXPECT_EQ(out[4 * i], low);
        EXPECT_EQ(out[4 * i + 1], high);
        EXPECT_EQ(out[4 * i + 2], high | low << 16);
        EXPECT_EQ(out[4 * i + 3], high | low << 16);
    }
}

TEST_MAIN
