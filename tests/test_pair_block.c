/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One block of rows of two heads as P, one of which is R too, against rows of P
 * and R that another path computes. */
#include "measure/pair_block.h"

#include "core/threads.h"
#include "dense.h"

enum { N = 30, M = 600, HEADS = 2, START = 5, ROWS = 20 };

static size_t places[HEADS] = {0, 1};

static void open_job(const char *kernel, lln_head heads[HEADS],
                     lln_attention attention[HEADS], lln_pair_side sides[HEADS],
                     lln_score_source sources[HEADS], lln_pair_job *job)
{
    static const lln_pair_options options = {.top = 3, .distances = true};
    for (size_t i = 0; i < HEADS; i++) {
        heads[i] =
            dense_head(N, M, 4, 1.0 + (double)i, (lln_mask){0}, LLN_FLOAT64);
        open_kernel(kernel, &heads[i], NULL, 0, &attention[i]);
        expect_ok(lln_score_source_open(&attention[i], &sources[i]));
        sides[i] = (lln_pair_side){&attention[i], {0}};
    }
    *job = (lln_pair_job){.sides = sides,
                          .options = &options,
                          .sources = sources,
                          .by_scores = lln_score_source_positive(&sources[0]),
                          .precision = LLN_FLOAT64,
                          .n = N,
                          .m = M,
                          .count = N,
                          .block = ROWS,
                          .heads = places,
                          .head_count = HEADS,
                          .places = {places, &places[1]},
                          .size = {HEADS, 1}};
    job->rows = lln_array_alloc(HEADS * N, sizeof *job->rows);
}

/* By scores, P is both heads; by entries, the first one. */
START_TEST(rows_of_block)
{
    static const char *const kernels[] = {"softmax", "topth:k=9"};
    lln_head heads[HEADS];
    lln_attention attention[HEADS];
    lln_pair_side sides[HEADS];
    lln_score_source sources[HEADS];
    lln_pair_job job;
    lln_pair_scratch work;
    open_job(kernels[_i], heads, attention, sides, sources, &job);
    ck_assert(job.by_scores == (_i == 0));
    job.size[0] = job.by_scores ? 2 : 1;
    expect_ok(lln_pair_scratch_alloc(&job, &work));
    expect_ok(lln_pair_compare_block(&job, START, ROWS, &work));
    double *r = dense_rows(&attention[1]);
    for (size_t a = 0; a < job.size[0]; a++) {
        const lln_row_pair *rows = lln_pair_rows_of(&job, a, 0);
        double *p = dense_rows(&attention[a]);
        ck_assert(rows == job.rows + a * N);
        for (size_t i = START; i < START + ROWS; i++) {
            lln_row_pair row =
                lln_row_pair_from_entries(p + i * M, r + i * M, M, 3);
            expect_absolute(rows[i].js, row.js, 1e-13);
            expect_absolute(rows[i].variation, row.variation, 1e-13);
            expect_absolute(rows[i].recall, row.recall, 1e-13);
            ck_assert(a == 1 ? row.js == 0 : row.js > 0);
        }
        ck_assert(rows[START - 1].recall == 0); /* not written */
        free(p);
    }
    lln_pair_scratch_free(&work);
    for (size_t i = 0; i < HEADS; i++) {
        lln_score_source_close(&sources[i]);
        lln_attention_close(&attention[i]);
        lln_head_free(&heads[i]);
    }
    free(job.rows);
    free(r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pair_block");
    TCase *block = tcase_create("lln_pair_compare_block");
    tcase_add_loop_test(block, rows_of_block, 0, 2);
    suite_add_tcase(suite, block);
    return run_suite(suite);
}
