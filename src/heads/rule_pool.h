/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers that the rules of heads point to. Heads that have the same ones share
 * them. */
#ifndef LLN_HEADS_RULE_POOL_H
#define LLN_HEADS_RULE_POOL_H

#include "heads/documents.h"
#include "heads/heads.h"
#include "heads/map_arrays.h"
#include "heads/rules.h"

typedef struct lln_rule_pool lln_rule_pool;

/* An empty pool; NULL when out of memory. */
lln_rule_pool *lln_rule_pool_alloc(void);

/* NULL is legal. */
void lln_rule_pool_free(lln_rule_pool *pool);

/* The numbers in `numbers` [count], which the pool takes, or equal ones that it
 * has; also on failure. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_rule_pool_keep(lln_rule_pool *pool,
                                            double *numbers, size_t count,
                                            const double **kept);

/* The documents of the keys of a described head. LLN_ENOMEM. */
LLN_NODISCARD lln_status
lln_rule_pool_documents(lln_rule_pool *pool, const lln_document_list *list,
                        const lln_head *head, const lln_documents **documents);

/* Array `index` of a list for the layer of a described head, as
 * lln_map_array_read has it, which says what `shared` is; valid until the next
 * call for this kind. */
LLN_NODISCARD lln_status lln_rule_pool_array(lln_rule_pool *pool,
                                             lln_rule_array_kind kind,
                                             const lln_kernel_arrays *arrays,
                                             size_t index, const lln_head *head,
                                             size_t shared,
                                             const lln_map_array **array);

#endif
