/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the mass falls, against plain sums over the dense matrix, which another
 * path computes: masks, documents, hidden keys, kernels by tiles and by rows,
 * samples of rows; and closed forms of uniform rows. The files of
 * tests/data/focus are in where.bats. */
#include "measure/where.h"

#include "core/threads.h"
#include "dense.h"
#include "given_matrix.h"

enum { ALL = LLN_WHERE_COLUMNS | LLN_WHERE_MEDIAN | LLN_WHERE_ROW_MEDIANS };

/* Values of the rows in rows [count], which may be NULL. */
static lln_where measure(lln_attention *attention, const size_t *queries,
                         size_t count, const lln_where_rule *rule,
                         lln_where_row *rows, lln_where *error)
{
    lln_where out;
    lln_where_sums *sums;
    unsigned what = ALL | (rule->grid.height ? LLN_WHERE_GRID : 0);
    expect_ok(lln_where_open(attention, queries, count, rule, what, &sums));
    expect_ok(
        lln_panels_visit(attention, queries, count, 0, lln_where_visit, sums));
    count = queries ? count : attention->n;
    if (rows)
        memcpy(rows, lln_where_rows(sums), count * sizeof *rows);
    expect_ok(lln_where_finish(sums, &out, error));
    lln_where_close(sums);
    return out;
}

/* A dense matrix and which entries the mask allows. */
typedef struct {
    const lln_attention *attention;
    const double *p;
    const unsigned char *flags; /* [n x m] of a mask file; NULL: all */
    const size_t *list;
    size_t count;
} dense_case;

static bool sees(const dense_case *c, size_t i, size_t j)
{
    size_t first, end, m = c->attention->m;
    lln_mask_keys(c->attention->mask, c->attention->n, m, i, &first, &end);
    return j >= first && j < end && (!c->flags || c->flags[i * m + j]);
}

static double mean_of(double sum, double count)
{
    return count > 0 ? sum / count : NAN;
}

/* Smallest x with half of mass [count]. */
static double half_of(const double *mass, size_t count)
{
    double all = 0, below = 0;
    for (size_t x = 0; x < count; x++)
        all += mass[x];
    for (size_t x = 0; x < count; x++) {
        below += mass[x];
        if (below >= (0.5 - 1e-12) * all)
            return (double)x;
    }
    return NAN;
}

/* By the definitions, entry by entry. */
static lln_where slow(const dense_case *c, size_t w)
{
    const lln_attention *a = c->attention;
    size_t n = a->n, m = a->m;
    lln_where out = {0};
    double *column = calloc(2 * m + 2 * (n + m), sizeof *column);
    double *seen = column + m, *lags = seen + m;
    double rows = 0, sinks = 0, selves = 0, previous = 0, with_mass = 0;
    for (size_t r = 0; r < c->count; r++) {
        size_t i = c->list ? c->list[r] : r, keys = 0;
        bool positions = n == m || lln_mask_hides(a->mask);
        size_t p = positions ? lln_mask_position(a->mask, n, m, i) : 0;
        size_t s = a->mask.documents ? a->mask.documents->first[p] : 0;
        double sum = 0, distance = 0;
        for (size_t j = 0; j < m; j++) {
            keys += sees(c, i, j);
            sum += c->p[i * m + j];
        }
        if (keys == 0)
            continue;
        rows++;
        for (size_t j = 0; j < m; j++) {
            double x = c->p[i * m + j];
            size_t lag = j > p ? j - p : p - j;
            bool allowed = sees(c, i, j);
            column[j] += x;
            seen[j] += allowed;
            distance += x * (double)lag;
            lags[lag] += sum > 0 ? x / sum : 0;
            out.local_mass += lag < w ? x : 0;
            out.distant_mass += lag >= w && !(j >= s && j < s + 4) ? x : 0;
            if (allowed && j == s) {
                sinks++;
                out.sink_mass += x;
                out.sink_mass_uniform += 1 / (double)keys;
            }
            selves += allowed && j == p;
            out.self_mass += j == p ? x : 0;
            previous += allowed && j + 1 == p;
            out.previous_mass += j + 1 == p ? x : 0;
        }
        with_mass += sum > 0;
        out.distance_mean += sum > 0 ? distance / sum : 0;
    }
    out.sink_rows = mean_of(sinks, rows);
    out.sink_mass = mean_of(out.sink_mass, sinks);
    out.sink_mass_uniform = mean_of(out.sink_mass_uniform, sinks);
    out.self_mass = mean_of(out.self_mass, selves);
    out.previous_mass = mean_of(out.previous_mass, previous);
    out.local_mass = mean_of(out.local_mass, rows);
    out.distant_mass = mean_of(out.distant_mass, rows);
    out.distance_mean = mean_of(out.distance_mean, with_mass);
    out.distance_median = half_of(lags, n + m);
    out.column_share_max = out.column_mass_max = NAN;
    for (size_t j = 0; j < m; j++) {
        out.column_share_max = fmax(out.column_share_max, column[j] / rows);
        if (seen[j] > 0 && 4 * seen[j] >= (double)c->count)
            out.column_mass_max =
                fmax(out.column_mass_max, column[j] / seen[j]);
    }
    free(column);
    return out;
}

