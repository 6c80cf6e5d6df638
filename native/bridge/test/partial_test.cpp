// A driver that exports only cuLaunchKernel and cuGetProcAddress_v2: what the latter knows is used, the rest is missing.
#include <dlfcn.h>

#include "expect.h"
#include "java.h"
#include "stand_in.h"

TEST(asks_the_driver_for_what_it_does_not_export) {
    auto* driver = static_cast<StandIn*>(dlsym(dlopen(STAND_IN, RTLD_NOW | RTLD_LOCAL), "stand_in"));
    JNIEnv* env = java::environment();
    EXPECT_EQ(NATIVE(bind)(env, nullptr), 0b11);
    CUlaunchAttribute attribute;
    std::memset(static_cast<void*>(&attribute), 0, sizeof attribute);
    EXPECT_EQ(
        NATIVE(launch)(env, nullptr, 0x1111, 2, 3, 5, 7, 11, 13, 17, 0x2222, nullptr, 0, java::buffer(&attribute), 1),
        CUDA_SUCCESS);
    EXPECT_EQ(std::string(driver->called), "cuLaunchKernelEx");
    java::Array<jlong> offsetAndBytes{0, 0};
    EXPECT_EQ(NATIVE(parameterInfo)(env, nullptr, 0x1111, 0, java::of(offsetAndBytes)), CUDA_ERROR_NOT_SUPPORTED);
}

TEST_MAIN
