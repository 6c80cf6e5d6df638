// .aligned instructions in checked mode: run by some of a warp's lanes only they are mistakes; lanes that part before and meet
// again in time, or have nothing left to do, are not.
#include "expect.h"
#include "kernels.h"

using namespace softcuda;

namespace {

const std::vector<std::string> kAligned = {
    "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r2];",
    "stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r2], {%r3};",
    "movmatrix.sync.aligned.m8n8.trans.b16 %r4, %r3;",
    "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%f0, %f1, %f2, %f3}, {%r3, %r3}, {%r3}, {%f0, %f1, %f2, %f3};",
    "barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;",
};

// Warp 1 takes another way than warp 0, which never parts.
std::string kernel(const std::string& body) {
    return with_header(R"(
.visible .entry k() {
    .reg .pred %p<4>; .reg .b32 %r<8>; .reg .f32 %f<4>;
    .shared .align 128 .b8 data[1024];
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, data;
    mad.lo.u32 %r2, %r0, 16, %r1;
    mov.u32 %r3, %r0;
    st.shared.v4.u32 [%r2], {%r3, %r3, %r3, %r3};
    bar.sync 0;
    setp.ge.u32 %p1, %r0, 40;
    mov.f32 %f0, 0f00000000; mov.f32 %f1, %f0; mov.f32 %f2, %f0; mov.f32 %f3, %f0;
)" + body + "\nret;\n}\n");
}

FaultReport run_kernel(const std::string& body, uint64_t seed) {
    Checks checks(true, seed);
    Machine m(uint64_t(16) << 20);
    return m.launch(m.load(kernel(body)), "k", {1, 1, 1, 64});
}

void expect_divergent(const std::string& instruction, const std::string& body) {
    for (uint64_t seed : {0, 1, 2}) {
        const FaultReport f = run_kernel(body, seed);
        EXPECT_EQ(f.code, 719);
        const std::string name = instruction.substr(0, instruction.find_first_of("."));
        for (const std::string& part : {"divergent " + name, std::string("kernel k"), std::string("PTX line "),
                                        std::string("block (0, 0, 0)"), std::string("warp 1")})
            if (f.text.find(part) == std::string::npos)
                expect::failed(__FILE__, __LINE__, "no \"" + part + "\" in: " + f.text + " of\n" + body);
    }
}

void expect_silent(const std::string& body) {
    for (uint64_t seed : {0, 1, 2}) EXPECT_EQ(run_kernel(body, seed).text, "");
}

}  // namespace

TEST(lanes_that_go_round_an_instruction) {
    for (const std::string& i : kAligned) {
        expect_divergent(i, "@%p1 bra OTHERS;\n" + i + "\nOTHERS:\nmov.u32 %r5, 1;\nst.shared.u32 [%r2], %r5;");
        expect_silent("@%p1 bra OTHERS;\nmov.u32 %r3, 5;\nOTHERS:\n" + i + "\nst.shared.u32 [%r2], %r3;");
    }
}

TEST(lanes_at_two_instructions) {
    for (const std::string& i : kAligned)
        expect_divergent(
            i, "@%p1 bra OTHERS;\n" + i + "\nbra DONE;\nOTHERS:\n" + i + "\nDONE:\nst.shared.u32 [%r2], %r3;");
}

TEST(lanes_that_end_before) {
    for (const std::string& i : kAligned) expect_silent("@%p1 bra END;\n" + i + "\nEND:");
}

TEST(lanes_that_come_later) {
    for (const std::string& i : kAligned)
        expect_silent(
            "bra CHOOSE;\nTOGETHER:\n" + i
            + "\nbra END;\nCHOOSE:\n@%p1 bra LATER;\nbra TOGETHER;\nLATER:\nmov.u32 %r3, 7;\nbra TOGETHER;\nEND:");
}

TEST_MAIN
