/* forward_test FORWARDER: with no libcublas.so.13 to go on to, any function of the forwarding library is refused with
 * CUBLAS_STATUS_NOT_SUPPORTED; none ends the process. That it goes on where there is one, java/cublas tests. */
#include <dlfcn.h>
#include <stdio.h>

static const char* const names[] = {
#define SYMBOL(name) #name,
#include "../cublas_symbols.h"
#undef SYMBOL
};

int main(int count, char** arguments) {
    if (dlopen("libcublas.so.13", RTLD_LAZY)) return 77; /* the machine has one: skipped */
    void* library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : 0;
    if (!library) {
        fprintf(stderr, "%s\n", count == 2 ? dlerror() : "expected the library's file");
        return 1;
    }
    int wrong = 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        int (*function)(void) = (int (*)(void)) dlsym(library, names[i]);
        if (!function || function() != 15) {
            fprintf(stderr, "%s: %s\n", names[i], function ? "was not refused" : "is not exported");
            wrong++;
        }
    }
    return wrong != 0;
}
