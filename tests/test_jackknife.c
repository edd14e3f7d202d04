/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jackknife in one pass against a slow version, which removes the rows and
 * columns of each group from a dense P, normalises the rows and computes
 * everything anew; against the same measures of heads without the tokens of a
 * group; and against reference programs. */
#include "measure/jackknife.h"

#include "cases.h"
#include "core/threads.h"
#include "dense.h"
#include "measure/jackknife_entropy.h"
#include "measure/jackknife_lognormal.h"

/* The values without a group, from rows of P. */
typedef struct {
    lln_entropy entropy;
    lln_lognormal_moments moments;
} dense_values;

/* ln P of the keys of a row that are left; returns their number. outside: the
 * weight of the sink among them. */
static size_t dense_row(const double *p, const lln_jackknife *groups, size_t t,
                        double *logs, double *outside)
{
    size_t keys = 0;
    double sum = 0;
    for (size_t j = 0; j < groups->m; j++)
        sum += p[j];
    double sink = *outside > 0 ? 1 - sum : 0, left = sink;
    for (size_t j = 0; j < groups->m; j++)
        if (j * groups->count / groups->m != t && p[j] > 0) {
            left += p[j];
            logs[keys++] = log(p[j]);
        }
    for (size_t j = 0; j < keys; j++)
        logs[j] -= log(left);
    *outside = sink > 0 ? sink / left : 0;
    return keys;
}

typedef struct {
    double rows, with_keys, with_two, entries;
    dense_values sums;
    double log_keys;
} dense_sums;

/* Adds a row to the means. */
static void dense_add(const double *logs, size_t keys, double o, dense_sums *to)
{
    double entropy = 0, squares = 0, top = 0, mean = 0, m2 = 0;
    double count = (double)keys;
    to->rows++;
    to->sums.entropy.outside += o;
    for (size_t j = 0; j < keys; j++) {
        double p = exp(logs[j]) / (1 - o), log_p = logs[j] - log1p(-o);
        entropy -= p * log_p;
        squares += p * p;
        top = fmax(top, p * (1 - o));
        mean += log_p / count;
    }
    if (keys == 0)
        return;
    for (size_t j = 0; j < keys; j++)
        m2 += pow(logs[j] - log1p(-o) - mean, 2);
    to->with_keys++;
    to->sums.entropy.entropy += entropy;
    to->sums.entropy.effective_keys += 1 / squares;
    to->sums.entropy.top1_mass += top;
    to->sums.entropy.with_sink +=
        o > 0 ? (1 - o) * (entropy - log1p(-o)) - o * log(o) : entropy;
    to->log_keys += log(count);
    if (keys == 1)
        return;
    to->with_two++;
    to->entries += count;
    to->sums.entropy.normalized += entropy / log(count);
    to->sums.moments.variance_row += m2 / (count - 1);
    to->sums.moments.mean += mean * count;
}

/* P without group t, written by the formulas of entropy.h and lognormal.h; m2,
 * m3 and m4 in a second pass over the entries. */
static dense_values leave_out_dense(const lln_attention *attention,
                                    const double *p, const size_t *query_group,
                                    const lln_jackknife *groups, size_t t)
{
    size_t n = attention->n, m = attention->m, keys_left = 0;
    double *logs = lln_array_alloc(m, sizeof *logs);
    bool sink = attention->tiles.rule.has_sink;
    dense_sums to = {0};
    double power[5] = {0}, mean = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            double o = sink;
            if (query_group[i] == t)
                continue;
            size_t keys = dense_row(p + i * m, groups, t, logs, &o);
            if (pass == 0 && (keys > 0 || sink))
                dense_add(logs, keys, o, &to);
            for (size_t j = 0; pass == 1 && keys > 1 && j < keys; j++)
                for (int r = 2; r < 5; r++)
                    power[r] += pow(logs[j] - log1p(-o) - mean, r);
        }
        mean = to.sums.moments.mean / to.entries;
    }
    free(logs);
    for (size_t j = 0; j < m; j++)
        keys_left += j * groups->count / m != t;
    lln_entropy *e = &to.sums.entropy;
    e->entropy /= to.with_keys;
    e->normalized /= to.with_two;
    e->effective_keys /= to.with_keys;
    e->top1_mass /= to.rows;
    e->outside /= to.rows;
    e->with_sink /= to.rows;
    e->over_log_n = keys_left > 1 ? e->entropy / log((double)keys_left) : NAN;
    double ceiling = to.log_keys / to.with_keys;
    e->over_ceiling = ceiling > 0 ? e->entropy / ceiling : NAN;
    double variance = power[2] / to.entries;
    to.sums.moments = (lln_lognormal_moments){
        mean, variance, to.sums.moments.variance_row / to.with_two,
        power[3] / to.entries / pow(variance, 1.5),
        power[4] / to.entries / (variance * variance) - 3};
    return to.sums;
}

