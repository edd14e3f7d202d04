/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention of matrices in memory, against that of kernel and head. */
#include "match/attention_of.h"

#include "cases.h"
#include "core/memory.h"
#include "match/lln_side.h"
#include "match/match.h"

/* Compares all rows of both, and closes the second. */
static void expect_same(lln_attention *a, lln_attention *b)
{
    double *p = lln_array_alloc(a->n * a->m, sizeof *p);
    double *r = lln_array_alloc(a->n * a->m, sizeof *r);
    ck_assert(a->n == b->n && a->m == b->m);
    expect_ok(lln_attention_prepare(a));
    expect_ok(lln_attention_prepare(b));
    expect_ok(lln_attention_rows(a, 0, a->n, p));
    expect_ok(lln_attention_rows(b, 0, b->n, r));
    ck_assert_mem_eq(p, r, a->n * a->m * sizeof *p);
    lln_attention_close(b);
    free(p);
    free(r);
}

/* alpha and beta, if the text has none, are those of match=measured, of the
 * method that it names, or of the published rule. */
START_TEST(open_texts)
{
    static const struct {
        const char *text, *method;
    } same[] = {
        {"softmax", NULL},
        {"elu", NULL},
        {"lln:alpha=2:beta=1", NULL},
        {"lln", "measured"},
        {"lln:match=fenton", "fenton"},
        {"lln:scales=layer", "paper"},
        {"lln+diag:match=exact", "exact"},
    };
    lln_head head = case_head("A", LLN_FLOAT64, true);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        lln_attention *of, attention;
        lln_kernel_choice choice;
        expect_ok(lln_attention_of(same[i].text, head.q, head.k, true, &of));
        expect_ok(lln_kernel_parse(same[i].text, &choice));
        if (same[i].method) {
            lln_match match;
            expect_ok(lln_match_estimate(lln_match_find(same[i].method), &head,
                                         &match));
            expect_ok(lln_side_set(match.alpha, match.beta, &choice));
        }
        expect_ok(lln_kernel_open(&choice, &head, &attention));
        expect_same(of, &attention);
        lln_attention_free(of);
    }
    lln_head_free(&head);
}
END_TEST

START_TEST(open_failures)
{
    static const double good[] = {1, 2, 3, 4}, bad[] = {1, 2, NAN, 4};
    static const struct {
        const char *text;
        lln_matrix q, k;
        bool causal;
        const char *message;
    } cases[] = {
        {"softmax",
         {LLN_FLOAT64, 2, 2, bad},
         {LLN_FLOAT64, 2, 2, good},
         false,
         "queries: row 1, column 0: nan, expected a finite number"},
        {"softmax",
         {LLN_FLOAT64, 2, 2, good},
         {LLN_FLOAT64, 0, 2, good},
         false,
         "no keys"},
        {"softmax",
         {LLN_FLOAT64, 2, 2, NULL},
         {LLN_FLOAT64, 2, 2, good},
         false,
         "no queries"},
        {"softmax",
         {LLN_FLOAT64, 2, 0, good},
         {LLN_FLOAT64, 2, 0, good},
         false,
         "queries without features"},
        {NULL,
         {LLN_FLOAT64, 2, 2, good},
         {LLN_FLOAT64, 2, 2, good},
         false,
         "no kernel"},
        {"softmax",
         {LLN_FLOAT64, 2, 2, good},
         {LLN_FLOAT64, 1, 2, good},
         true,
         "a causal mask with 2 queries and 1 keys; expected no more queries "
         "than keys"},
        {"softmax",
         {LLN_FLOAT64, 2, 2, good},
         {LLN_FLOAT64, 4, 1, good},
         false,
         "queries of 2 features, keys of 1"},
        {"lln:scales=layer:match=exact",
         {LLN_FLOAT64, 2, 2, good},
         {LLN_FLOAT64, 2, 2, good},
         false,
         "kernel 'lln:scales=layer:match=exact': scales=layer needs "
         "match=paper"},
        {"elu:eps=2",
         {LLN_FLOAT64, 2, 2, good},
         {LLN_FLOAT64, 2, 2, good},
         false,
         "kernel 'elu': eps=2: expected a number from 0 to 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lln_attention *attention = (lln_attention *)1;
        expect_status(lln_attention_of(cases[i].text, cases[i].q, cases[i].k,
                                       cases[i].causal, &attention),
                      LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(), cases[i].message);
        ck_assert_ptr_eq(attention, NULL);
    }
    lln_attention_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attention_of");
    TCase *all = tcase_create("lln_attention_of");
    tcase_add_test(all, open_texts);
    tcase_add_test(all, open_failures);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
