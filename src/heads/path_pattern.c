/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/path_pattern.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/sorting.h"
#include "heads/layout.h"

static const struct {
    const char *text;
    long limit; /* numbers are below */
} marks[LLN_MARKS] = {
    {"{step}", 1000000000000000000}, {"{layer}", 1000000}, {"{head}", 1000000}};

typedef struct {
    lln_found_path *items;
    size_t count;
} path_list;

const char *lln_mark_text(lln_mark mark)
{
    return marks[mark].text;
}

/* The mark at the start of text; LLN_MARKS: none. */
static lln_mark mark_at(const char *text)
{
    int mark = 0;
    while (mark < LLN_MARKS &&
           strncmp(text, marks[mark].text, strlen(marks[mark].text)) != 0)
        mark++;
    return (lln_mark)mark;
}

bool lln_path_has_mark(const char *text, size_t length, lln_mark mark)
{
    const char *wanted = marks[mark].text;
    return memmem(text, length, wanted, strlen(wanted)) != NULL;
}

bool lln_path_has_marks(const char *text, size_t length)
{
    return lln_path_has_mark(text, length, LLN_STEP) ||
           lln_path_has_mark(text, length, LLN_LAYER) ||
           lln_path_has_mark(text, length, LLN_HEAD);
}

static lln_status no_memory(void)
{
    return lln_fail(LLN_ENOMEM, "out of memory");
}

/* Whether a name equals the part [length] of a pattern. A number that is known
 * already must be the same; other numbers become known. */
static bool match_part(const char *part, size_t length, const char *name,
                       long number[LLN_MARKS])
{
    const char *end = part + length;
    while (part < end) {
        lln_mark mark = mark_at(part);
        long here;
        if (mark == LLN_MARKS) {
            if (*part++ != *name++)
                return false;
            continue;
        }
        if (!lln_number_read_digits(&name, marks[mark].limit, &here) ||
            (number[mark] >= 0 && number[mark] != here))
            return false;
        number[mark] = here;
        part += strlen(marks[mark].text);
    }
    return *name == '\0';
}

/* Writes the part of a pattern, with the digits of `name` in place of
 * {step}. */
static void write_name(const char *part, size_t length, const char *name,
                       FILE *out)
{
    const char *end = part + length;
    while (part < end) {
        lln_mark mark = mark_at(part);
        size_t digits = strspn(name, "0123456789");
        if (mark == LLN_MARKS) {
            putc(*part++, out);
            name++;
            continue;
        }
        if (mark == LLN_STEP)
            fprintf(out, "%.*s", (int)digits, name);
        else
            fputs(marks[mark].text, out);
        part += strlen(marks[mark].text);
        name += digits;
    }
}

/* Adds the path of `from` extended by `file`, which matches a part of the
 * pattern. */
static lln_status add_path(path_list *list, const lln_found_path *from,
                           const char *part, size_t length, const char *file,
                           const long number[LLN_MARKS])
{
    lln_found_path path = {0};
    lln_found_path *grown =
        lln_array_grow(list->items, list->count, sizeof *grown);
    size_t size;
    if (!grown)
        return LLN_ENOMEM;
    list->items = grown;
    memcpy(path.number, number, sizeof path.number);
    FILE *name = open_memstream(&path.name, &size);
    if (!name)
        return no_memory();
    fputs(from->name, name);
    write_name(part, length, file, name);
    bool written = fclose(name) == 0;
    if (asprintf(&path.path, "%s%s", from->path, file) < 0)
        path.path = NULL;
    if (!written || !path.path) {
        free(path.path);
        free(path.name);
        return no_memory();
    }
    list->items[list->count++] = path;
    return LLN_OK;
}

/* Adds the files of a folder that match a part with marks. */
static lln_status search_folder(const lln_found_path *folder, const char *part,
                                size_t length, path_list *list)
{
    const char *path = *folder->path ? folder->path : ".";
    lln_status status = LLN_OK;
    DIR *files = opendir(path);
    if (!files && (errno == ENOENT || errno == ENOTDIR))
        return LLN_OK;
    if (!files)
        return lln_fail(LLN_EIO, "%s: %s", path, strerror(errno));
    struct dirent *file;
    while (status == LLN_OK && (file = readdir(files))) {
        long number[LLN_MARKS];
        memcpy(number, folder->number, sizeof number);
        if (match_part(part, length, file->d_name, number))
            status = add_path(list, folder, part, length, file->d_name, number);
    }
    closedir(files);
    return status;
}