static void expect_same(const lln_entropy *a, const lln_lognormal_moments *b,
                        const dense_values *dense, double tolerance)
{
    const lln_entropy *e = &dense->entropy;
    const lln_lognormal_moments *m = &dense->moments;
    expect_absolute(a->entropy, e->entropy, tolerance * fmax(1, e->entropy));
    expect_absolute(a->normalized, e->normalized, tolerance);
    expect_relative(a->effective_keys, e->effective_keys, tolerance);
    expect_relative(a->top1_mass, e->top1_mass, tolerance);
    expect_absolute(a->over_log_n, e->over_log_n, tolerance);
    expect_absolute(a->over_ceiling, e->over_ceiling, tolerance);
    expect_absolute(a->outside, e->outside, tolerance);
    expect_absolute(a->with_sink, e->with_sink,
                    tolerance * fmax(1, e->entropy));
    expect_relative(b->mean, m->mean, tolerance);
    expect_relative(b->variance, m->variance, tolerance);
    expect_relative(b->variance_row, m->variance_row, tolerance);
    expect_absolute(b->skewness, m->skewness,
                    tolerance * fmax(1, fabs(m->skewness)));
    expect_absolute(b->excess_kurtosis, m->excess_kurtosis,
                    tolerance * fmax(1, fabs(m->excess_kurtosis)));
}

/* Compares all groups of a head with the slow version. */
static void expect_dense_groups(const lln_head *head, const char *kernel,
                                size_t count, double tolerance)
{
    lln_attention attention;
    lln_jackknife groups;
    lln_entropy out;
    lln_lognormal fit;
    case_open(head, kernel, &attention);
    expect_ok(lln_jackknife_open(&attention, count, &groups));
    double *p = dense_rows(&attention);
    size_t n = attention.n, g = groups.count;
    size_t *query_group = lln_array_alloc(n, sizeof *query_group);
    lln_entropy *entropies = lln_array_alloc(g, sizeof *entropies);
    lln_lognormal_moments *moments = lln_array_alloc(g, sizeof *moments);
    expect_ok(lln_entropy_leave_out(&attention, &groups, &out, entropies));
    expect_ok(lln_lognormal_without(&attention, &groups, &fit, moments));
    for (size_t i = 0; i < n; i++)
        query_group[i] = lln_jackknife_query(&groups, i);
    for (size_t t = 0; t < g; t++) {
        dense_values dense =
            leave_out_dense(&attention, p, query_group, &groups, t);
        expect_same(&entropies[t], &moments[t], &dense, tolerance);
    }
    free(p);
    free(query_group);
    free(entropies);
    free(moments);
    lln_jackknife_free(&groups);
    lln_attention_close(&attention);
}

/* Masks of all kinds; odd sizes, so that groups differ in size; more keys than
 * a tile has. */
static const size_t STARTS[] = {0, 0, 0, 3, 3, 5, 5, 5, 5, 5, 5},
                    ENDS[] = {3, 3, 3, 5, 5, 11, 11, 11, 11, 11, 11};
static const lln_documents PACKED = {11, STARTS, ENDS};

static const struct {
    size_t n, m, d, groups;
    double sigma;
    lln_mask mask;
    const char *kernel;
} HEADS[] = {
    {53, 53, 5, 20, 1, {0}, "softmax"},
    {53, 53, 5, 20, 1, {0}, "lln:alpha=1.1:beta=0.9"},
    {53, 53, 5, 7, 3, {.causal = true}, "softmax"},
    {53, 53, 5, 20, 1, {.causal = true}, "lln:alpha=1.1:beta=0.9"},
    {61, 61, 4, 20, 1, {.causal = true, .window = 9}, "softmax"},
    {61, 61, 4, 20, 1, {.window = 9}, "lln:alpha=2:beta=1"},
    {61, 61, 4, 6, 1, {.causal = true, .prefix = 13}, "softmax"},
    {61, 61, 4, 6, 1, {.chunk = 10}, "softmax"},
    {61, 61, 4, 9, 1, {0}, "blockdiag:block=8"},
    {61, 61, 4, 9, 1, {.causal = true}, "window:reach=7"},
    {61, 61, 4, 9, 1, {0}, "tempscale:divisor=0.5"},
    {11, 11, 3, 4, 1, {.documents = &PACKED}, "softmax"},
    {40, 72, 8, 20, 1, {.causal = true}, "softmax"},
    {40, 72, 8, 20, 1, {.causal = true, .top = true}, "softmax"},
    {48, 90, 12, 20, 1, {0}, "softmax"},
    {90, 48, 12, 20, 1, {0}, "lln:alpha=1:beta=1"},
    {30, 1300, 3, 20, 1, {0}, "softmax"},
    {30, 1300, 3, 3, 1, {0}, "lln:alpha=1:beta=2"},
    {700, 700, 2, 2, 1, {.causal = true}, "softmax"},
    {300, 300, 1, 150, 1, {0}, "softmax"},
    {5, 5, 1, 20, 1, {0}, "softmax"}, /* five groups */
};

