/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files whose names have numbers: runs/step_{step}/layer_{layer}.npz. */
#ifndef LLN_HEADS_PATH_PATTERN_H
#define LLN_HEADS_PATH_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* The numbers that a name may have. */
typedef enum { LLN_STEP, LLN_LAYER, LLN_HEAD, LLN_MARKS } lln_mark;

/* "{step}", "{layer}" or "{head}". */
const char *lln_mark_text(lln_mark mark);

/* A file that a pattern found. */
typedef struct {
    char *path;             /* owned, like name */
    char *name;             /* its path with {layer} and {head} for numbers */
    long number[LLN_MARKS]; /* -1: the pattern has none */
} lln_found_path;

/* Whether text [length] has this mark, or any. */
bool lln_path_has_mark(const char *text, size_t length, lln_mark mark);
bool lln_path_has_marks(const char *text, size_t length);

/* Finds the files whose paths are the pattern with a whole number for each
 * mark, the same for the same mark; a number takes all digits that stand there,
 * steps up to 18 of them, layers and heads up to 6. Folders on the way may have
 * numbers too. found [count] is ordered by step, layer and head, owned by the
 * caller (lln_found_paths_free); none is no failure.
 * LLN_EFORMAT: two files have the same numbers; LLN_EIO: a folder cannot be
 * read; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_path_pattern_find(const char *pattern,
                                               lln_found_path **found,
                                               size_t *count);

/* Keeps those of found [*count] whose number at the mark is in the selection,
 * such as "0-3,7" (NULL: all). `option` is for messages. Statuses are those of
 * lln_selection_read, and LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_found_paths_select(const char *pattern,
                                                const char *option,
                                                const char *text, lln_mark mark,
                                                lln_found_path *found,
                                                size_t *count);

void lln_found_paths_free(lln_found_path *found, size_t count);

#endif
