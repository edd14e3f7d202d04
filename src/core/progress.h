/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts of work done, for displays of progress. */
#ifndef LLN_CORE_PROGRESS_H
#define LLN_CORE_PROGRESS_H

#include <stdatomic.h>

/* Rows of attention that this process has passed over so far; rows that it will
 * have passed over when the passes begun so far are complete; products with all
 * of P, whose number an iteration cannot know in advance; and heads drawn for a
 * bootstrap. */
extern atomic_size_t lln_rows_done, lln_rows_begun, lln_products_done,
    lln_draws_done;

#endif
