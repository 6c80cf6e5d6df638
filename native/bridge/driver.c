// Finds the driver's functions. Whoever decides which driver the process has (NVIDIA's, or softcuda) loads it; here it is
// only looked for, so the bridge can never bring in a second one.
#include "driver.h"

#include <dlfcn.h>

// glibc 2.34 moved these two and gave them a new version, which older systems lack. The first one is still there everywhere.
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");

struct Driver driver;

typedef int (*GetProcAddress)(const char* name, void** function, int version, uint64_t flags, int* status);

static void* find(void* library, GetProcAddress ask, const char* symbol, const char* name, int version) {
    void* function = dlsym(library, symbol);
    if (!function && ask) {
        int status = 0;
        if (ask(name, &function, version, 0, &status) != 0) function = NULL;
    }
    return function;
}

int driver_bind(void) {
    void* library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    if (!library) return -1;
    GetProcAddress ask = (GetProcAddress) dlsym(library, "cuGetProcAddress_v2");
    int found = 0, bit = 0;
#define X(member, symbol, name, version, parameters)                                                                   \
    driver.member = (int(*) parameters) find(library, ask, symbol, name, version);                                     \
    found |= (driver.member != NULL) << bit++;
    DRIVER_CALLS(X)
#undef X
    return found;
}

const char* driver_symbols(void) {
#define X(member, symbol, name, version, parameters) "," symbol
    return &(DRIVER_CALLS(X))[1];
#undef X
}
