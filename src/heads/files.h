/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads read from arrays in files. */
#ifndef LLN_HEADS_FILES_H
#define LLN_HEADS_FILES_H

#include "heads/heads.h"

typedef struct {
    const char *q, *k;  /* FILE or FILE:KEY */
    const char *layout; /* nd hnd nhd lhnd bhnd bnhd ... (see layout.h); NULL:
                           nd, and an array with more axes is an error */
    const char *layers, *heads; /* selections such as "0-3,7"; NULL: all */
    lln_mask mask;
    double scale; /* of the logits; NaN: 1/sqrt(d) */
} lln_files;

/* Opens both arrays and checks them wholly before anything is computed:
 * shapes against each other and the layout, every selected number finite.
 * Heads are ordered by batch, layer, head. Fewer key heads than query heads
 * is grouped-query attention: key head = query head / (query heads / key
 * heads), which must divide.
 * A batch entry b is named in the source as FILE[b].
 * LLN_EINVAL: a layout or selection that is not well written; LLN_EIO: the
 * system; LLN_EFORMAT: what is in the files does not fit. */
LLN_NODISCARD lln_status lln_files_open(const lln_files *files,
                                        lln_heads *heads);

#endif