/* Adds the path of `from` extended by a part without marks. */
static lln_status append_part(const lln_found_path *from, const char *part,
                              size_t length, path_list *list)
{
    char *text = strndup(part, length);
    if (!text)
        return no_memory();
    lln_status status = add_path(list, from, part, length, text, from->number);
    free(text);
    return status;
}

/* Extends all paths by the next part of the pattern. */
static lln_status extend_paths(path_list *list, const char *part, size_t length)
{
    path_list next = {0};
    lln_status status = LLN_OK;
    bool search = lln_path_has_marks(part, length);
    for (size_t i = 0; i < list->count && status == LLN_OK; i++)
        status = search ? search_folder(&list->items[i], part, length, &next)
                        : append_part(&list->items[i], part, length, &next);
    lln_found_paths_free(list->items, list->count);
    *list = next;
    return status;
}

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode);
}

static int compare_paths(const void *first, const void *second)
{
    const lln_found_path *a = first, *b = second;
    for (int mark = 0; mark < LLN_MARKS; mark++)
        if (a->number[mark] != b->number[mark])
            return a->number[mark] < b->number[mark] ? -1 : 1;
    return 0;
}

/* Removes folders, and sorts the others. */
static lln_status settle_paths(const char *pattern, path_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (is_file(list->items[i].path)) {
            list->items[kept++] = list->items[i];
            continue;
        }
        free(list->items[i].path);
        free(list->items[i].name);
    }
    list->count = kept;
    if (kept > 0)
        qsort(list->items, kept, sizeof *list->items, compare_paths);
    for (size_t i = 1; i < kept; i++)
        if (compare_paths(&list->items[i - 1], &list->items[i]) == 0)
            return lln_fail(
                LLN_EFORMAT, "'%s' and '%s' have the same numbers in '%s'",
                list->items[i - 1].path, list->items[i].path, pattern);
    return LLN_OK;
}

/* Begins with the empty path. */
static lln_status start_paths(path_list *list)
{
    *list = (path_list){lln_array_grow(NULL, 0, sizeof *list->items), 0};
    if (!list->items)
        return LLN_ENOMEM;
    lln_found_path start = {strdup(""), strdup(""), {-1, -1, -1}};
    list->items[list->count++] = start;
    return start.path && start.name ? LLN_OK : no_memory();
}

lln_status lln_path_pattern_find(const char *pattern, lln_found_path **found,
                                 size_t *count)
{
    path_list list;
    const char *part = pattern;
    lln_status status = start_paths(&list);
    while (*part && status == LLN_OK) {
        size_t slashes = strspn(part, "/");
        size_t length = slashes > 0 ? slashes : strcspn(part, "/");
        status = extend_paths(&list, part, length);
        part += length;
    }
    if (status == LLN_OK)
        status = settle_paths(pattern, &list);
    if (status != LLN_OK || list.count == 0) {
        lln_found_paths_free(list.items, list.count);
        list = (path_list){0};
    }
    *found = list.items;
    *count = list.count;
    return status;
}

/* Lists the numbers of found [count] at a mark, ascending, without repetition;
 * returns how many there are. */
static size_t list_numbers(const lln_found_path *found, size_t count,
                           lln_mark mark, size_t *numbers)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = (size_t)found[i].number[mark];
    return lln_sort_unique(numbers, count);
}

static void keep_chosen(const size_t *numbers, const bool *chosen, size_t size,
                        lln_mark mark, lln_found_path *found, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        size_t number = (size_t)found[i].number[mark];
        const size_t *at =
            bsearch(&number, numbers, size, sizeof number, lln_compare_sizes);
        if (chosen[at - numbers]) {
            found[kept++] = found[i];
            continue;
        }
        free(found[i].path);
        free(found[i].name);
    }
    *count = kept;
}

lln_status lln_found_paths_select(const char *pattern, const char *option,
                                  const char *text, lln_mark mark,
                                  lln_found_path *found, size_t *count)
{
    if (!text)
        return LLN_OK;
    size_t *numbers = lln_array_alloc(*count, sizeof *numbers);
    bool *chosen = lln_array_alloc(*count, sizeof *chosen);
    lln_status status = numbers && chosen ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK) {
        size_t size = list_numbers(found, *count, mark, numbers);
        status =
            lln_selection_read(text, option, pattern, numbers, size, chosen);
        if (status == LLN_OK)
            keep_chosen(numbers, chosen, size, mark, found, count);
    }
    free(numbers);
    free(chosen);
    return status;
}

void lln_found_paths_free(lln_found_path *found, size_t count)
{
    for (size_t i = 0; found && i < count; i++) {
        free(found[i].path);
        free(found[i].name);
    }
    free(found);
}
