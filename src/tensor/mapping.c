/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

enum { FIRST_ROOM = 1 << 16 };

/* A file that is mapped, in the list of all of them: a signal handler knows
 * nothing but an address. */
struct lln_mapped_file {
    struct lln_mapped_file *next;
    char *path;
    bool standard; /* it is standard input */
    const unsigned char *bytes;
    volatile size_t size; /* 0: closed */
    struct stat about;    /* when it was opened */
    atomic_bool mended;   /* by lln_mapping_mend */
    bool changed;         /* when it came to rest */
    bool resting;
};

static struct lln_mapped_file *_Atomic mapped_files;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Room for twice as many bytes, or as many as are claimed. Returns false if
 * there is none to be had. */
static bool grow_bytes(unsigned char **bytes, size_t *room, size_t claimed,
                       size_t most)
{
    size_t larger = claimed < 2 * *room ? claimed + 1 : 2 * *room;
    unsigned char *moved = *room < most ? realloc(*bytes, larger) : NULL;
    if (!moved)
        return false;
    *bytes = moved;
    *room = larger;
    return true;
}

/* Reads a pipe to its end. It may take half of the memory that is free. */
static lln_status read_stream(const char *path, int file,
                              lln_mapping_claim *claim, lln_mapping *mapping)
{
    size_t room = FIRST_ROOM, used = 0, most = lln_memory_available() / 2;
    unsigned char *bytes = malloc(room);
    ssize_t got = 0;
    lln_status status = bytes ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
    while (bytes && (got = read(file, bytes + used, room - used)) > 0) {
        used += (size_t)got;
        if (used < room)
            continue;
        size_t claimed =
            claim(&(lln_mapping){LLN_MAPPING_READ, bytes, used, NULL, bytes});
        if (claimed < used)
            break;
        if (!grow_bytes(&bytes, &room, claimed, most)) {
            status = lln_fail(LLN_ENOMEM, "more than %zu bytes: out of memory",
                              used);
            break;
        }
    }
    if (got < 0)
        status = lln_fail(LLN_EIO, "%s", strerror(errno));
    if (status == LLN_OK && used == 0)
        status = lln_fail(LLN_EFORMAT, "empty file");
    if (status == LLN_OK) {
        *mapping = (lln_mapping){LLN_MAPPING_READ, bytes, used, NULL, bytes};
        return LLN_OK;
    }
    free(bytes);
    return lln_fail_in(status, path);
}

/* Input from nowhere: empty, as the system has it. */
static bool is_null_device(const struct stat *about)
{
    struct stat null;
    return S_ISCHR(about->st_mode) && stat("/dev/null", &null) == 0 &&
           about->st_rdev == null.st_rdev;
}

/* Adds a mapped file to the list. NULL when out of memory. */
static struct lln_mapped_file *list_file(const char *path, int descriptor,
                                         const void *bytes,
                                         const struct stat *about)
{
    struct lln_mapped_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->path = strdup(path);
    if (!file->path) {
        free(file);
        return NULL;
    }
    file->standard = descriptor == STDIN_FILENO;
    file->bytes = bytes;
    file->size = (size_t)about->st_size;
    file->about = *about;
    pthread_mutex_lock(&lock);
    file->next = mapped_files;
    mapped_files = file;
    pthread_mutex_unlock(&lock);
    return file;
}

/* The node stays in the list, which a signal handler may be reading. */
static void unlist_file(struct lln_mapped_file *file)
{
    pthread_mutex_lock(&lock);
    file->size = 0;
    free(file->path);
    file->path = NULL;
    pthread_mutex_unlock(&lock);
}

static bool has_changed(const struct lln_mapped_file *file)
{
    const struct stat *then = &file->about;
    struct stat now;
    if (file->mended || file->changed)
        return true;
    if ((file->standard ? fstat(STDIN_FILENO, &now) : stat(file->path, &now)) !=
        0)
        return false; /* it has lost its name, not its numbers */
    return now.st_dev != then->st_dev || now.st_ino != then->st_ino ||
           now.st_size != then->st_size ||
           now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != then->st_mtim.tv_nsec;
}

