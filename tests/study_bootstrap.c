/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Size and power of lln-stats --bootstrap, in full; tests/test_bootstrap.c has
 * small versions. tests/study_bootstrap.txt has what it prints, after 4 minutes
 * of two cores:
 *     make build/tests/study_bootstrap
 *     build/tests/study_bootstrap | sed '/^Running/d; /^100/d'
 * An independent program found 0.060 and 0.035 at x = 0.05 for the first two
 * rows (200 heads), and 0.58 and 1.00 for keys t5 and keys of rank 2 (40). */
#include <stdio.h>

#include "bootstrap_heads.h"
#include "core/threads.h"
#include "match/match.h"

enum { DRAWS = 20000, ENOUGH = 10 };

typedef struct {
    const char *name;
    size_t n, d, heads, B;
    double sigma;
    bool causal;
    const char *match; /* method that finds alpha and beta; NULL: softmax */
    void (*change)(lln_head *head, uint32_t seed); /* NULL: none */
} study;

/* K = A B with A [m x 2] and B [2 x d] normal. */
static void make_low_rank(lln_head *head, uint32_t seed)
{
    size_t m = head->k.rows, d = head->k.columns;
    double *x = (double *)(uintptr_t)head->k.data;
    lln_head factors = bootstrap_head(m, d, 2, 1, ~(uint64_t)seed);
    for (size_t j = 0; j < m; j++)
        for (size_t l = 0; l < d; l++)
            x[j * d + l] = (lln_matrix_get(factors.q, j, 0) *
                                lln_matrix_get(factors.k, l, 0) +
                            lln_matrix_get(factors.q, j, 1) *
                                lln_matrix_get(factors.k, l, 1)) /
                           sqrt(2);
    lln_head_free(&factors);
}

/* Keys of neighbouring tokens have a correlation of 0.9. */
static void correlate_tokens(lln_head *head, uint32_t seed)
{
    size_t m = head->k.rows, d = head->k.columns;
    double *x = (double *)(uintptr_t)head->k.data;
    (void)seed;
    for (size_t i = d; i < m * d; i++)
        x[i] = 0.9 * x[i - d] + sqrt(1 - 0.81) * x[i];
}

static const study STUDIES[] = {
    {"gaussian", 64, 16, 4000, 99, 1, false, NULL, NULL},
    {"gaussian", 96, 16, 4000, 99, 2, false, NULL, NULL},
    {"gaussian", 96, 16, 4000, 99, 1, true, NULL, NULL},
    {"gaussian", 64, 16, 1000, 99, 1, false, "measured", NULL},
    {"gaussian", 64, 16, 2000, 999, 1, false, NULL, NULL},
    {"keys t5", 96, 16, 2000, 99, 1, false, NULL, bootstrap_t5_keys},
    {"keys t5", 96, 16, 1000, 999, 1, false, NULL, bootstrap_t5_keys},
    {"keys t5", 192, 16, 500, 99, 1, false, NULL, bootstrap_t5_keys},
    {"keys rank 2", 96, 16, 500, 99, 1, false, NULL, make_low_rank},
    {"keys AR 0.9", 96, 16, 500, 99, 1, false, NULL, correlate_tokens},
};

static lln_bootstrap run_one(const study *of, size_t i)
{
    lln_head head = bootstrap_head(of->n, of->n, of->d, 1, 1 + i);
    lln_kernel_choice choice;
    lln_bootstrap out;
    lln_bootstrap_plan plan = {of->B, ENOUGH, i, NULL, NULL};
    head.rule.mask.causal = of->causal;
    if (of->change)
        of->change(&head, (uint32_t)i + 1);
    double *q = head.storage;
    for (size_t j = 0; j < of->n * of->d; j++)
        q[j] *= of->sigma;
    expect_ok(lln_kernel_parse(of->match ? "lln" : "softmax", &choice));
    if (of->match) {
        plan.adapt = lln_match_adapt;
        plan.context = lln_match_find(of->match);
        expect_ok(lln_match_adapt(plan.context, &head, &choice));
    }
    expect_ok(lln_bootstrap_measure(&choice, &head, NULL, 0, &plan, &out));
    lln_head_free(&head);
    return out;
}

static void run_study(const study *of)
{
    static const double at[] = {0.01, 0.05, 0.1, 0.3, 0.5};
    double below[5] = {0}, draws = 0, heads = (double)of->heads;
    for (size_t i = 0; i < of->heads; i++) {
        lln_bootstrap one = run_one(of, i);
        draws += (double)one.draws;
        for (size_t j = 0; j < 5; j++)
            below[j] += one.p <= at[j];
    }
    printf("%-12s %3zu x %-3zu %5g  %-6s  %-8s %5zu %4zu", of->name, of->n,
           of->d, of->sigma, of->causal ? "causal" : "none",
           of->match ? of->match : "softmax", of->heads, of->B);
    for (size_t j = 0; j < 5; j++)
        printf("  %.4f", below[j] / heads);
    printf("  %6.1f\n", draws / heads);
    fflush(stdout);
}

/* The null distribution, of a head whose standard deviations are exact. */
static void run_null(size_t n, size_t d, double sigma, bool causal)
{
    lln_head head = bootstrap_head(n, n, d, 1, 1);
    bootstrap_scale(head.q, sigma);
    bootstrap_scale(head.k, 1);
    head.rule.mask.causal = causal;
    lln_bootstrap out = bootstrap_softmax(&head, DRAWS, 0, 1);
    printf("%3zu x %-3zu %5g  %-6s  %.6f  %.6f\n", n, d, sigma,
           causal ? "causal" : "none", out.mean, out.upper);
    fflush(stdout);
    lln_head_free(&head);
}

START_TEST(study_everything)
{
    printf("Null distribution of the distance, %d draws\n", DRAWS);
    printf("%9s %5s  %-6s  %-8s  %s\n", "n x d", "sigma", "mask", "mean",
           "95 % point");
    run_null(96, 16, 1, false);
    run_null(96, 16, 1, true);
    run_null(128, 64, 1, false);
    run_null(96, 16, 2, false);
    printf("\nFraction of heads with p at most x; stopped at %d draws that are "
           "as far from normal\n",
           ENOUGH);
    printf("%-12s %9s %5s  %-6s  %-8s %5s %4s", "heads", "n x d", "sigma",
           "mask", "kernel", "heads", "B");
    printf("  x=0.01  0.05    0.1     0.3     0.5      draws\n");
    for (size_t i = 0; i < sizeof STUDIES / sizeof *STUDIES; i++)
        run_study(&STUDIES[i]);
}
END_TEST

int main(void)
{
    lln_threads_set(0);
    Suite *suite = suite_create("study_bootstrap");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 3600);
    tcase_add_test(all, study_everything);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
