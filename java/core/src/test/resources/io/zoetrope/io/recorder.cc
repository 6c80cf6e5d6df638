// Preloaded into a process, notes in the file $RECORDER_LOG what it does to files, a line each, in order: "write PATH",
// "fsync PATH", "mkdir PATH", "rename FROM TO". A rename onto $RECORDER_BUSY fails as onto a mounted file.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void note(const char *format, ...) {
    const char *log = getenv("RECORDER_LOG");
    if (log == NULL) return;
    char line[3 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int saved = errno;
    int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (syscall(SYS_write, fd, line, length) != length) abort();
    syscall(SYS_close, fd);
    errno = saved;
}

static void note_descriptor(const char *what, int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0 && path[0] == '/') {
        path[length] = 0;
        note("%s %s\n", what, path);
    }
}

ssize_t write(int fd, const void *bytes, size_t size) {
    note_descriptor("write", fd);
    return NEXT(write)(fd, bytes, size);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    note_descriptor("write", fd);
    return NEXT(pwrite64)(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    note_descriptor("write", fd);
    return NEXT(writev)(fd, parts, count);
}

int fsync(int fd) {
    note_descriptor("fsync", fd);
    return NEXT(fsync)(fd);
}

int fdatasync(int fd) {
    note_descriptor("fdatasync", fd);
    return NEXT(fdatasync)(fd);
}

int mkdir(const char *path, mode_t mode) {
    note("mkdir %s\n", path);
    return NEXT(mkdir)(path, mode);
}

int rename(const char *from, const char *to) {
    note("rename %s %s\n", from, to);
    const char *busy = getenv("RECORDER_BUSY");
    if (busy != NULL && strcmp(busy, to) == 0) {
        errno = EBUSY;
        return -1;
    }
    return NEXT(rename)(from, to);
}
