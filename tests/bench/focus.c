/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * focus: what the groups of columns about where attention goes cost. Prints a
 * table of the time of entropy with them, in one sweep, next to that of entropy
 * alone: 64 heads of 1024 tokens, one on each thread, and one head of 16384
 * tokens on all threads; with and without a causal mask. The ratio is the
 * median of ratios of runs that follow each other. */
#include <malloc.h>

#include "core/threads.h"
#include "entropy_and.h"
#include "measure/shape.h"
#include "measure/where.h"

enum { HEADS = 64, LONG = 16384, SHORT = 1024, PAIRS = 15 };

typedef struct {
    const char *name;
    bool where; /* else only the shape, or nothing but panels */
    unsigned what;
    unsigned rows; /* LLN_ROW_... beside the entropy */
} kind;

static const kind kinds[] = {
    {"panels", false, 0, 0},
    {"shape", false, 0, LLN_ROW_SHAPE},
    {"where: masses and distances", true, 0, 0},
    {"where: and columns", true, LLN_WHERE_COLUMNS, 0},
    {"where", true, LLN_WHERE_COLUMNS | LLN_WHERE_MEDIAN, 0},
    {"where and shape", true, LLN_WHERE_COLUMNS | LLN_WHERE_MEDIAN,
     LLN_ROW_SHAPE},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void ignore(void *context, int thread, const lln_panel *panel)
{
    (void)context;
    (void)thread;
    (void)panel;
}

static void measure(lln_attention *attention, const void *asked)
{
    const kind *of = asked;
    const lln_where_rule rule = {.local = LLN_WHERE_LOCAL};
    lln_panel_visitor visitor = {ignore, NULL};
    lln_where_sums *sums = NULL;
    lln_entropy entropy;
    lln_where where;
    lln_shape shape;
    lln_row *rows;
    size_t count = 0;
    must(lln_rows_alloc(attention, NULL, &count, &rows));
    if (of->where) {
        must(lln_where_open(attention, NULL, 0, &rule, of->what, &sums));
        visitor = (lln_panel_visitor){lln_where_visit, sums};
    }
    must(lln_panels_measure(attention, NULL, 0, LLN_ROW_ENTROPY | of->rows,
                            &visitor, of->where || !of->rows, rows));
    lln_entropy_summarise(attention, rows, count, &entropy, NULL);
    if (of->rows)
        lln_shape_summarise(attention, rows, count, LLN_SHAPE_CLIP, &shape,
                            NULL);
    if (sums)
        must(lln_where_finish(sums, &where, NULL));
    lln_where_close(sums);
    free(rows);
}

static void bench(const kind *of, size_t n, size_t count, bool causal)
{
    double alone[PAIRS], with[PAIRS], ratio[PAIRS];
    lln_head heads[HEADS];
    for (size_t i = 0; i < count; i++) {
        heads[i] = draw(n, i, false);
        heads[i].rule.mask.causal = causal;
    }
    for (size_t run = 0; run < PAIRS; run++) {
        alone[run] = time_heads(heads, count, NULL, NULL);
        with[run] = time_heads(heads, count, measure, of);
        ratio[run] = with[run] / alone[run];
    }
    printf("%s,%zu,%zu,%d,%d,%.4g,%.4g,%.3f\n", of->name, count, n, DIM, causal,
           median(alone, PAIRS), median(with, PAIRS), median(ratio, PAIRS));
    fflush(stdout);
    for (size_t i = 0; i < count; i++)
        lln_head_free(&heads[i]);
}

int main(void)
{
    mallopt(M_MMAP_THRESHOLD, 16 << 20); /* as the tools do */
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    lln_threads_set(2);
    puts("columns,heads,n,d,causal,entropy_seconds,seconds,ratio");
    for (size_t k = 0; k < KINDS; k++)
        for (int causal = 0; causal < 2; causal++) {
            bench(&kinds[k], SHORT, HEADS, causal);
            bench(&kinds[k], LONG, 1, causal);
        }
    return 0;
}
