/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static lln_status map(const char *path, int file, lln_mapping *mapping)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(EISDIR));
    if (!S_ISREG(about.st_mode))
        return lln_fail(LLN_EIO, "%s: not a regular file", path);
    if (about.st_size == 0)
        return lln_fail(LLN_EFORMAT, "%s: empty file", path);
    size_t size = (size_t)about.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return lln_fail(LLN_EIO, "%s: mapping %zu bytes: %s", path, size,
                        strerror(errno));
    *mapping = (lln_mapping){bytes, size};
    return LLN_OK;
}

lln_status lln_mapping_open(const char *path, lln_mapping *mapping)
{
    /* O_NONBLOCK: a pipe without a writer must not hang us. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(errno));
    lln_status status = map(path, file, mapping);
    close(file);
    return status;
}

void lln_mapping_close(lln_mapping *mapping)
{
    if (mapping->bytes)
        munmap((void *)mapping->bytes, mapping->size);
    *mapping = (lln_mapping){0};
}
