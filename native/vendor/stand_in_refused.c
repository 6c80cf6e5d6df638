/* Every other function that JCublas binds, so that a call of one fails by its name rather than ending the process. */
#include <stdio.h>

#define CUBLAS_STATUS_NOT_SUPPORTED 15

#define SYMBOL(name)                                                              \
    __attribute__((weak, visibility("default"))) int name(void) {                 \
        fprintf(stderr, "stand-in for cuBLAS: %s is not there\n", #name);         \
        return CUBLAS_STATUS_NOT_SUPPORTED;                                       \
    }
#include "cublas_symbols.h"
