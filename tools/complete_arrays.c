/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete_arrays.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complete_offer.h"
#include "heads/files.h"
#include "heads/path_pattern.h"
#include "tensor/container.h"

/* Pipes and devices could make the shell wait. */
static bool is_readable(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 &&
           (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
}

static void offer_arrays(const char *path)
{
    lln_container *file;
    if (!is_readable(path) || lln_container_open(path, &file) != LLN_OK)
        return;
    for (size_t i = 0; i < lln_container_count(file); i++) {
        lln_container_entry entry = lln_container_entry_at(file, i);
        char text[LLN_TENSOR_SHAPE_TEXT + 32], shape[LLN_TENSOR_SHAPE_TEXT];
        lln_tensor tensor = {.axes = entry.axes};
        memcpy(tensor.shape, entry.shape, sizeof tensor.shape);
        snprintf(text, sizeof text, "%.20s %s", entry.dtype,
                 lln_tensor_shape_text(&tensor, shape, sizeof shape));
        if (*entry.key)
            complete_offer(entry.key, "", text);
    }
    lln_container_close(file);
}

/* The arrays of a file, or of the first that fits a pattern. */
static void offer_arrays_of(const char *text)
{
    lln_found_path *found;
    size_t count = 0;
    if (is_readable(text) || !lln_path_has_marks(text, strlen(text)))
        offer_arrays(text);
    else if (lln_path_pattern_find(text, &found, &count) == LLN_OK) {
        if (count > 0)
            offer_arrays(found[0].path);
        lln_found_paths_free(found, count);
    }
}

void complete_keys(const complete_line *line)
{
    const char *of = line->option->name + strlen("key-");
    const char *text = complete_line_value(line, of);
    if (!text)
        text = complete_line_operand(line);
    if (text)
        offer_arrays_of(text);
}

void complete_place(void)
{
    char *path, *key;
    if (lln_files_split(complete_part(), &path, &key) != LLN_OK)
        return;
    if (key) {
        complete_skip(strlen(path) + 1);
        offer_arrays(path);
    } else {
        complete_offer_files();
    }
    free(path);
    free(key);
}
