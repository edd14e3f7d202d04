/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "operands.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "heads/files.h"
#include "heads/layout.h"
#include "heads/missing_paths.h"
#include "message.h"
#include "options.h"
#include "tensor/mapping.h"

static operand_list all;

/* The files that one argument names. */
typedef struct {
    const char *text;      /* as the user wrote it */
    lln_found_path *found; /* [count]; NULL: the text is no pattern */
    size_t count;
    const char *key; /* after the pattern, with its colon; "": none */
} named_files;

static const char *const options[OPERAND_TEXTS] = {"", "--q ", "--k ", "--v "};

/* Whether a file has exactly this name, with or without a key. */
static bool is_literal(const char *text)
{
    char *path, *key;
    cli_check(lln_files_split(text, &path, &key));
    bool there = strcmp(path, "-") == 0 || access(path, F_OK) == 0;
    free(path);
    free(key);
    return there;
}

/* Finds the files that match the first `length` bytes of the text, a
 * pattern. */
static bool find_paths(named_files *files, size_t length)
{
    char *pattern = strndup(files->text, length);
    if (!pattern)
        cli_fail("out of memory");
    cli_check(lln_path_pattern_find(pattern, &files->found, &files->count));
    free(pattern);
    files->key = files->text + length;
    return files->count > 0;
}

/* Ends the process: no file matches the pattern. */
__attribute__((noreturn)) static void refuse_pattern(const char *text)
{
    size_t folder = strcspn(text, "{");
    while (folder > 0 && text[folder - 1] != '/')
        folder--;
    const char *where = folder > 0 ? text : ".";
    size_t length = folder > 1 ? folder - 1 : 1;
    cli_fail("'%s': no file in '%.*s' matches; expected names with whole "
             "numbers in place of {step}, {layer} and {head}",
             text, (int)length, where);
}

/* Finds the files that a text names; text may be NULL. If no file matches the
 * complete text, the part after each colon in turn is tried as the key. */
static named_files find_files(const char *text)
{
    named_files files = {.text = text, .key = ""};
    size_t first = text ? strcspn(text, ":") : 0;
    if (!text || is_literal(text) || !lln_path_has_marks(text, first))
        return files;
    if (find_paths(&files, strlen(text)))
        return files;
    for (const char *at = text; (at = strchr(at, ':')); at++)
        if (find_paths(&files, (size_t)(at - text)))
            return files;
    refuse_pattern(text);
}

static bool has_mark(const named_files *files, lln_mark mark)
{
    return files->found && files->found[0].number[mark] >= 0;
}

/* Refuses a layout with an axis of layers (or heads) if the file names already
 * give the layer (or head). */
static void check_layout(const named_files *files, lln_mark mark)
{
    const char *layout = run_shared.layout;
    char letter = mark == LLN_LAYER ? 'l' : 'h', fitting[128] = "";
    if (!has_mark(files, mark) || !layout || !strchr(layout, letter))
        return;
    const char *const *list =
        run_shared.attention ? NULL : lln_layouts(strlen(layout));
    for (; list && *list; list++)
        if (!strchr(*list, letter) &&
            !(mark == LLN_LAYER && has_mark(files, LLN_HEAD) &&
              strchr(*list, 'h')))
            lln_layouts_append(fitting, sizeof fitting, *list, false);
    cli_usage("'%s': %s in the name cannot be used with axis %c of --layout "
              "%s; use one of them%s%s",
              files->text, lln_mark_text(mark), letter, layout,
              *fitting ? ", or a layout such as " : "", fitting);
}

/* Warns of steps that lack a layer or a head which other steps have, also if
 * it is not selected: a step without any selected file would go unnoticed. */
static void warn_of_missing(const named_files *files)
{
    size_t missing;
    long first[LLN_MARKS];
    if (!files->found || !has_mark(files, LLN_STEP))
        return;
    cli_check(
        lln_found_paths_missing(files->found, files->count, &missing, first));
    if (missing == 0)
        return;
    char place[64] = "", more[64] = "";
    for (int mark = LLN_LAYER; mark < LLN_MARKS; mark++)
        if (first[mark] >= 0)
            snprintf(place + strlen(place), sizeof place - strlen(place),
                     ", %s %ld", mark == LLN_LAYER ? "layer" : "head",
                     first[mark]);
    if (missing > 1)
        snprintf(more, sizeof more, ", nor for %zu more", missing - 1);
    cli_warn("'%s': no file for step %ld%s%s; other steps have one",
             files->text, first[LLN_STEP], place, more);
}

/* Keeps the files of the selected layers and heads. */
static void select_files(named_files *files)
{
    const char *const lists[LLN_MARKS] = {NULL, run_shared.layers,
                                          run_shared.heads};
    static const char *const names[LLN_MARKS] = {NULL, "layers", "heads"};
    warn_of_missing(files);
    for (int mark = LLN_LAYER; mark < LLN_MARKS; mark++) {
        check_layout(files, (lln_mark)mark);
        if (!has_mark(files, (lln_mark)mark))
            continue;
        lln_status status =
            lln_found_paths_select(files->text, names[mark], lists[mark],
                                   (lln_mark)mark, files->found, &files->count);
        if (status == LLN_EINVAL)
            cli_usage("%s", lln_error_message());
        cli_check(status);
    }
}

