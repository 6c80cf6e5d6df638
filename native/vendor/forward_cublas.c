/* libcublas.so.12 where only libcublas.so.13 is installed: every function that JCublas 12.6 binds goes on to the function of the
 * same name. The functions it binds have the same arguments in both, so a jump is enough and keeps registers and stack as they
 * are. One that 13 lacks returns CUBLAS_STATUS_NOT_SUPPORTED and is named on stderr.
 *
 * libcublas.so.13 has been loaded by whoever loads this: it is found by its SONAME. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

/* The versions that every glibc for x86-64 has. */
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");
__asm__(".symver dlerror,dlerror@GLIBC_2.2.5");

#define SUCCESSOR "libcublas.so.13"
#define CUBLAS_STATUS_NOT_SUPPORTED 15

static const char* const names[] = {
#define SYMBOL(name) #name,
#include "cublas_symbols.h"
#undef SYMBOL
};
enum {
#define SYMBOL(name) INDEX_##name,
#include "cublas_symbols.h"
#undef SYMBOL
    COUNT
};

/* Where each function goes on; read by the jumps below. */
__attribute__((visibility("hidden"), used)) void* zoetrope_forward_targets[COUNT];

__attribute__((visibility("hidden"), used)) int zoetrope_forward_refuse(unsigned index) {
    fprintf(stderr, "zoetrope: %s was called, which %s does not have\n", names[index], SUCCESSOR);
    return CUBLAS_STATUS_NOT_SUPPORTED;
}

/* Reached from a jump below with the function's number in r11. */
__asm__(
    ".text\n"
    ".type zoetrope_forward_missing, @function\n"
    "zoetrope_forward_missing:\n"
    "    mov %r11d, %edi\n"
    "    jmp zoetrope_forward_refuse\n");
extern char zoetrope_forward_missing[] __attribute__((visibility("hidden")));

/* r11 is the caller's to lose and carries no argument. The assembler counts the functions in the order of the list, as the enumeration does. */
__asm__(".set zoetrope_forward_number, 0\n");
#define SYMBOL(name)                                                                                                   \
    __asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name                                              \
            ":\n"                                                                                                      \
            "    movl $zoetrope_forward_number, %r11d\n"                                                               \
            "    jmp *zoetrope_forward_targets+8*zoetrope_forward_number(%rip)\n"                                      \
            ".size " #name ", . - " #name                                                                              \
            "\n"                                                                                                       \
            ".set zoetrope_forward_number, zoetrope_forward_number + 1\n");
#include "cublas_symbols.h"
#undef SYMBOL

__attribute__((constructor)) static void find_targets(void) {
    void* successor = dlopen(SUCCESSOR, RTLD_LAZY | RTLD_LOCAL);
    if (!successor) fprintf(stderr, "zoetrope: %s\n", dlerror());
    for (unsigned i = 0; i < COUNT; i++) {
        void* target = successor ? dlsym(successor, names[i]) : 0;
        zoetrope_forward_targets[i] = target ? target : (void*) zoetrope_forward_missing;
    }
}
