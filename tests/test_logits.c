/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/logits.h"

#include "cases.h"
#include "expect.h"

enum { ROWS = 7, KEYS = 13, STRIDE = 15 };

/* scale q.k by the definition. */
static double slow_logit(const lln_head *head, size_t i, size_t j)
{
    double sum = 0;
    for (size_t l = 0; l < head->q.columns; l++)
        sum += lln_matrix_get(head->q, i, l) * lln_matrix_get(head->k, j, l);
    return head->rule.scale * sum;
}

/* The first ROWS queries and KEYS keys of case A. */
static lln_head small_head(lln_precision precision)
{
    lln_head head = case_head("A", precision, false);
    head.q.rows = ROWS;
    head.k.rows = KEYS;
    head.rule.scale = -2.385;
    return head;
}

/* Elements between the rows stay as they were. */
START_TEST(logits_tile_definition)
{
    lln_precision precision = _i == 0 ? LLN_FLOAT32 : LLN_FLOAT64;
    lln_head head = small_head(precision);
    float single[ROWS * STRIDE];
    double out[ROWS * STRIDE];
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        out[i] = single[i] = 77;
    lln_logits_tile(&head.rule, NULL, head.q, head.k, STRIDE,
                    _i == 0 ? (void *)single : out);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < STRIDE; j++) {
            size_t at = i * STRIDE + j;
            expect_absolute(_i == 0 ? (double)single[at] : out[at],
                            j < KEYS ? slow_logit(&head, i, j) : 77,
                            _i == 0 ? 1e-5 : 1e-14);
        }
    lln_head_free(&head);
}
END_TEST

/* One row, and several. */
START_TEST(logits_rows_definition)
{
    lln_head head = small_head(LLN_FLOAT64);
    size_t rows = _i == 0 ? 1 : ROWS, d = head.q.columns;
    double out[ROWS * STRIDE];
    const double *q = head.q.data, *k = head.k.data;
    lln_logits_rows(&head.rule, NULL, q, rows, k, KEYS, d, STRIDE, out);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < KEYS; j++)
            expect_absolute(out[i * STRIDE + j], slow_logit(&head, i, j),
                            1e-14);
    lln_head_free(&head);
}
END_TEST

START_TEST(logits_one_definition)
{
    lln_head head = small_head(LLN_FLOAT64);
    const double *q = head.q.data, *k = head.k.data;
    for (size_t j = 0; j < KEYS; j++)
        expect_absolute(lln_logits_one(&head.rule, NULL, q, 0.3,
                                       k + j * head.k.columns, head.k.columns),
                        0.3 * slow_logit(&head, 0, j), 1e-14);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logits");
    TCase *logits = tcase_create("lln_logits");
    tcase_add_loop_test(logits, logits_tile_definition, 0, 2);
    tcase_add_loop_test(logits, logits_rows_definition, 0, 2);
    tcase_add_test(logits, logits_one_definition);
    suite_add_tcase(suite, logits);
    return run_suite(suite);
}
