// Ranges reach a profiler that comes as libnvToolsExt.so.1, and one that is attached as Nsight Systems is; without one there
// are none.
#include <dlfcn.h>

#include <cstdlib>

#include "expect.h"
#include "java.h"

namespace {

JNIEnv* const env = java::environment();

std::string log_of_two_ranges() {
    char* log = static_cast<char*>(dlsym(dlopen(PROFILER, RTLD_NOW | RTLD_LOCAL), "profiler_log"));
    log[0] = 0;
    EXPECT(NATIVE(nvtxStart)(env, nullptr));
    NATIVE(nvtxPush)(env, nullptr, reinterpret_cast<jstring>(const_cast<char*>("conv")));
    NATIVE(nvtxPush)(env, nullptr, reinterpret_cast<jstring>(const_cast<char*>("norm")));
    NATIVE(nvtxPop)(env, nullptr);
    NATIVE(nvtxPop)(env, nullptr);
    EXPECT_EQ(java::borrowed(), 0);
    return log;
}

}  // namespace

TEST(nothing_listens_without_a_profiler) {
    unsetenv("NVTX_INJECTION64_PATH");
    EXPECT(!NATIVE(nvtxStart)(env, nullptr));
}

TEST(ranges_reach_the_library) { EXPECT_EQ(log_of_two_ranges(), "domain zoetrope;push conv;push norm;pop;pop;"); }

TEST(ranges_reach_an_attached_profiler) {
    setenv("NVTX_INJECTION64_PATH", PROFILER, 1);
    EXPECT_EQ(log_of_two_ranges(), "attached;domain zoetrope;push conv;push norm;pop;pop;");
}

TEST_MAIN
