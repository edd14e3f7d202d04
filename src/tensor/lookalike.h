/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files of other formats that are given in place of a file of arrays.
 * Example: the first bytes "version https://git-lfs.github.com/spec/" give "a
 * Git LFS pointer, not the file itself; run 'git lfs pull'". */
#ifndef LLN_TENSOR_LOOKALIKE_H
#define LLN_TENSOR_LOOKALIKE_H

#include "tensor/mapping.h"

/* What a file with none of our formats is, by its first bytes, and what to do;
 * NULL: unknown. */
const char *lln_lookalike(const lln_mapping *file);

/* lln_mapping_open for a file of numbers. LLN_EFORMAT: it looks like one of
 * these; the message names the file. */
LLN_NODISCARD lln_status lln_numbers_open(const char *path, lln_mapping *file);

#endif
