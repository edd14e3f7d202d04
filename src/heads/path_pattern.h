/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files whose paths contain numbers, found by a pattern.
 * Example: runs/step_{step}/layer_{layer}.npz finds runs/step_500/layer_3.npz,
 * with step 500, layer 3, no head (-1), and the name
 * runs/step_500/layer_{layer}.npz. */
#ifndef LLN_HEADS_PATH_PATTERN_H
#define LLN_HEADS_PATH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* The kinds of numbers in a path. */
typedef enum { LLN_STEP, LLN_LAYER, LLN_HEAD, LLN_MARKS } lln_mark;

/* "{step}", "{layer}" or "{head}". */
const char *lln_mark_text(lln_mark mark);

/* A file whose path matches a pattern. */
typedef struct {
    char *path; /* owned */
    char *name; /* owned: the path with {layer} and {head} in place of their
                   numbers */
    long number[LLN_MARKS]; /* -1: none in the pattern */
} lln_found_path;

/* Whether text [length] contains this mark, or any mark. */
bool lln_path_has_mark(const char *text, size_t length, lln_mark mark);
bool lln_path_has_marks(const char *text, size_t length);

/* Finds the files whose paths equal the pattern with a whole number in place of
 * each mark; a repeated mark must have the same number. A number takes all
 * digits at its place, with any leading zeros. Steps are below 10^18, layers
 * and heads below 10^6. Names of folders may contain marks too. found [count]
 * is ordered by step, layer and head; release it with lln_found_paths_free.
 * Finding no file is not an error. LLN_EFORMAT: two files have the same
 * numbers; LLN_EIO: a folder cannot be read; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_path_pattern_find(const char *pattern,
                                               lln_found_path **found,
                                               size_t *count);

/* Keeps the files of found [*count] whose number at the mark is in the
 * selection, such as "0-3,7" (NULL: all). `option` is for messages. Statuses
 * are those of lln_selection_read, and LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_found_paths_select(const char *pattern,
                                                const char *option,
                                                const char *text, lln_mark mark,
                                                lln_found_path *found,
                                                size_t *count);

void lln_found_paths_free(lln_found_path *found, size_t count);

#endif
