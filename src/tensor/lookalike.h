/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that lie where arrays are expected and are something else. */
#ifndef LLN_TENSOR_LOOKALIKE_H
#define LLN_TENSOR_LOOKALIKE_H

#include "tensor/mapping.h"

/* What the first bytes of a file that has none of our formats say that it is,
 * and what to do; NULL if they say nothing. */
const char *lln_lookalike(const lln_mapping *file);

#endif
