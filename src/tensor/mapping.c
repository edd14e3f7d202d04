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
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tensor/folder.h"
#include "tensor/stream.h"

/* A part that was read from a file. */
typedef struct part {
    struct part *next;
    unsigned char bytes[];
} part;

/* A regular file, in the list of all of them: a signal handler knows only an
 * address. */
struct lln_mapped_file {
    struct lln_mapped_file *next;
    char *path;
    bool standard;              /* it is standard input */
    const unsigned char *bytes; /* NULL: it is read in parts */
    volatile size_t size;       /* 0: closed */
    struct stat about;          /* when it was opened */
    atomic_bool mended;         /* by lln_mapping_mend */
    bool changed_before;        /* it had changed before lln_mapping_rest */
    bool resting;
    int descriptor; /* for reading parts */
    off_t start;    /* offset at which standard input was when opened */
    part *parts;
};

static const char changed[] =
    "changed while it was read; run the command again";
static struct lln_mapped_file *_Atomic mapped_files;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t claim_nothing(const lln_mapping *mapping)
{
    (void)mapping;
    return SIZE_MAX;
}

/* The null device is reported as an empty file. */
static bool is_null_device(const struct stat *about)
{
    struct stat null;
    return S_ISCHR(about->st_mode) && stat("/dev/null", &null) == 0 &&
           about->st_rdev == null.st_rdev;
}

/* A file that was just opened. */
typedef struct {
    const char *path;
    int descriptor;
    off_t start; /* offset of the first byte that we read */
    struct stat about;
} opened_file;

/* Adds the file to the list. Returns NULL when out of memory. */
static struct lln_mapped_file *list_file(const opened_file *opened,
                                         const lln_mapping *mapping)
{
    struct lln_mapped_file *file = calloc(1, sizeof *file);
    char *path = strdup(opened->path);
    if (!file || !path) {
        free(file);
        free(path);
        return NULL;
    }
    file->path = path;
    file->standard = opened->descriptor == STDIN_FILENO;
    file->bytes = mapping->bytes;
    file->size = mapping->size;
    file->about = opened->about;
    file->descriptor = -1;
    file->start = opened->start;
    pthread_mutex_lock(&lock);
    file->next = mapped_files;
    mapped_files = file;
    pthread_mutex_unlock(&lock);
    return file;
}

/* The node remains in the list, because a signal handler may be reading the
 * list. */
static void unlist_file(struct lln_mapped_file *file)
{
    pthread_mutex_lock(&lock);
    file->size = 0;
    free(file->path);
    file->path = NULL;
    pthread_mutex_unlock(&lock);
    if (file->descriptor >= 0)
        close(file->descriptor);
    while (file->parts) {
        part *next = file->parts->next;
        free(file->parts);
        file->parts = next;
    }
}

bool lln_mapping_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool has_changed(const struct lln_mapped_file *file)
{
    const struct stat *then = &file->about;
    struct stat now;
    if (file->mended || file->changed_before)
        return true;
    if ((file->standard ? fstat(STDIN_FILENO, &now) : stat(file->path, &now)) !=
        0)
        return false; /* the file was deleted, but its data are intact */
    return !lln_mapping_same_file(&now, then) || now.st_size != then->st_size ||
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
            status = lln_fail(LLN_EFORMAT, "%s: %s", file->path, changed);
    pthread_mutex_unlock(&lock);
    return status;
}

bool lln_mappings_include(const char *path)
{
    struct stat about;
    bool found = false;
    if (stat(path, &about) != 0)
        return false;
    pthread_mutex_lock(&lock);
    for (const struct lln_mapped_file *f = mapped_files; f && !found;
         f = f->next)
        found = f->size > 0 && lln_mapping_same_file(&f->about, &about);
    pthread_mutex_unlock(&lock);
    return found;
}

