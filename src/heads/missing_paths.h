/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that a pattern should have found: training steps that lack a layer or a
 * head. Example: steps 10 and 20 have the layers 0 and 1, step 30 has layer 0;
 * one file is missing, step 30, layer 1. */
#ifndef LLN_HEADS_MISSING_PATHS_H
#define LLN_HEADS_MISSING_PATHS_H

#include "heads/path_pattern.h"

/* Of found [count], ordered as by lln_path_pattern_find: counts the files that
 * are missing, one for each layer and head of some step in every step without
 * it, in *missing, and writes the numbers of the first to `first`. Those of
 * marks that the pattern lacks are -1. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_found_paths_missing(const lln_found_path *found,
                                                 size_t count, size_t *missing,
                                                 long first[LLN_MARKS]);

#endif
