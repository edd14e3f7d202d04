/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * coverage: what K_p, R_k and Gini cost. Prints a table of the time of entropy
 * with them, in one sweep, next to that of entropy alone, at standard
 * deviations 1 and 4 of the logits: 64 heads of 1024 tokens, one on each
 * thread, and one head of 16384 tokens on all threads. */
#include "measure/coverage.h"
#include "core/memory.h"
#include "core/threads.h"
#include "entropy_and.h"

enum { HEADS = 64, LONG = 16384, SHORT = 1024, KEPT = 64 << 20 };

typedef struct {
    const char *name;
    lln_coverage_plan plan;
    size_t memory;
} kind;

static const kind kinds[] = {
    {"three p", {.shares = 3, .share = {0.5, 0.9, 0.99}}, KEPT},
    {"four p",
     {.shares = 4, .share = {0.5, 0.9, 0.95, 0.99}, .tops = 2, .top = {4, 16}},
     KEPT},
    {"three p bracketed", {.shares = 3, .share = {0.5, 0.9, 0.99}}, 0},
    {"gini", {.gini = true}, KEPT},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void measure(lln_attention *attention, const void *asked)
{
    const kind *of = asked;
    lln_entropy out;
    lln_row *rows;
    lln_coverage *coverage;
    lln_coverage_summary summary;
    size_t count = 0;
    must(lln_rows_alloc(attention, NULL, &count, &rows));
    must(lln_coverage_open(&of->plan, attention->m, count, &coverage));
    must(lln_coverage_measure(attention, NULL, count, of->memory,
                              LLN_ROW_ENTROPY, NULL, 0, rows, coverage));
    lln_entropy_summarise(attention, rows, count, &out, NULL);
    must(lln_coverage_summarise(coverage, count, &summary, NULL));
    lln_coverage_close(coverage);
    free(rows);
}

static void bench(const kind *of, size_t n, size_t count, double sigma)
{
    double alone[MOST_REPEATS], with[MOST_REPEATS];
    size_t runs = 0;
    lln_head heads[HEADS];
    for (size_t i = 0; i < count; i++)
        heads[i] = draw_as(n, DIM, 1 / sigma, i, false);
    do {
        alone[runs] = time_heads(heads, count, NULL, NULL);
        with[runs] = time_heads(heads, count, measure, of);
    } while (again(with, ++runs));
    double a = median(alone, runs), b = median(with, runs);
    printf("%s,%zu,%zu,%d,%g,%.4g,%.4g,%.3g\n", of->name, count, n, DIM, sigma,
           a, b, b / a);
    fflush(stdout);
    for (size_t i = 0; i < count; i++)
        lln_head_free(&heads[i]);
}

int main(void)
{
    lln_threads_set(2);
    puts("columns,heads,n,d,sigma,entropy_seconds,seconds,ratio");
    for (size_t k = 0; k < KINDS; k++)
        for (int sigma = 1; sigma <= 4; sigma += 3) {
            bench(&kinds[k], SHORT, HEADS, sigma);
            bench(&kinds[k], LONG, 1, sigma);
        }
    return 0;
}
