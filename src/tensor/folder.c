/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Suffixes, the preferred one first. */
static const char *const ENDS[] = {".safetensors.index.json", ".safetensors",
                                   ".npz", ".npy"};
enum { NONE = sizeof ENDS / sizeof *ENDS };

static size_t rank_of(const char *name)
{
    size_t rank = 0, length = strlen(name);
    for (; rank < NONE; rank++) {
        size_t end = strlen(ENDS[rank]);
        if (length > end && strcmp(name + length - end, ENDS[rank]) == 0)
            break;
    }
    return rank;
}

lln_status lln_folder_fail(const char *path)
{
    char best[NAME_MAX + 1] = "";
    size_t rank = NONE;
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t here = rank_of(entry->d_name);
        if (here < rank ||
            (here == rank && here < NONE && strcmp(entry->d_name, best) < 0)) {
            rank = here;
            snprintf(best, sizeof best, "%s", entry->d_name);
        }
    }
    if (folder)
        closedir(folder);
    if (rank == NONE)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(EISDIR));
    return lln_fail(LLN_EIO, "%s: %s; name a file in it, such as %s/%s", path,
                    strerror(EISDIR), path, best);
}
