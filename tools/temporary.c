/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

enum { MOST_LINKS = 40, MOST_NAMES = 100 };

static struct temporary {
    int file;            /* -1: it has a name; 0: there is no file */
    char name[PATH_MAX]; /* "": it has none */
} temporaries[TEMPORARY_FILES];

int temporary_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (int)(slash - path) + 1 : 0;
}

/* Writes "FOLDER.lln-END", a name in the folder of `path`: out [PATH_MAX]. */
static int make_name(const char *path, const char *end, char *out)
{
    if (snprintf(out, PATH_MAX, "%.*s.lln-%s", temporary_folder(path), path,
                 end) < PATH_MAX)
        return 0;
    *out = '\0';
    errno = ENAMETOOLONG;
    return -1;
}

static void discard(struct temporary *temporary)
{
    if (temporary->name[0] != '\0')
        unlink(temporary->name);
    temporary->name[0] = '\0';
}

void temporary_discard(void)
{
    for (int i = 0; i < TEMPORARY_FILES; i++)
        discard(&temporaries[i]);
}

/* Opens a file with a name, for file systems without unnamed files. */
static int open_named(struct temporary *temporary, const char *path)
{
    signals_call_at_end(temporary_discard);
    atexit(temporary_discard);
    temporary->file = -1;
    if (make_name(path, "XXXXXX", temporary->name) < 0)
        return -1;
    int file = mkostemp(temporary->name, O_CLOEXEC);
    if (file < 0)
        temporary->name[0] = '\0';
    return file;
}

/* Opens a file without a name; /proc is used to name it later. */
static int open_unnamed(struct temporary *temporary, const char *path)
{
    char folder[PATH_MAX];
    int length = temporary_folder(path);
    if (snprintf(folder, sizeof folder, "%.*s", length, path) >= PATH_MAX ||
        access("/proc/self/fd", X_OK) != 0)
        return -1;
    int file = open(length > 0 ? folder : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC,
                    S_IRUSR | S_IWUSR);
    if (file < 0)
        return -1;
    temporary->file = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (temporary->file >= 0)
        return file;
    close(file);
    return -1;
}

mode_t temporary_permissions(const struct stat *old)
{
    if (old)
        return old->st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

int temporary_open(temporary_file which, const char *path, mode_t permissions)
{
    int file = open_unnamed(&temporaries[which], path);
    if (file < 0)
        file = open_named(&temporaries[which], path);
    if (file >= 0 && fchmod(file, permissions) != 0)
        return -1;
    return file;
}

/* Ends the use of the descriptor that names an unnamed file. */
static void forget(struct temporary *temporary)
{
    if (temporary->file > 0)
        close(temporary->file);
    temporary->file = 0;
    temporary->name[0] = '\0';
}

static int link_as(const struct temporary *temporary, const char *path)
{
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", temporary->file);
    return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

/* Gives an unnamed file an unused name, until it is renamed. */
static int link_anywhere(struct temporary *temporary, const char *path)
{
    for (int i = 0; i < MOST_NAMES; i++) {
        struct timespec now;
        char end[32];
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(end, sizeof end, "%d-%ld", (int)getpid(), now.tv_nsec);
        if (make_name(path, end, temporary->name) < 0)
            return -1;
        if (link_as(temporary, temporary->name) == 0)
            return 0;
        temporary->name[0] = '\0';
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

void temporary_abandon(temporary_file which)
{
    discard(&temporaries[which]);
    forget(&temporaries[which]);
}

int temporary_publish(temporary_file which, const char *path)
{
    struct temporary *temporary = &temporaries[which];
    bool named = temporary->file < 0;
    if (!named && link_as(temporary, path) == 0) {
        forget(temporary);
        return 0;
    }
    if (!named && (errno != EEXIST || link_anywhere(temporary, path) < 0))
        return -1;
    int failed = rename(temporary->name, path), error = errno;
    if (failed)
        discard(temporary);
    forget(temporary);
    errno = error;
    return failed;
}

/* Follows one link: replaces the name `path` by its target. */
static int follow(char path[PATH_MAX])
{
    char target[PATH_MAX], next[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
        return -1;
    int folder = target[0] == '/' ? 0 : temporary_folder(path);
    if (length == PATH_MAX || snprintf(next, sizeof next, "%.*s%.*s", folder,
                                       path, (int)length, target) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(path, next);
    return 0;
}

int temporary_resolve(const char *path, char out[PATH_MAX])
{
    struct stat entry;
    if (snprintf(out, PATH_MAX, "%s", path) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (int i = 0; lstat(out, &entry) == 0 && S_ISLNK(entry.st_mode); i++) {
        if (i == MOST_LINKS) {
            errno = ELOOP;
            return -1;
        }
        if (follow(out) < 0)
            return -1;
    }
    return 0;
}