START_TEST(leave_out_masks)
{
    lln_head head = dense_head(HEADS[_i].n, HEADS[_i].m, HEADS[_i].d,
                               HEADS[_i].sigma, HEADS[_i].mask, LLN_FLOAT64);
    expect_dense_groups(&head, HEADS[_i].kernel, HEADS[_i].groups, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* Float32 tiles. */
START_TEST(leave_out_single)
{
    lln_head head = dense_head(HEADS[_i].n, HEADS[_i].m, HEADS[_i].d,
                               HEADS[_i].sigma, HEADS[_i].mask, LLN_FLOAT32);
    expect_dense_groups(&head, HEADS[_i].kernel, HEADS[_i].groups, 2e-5);
    lln_head_free(&head);
}
END_TEST

/* A sink takes the weight of rows whose keys all leave. */
START_TEST(leave_out_sink)
{
    lln_mask mask = {.causal = true, .window = _i == 0 ? 0 : 2};
    lln_head head = dense_head(23, 23, 4, 1, mask, LLN_FLOAT64);
    head.rule.has_sink = true;
    head.rule.sink = 0.7;
    expect_dense_groups(&head, "softmax", 8, 1e-12);
    lln_head_free(&head);
}
END_TEST

/* Logits of a spread of 2000: a group may hold all the weight that float64 can
 * represent. */
START_TEST(leave_out_sharp)
{
    lln_head head = dense_head(37, 37, 3, 25, (lln_mask){0}, LLN_FLOAT64);
    size_t g = 6;
    lln_attention attention;
    lln_jackknife groups;
    lln_entropy out, *without = lln_array_alloc(g, sizeof *without);
    case_open(&head, "softmax", &attention);
    expect_ok(lln_jackknife_open(&attention, g, &groups));
    expect_ok(lln_entropy_leave_out(&attention, &groups, &out, without));
    for (size_t t = 0; t < g; t++) {
        double sum = 0, rows = 0;
        for (size_t i = 0; i < 37; i++) {
            double max = -INFINITY, z = 0, slope = 0;
            if (i * g / 37 == t)
                continue;
            for (size_t j = 0; j < 37; j++)
                if (j * g / 37 != t)
                    max = fmax(max, dense_logit(&head, i, j));
            for (size_t j = 0; j < 37; j++)
                if (j * g / 37 != t) {
                    double y = dense_logit(&head, i, j) - max;
                    z += exp(y);
                    slope -= y * exp(y);
                }
            sum += log(z) + slope / z;
            rows++;
        }
        expect_absolute(without[t].entropy, sum / rows, 1e-12);
    }
    free(without);
    lln_jackknife_free(&groups);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The rows of a matrix that are not in group t. */
static lln_matrix keep_rows(lln_matrix a, size_t g, size_t t, double *out)
{
    size_t kept = 0, d = a.columns;
    for (size_t i = 0; i < a.rows; i++)
        if (i * g / a.rows != t)
            memcpy(out + d * kept++, (const double *)a.data + i * d,
                   d * sizeof *out);
    return (lln_matrix){LLN_FLOAT64, kept, d, out};
}

/* Heads without the tokens of a group, measured again by the same kernel. */
START_TEST(leave_out_again)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=1.1:beta=0.9",
                                          "tempscale:divisor=2"};
    size_t n = _i == 2 ? 200 : 45, m = _i == 1 ? 70 : n, d = 6, g = 20;
    lln_head head = dense_head(n, m, d, 1, (lln_mask){0}, LLN_FLOAT64);
    double *kept = lln_array_alloc((n + m) * d, sizeof *kept);
    lln_entropy out, again, *entropies = lln_array_alloc(g, sizeof *entropies);
    lln_lognormal fit;
    lln_lognormal_moments *moments = lln_array_alloc(g, sizeof *moments);
    lln_attention attention;
    lln_jackknife groups;
    case_open(&head, kernels[_i], &attention);
    expect_ok(lln_jackknife_open(&attention, g, &groups));
    expect_ok(lln_entropy_leave_out(&attention, &groups, &out, entropies));
    expect_ok(lln_lognormal_without(&attention, &groups, &fit, moments));
    lln_attention_close(&attention);
    for (size_t t = 0; t < g; t++) {
        lln_head less = head;
        less.q = keep_rows(head.q, g, t, kept);
        less.k = keep_rows(head.k, g, t, kept + n * d);
        case_open(&less, kernels[_i], &attention);
        expect_ok(lln_entropy_measure(&attention, NULL, 0, &again, NULL));
        expect_relative(entropies[t].entropy, again.entropy, 1e-12);
        expect_relative(entropies[t].normalized, again.normalized, 1e-12);
        expect_relative(entropies[t].effective_keys, again.effective_keys,
                        1e-12);
        expect_relative(entropies[t].top1_mass, again.top1_mass, 1e-12);
        expect_relative(entropies[t].over_log_n, again.over_log_n, 1e-12);
        expect_relative(entropies[t].over_ceiling, again.over_ceiling, 1e-12);
        expect_ok(lln_lognormal_measure(&attention, NULL, 0, &fit, NULL));
        expect_relative(moments[t].mean, fit.mean, 1e-12);
        expect_relative(moments[t].variance, fit.variance, 1e-12);
        expect_relative(moments[t].variance_row, fit.variance_row, 1e-12);
        expect_absolute(moments[t].skewness, fit.skewness, 1e-12);
        expect_absolute(moments[t].excess_kurtosis, fit.excess_kurtosis, 1e-11);
        lln_attention_close(&attention);
    }
    free(kept);
    free(entropies);
    free(moments);
    lln_jackknife_free(&groups);
    lln_head_free(&head);
}
END_TEST

/* The values of all rows do not change by a bit, whatever the threads; nor do
 * the errors. */
START_TEST(leave_out_same)
{
    lln_mask mask = {.causal = _i == 1};
    lln_head head = dense_head(450, 450, 16, 1, mask, LLN_FLOAT32);
    lln_entropy plain, out, error[2];
    lln_lognormal fit, fit_again;
    lln_lognormal_moments errors[2];
    size_t used;
    lln_attention attention;
    lln_threads_set(2);
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_measure(&attention, NULL, 0, &plain, NULL));
    expect_ok(lln_lognormal_measure(&attention, NULL, 0, &fit, NULL));
    for (int i = 0; i < 2; i++) {
        lln_threads_set(i == 0 ? 1 : 3);
        expect_ok(
            lln_entropy_jackknife(&attention, 20, &out, &error[i], &used));
        ck_assert_uint_eq(used, 20);
        ck_assert_mem_eq(&plain, &out, sizeof out);
        expect_ok(lln_lognormal_jackknife(&attention, 20, &fit_again,
                                          &errors[i], &used));
        ck_assert_mem_eq(&fit, &fit_again, sizeof fit);
    }
    ck_assert_mem_eq(&error[0], &error[1], sizeof *error);
    ck_assert_mem_eq(&errors[0], &errors[1], sizeof *errors);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Uniform rows: without group t of n_t tokens, entropy is ln(n - n_t) and ln P
 * is constant. 11 tokens in 4 groups of 3, 3, 3 and 2:
 *     Python: a = [log(8)] * 3 + [log(9)]; m = sum(a)/4
 *             sqrt(3/4 * sum((x - m)**2 for x in a)) = 0.08833727674228764 */
START_TEST(errors_uniform)
{
    double zeros[22] = {0};
    lln_head head = {.rule.scale = 1};
    head.q = head.k = (lln_matrix){LLN_FLOAT64, 11, 2, zeros};
    lln_attention attention;
    lln_entropy out, error;
    lln_lognormal fit;
    lln_lognormal_moments moments;
    size_t used;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_entropy_jackknife(&attention, 4, &out, &error, &used));
    expect_relative(out.entropy, log(11), 1e-14);
    expect_relative(error.entropy, 0.08833727674228764, 1e-13);
    expect_absolute(error.normalized, 0, 1e-15);
    expect_absolute(error.over_ceiling, 0, 1e-15);
    ck_assert(error.negative_mass == 0 && isnan(error.min) &&
              isnan(error.max) && isnan(error.max_logit));
    expect_status(lln_lognormal_jackknife(&attention, 4, &fit, &moments, &used),
                  LLN_EUNDEFINED);
    expect_relative(moments.mean, 0.08833727674228764, 1e-13);
    ck_assert(moments.variance == 0 && moments.variance_row == 0);
    ck_assert(isnan(moments.skewness));
    lln_attention_close(&attention);
}
END_TEST

