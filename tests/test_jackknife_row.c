/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row without each group, by hand and against plain loops, also where a group
 * has all the weight that float64 can represent. */
#include "measure/jackknife_row.h"

#include "head_cases.h"

enum { KEYS = 40 };

/* Adds scores in two tiles, of 25 and 15 keys. */
static void add_scores(lln_group_rows *work, const double *scores,
                       lln_domain domain)
{
    double logs[KEYS + 8], weights[KEYS + 8];
    for (size_t start = 0, count = 25; start < KEYS; start += count) {
        count = start == 0 ? 25 : KEYS - 25;
        double *s = lln_array_alloc(count + 8, sizeof *s),
               reference = scores[0];
        memcpy(s, scores + start, count * sizeof *s);
        for (size_t j = 0; j < start + count; j++)
            reference = fmax(reference, scores[j]);
        bool linear = domain == LLN_DOMAIN_LINEAR;
        lln_tile_sums sums = {.reference = reference,
                              .max = linear ? log(reference) : reference,
                              .logs = logs,
                              .weights = weights,
                              .factor = 1};
        lln_pieces pieces;
        lln_tile_sums_f64(s, count, domain,
                          work->moments ? LLN_TILE_MOMENTS : LLN_TILE_SUMS,
                          NULL, &sums);
        lln_pieces_cut(work->groups, start, count, &pieces);
        lln_group_rows_add(work, 1, &pieces, s, domain, false, &sums);
        free(s);
    }
}

static void expect_row(const lln_left_out *out, const double *logs, size_t t,
                       size_t g, bool moments)
{
    double max = -INFINITY, z = 0, slope = 0, square = 0, mean = 0, keys = 0;
    double power[5] = {0};
    for (size_t j = 0; j < KEYS; j++)
        if (j * g / KEYS != t)
            max = fmax(max, logs[j]);
    for (size_t j = 0; j < KEYS; j++)
        if (j * g / KEYS != t) {
            double y = logs[j] - max;
            z += exp(y);
            slope -= y * exp(y);
            square += exp(2 * y);
            mean += logs[j];
            keys++;
        }
    mean /= keys;
    for (size_t j = 0; j < KEYS; j++)
        for (int r = 2; j * g / KEYS != t && r < 5; r++)
            power[r] += pow(logs[j] - mean, r);
    ck_assert(out->keys[t] == keys);
    expect_relative(out->norm[t], max + log(z), 1e-14);
    if (moments) {
        expect_relative(out->mean[t], mean, 1e-13);
        expect_relative(out->m2[t], power[2], 1e-13);
        expect_absolute(out->m3[t], power[3], 1e-12 * pow(power[2], 1.5));
        expect_relative(out->m4[t], power[4], 1e-12);
        return;
    }
    expect_absolute(out->entropy[t], log(z) + slope / z, 1e-13);
    expect_relative(out->squares[t], square / z / z, 1e-13);
    expect_relative(out->top[t], 1 / z, 1e-13);
}

START_TEST(finish)
{
    static const size_t counts[] = {2, 7, 40};
    double deviation = _i < 6 ? 1 : 300, scores[KEYS], logs[KEYS];
    bool moments = _i % 2;
    lln_domain domain = _i < 6 || _i > 8 ? LLN_DOMAIN_LOG : LLN_DOMAIN_LINEAR;
    size_t g = counts[_i % 3];
    lln_jackknife groups;
    lln_group_rows *work;
    draw_numbers(9, KEYS, domain == LLN_DOMAIN_LINEAR ? 3 : deviation, logs);
    for (size_t j = 0; j < KEYS; j++)
        scores[j] = domain == LLN_DOMAIN_LINEAR ? exp(logs[j]) : logs[j];
    expect_ok(lln_jackknife_open_tokens(KEYS, KEYS, &(lln_logit_rule){0}, g,
                                        &groups));
    expect_ok(lln_group_rows_open(&groups, 2, moments, &work));
    lln_group_rows_start(work, 2);
    add_scores(work, scores, domain);
    const lln_left_out *out = lln_group_rows_finish(work, 1, 0.1);
    for (size_t t = 0; t < g; t++)
        expect_row(out, logs, t, g, moments);
    lln_group_rows_free(work);
    lln_jackknife_free(&groups);
}
END_TEST

/* Nothing is left of a row with all keys in one group, or without keys. */
START_TEST(finish_empty)
{
    double scores[10] = {1, 2}, logs[10], weights[10];
    lln_tile_sums sums = {.reference = 2,
                          .max = 2,
                          .logs = logs,
                          .weights = weights,
                          .factor = 1};
    lln_pieces pieces = {1, {3}, {2}};
    lln_jackknife groups;
    lln_group_rows *work;
    expect_ok(lln_jackknife_open_tokens(KEYS, KEYS, &(lln_logit_rule){0}, 5,
                                        &groups));
    expect_ok(lln_group_rows_open(&groups, 1, false, &work));
    lln_group_rows_start(work, 1);
    const lln_left_out *out = lln_group_rows_finish(work, 0, 0);
    for (size_t t = 0; t < 5; t++)
        ck_assert(out->keys[t] == 0 && isnan(out->entropy[t]));
    lln_tile_sums_f64(scores, 2, LLN_DOMAIN_LOG, LLN_TILE_SUMS, NULL, &sums);
    lln_group_rows_add(work, 0, &pieces, scores, LLN_DOMAIN_LOG, false, &sums);
    out = lln_group_rows_finish(work, 0, 0);
    for (size_t t = 0; t < 5; t++) {
        ck_assert(out->keys[t] == (t == 3 ? 0 : 2));
        if (t != 3) /* weights 1/e and 1 */
            expect_relative(out->top[t], 1 / (1 + exp(-1)), 1e-15);
    }
    ck_assert(isnan(out->norm[3]) && isnan(out->entropy[3]));
    lln_group_rows_free(work);
    lln_jackknife_free(&groups);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jackknife_row");
    TCase *tests = tcase_create("jackknife_row");
    tcase_add_loop_test(tests, finish, 0, 12);
    tcase_add_test(tests, finish_empty);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