static operand *add_operand(void)
{
    operand *grown = lln_array_grow(all.items, all.count, sizeof *all.items);
    if (!grown)
        cli_fail("%s", lln_error_message());
    all.items = grown;
    all.items[all.count] = (operand){.number = {-1, -1, -1}};
    return &all.items[all.count++];
}

/* Sets one text of the operand to file number `index`, whose path it takes. */
static void set_text(operand *to, int role, const named_files *files,
                     size_t index)
{
    char *joined, *path, *key;
    if (!files->text)
        return;
    if (!files->found) {
        cli_check(lln_files_split(files->text, &path, &key));
        free(key);
        to->text[role] = files->text;
        to->path[role] = path;
        return;
    }
    lln_found_path *found = &files->found[index];
    if (asprintf(&joined, "%s%s", found->path, files->key) < 0)
        cli_fail("out of memory");
    to->text[role] = joined;
    to->path[role] = found->path;
    found->path = NULL;
}

/* Adds the operands of one FILE, or of --q, --k and --v, which have the same
 * number of files each. */
static void add_operands(const named_files *files)
{
    const named_files *first = &files[files[OF_ALL].text ? OF_ALL : OF_QUERIES];
    size_t count = first->found ? first->count : 1;
    for (size_t i = 0; i < count; i++) {
        operand *to = add_operand();
        const operand *before = all.count > 1 ? to - 1 : NULL;
        for (int role = 0; role < OPERAND_TEXTS; role++)
            set_text(to, role, &files[role], i);
        if (first->found) {
            to->name = first->found[i].name;
            first->found[i].name = NULL;
            memcpy(to->number, first->found[i].number, sizeof to->number);
        }
        bool same =
            before && i > 0 && before->number[LLN_STEP] == to->number[LLN_STEP];
        to->model = before ? before->model + !same : 0;
    }
    all.steps = all.steps || has_mark(first, LLN_STEP);
}

/* Ends the process: no file that matches the pattern belongs to `path`. */
__attribute__((noreturn)) static void
refuse_partner(const char *path, const char *what, const char *pattern)
{
    cli_fail("%s: no file of %s for it; expected one that matches '%s'", path,
             what, pattern);
}

/* Checks that the files of keys, or values, have the same steps, layers and
 * heads as those of the queries. */
static void check_partner(const named_files *queries, const named_files *other,
                          int role)
{
    static const char *const names[] = {"", "queries", "keys", "values"};
    if (!other->text)
        return;
    for (int mark = 0; mark < LLN_MARKS; mark++)
        if (has_mark(queries, (lln_mark)mark) !=
            has_mark(other, (lln_mark)mark))
            cli_usage("--q %s, %s%s: expected %s in both, or in neither",
                      queries->text, options[role], other->text,
                      lln_mark_text((lln_mark)mark));
    for (size_t i = 0; i < queries->count || i < other->count; i++) {
        const lln_found_path *a = &queries->found[i], *b = &other->found[i];
        int order = i == queries->count ? 1 : i == other->count ? -1 : 0;
        for (int mark = 0; mark < LLN_MARKS && order == 0; mark++)
            order = (a->number[mark] > b->number[mark]) -
                    (a->number[mark] < b->number[mark]);
        if (order < 0)
            refuse_partner(a->path, names[role], other->text);
        if (order > 0)
            refuse_partner(b->path, names[OF_QUERIES], queries->text);
    }
}

static void add_parts(void)
{
    named_files files[OPERAND_TEXTS] = {
        {0},
        find_files(run_shared.q),
        find_files(run_shared.k),
        find_files(run_shared.v),
    };
    for (int role = OF_QUERIES; role < OPERAND_TEXTS; role++)
        select_files(&files[role]);
    check_partner(&files[OF_QUERIES], &files[OF_KEYS], OF_KEYS);
    check_partner(&files[OF_QUERIES], &files[OF_VALUES], OF_VALUES);
    add_operands(files);
    for (int role = OF_QUERIES; role < OPERAND_TEXTS; role++)
        lln_found_paths_free(files[role].found, files[role].count);
}

/* Refuses a file that is named twice: it would count as two texts or two
 * models. */
static void refuse_repeats(void)
{
    struct stat *about = cli_alloc(all.count, sizeof *about);
    bool *known = cli_alloc(all.count, sizeof *known);
    for (size_t i = 0; i < all.count; i++) {
        const char *path = all.items[i].path[OF_ALL];
        known[i] = strcmp(path, "-") != 0 && stat(path, &about[i]) == 0;
        for (size_t j = 0; j < i && known[i]; j++)
            if (known[j] && lln_mapping_same_file(&about[i], &about[j]))
                cli_usage(
                    "'%s' and '%s' are the same file; expected each file once",
                    all.items[j].path[OF_ALL], path);
    }
    free(about);
    free(known);
}

static void add_file(const char *text)
{
    named_files files[OPERAND_TEXTS] = {find_files(text)};
    select_files(&files[OF_ALL]);
    add_operands(files);
    lln_found_paths_free(files->found, files->count);
}

const operand_list *operands_find(void)
{
    if (all.count > 0 || (run_shared.file_count == 0 && !run_shared.q))
        return &all;
    all.against = SIZE_MAX;
    if (run_shared.q)
        add_parts();
    for (size_t i = 0; i < run_shared.file_count; i++)
        add_file(run_shared.files[i]);
    if (run_shared.file_count > 1)
        refuse_repeats();
    if (run_shared.against) {
        all.against = all.items[all.count - 1].model + 1;
        add_file(run_shared.against);
    }
    return &all;
}
