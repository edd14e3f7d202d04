/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "side_file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "temporary.h"
#include "tensor/mapping.h"

static struct {
    FILE *stream;
    const char *name; /* as the user wrote it */
    char path[PATH_MAX];
} side;

__attribute__((noreturn)) static void refuse(const char *name)
{
    cli_fail("%s: %s", name, strerror(errno));
}

/* The descriptor of a temporary file that can get this name. */
static int open_temporary(const char *name)
{
    struct stat old;
    bool exists = stat(name, &old) == 0;
    if (!exists && errno != ENOENT)
        refuse(name);
    if (exists && !S_ISREG(old.st_mode))
        cli_fail("%s: not a regular file; use another name", name);
    if ((exists && access(name, W_OK) != 0) ||
        temporary_resolve(name, side.path) < 0)
        refuse(name);
    int file = temporary_open(TEMPORARY_SIDE, side.path,
                              temporary_permissions(exists ? &old : NULL));
    if (file < 0)
        refuse(name);
    return file;
}

void side_file_check(const char *path, const char *const *inputs)
{
    struct stat in, out;
    for (; *inputs; inputs++)
        if (stat(*inputs, &in) == 0 && stat(path, &out) == 0 &&
            lln_mapping_same_file(&in, &out))
            cli_fail("%s: the output would overwrite this input; use another "
                     "name",
                     path);
    close(open_temporary(path));
    temporary_abandon(TEMPORARY_SIDE);
}

FILE *side_file_open(const char *path)
{
    side.name = path;
    side.stream = fdopen(open_temporary(path), "w");
    if (!side.stream)
        refuse(path);
    return side.stream;
}

void side_file_expect(lln_status status)
{
    if (status != LLN_OK)
        cli_fail("%s: %s", side.name, lln_error_message());
}

void side_file_close(void)
{
    bool bad = ferror(side.stream) != 0;
    if (bad)
        errno = EIO;
    if (fclose(side.stream) != 0 || bad ||
        temporary_publish(TEMPORARY_SIDE, side.path) != 0)
        refuse(side.name);
    side.stream = NULL;
}
