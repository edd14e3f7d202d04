/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A described head against the same head loaded. */
#ifndef LLN_TESTS_DESCRIBED_H
#define LLN_TESTS_DESCRIBED_H

#include "expect.h"
#include "heads/heads.h"

static inline void expect_described(const lln_heads *heads, size_t index,
                                    const lln_head *loaded)
{
    lln_head head;
    heads->describe(heads, index, &head);
    const lln_matrix shapes[] = {head.q, head.k, head.v};
    const lln_matrix full[] = {loaded->q, loaded->k, loaded->v};
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(shapes[i].data);
        ck_assert_uint_eq(shapes[i].rows, full[i].rows);
        ck_assert_uint_eq(shapes[i].columns, full[i].columns);
    }
    ck_assert_str_eq(head.source, loaded->source);
    ck_assert_int_eq(head.layer, loaded->layer);
    ck_assert_int_eq(head.head, loaded->head);
    ck_assert_uint_eq(head.at.head, loaded->at.head);
    ck_assert_uint_eq(head.of.head, loaded->of.head);
    ck_assert(head.rule.scale == loaded->rule.scale);
    ck_assert_ptr_null(head.storage);
}

#endif