lln_status lln_mappings_check(void)
{
    lln_status status = LLN_OK;
    pthread_mutex_lock(&lock);
    const struct lln_mapped_file *file = mapped_files;
    for (; file && status == LLN_OK; file = file->next)
        if (file->size > 0 && !file->resting && has_changed(file))
            status = lln_fail(LLN_EFORMAT,
                              "%s: changed while it was read; run the command "
                              "again",
                              file->path);
    pthread_mutex_unlock(&lock);
    return status;
}

void lln_mapping_rest(const lln_mapping *mapping)
{
    struct lln_mapped_file *file = mapping->file;
    if (!file)
        return;
    pthread_mutex_lock(&lock);
    file->changed = has_changed(file);
    file->resting = !file->changed;
    pthread_mutex_unlock(&lock);
}

void lln_mapping_use(const lln_mapping *mapping)
{
    if (!mapping->file)
        return;
    pthread_mutex_lock(&lock);
    mapping->file->resting = false;
    pthread_mutex_unlock(&lock);
}

bool lln_mapping_mend(const void *address)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)address;
    struct lln_mapped_file *file = mapped_files;
    while (file && (at < (uintptr_t)file->bytes ||
                    at >= (uintptr_t)file->bytes + file->size))
        file = file->next;
    if (!file)
        return false;
    file->mended = true;
    /* All that follows: there can be more pages than a process may map. */
    uintptr_t first = at / page * page,
              end = (uintptr_t)file->bytes + file->size;
    return mmap((void *)first, end - first, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static lln_status map_file(const char *path, int file, lln_mapping_claim *claim,
                           lln_mapping *mapping)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(EISDIR));
    if (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode))
        return read_stream(path, file, claim, mapping);
    if (is_null_device(&about) ||
        (S_ISREG(about.st_mode) && about.st_size == 0))
        return lln_fail(LLN_EFORMAT, "%s: empty file", path);
    if (!S_ISREG(about.st_mode))
        return lln_fail(LLN_EIO, "%s: not a file or a pipe", path);
    size_t size = (size_t)about.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return lln_fail(LLN_EIO, "%s: mapping %zu bytes: %s", path, size,
                        strerror(errno));
    *mapping = (lln_mapping){.kind = LLN_MAPPING_FILE,
                             .bytes = bytes,
                             .size = size,
                             .file = list_file(path, file, bytes, &about),
                             .owned = bytes};
    if (mapping->file)
        return LLN_OK;
    munmap(bytes, size);
    return lln_fail(LLN_ENOMEM, "%s: out of memory", path);
}

lln_status lln_mapping_open_claimed(const char *path, lln_mapping_claim *claim,
                                    lln_mapping *mapping)
{
    if (strcmp(path, "-") == 0)
        return map_file("standard input", STDIN_FILENO, claim, mapping);
    /* O_NONBLOCK: a pipe without a writer must not hang us; once it is open,
     * a writer that takes its time is waited for. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(errno));
    (void)fcntl(file, F_SETFL, 0);
    lln_status status = map_file(path, file, claim, mapping);
    close(file);
    return status;
}

static size_t claim_nothing(const lln_mapping *mapping)
{
    (void)mapping;
    return SIZE_MAX;
}

lln_status lln_mapping_open(const char *path, lln_mapping *mapping)
{
    return lln_mapping_open_claimed(path, claim_nothing, mapping);
}

void lln_mapping_close(lln_mapping *mapping)
{
    if (mapping->kind == LLN_MAPPING_READ) {
        free(mapping->owned);
    } else if (mapping->kind == LLN_MAPPING_FILE) {
        unlist_file(mapping->file);
        munmap(mapping->owned, mapping->size);
    }
    *mapping = (lln_mapping){0};
}

void lln_mapping_drop(const lln_mapping *mapping, const unsigned char *bytes,
                      size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)bytes + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)bytes + size) / page * page;
    if (mapping->kind == LLN_MAPPING_FILE && first < end)
        madvise((void *)first, end - first, MADV_DONTNEED);
}