static void expect_where(const lln_where *out, const lln_where *wanted,
                         bool positions, double tolerance)
{
    double no = positions ? 0 : NAN;
    expect_relative(out->sink_mass, wanted->sink_mass, tolerance);
    expect_relative(out->sink_mass_uniform, wanted->sink_mass_uniform, 1e-14);
    expect_relative(out->sink_rows, wanted->sink_rows, 1e-14);
    expect_relative(out->column_share_max, wanted->column_share_max, tolerance);
    expect_relative(out->column_mass_max, wanted->column_mass_max, tolerance);
    expect_relative(out->self_mass, wanted->self_mass + no, tolerance);
    expect_relative(out->previous_mass, wanted->previous_mass + no, tolerance);
    expect_relative(out->local_mass, wanted->local_mass + no, tolerance);
    expect_relative(out->distant_mass, wanted->distant_mass + no, tolerance);
    expect_relative(out->distance_mean, wanted->distance_mean + no, tolerance);
    expect_relative(out->distance_median, wanted->distance_median + no, 0);
    ck_assert(isnan(out->prefix_mass) && isnan(out->grid_distance_median));
}

static void check_attention(lln_attention *attention,
                            const unsigned char *flags, double tolerance)
{
    static const size_t windows[] = {1, 7, 64, 5000};
    size_t n = attention->n, list[3] = {n - 1, n / 2, 0};
    double *p = dense_rows(attention);
    bool positions = n == attention->m || lln_mask_hides(attention->mask);
    for (size_t w = 0; w < 4; w++)
        for (int listed = 0; listed < 2; listed++) {
            dense_case c = {attention, p, flags, listed ? list : NULL,
                            listed ? 3 : n};
            lln_where_rule rule = {.local = windows[w]};
            lln_where wanted = slow(&c, windows[w]);
            lln_where out =
                measure(attention, c.list, c.count, &rule, NULL, NULL);
            expect_where(&out, &wanted, positions, tolerance);
        }
    free(p);
}

static void check_head(lln_head *head, const char *kernel,
                       const unsigned char *flags, double tolerance)
{
    lln_attention attention;
    open_kernel(kernel, head, NULL, 0, &attention);
    check_attention(&attention, flags, tolerance);
    lln_attention_close(&attention);
}

static const struct {
    size_t n, m;
    lln_mask mask;
} SHAPES[] = {
    {1, 1, {.causal = true}},
    {3, 1, {0}},
    {6, 6, {.causal = true, .documents = &SIX_TOKENS}},
    {6, 6, {.documents = &SIX_TOKENS}},
    {70, 70, {0}},
    {250, 600, {0}},
    {250, 600, {.causal = true}},
    {250, 600, {.causal = true, .top = true}},
    {400, 400, {.causal = true, .window = 100}},
    {400, 400, {.causal = true, .window = 2}},
    {400, 400, {.window = 60, .right = 3}},
    {60, 60, {.chunk = 13}},
};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES };

START_TEST(measure_masks)
{
    for (int single = 0; single < 2; single++) {
        lln_head head =
            dense_head(SHAPES[_i].n, SHAPES[_i].m, 4, 1.5, SHAPES[_i].mask,
                       single ? LLN_FLOAT32 : LLN_FLOAT64);
        double tolerance = single ? 1e-5 : 1e-12;
        check_head(&head, "softmax", NULL, tolerance);
        head.rule.has_sink = true;
        head.rule.sink = 0.7;
        check_head(&head, "softmax", NULL, tolerance);
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(measure_kernels)
{
    static const char *kernels[] = {"lln:alpha=1.5:beta=2", "elu", "relu",
                                    "kvt:k=3"};
    for (size_t k = 0; k < 4; k++) {
        lln_head head =
            dense_head(90, 90, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
        check_head(&head, kernels[k], NULL, 1e-12);
        lln_head_free(&head);
    }
}
END_TEST

/* A mask that hides keys in the middle, the sink of some rows, the own key of
 * others, and all keys of one. */
START_TEST(measure_hidden)
{
    enum { N = 30, M = 700 };
    static unsigned char flags[N * M];
    lln_logit_grid grid = {.flags = flags, .slice = {0, N, M, M, 1}};
    lln_logit_bias bias = {.mask = &grid, .hides = true};
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < M; j++)
            flags[i * M + j] = !(i == 4 || (i % 3 == 0 && j < 300) ||
                                 (i % 3 == 1 && j == i + M - N) || j % 7 == 2);
    lln_head head =
        dense_head(N, M, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT64);
    head.rule.bias = &bias;
    check_head(&head, "softmax", flags, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* Uniform causal rows, n = 20: sink H_20 / 20, distance (n - 1) / 4; without a
 * mask (n^2 - 1) / (3 n). Half of the mass without a mask is within 6 tokens:
 * (20 + 2 sum_x=1..6 (20 - x)) / 400 = 0.545, and 0.475 within 5. */
START_TEST(measure_uniform)
{
    lln_where_rule rule = {.local = 4};
    for (int causal = 0; causal < 2; causal++) {
        lln_head head =
            dense_head(20, 20, 2, 0, (lln_mask){.causal = causal > 0},
                       _i ? LLN_FLOAT32 : LLN_FLOAT64);
        lln_attention attention;
        lln_where error;
        double harmonic = 0;
        for (int i = 1; i <= 20; i++)
            harmonic += 1.0 / i;
        open_kernel("softmax", &head, NULL, 0, &attention);
        lln_where out = measure(&attention, NULL, 0, &rule, NULL, &error);
        expect_relative(out.sink_mass, causal ? harmonic / 20 : 0.05, 1e-13);
        expect_relative(out.sink_mass, out.sink_mass_uniform, 1e-13);
        expect_relative(out.distance_mean, causal ? 4.75 : 399 / 60.0, 1e-13);
        if (!causal)
            ck_assert_double_eq(out.distance_median, 6);
        ck_assert_double_eq(out.column_share_key, 0);
        ck_assert_double_eq(out.column_mass_key, 0);
        ck_assert_double_eq(error.sink_mass, 0);
        ck_assert(isnan(error.column_share_max));
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* Of the header: P = (1; 1/4 3/4). */
START_TEST(measure_example)
{
    double p[4] = {1, 0, 0.25, 0.75};
    lln_attention attention = given_attention(p, 2, 2);
    lln_where_rule rule = {.local = 1};
    lln_where_row rows[2];
    attention.mask.causal = true;
    lln_where out = measure(&attention, NULL, 0, &rule, rows, NULL);
    expect_relative(out.sink_mass, 0.625, 1e-15);
    expect_relative(out.self_mass, 0.875, 1e-15);
    expect_relative(out.previous_mass, 0.25, 1e-15);
    expect_relative(out.distance_mean, 0.125, 1e-15);
    ck_assert_double_eq(out.distance_median, 0);
    ck_assert(isnan(rows[0].previous_mass));
    ck_assert_double_eq(rows[1].previous_mass, 0.25);
    ck_assert_double_eq(rows[1].distance_median, 0);
    ck_assert_double_eq(rows[1].local_mass, 0.75);
    ck_assert_double_eq(rows[1].distant_mass, 0); /* key 0 is the sink */
}
END_TEST

/* Negative entries: masses stay, distances are NaN; a row without mass has no
 * distance. */
START_TEST(measure_negative)
{
    double p[6] = {1, 0, 0, 0.5, -0.25, 0.75};
    lln_attention attention = given_attention(p, 3, 2);
    lln_where_rule rule = {.local = 1};
    lln_where_row rows[3];
    attention.mask = (lln_mask){0};
    lln_where out = measure(&attention, NULL, 0, &rule, rows, NULL);
    expect_relative(out.sink_mass, 0.25, 1e-15);
    ck_assert(isnan(out.self_mass)); /* 3 queries, 2 keys, no mask */
    lln_attention square = given_attention(p + 2, 2, 2);
    out = measure(&square, NULL, 0, &rule, rows, NULL);
    expect_relative(out.self_mass, 0.375, 1e-15);
    ck_assert(isnan(out.distance_mean) && isnan(out.distance_median));
    expect_relative(rows[0].distance_mean, 1, 1e-15);
    ck_assert(isnan(rows[1].distance_mean));
    ck_assert(isnan(rows[1].distance_median));
    double zeros[4] = {1, 0, 0, 0};
    lln_attention empty = given_attention(zeros, 2, 2);
    out = measure(&empty, NULL, 0, &rule, rows, NULL);
    ck_assert(isnan(rows[1].distance_mean));
    ck_assert_double_eq(out.distance_mean, 0);
}
END_TEST

/* Medians of rows: of (1/2 - 1e-13, 1/2 + 1e-13) at lags 1, 0. */
START_TEST(measure_row_medians)
{
    double p[9] = {0.4, 0.3, 0.3, 0.5 - 1e-13, 0.5 - 1e-13, 2e-13, 0.6, 0, 0.4};
    lln_attention attention = given_attention(p, 3, 3);
    lln_where_rule rule = {.local = 1};
    lln_where_row rows[3];
    measure(&attention, NULL, 0, &rule, rows, NULL);
    ck_assert_double_eq(rows[0].distance_median, 1);
    ck_assert_double_eq(rows[1].distance_median, 0);
    ck_assert_double_eq(rows[2].distance_median, 2);
}
END_TEST

/* Errors of drawn rows: those of lln_values_mean. */
START_TEST(measure_sample)
{
    lln_head head = dense_head(40, 40, 4, 2, (lln_mask){0}, LLN_FLOAT64);
    const size_t list[] = {3, 9, 20, 31};
    lln_where_rule rule = {.local = 5};
    lln_attention attention;
    lln_where_row rows[4];
    lln_where error;
    double mean = 0, squares = 0;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_where out = measure(&attention, list, 4, &rule, rows, &error);
    for (int i = 0; i < 4; i++)
        mean += rows[i].local_mass / 4;
    for (int i = 0; i < 4; i++)
        squares += pow(rows[i].local_mass - mean, 2);
    expect_relative(out.local_mass, mean, 1e-14);
    expect_relative(error.local_mass, sqrt(squares / 3 / 4 * 0.9), 1e-13);
    ck_assert(isnan(error.distance_median));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_any_threads)
{
    lln_head head =
        dense_head(1500, 1500, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT32);
    lln_where_rule rule = {.local = 64};
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_threads_set(1);
    lln_where one = measure(&attention, NULL, 0, &rule, NULL, NULL);
    lln_threads_set(2);
    lln_where two = measure(&attention, NULL, 0, &rule, NULL, NULL);
    ck_assert_mem_eq(&one.sink_mass, &two.sink_mass,
                     offsetof(lln_where, prefix_mass));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* A prefix token and 2 x 2 patches, uniform: the prefix holds 1/5, and the
 * distances of a patch are 0, 1, 1 and sqrt(2). Half of the mass is at 0 and
 * 1. */
START_TEST(measure_grid)
{
    lln_head head = dense_head(5, 5, 2, 0, (lln_mask){0}, LLN_FLOAT64);
    lln_where_rule rule = {.local = 1, .grid = {2, 2, 1}};
    lln_attention attention;
    lln_where_row rows[5];
    lln_where_sums *sums;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_where out = measure(&attention, NULL, 0, &rule, rows, NULL);
    expect_relative(out.prefix_mass, 0.2, 1e-15);
    expect_relative(out.grid_distance_mean, (2 + sqrt(2)) / 4, 1e-15);
    ck_assert_double_eq(out.grid_distance_median, 1);
    ck_assert(isnan(rows[0].prefix_mass));
    rule.grid.prefix = 2;
    expect_status(lln_where_open(&attention, NULL, 0, &rule, 0, &sums),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "a grid of 2x2 patches after 2 tokens needs 6 queries and "
                     "keys, but the head has 5 and 5");
    rule.grid.height = 0;
    expect_status(
        lln_where_open(&attention, (const size_t[]){0}, 0, &rule, 0, &sums),
        LLN_EINVAL);
    lln_where_close(NULL);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where");
    TCase *all = tcase_create("where");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, measure_masks, 0, SHAPE_COUNT);
    tcase_add_test(all, measure_kernels);
    tcase_add_test(all, measure_hidden);
    tcase_add_loop_test(all, measure_uniform, 0, 2);
    tcase_add_test(all, measure_example);
    tcase_add_test(all, measure_negative);
    tcase_add_test(all, measure_row_medians);
    tcase_add_test(all, measure_sample);
    tcase_add_test(all, measure_any_threads);
    tcase_add_test(all, measure_grid);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
