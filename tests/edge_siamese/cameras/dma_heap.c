// Preloaded where the kernel has no /dev/dma_heap: its buffers become memory files, so that libcamera's virtual camera runs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct allocation {
    uint64_t length;
    uint32_t fd, fd_flags;
    uint64_t heap_flags;
};
#define ALLOCATE _IOWR('H', 0, struct allocation)
#define DMA_BUF 'b'

static int is_heap(const char *path) { return path && !strncmp(path, "/dev/dma_heap/", 14); }
static int fake_heap(void) { return memfd_create("heap", MFD_CLOEXEC); }

#define REPLACE_OPEN(name)                                        \
    int name(const char *path, int flags, ...) {                  \
        va_list more;                                             \
        va_start(more, flags);                                    \
        int mode = va_arg(more, int);                             \
        va_end(more);                                             \
        if (is_heap(path)) return fake_heap();                    \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
        return real(path, flags, mode);                           \
    }
REPLACE_OPEN(open)
REPLACE_OPEN(open64)

#define REPLACE_OPENAT(name)                                      \
    int name(int folder, const char *path, int flags, ...) {      \
        va_list more;                                             \
        va_start(more, flags);                                    \
        int mode = va_arg(more, int);                             \
        va_end(more);                                             \
        if (is_heap(path)) return fake_heap();                    \
        int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
        return real(folder, path, flags, mode);                   \
    }
REPLACE_OPENAT(openat)
REPLACE_OPENAT(openat64)

int ioctl(int fd, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    if ((uint32_t)request == (uint32_t)ALLOCATE) {
        struct allocation *wanted = argument;
        int file = memfd_create("dmabuf", MFD_CLOEXEC);
        if (file < 0 || ftruncate(file, (off_t)wanted->length)) return -1;
        wanted->fd = (uint32_t)file;
        return 0;
    }
    if (((request >> 8) & 0xff) == DMA_BUF) return 0;
    int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}
