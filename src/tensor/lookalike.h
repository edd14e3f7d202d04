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

#endif
