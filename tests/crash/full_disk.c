/* A disk without room: while the file that KEYFOB_FULL_DISK names is there, nothing is written to a database file
   (ENOSPC). Preloaded into the server by tests/crash/faults.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_full(int fd) {
    const char *switch_file = getenv("KEYFOB_FULL_DISK");
    if (!switch_file || access(switch_file, F_OK)) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, ".db") != NULL;
}

#define REFUSE_OR(type, name, parameters, arguments)                            \
    type name parameters {                                                       \
        static type(*next) parameters;                                           \
        if (!next) next = (type(*) parameters)dlsym(RTLD_NEXT, #name);           \
        if (is_full(fd)) {                                                       \
            errno = ENOSPC;                                                      \
            return -1;                                                           \
        }                                                                        \
        return next arguments;                                                   \
    }

REFUSE_OR(ssize_t, write, (int fd, const void *data, size_t length), (fd, data, length))
REFUSE_OR(ssize_t, pwrite, (int fd, const void *data, size_t length, off_t at), (fd, data, length, at))
REFUSE_OR(ssize_t, pwrite64, (int fd, const void *data, size_t length, off64_t at), (fd, data, length, at))
