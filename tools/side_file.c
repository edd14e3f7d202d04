/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "side_file.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
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

static lln_status fail_by_errno(const char *name)
{
    return lln_fail(LLN_EIO, "%s: %s", name, strerror(errno));
}

/* Opens a temporary file that can get this name; sets its descriptor. */
static lln_status open_temporary(const char *name, int *file)
{
    struct stat old;
    bool exists = stat(name, &old) == 0;
    if (!exists && errno != ENOENT)
        return fail_by_errno(name);
    if (exists && !S_ISREG(old.st_mode))
        return lln_fail(LLN_EIO, "%s: not a regular file; use another name",
                        name);
    if ((exists && access(name, W_OK) != 0) ||
        temporary_resolve(name, side.path) < 0)
        return fail_by_errno(name);
    signal(SIGXFSZ, SIG_IGN); /* the write fails instead */
    *file = temporary_open(TEMPORARY_SIDE, side.path,
                           temporary_permissions(exists ? &old : NULL));
    return *file < 0 ? fail_by_errno(name) : LLN_OK;
}

void side_file_check(const char *path, const char *const *inputs)
{
    struct stat in, out;
    int file = -1;
    for (; *inputs; inputs++)
        if (stat(*inputs, &in) == 0 && stat(path, &out) == 0 &&
            lln_mapping_same_file(&in, &out))
            cli_fail("%s: the output would overwrite this input; use another "
                     "name",
                     path);
    cli_check(open_temporary(path, &file));
    close(file);
    temporary_abandon(TEMPORARY_SIDE);
}

lln_status side_file_open(const char *path, FILE **out)
{
    int file = -1;
    LLN_TRY(open_temporary(path, &file));
    side.name = path;
    side.stream = fdopen(file, "w");
    if (!side.stream) {
        close(file);
        temporary_abandon(TEMPORARY_SIDE);
        return lln_fail(LLN_ENOMEM, "%s: out of memory", path);
    }
    *out = side.stream;
    return LLN_OK;
}

lln_status side_file_close(lln_status written)
{
    bool bad = ferror(side.stream) != 0;
    if (written != LLN_OK)
        written = lln_fail_in(written, side.name);
    else if (bad)
        errno = EIO;
    if ((fclose(side.stream) != 0 || bad) && written == LLN_OK)
        written = fail_by_errno(side.name);
    side.stream = NULL;
    if (written == LLN_OK && temporary_publish(TEMPORARY_SIDE, side.path) != 0)
        written = fail_by_errno(side.name);
    if (written != LLN_OK)
        temporary_abandon(TEMPORARY_SIDE);
    return written;
}
