// Launches that do not end: ZOETROPE_TIMEOUT ends them.
#include <cstdlib>

#include "driver_fixture.h"
#include "machine.h"

using namespace softcuda;

namespace {

// Read once by the machine, before the first launch.
const int limited = setenv("ZOETROPE_TIMEOUT", "0.5", 1);

std::string kernel(const std::string& body) {
    return with_header(R"(
.visible .entry k(.param .u64 flag)
{
    .reg .pred %p<4>;
    .reg .b32 %r<8>;
    .reg .b64 %rd<4>;
    ld.param.u64 %rd1, [flag];
    mov.u32 %r1, %tid.x;
    mov.u32 %r2, %ctaid.x;
)" + body + R"(
    st.global.u32 [%rd1], 7;
    ret;
}
)");
}

const char* const kForEver = R"(
LOOP:
    add.u32 %r3, %r3, 1;
    bra LOOP;
)";

// Spins until another block writes what no block writes.
const char* const kWaiting = R"(
LOOP:
    ld.volatile.global.u32 %r3, [%rd1];
    setp.ne.u32 %p1, %r3, 1;
    @%p1 bra LOOP;
)";

// Spins in the threads for which `leaves` makes %p1 false.
std::string spins_unless(const std::string& leaves) {
    return leaves + R"(
    @%p1 bra OUT;
LOOP:
    add.u32 %r3, %r3, 1;
    setp.ne.u32 %p2, %r3, 0;
    @%p2 bra LOOP;
    bra LOOP;
OUT:
)";
}

const std::string kOneLane = spins_unless("setp.ne.u32 %p1, %r1, 5;");
// The second warp waits at the barrier for the first.
const std::string kBeforeBarrier = spins_unless("setp.ge.u32 %p1, %r1, 32;") + "bar.sync 0;\n";

void expect_timeout(const FaultReport& f) {
    EXPECT_EQ(f.code, 702);
    EXPECT(f.text.find("ran longer than ZOETROPE_TIMEOUT allows in kernel k at PTX line ") == 0);
    EXPECT(f.text.find("warp 0") != std::string::npos);
}

}  // namespace

TEST(ends_loops_of_every_kind) {
    Machine m;
    uint32_t* flag = m.allocate<uint32_t>(1);
    for (const std::string& body : {std::string(kForEver), std::string(kWaiting), kOneLane, kBeforeBarrier}) {
        expect_timeout(m.launch(m.load(kernel(body)), "k", {1, 1, 1, 64}, flag));
    }
    Module& module = m.load(kernel(kWaiting));
    expect_timeout(m.launch(module, "k", {7, 1, 1, 64}, flag));
    Machine::Shape together{3, 1, 1, 64};
    together.cooperative = true;
    expect_timeout(m.launch(module, "k", together, flag));
}

TEST(leaves_launches_that_end_alone) {
    Machine m;
    uint32_t* flag = m.allocate<uint32_t>(1);
    Module& module = m.load(kernel(R"(
    mov.u32 %r3, 0;
LOOP:
    add.u32 %r3, %r3, 1;
    setp.ne.u32 %p1, %r3, 40000;
    @%p1 bra LOOP;
)"));
    EXPECT_EQ(m.launch(module, "k", {1, 1, 1, 32}, flag).text, "");
    EXPECT_EQ(*flag, 7u);
}

TEST(is_a_sticky_error_of_the_driver) {
    Fixture f;
    CUmodule module = nullptr;
    CUfunction k = nullptr;
    EXPECT_EQ(cuModuleLoadData(&module, kernel(kForEver).c_str()), 0);
    EXPECT_EQ(cuModuleGetFunction(&k, module, "k"), 0);
    CUdeviceptr p = f.upload({1});
    void* parameters[] = {&p};
    EXPECT_EQ(cuLaunchKernel(k, 1, 1, 1, 32, 1, 1, 0, nullptr, parameters, nullptr), CUDA_ERROR_LAUNCH_TIMEOUT);
    EXPECT_EQ(cuCtxSynchronize(), CUDA_ERROR_LAUNCH_TIMEOUT);
}

TEST_MAIN
