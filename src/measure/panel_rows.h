/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to the pass over panels (panels.c): computes the rows of one
 * panel. */
#ifndef LLN_MEASURE_PANEL_ROWS_H
#define LLN_MEASURE_PANEL_ROWS_H

#include "measure/panels.h"

/* Scratch of one thread, and its panel. */
typedef struct lln_panel_work lln_panel_work;

/* For panels of at most `rows` rows whose keys from the first to the last are
 * at most `width`; `what` as for lln_rows_measure. LLN_ENOMEM: *work is NULL.
 */
LLN_NODISCARD lln_status lln_panel_work_alloc(const lln_attention *attention,
                                              unsigned what, size_t rows,
                                              size_t width,
                                              lln_panel_work **work);

/* NULL is legal. */
void lln_panel_work_free(lln_panel_work *work);

/* Computes the rows queries[panel->rows] or, if queries is NULL, those from
 * panel->index on, and sets all of the panel but group, index and rows. It is
 * valid until the next call. After lln_stop_requested it is incomplete. The
 * statuses of the attention. */
LLN_NODISCARD lln_status lln_panel_fill(lln_panel_work *work,
                                        const size_t *queries,
                                        lln_panel *panel);

#endif
