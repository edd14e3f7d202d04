/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention of matrices in memory, in one call. For other languages, and for
 * programs that need no other rule of logits, seed or array. */
#ifndef LLN_MATCH_ATTENTION_OF_H
#define LLN_MATCH_ATTENTION_OF_H

#include "kernel/attention.h"

/* Opens the attention of queries q [n x d] and keys k [m x d], which are not
 * copied and must live as long as the attention, with logits q.k / sqrt(d).
 * causal: query i sees keys 0 .. i + m - n. `kernel` is a text such as
 * "softmax" or "performer:features=128". LLN attention without alpha and beta,
 * such as "lln" or "lln:match=exact", gets those of lln_match_complete. Random
 * kernels have seed 0. The caller releases *attention with lln_attention_free.
 * LLN_EINVAL: an entry is not finite, causal with n > m, or no kernel, queries,
 * keys or features; also the statuses of lln_kernel_parse, lln_match_complete
 * and lln_kernel_open. On failure *attention is NULL. */
LLN_NODISCARD lln_status lln_attention_of(const char *kernel, lln_matrix q,
                                          lln_matrix k, bool causal,
                                          lln_attention **attention);

/* Only for attention of lln_attention_of. NULL is legal. */
void lln_attention_free(lln_attention *attention);

#endif
