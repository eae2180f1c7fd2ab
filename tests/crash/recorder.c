/* Records what a process does to the files of a database, and when it flushes and answers: the order in which
   a disk gets to see it. Preloaded into the server by tests/crash/power.py, which builds from the records what
   may be on the disk after the power was cut.

   KEYFOB_RECORD names the file of records; KEYFOB_RECORD_PREFIX is how the paths of recorded files begin. A
   record is: op (1 byte), length of the name (2), length of the data (4), offset (8), all little-endian, then
   name and data. Ops: W write, T truncate, S flush, U unlink, R rename, L hard link (data: the new name). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int records = -1;
static const char *prefix;
static char *names[FILES];

#define NEXT(type, name, arguments) \
    static type(*next) arguments; \
    if (!next) next = (type(*) arguments)dlsym(RTLD_NEXT, name)

static ssize_t plain_write(int fd, const void *data, size_t length) {
    NEXT(ssize_t, "write", (int, const void *, size_t));
    return next(fd, data, length);
}

static int plain_open(const char *path, int flags, mode_t mode) {
    NEXT(int, "open64", (const char *, int, ...));
    return next(path, flags, mode);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("KEYFOB_RECORD");
    prefix = getenv("KEYFOB_RECORD_PREFIX");
    if (path && prefix) records = plain_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The name of a recorded file, without its folder; the lock is held. */
static const char *recorded(int fd) {
    return fd >= 0 && fd < FILES ? names[fd] : NULL;
}

static const char *short_name(const char *path) {
    if (records < 0 || !path || strncmp(path, prefix, strlen(prefix))) return NULL;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    /* The index of the log is in memory alone, and the lock says nothing of the data. */
    size_t length = strlen(name);
    if (length > 4 && !strcmp(name + length - 4, "-shm")) return NULL;
    if (length > 5 && !strcmp(name + length - 5, "-lock")) return NULL;
    return name;
}

static void put(char op, const char *name, const void *data, uint32_t length, uint64_t offset) {
    char head[15];
    uint16_t name_length = (uint16_t)strlen(name);
    head[0] = op;
    memcpy(head + 1, &name_length, 2);
    memcpy(head + 3, &length, 4);
    memcpy(head + 7, &offset, 8);
    /* One write, so that a kill leaves at most the last record cut off. */
    size_t size = sizeof head + name_length + length;
    char *record = malloc(size);
    if (!record) abort();
    memcpy(record, head, sizeof head);
    memcpy(record + sizeof head, name, name_length);
    if (length) memcpy(record + sizeof head + name_length, data, length);
    if (plain_write(records, record, size) != (ssize_t)size) abort();
    free(record);
}

static int opened(int fd, const char *path) {
    const char *name = short_name(path);
    if (fd >= 0 && fd < FILES) {
        pthread_mutex_lock(&lock);
        free(names[fd]);
        names[fd] = name ? strdup(name) : NULL;
        pthread_mutex_unlock(&lock);
    }
    return fd;
}

#define OPEN(function) \
    int function(const char *path, int flags, ...) { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list more; \
            va_start(more, flags); \
            mode = va_arg(more, mode_t); \
            va_end(more); \
        } \
        return opened(plain_open(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    NEXT(int, "close", (int));
    if (fd >= 0 && fd < FILES) {
        pthread_mutex_lock(&lock);
        free(names[fd]);
        names[fd] = NULL;
        pthread_mutex_unlock(&lock);
    }
    return next(fd);
}

static void note(char op, int fd, const void *data, size_t length, uint64_t offset) {
    pthread_mutex_lock(&lock);
    const char *name = recorded(fd);
    if (name) put(op, name, data, (uint32_t)length, offset);
    pthread_mutex_unlock(&lock);
}

/* A write is recorded before it happens: an answer that it leads to comes after it in any case. */
#define PWRITE(function, offset_type) \
    ssize_t function(int fd, const void *data, size_t length, offset_type offset) { \
        NEXT(ssize_t, #function, (int, const void *, size_t, offset_type)); \
        note('W', fd, data, length, (uint64_t)offset); \
        return next(fd, data, length, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    pthread_mutex_lock(&lock);
    const char *name = recorded(fd);
    if (name) put('W', name, data, (uint32_t)length, (uint64_t)lseek(fd, 0, SEEK_CUR));
    pthread_mutex_unlock(&lock);
    return plain_write(fd, data, length);
}

#define TRUNCATE(function, length_type) \
    int function(int fd, length_type length) { \
        NEXT(int, #function, (int, length_type)); \
        note('T', fd, NULL, 0, (uint64_t)length); \
        return next(fd, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* A flush is recorded after it has happened: before that nothing may rely on it. */
#define FLUSH(function) \
    int function(int fd) { \
        NEXT(int, #function, (int)); \
        int result = next(fd); \
        if (result == 0) note('S', fd, NULL, 0, 0); \
        return result; \
    }
FLUSH(fsync)
FLUSH(fdatasync)

int unlink(const char *path) {
    NEXT(int, "unlink", (const char *));
    const char *name = short_name(path);
    pthread_mutex_lock(&lock);
    if (name) put('U', name, NULL, 0, 0);
    pthread_mutex_unlock(&lock);
    return next(path);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    NEXT(int, "linkat", (int, const char *, int, const char *, int));
    const char *name = short_name(from), *target = short_name(to);
    pthread_mutex_lock(&lock);
    if (name && target) put('L', name, target, (uint32_t)strlen(target), 0);
    pthread_mutex_unlock(&lock);
    return next(from_folder, from, to_folder, to, flags);
}

int rename(const char *from, const char *to) {
    NEXT(int, "rename", (const char *, const char *));
    const char *name = short_name(from), *target = short_name(to);
    pthread_mutex_lock(&lock);
    if (name && target) put('R', name, target, (uint32_t)strlen(target), 0);
    pthread_mutex_unlock(&lock);
    return next(from, to);
}
