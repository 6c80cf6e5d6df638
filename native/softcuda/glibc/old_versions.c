// Lets libcuda.so.1 run on glibc 2.28 and later whatever glibc builds it: names that are newer, or have a newer version,
// are defined here and lead to the oldest one. The C++ runtime, which is linked in, uses them as well as our own code.
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>

#define HIDDEN __attribute__((visibility("hidden")))

// Since 2.34 the threads' functions are in libc.so.6 under a new version, and in their old one too; before they were in
// libpthread.so.0 with the old one alone.
#define OLD(type, name, parameters, arguments)                                                                         \
    extern type old_##name parameters;                                                                                 \
    __asm__(".symver old_" #name ", " #name "@GLIBC_2.2.5");                                                           \
    HIDDEN type our_##name parameters __asm__(#name);                                                                  \
    type our_##name parameters { return old_##name arguments; }

OLD(int, pthread_create, (pthread_t * thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument),
    (thread, attributes, run, argument))
OLD(int, pthread_join, (pthread_t thread, void** result), (thread, result))
OLD(int, pthread_detach, (pthread_t thread), (thread))
OLD(int, pthread_once, (pthread_once_t * once, void (*run)(void)), (once, run))
OLD(int, pthread_key_create, (pthread_key_t * key, void (*end)(void*)), (key, end))
OLD(int, __pthread_key_create, (pthread_key_t * key, void (*end)(void*)), (key, end))
OLD(int, pthread_key_delete, (pthread_key_t key), (key))
OLD(void*, pthread_getspecific, (pthread_key_t key), (key))
OLD(int, pthread_setspecific, (pthread_key_t key, const void* value), (key, value))
OLD(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
OLD(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
OLD(int, pthread_rwlock_unlock, (pthread_rwlock_t * lock), (lock))
OLD(int, pthread_sigmask, (int how, const sigset_t* set, sigset_t* before), (how, set, before))

// 2.32: false is right for any process, only slower for one with a single thread.
HIDDEN char our_single_threaded __asm__("__libc_single_threaded");
char our_single_threaded = 0;

// 2.36, of std::random_device, which the C++ runtime brings along.
HIDDEN uint32_t our_arc4random(void) __asm__("arc4random");
uint32_t our_arc4random(void) {
    uint32_t value = 0;
    while (getrandom(&value, sizeof value, 0) != sizeof value) {}
    return value;
}

// 2.35, asked by GCC's unwinder for the object whose code an address lies in; what dl_iterate_phdr knows is the same.
struct found_object {
    unsigned long long flags;
    void* map_start;
    void* map_end;
    void* link_map;
    void* eh_frame;
    unsigned long long reserved[7];
};

struct search {
    ElfW(Addr) address;
    struct found_object* found;
};

static int look(struct dl_phdr_info* info, size_t size, void* data) {
    (void) size;
    const struct search* wanted = data;
    const ElfW(Phdr)* frames = NULL;
    ElfW(Addr) start = 0, end = 0;
    int inside = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr)* part = &info->dlpi_phdr[i];
        ElfW(Addr) from = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_GNU_EH_FRAME) frames = part;
        if (part->p_type != PT_LOAD) continue;
        if (end == 0) start = from;
        end = from + part->p_memsz;
        inside |= wanted->address >= from && wanted->address < end;
    }
    if (!inside) return 0;
    if (frames == NULL) return -1;
    *wanted->found = (struct found_object){
        .map_start = (void*) start, .map_end = (void*) end, .eh_frame = (void*) (info->dlpi_addr + frames->p_vaddr)};
    return 1;
}

HIDDEN int our_dl_find_object(void* address, struct found_object* found) __asm__("_dl_find_object");
int our_dl_find_object(void* address, struct found_object* found) {
    struct search wanted = {(ElfW(Addr)) address, found};
    return dl_iterate_phdr(look, &wanted) == 1 ? 0 : -1;
}
