/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "complete_arrays.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complete_offer.h"
#include "heads/files.h"
#include "heads/path_pattern.h"
#include "heads/words.h"
#include "message.h"
#include "tensor/container.h"

/* Pipes and devices could make the shell wait. */
static bool is_readable(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 &&
           (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
}

/* Patterns that names fit, each once for each name. */
typedef struct {
    char **items; /* [count], owned */
    size_t count;
} pattern_list;

enum { NUMBERS = 4 }; /* in a name that are looked at */

/* Adds the name with {layer} in place of each of its first numbers. */
static void add_patterns(const char *name, pattern_list *list)
{
    const char *end, *at = name;
    for (int i = 0; i < NUMBERS && *(at += strcspn(at, "0123456789")); i++) {
        end = at + strspn(at, "0123456789");
        if (lln_words_numbers(name, at) &&
            asprintf(&list->items[list->count], "%.*s%s%s", (int)(at - name),
                     name, lln_mark_text(LLN_LAYER), end) >= 0)
            list->count++;
        at = end;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Offers the patterns that several arrays of the file fit. */
static void offer_patterns(const lln_container *file)
{
    size_t count = lln_container_count(file);
    pattern_list list = {cli_alloc(count, NUMBERS * sizeof *list.items), 0};
    for (size_t i = 0; i < count; i++)
        add_patterns(lln_container_entry_at(file, i).key, &list);
    qsort(list.items, list.count, sizeof *list.items, compare);
    for (size_t first = 0, end; first < list.count; first = end) {
        char text[32];
        end = first + 1;
        while (end < list.count &&
               strcmp(list.items[first], list.items[end]) == 0)
            free(list.items[end++]);
        snprintf(text, sizeof text, "%zu arrays", end - first);
        if (end - first > 1)
            complete_offer(list.items[first], "", text);
        free(list.items[first]);
    }
    free(list.items);
}

/* Offers the names of the arrays of a file and, on request, patterns that
 * several of them fit. */
static void offer_arrays(const char *path, bool patterns)
{
    lln_container *file;
    if (!is_readable(path) || lln_container_open(path, &file) != LLN_OK)
        return;
    if (patterns)
        offer_patterns(file);
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
        offer_arrays(text, true);
    else if (lln_path_pattern_find(text, &found, &count) == LLN_OK) {
        if (count > 0)
            offer_arrays(found[0].path, true);
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
        offer_arrays(path, false);
    } else {
        complete_offer_files();
    }
    free(path);
    free(key);
}
