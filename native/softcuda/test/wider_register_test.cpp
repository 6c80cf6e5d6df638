// Conversions into registers wider than their type: PTX ISA, "Operand size exceeding instruction-type size": signed results
// are sign-extended to the register's width, others zero-extended.
#include "expect.h"
#include "machine.h"

using namespace softcuda;

namespace {

const int64_t kInputs[] = {0,
                           1,
                           -1,
                           127,
                           128,
                           129,
                           255,
                           256,
                           -128,
                           -129,
                           32767,
                           32768,
                           65535,
                           65536,
                           -32768,
                           -32769,
                           2147483647,
                           2147483648,
                           4294967295,
                           4294967296,
                           -2147483648,
                           -2147483649,
                           0x123456789abcdef0,
                           -0x123456789abcdef0};
constexpr int kCount = sizeof kInputs / sizeof *kInputs;

// The low `bits` of x, extended to 64 bits.
int64_t extended(int64_t x, int bits, bool isSigned) {
    const int drop = 64 - bits;
    return isSigned ? int64_t(uint64_t(x) << drop) >> drop : int64_t(uint64_t(x) << drop >> drop);
}

// Converts 64-bit inputs to `type` in registers of `width` bits, under a guard that spares every third thread.
std::string kernel(const std::string& conversion, const std::string& load, int width) {
    const std::string reg = width == 64 ? "%rd6" : "%r6";
    return with_header(R"(
.visible .entry k(.param .u64 from, .param .u64 to)
{
    .reg .pred %p<3>;
    .reg .b32 %r<8>;
    .reg .b64 %rd<8>;
    .reg .f32 %f<2>;
    ld.param.u64 %rd1, [from];
    ld.param.u64 %rd2, [to];
    mov.u32 %r1, %tid.x;
    mul.wide.u32 %rd3, %r1, 8;
    add.u64 %rd4, %rd1, %rd3;
    add.u64 %rd5, %rd2, %rd3;
    rem.u32 %r2, %r1, 3;
    setp.ne.u32 %p1, %r2, 2;
)" + load + "    mov.b" + std::to_string(width)
                       + " " + reg + ", 77;\n    @%p1 " + conversion + "\n    st.global.b" + std::to_string(width)
                       + " [%rd5], " + reg + ";\n    ret;\n}\n");
}

void expect_extended(const std::string& conversion, const std::string& load, int bits, bool isSigned, int width,
                     int64_t (*input)(int64_t)) {
    on_every_level([&] {
        Machine m;
        int64_t *from = m.allocate<int64_t>(kCount), *to = m.allocate<int64_t>(kCount);
        std::copy(kInputs, kInputs + kCount, from);
        EXPECT_EQ(m.launch(m.load(kernel(conversion, load, width)), "k", {1, 1, 1, kCount}, from, to).text, "");
        for (int i = 0; i < kCount; i++) {
            const int64_t wanted = i % 3 == 2 ? 77 : extended(input(kInputs[i]), bits, isSigned);
            if (extended(to[i], width, true) != extended(wanted, width, true))
                expect::failed(__FILE__, __LINE__,
                               conversion + " of " + std::to_string(kInputs[i]) + " at " + active_level() + ": got "
                                   + std::to_string(extended(to[i], width, true)));
        }
    });
}

struct Narrow {
    const char* name;
    int bits;
    bool isSigned;
};
const Narrow kTypes[] = {{"s8", 8, true},    {"u8", 8, false},  {"s16", 16, true},
                         {"u16", 16, false}, {"s32", 32, true}, {"u32", 32, false}};

}  // namespace

TEST(integers_narrowed) {
    const std::string load = "    ld.global.b64 %rd7, [%rd4];\n";
    for (const Narrow& t : kTypes) {
        for (int width : {32, 64}) {
            if (t.bits == width) continue;
            const std::string to = width == 64 ? "%rd6" : "%r6";
            expect_extended(std::string("cvt.") + t.name + ".s64 " + to + ", %rd7;", load, t.bits, t.isSigned, width,
                            [](int64_t x) { return x; });
        }
    }
}

TEST(integers_saturated) {
    const std::string load = "    ld.global.b64 %rd7, [%rd4];\n";
    expect_extended("cvt.sat.s8.s64 %r6, %rd7;", load, 8, true, 32, [](int64_t x) {
        return x < -128 ? int64_t(-128) : x > 127 ? int64_t(127) : x;
    });
    expect_extended("cvt.sat.s16.s64 %rd6, %rd7;", load, 16, true, 64, [](int64_t x) {
        return x < -32768 ? int64_t(-32768) : x > 32767 ? int64_t(32767) : x;
    });
    expect_extended("cvt.sat.u8.s64 %rd6, %rd7;", load, 8, false, 64, [](int64_t x) {
        return x < 0 ? int64_t(0) : x > 255 ? int64_t(255) : x;
    });
}

TEST(floats_rounded) {
    const std::string load = "    ld.global.b64 %rd7, [%rd4];\n    cvt.rn.f32.s64 %f1, %rd7;\n";
    expect_extended("cvt.rzi.s8.f32 %r6, %f1;", load, 8, true, 32, [](int64_t x) {
        return x < -128 ? int64_t(-128) : x > 127 ? int64_t(127) : x;
    });
    expect_extended("cvt.rzi.s16.f32 %rd6, %f1;", load, 16, true, 64, [](int64_t x) {
        return x < -32768 ? int64_t(-32768) : x > 32767 ? int64_t(32767) : x;
    });
}

TEST_MAIN
