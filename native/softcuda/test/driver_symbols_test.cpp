// The library as JCuda meets it: its name, and every symbol it binds.
#include <dlfcn.h>

#include "expect.h"

namespace {

const char* const kNames[] = {
#define X(name) #name,
#include "jcuda_symbols.inc"
#undef X
};

void* library() {
    static void* const handle = dlopen(SOFTCUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    return handle;
}

}  // namespace

TEST(loads) {
    EXPECT(library() != nullptr);
    if (!library()) std::fprintf(stderr, "%s\n", dlerror());
}

TEST(is_found_by_its_soname) { EXPECT(library() && dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD) == library()); }

TEST(exports_every_call_that_jcuda_binds) {
    int count = 0;
    for (const char* name : kNames) {
        if (library() && dlsym(library(), name)) ++count;
        else expect::failed(__FILE__, __LINE__, std::string("missing: ") + name);
    }
    EXPECT_EQ(count, 312);
}

TEST(keeps_its_own_symbols_to_itself) {
    EXPECT(library() && !dlsym(library(), "_ZN8softcuda6driver5arenaEv"));
    EXPECT(library() && !dlsym(library(), "_ZN8softcuda12worker_countEv"));
}

TEST(says_what_it_does_not_support) {
    using Call = int (*)(void*, void*);
    for (const char* name :
         {"cuArrayCreate_v2", "cuTexObjectCreate", "cuGLInit", "cuIpcGetMemHandle", "cuLinkComplete", "cuMemCreate"}) {
        auto call = library() ? reinterpret_cast<Call>(dlsym(library(), name)) : nullptr;
        EXPECT_EQ(call ? call(nullptr, nullptr) : -1, 801);
    }
}

TEST_MAIN
