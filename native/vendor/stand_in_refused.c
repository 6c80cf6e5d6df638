/* Every other function that the binding asks of the library, so that a call of one fails by its name rather than ending the
 * process. SYMBOLS: the list; NOT_SUPPORTED_STATUS: the library's status code. */
#include <stdio.h>

#define SYMBOL(name)                                                                                                   \
    __attribute__((weak, visibility("default"))) int name(void) {                                                      \
        fprintf(stderr, "stand-in: %s is not there\n", #name);                                                         \
        return NOT_SUPPORTED_STATUS;                                                                                   \
    }
#include SYMBOLS
