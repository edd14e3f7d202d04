/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A head whose queries and keys are converted to float64. */
#ifndef LLN_HEADS_WIDE_H
#define LLN_HEADS_WIDE_H

#include "heads/heads.h"

/* *wide is a copy of the head whose q and k are float64: those of the head if
 * they are float64 already, else copies in *storage, which the caller frees
 * with free() after *wide is no longer used. Everything else, values included,
 * still belongs to `head`. Memory O((n + m) d). LLN_ENOMEM: *storage is
 * NULL. */
LLN_NODISCARD lln_status lln_head_widen(const lln_head *head, lln_head *wide,
                                        double **storage);

/* The same for heads of at most `tokens` queries and as many keys. Of others,
 * *wide is the head itself, and *storage NULL. */
LLN_NODISCARD lln_status lln_head_widen_small(const lln_head *head,
                                              size_t tokens, lln_head *wide,
                                              double **storage);

#endif