/* One token: nothing is left; one query: one group has no rows. */
START_TEST(errors_undefined)
{
    lln_mask causal = {.causal = true};
    lln_head head = dense_head(1, _i == 0 ? 1 : 30, 3, 1, causal, LLN_FLOAT64);
    lln_attention attention;
    lln_entropy out, error;
    size_t used;
    case_open(&head, "softmax", &attention);
    expect_status(lln_entropy_jackknife(&attention, 20, &out, &error, &used),
                  LLN_EUNDEFINED);
    ck_assert_str_eq(lln_error_message(),
                     _i == 0 ? "no standard errors: there is one token"
                             : "no standard errors: without one of the 20 "
                               "groups of tokens, nothing is left");
    ck_assert_uint_eq(used, _i == 0 ? 1 : 20);
    ck_assert(!isnan(out.entropy));
    ck_assert(isnan(error.entropy) && isnan(error.top1_mass));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(open_refuses)
{
    lln_head head = dense_head(8, 8, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    lln_jackknife groups;
    lln_entropy out, error;
    size_t used;
    case_open(&head, "elu", &attention);
    expect_status(lln_jackknife_open(&attention, 4, &groups), LLN_EINVAL);
    expect_status(lln_entropy_jackknife(&attention, 4, &out, &error, &used),
                  LLN_EINVAL);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Values 1, 2 and 6: mean 3, squares 4 + 1 + 9. */
START_TEST(error_by_hand)
{
    const double values[] = {1, 0, 2, 0, 6, 0};
    expect_relative(lln_jackknife_error(values, 2, 3), sqrt(14 * 2.0 / 3),
                    1e-15);
    ck_assert(lln_jackknife_error(values + 1, 2, 3) == 0);
    ck_assert(isnan(lln_jackknife_error(values, 1, 1)));
    ck_assert(isnan(lln_jackknife_error((double[]){1, NAN}, 1, 2)));
    /* a common offset keeps the digits */
    const double far[] = {1e9 + 1, 1e9 + 2, 1e9 + 6};
    expect_relative(lln_jackknife_error(far, 1, 3), sqrt(14 * 2.0 / 3), 1e-15);
}
END_TEST

/* Standard deviations of all entries, each group removed by hand. */
START_TEST(sigmas)
{
    size_t n = 45, d = 6, g = 20;
    lln_head head = dense_head(n, n, d, 1.7, (lln_mask){0}, LLN_FLOAT64);
    double *kept = lln_array_alloc(n * d, sizeof *kept);
    double without[2][20], errors[2], mean;
    lln_attention attention;
    lln_jackknife groups;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_jackknife_open(&attention, g, &groups));
    expect_ok(lln_sigmas_jackknife(&head, &groups, &errors[0], &errors[1]));
    for (size_t t = 0; t < g; t++) {
        lln_matrix_moments(keep_rows(head.q, g, t, kept), &mean,
                           &without[0][t]);
        lln_matrix_moments(keep_rows(head.k, g, t, kept), &mean,
                           &without[1][t]);
    }
    for (int i = 0; i < 2; i++)
        expect_relative(errors[i], lln_jackknife_error(without[i], 1, g),
                        1e-12);
    free(kept);
    lln_jackknife_free(&groups);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jackknife");
    TCase *tests = tcase_create("jackknife");
    int heads = sizeof HEADS / sizeof *HEADS;
    tcase_add_test(tests, error_by_hand);
    tcase_add_loop_test(tests, leave_out_masks, 0, heads);
    tcase_add_loop_test(tests, leave_out_single, 0, heads);
    tcase_add_loop_test(tests, leave_out_sink, 0, 2);
    tcase_add_test(tests, leave_out_sharp);
    tcase_add_loop_test(tests, leave_out_again, 0, 3);
    tcase_add_loop_test(tests, leave_out_same, 0, 2);
    tcase_add_test(tests, errors_uniform);
    tcase_add_loop_test(tests, errors_undefined, 0, 2);
    tcase_add_test(tests, open_refuses);
    tcase_add_test(tests, sigmas);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