void lln_mapping_rest(const lln_mapping *mapping)
{
    struct lln_mapped_file *file = mapping->file;
    if (!file)
        return;
    pthread_mutex_lock(&lock);
    file->changed_before = has_changed(file);
    file->resting = !file->changed_before;
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
    while (file && (!file->bytes || at < (uintptr_t)file->bytes ||
                    at >= (uintptr_t)file->bytes + file->size))
        file = file->next;
    if (!file)
        return false;
    file->mended = true;
    /* Replaces all pages that follow: there may be more pages than a process
     * may map one by one. */
    uintptr_t first = at / page * page,
              end = (uintptr_t)file->bytes + file->size;
    return mmap((void *)first, end - first, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

/* Maps a regular file, from the page that contains its start on. */
static lln_status map_bytes(const opened_file *opened, lln_mapping *mapping)
{
    size_t lead = (size_t)(opened->start % sysconf(_SC_PAGESIZE));
    unsigned char *pages =
        mmap(NULL, mapping->size + lead, PROT_READ, MAP_PRIVATE,
             opened->descriptor, opened->start - (off_t)lead);
    if (pages == MAP_FAILED)
        return lln_fail(errno == ENOMEM ? LLN_ENOMEM : LLN_EIO,
                        "%s: mapping %zu bytes: %s", opened->path,
                        mapping->size, strerror(errno));
    mapping->kind = LLN_MAPPING_FILE;
    mapping->owned = pages;
    mapping->bytes = pages + lead;
    return LLN_OK;
}

static void unmap_bytes(const lln_mapping *mapping)
{
    size_t lead = (size_t)(mapping->bytes - (unsigned char *)mapping->owned);
    munmap(mapping->owned, mapping->size + lead);
}

static lln_status map_regular(const opened_file *opened, bool whole,
                              lln_mapping *mapping)
{
    struct rlimit most;
    lln_mapping made = {.kind = LLN_MAPPING_PARTS,
                        .size =
                            (size_t)(opened->about.st_size - opened->start)};
    bool limited =
        getrlimit(RLIMIT_AS, &most) == 0 && most.rlim_cur != RLIM_INFINITY;
    lln_status status = LLN_OK;
    if (whole || !limited)
        status = map_bytes(opened, &made);
    if (status != LLN_OK && (whole || status != LLN_ENOMEM))
        return status;
    made.file = list_file(opened, &made);
    if (made.file && !made.bytes)
        made.file->descriptor = fcntl(opened->descriptor, F_DUPFD_CLOEXEC, 3);
    if (made.file && (made.bytes || made.file->descriptor >= 0)) {
        *mapping = made;
        return LLN_OK;
    }
    status = lln_fail(made.file ? LLN_EIO : LLN_ENOMEM, "%s: %s", opened->path,
                      made.file ? strerror(errno) : "out of memory");
    if (made.file)
        unlist_file(made.file);
    if (made.bytes)
        unmap_bytes(&made);
    return status;
}

/* If standard input is a file, it is read from its current position, and left
 * at its end. */
static lln_status take_start(opened_file *opened)
{
    if (opened->descriptor == STDIN_FILENO) {
        opened->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
        if (opened->start < 0)
            return lln_fail(LLN_EIO, "%s: %s", opened->path, strerror(errno));
        if (opened->start > 0 && opened->start >= opened->about.st_size)
            return lln_fail(LLN_EFORMAT, "%s: already read to its end",
                            opened->path);
        (void)lseek(STDIN_FILENO, opened->about.st_size, SEEK_SET);
    }
    return LLN_OK;
}

/* `claim` is NULL if all bytes must be in memory. */
static lln_status map_file(const char *path, int file, lln_mapping_claim *claim,
                           lln_mapping *mapping)
{
    opened_file opened = {.path = path, .descriptor = file};
    const struct stat *about = &opened.about;
    if (fstat(file, &opened.about) != 0)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(about->st_mode))
        return lln_folder_fail(path);
    if (S_ISFIFO(about->st_mode) || S_ISSOCK(about->st_mode))
        return lln_stream_read(path, file, claim ? claim : claim_nothing,
                               mapping);
    if (is_null_device(about) ||
        (S_ISREG(about->st_mode) && about->st_size == 0))
        return lln_fail(LLN_EFORMAT, "%s: empty file", path);
    if (!S_ISREG(about->st_mode))
        return lln_fail(LLN_EIO, "%s: not a file or a pipe", path);
    LLN_TRY(take_start(&opened));
    return map_regular(&opened, claim == NULL, mapping);
}

const char *lln_mapping_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

lln_status lln_mapping_open_claimed(const char *path, lln_mapping_claim *claim,
                                    lln_mapping *mapping)
{
    if (strcmp(path, "-") == 0)
        return map_file(lln_mapping_name(path), STDIN_FILENO, claim, mapping);
    /* O_NONBLOCK: open() must not wait for a writer of a pipe. After that,
     * reading waits for the writer. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(errno));
    (void)fcntl(file, F_SETFL, 0);
    lln_status status = map_file(path, file, claim, mapping);
    close(file);
    return status;
}

lln_status lln_mapping_open(const char *path, lln_mapping *mapping)
{
    return lln_mapping_open_claimed(path, NULL, mapping);
}

lln_status lln_mapping_read(const lln_mapping *mapping, size_t place,
                            size_t size, void *out)
{
    const struct lln_mapped_file *file = mapping->file;
    if (mapping->kind != LLN_MAPPING_PARTS) {
        memcpy(out, mapping->bytes + place, size);
        return LLN_OK;
    }
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(file->descriptor, (char *)out + done, size - done,
                            file->start + (off_t)(place + done));
        if (got < 0 && errno != EINTR)
            return lln_fail(LLN_EIO, "%s", strerror(errno));
        if (got == 0)
            return lln_fail(LLN_EFORMAT, "%s", changed);
        done += got > 0 ? (size_t)got : 0;
    }
    return LLN_OK;
}

lln_status lln_mapping_get(const lln_mapping *mapping, size_t place,
                           size_t size, const unsigned char **bytes)
{
    if (mapping->kind != LLN_MAPPING_PARTS) {
        *bytes = mapping->bytes + place;
        return LLN_OK;
    }
    part *read = size < SIZE_MAX / 2 ? malloc(sizeof *read + size) : NULL;
    if (!read)
        return lln_fail(LLN_ENOMEM, "out of memory: %zu bytes", size);
    lln_status status = lln_mapping_read(mapping, place, size, read->bytes);
    if (status != LLN_OK) {
        free(read);
        return status;
    }
    pthread_mutex_lock(&lock);
    read->next = mapping->file->parts;
    mapping->file->parts = read;
    pthread_mutex_unlock(&lock);
    *bytes = read->bytes;
    return LLN_OK;
}

void lln_mapping_put(const lln_mapping *mapping, const unsigned char *bytes)
{
    if (mapping->kind != LLN_MAPPING_PARTS)
        return;
    pthread_mutex_lock(&lock);
    part **at = &mapping->file->parts;
    while (*at && (*at)->bytes != bytes)
        at = &(*at)->next;
    part *found = *at;
    if (found)
        *at = found->next;
    pthread_mutex_unlock(&lock);
    free(found);
}

void lln_mapping_close(lln_mapping *mapping)
{
    if (mapping->kind == LLN_MAPPING_READ)
        free(mapping->owned);
    if (mapping->file)
        unlist_file(mapping->file);
    if (mapping->kind == LLN_MAPPING_FILE)
        unmap_bytes(mapping);
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
