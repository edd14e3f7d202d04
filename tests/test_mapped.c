/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads that go through the maps of a model, against tests/data/logits. */
#include "heads/mapped.h"

#include "described.h"
#include "heads/files.h"
#include "logit_vectors.h"

#define AT "tests/data/logits/"
#define ACROSS                                                                 \
    "q_norm=" AT "norm_rms_across.q_norm.npy,k_norm=" AT                       \
    "norm_rms_across.k_norm.npy"

enum { N = 24, D = 16 };

static const lln_map_options across = {
    .norm = "rms:across-heads", .rope = "half", .arrays = ACROSS};

static void open_files(const char *selected, lln_heads *heads)
{
    const lln_files files = {.q = AT "a_q.npy",
                             .k = AT "a_k.npy",
                             .layout = "hnd",
                             .heads = selected,
                             .rule.scale = NAN};
    expect_ok(lln_files_open(&files, heads));
}

/* Opens heads, all or selected, with maps. */
static lln_status open_mapped(const lln_map_options *options,
                              const char *selected, lln_heads *mapped)
{
    lln_heads inner, whole = {.count = 0};
    open_files(selected, &inner);
    if (selected)
        open_files(NULL, &whole);
    lln_status status =
        lln_mapped_open(options, &inner, selected ? &whole : NULL, mapped);
    ck_assert_uint_eq(inner.count, 0);
    ck_assert_uint_eq(whole.count, 0);
    return status;
}

/* Query head `number` and its keys are those of norm_rms_across. */
static void expect_head(const lln_head *head, size_t number, double tolerance)
{
    size_t count;
    double *q = read_vector("norm_rms_across.q_out", &count);
    double *k = read_vector("norm_rms_across.k_out", &count);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < D; c++) {
            size_t at = i * D + c;
            expect_absolute(lln_matrix_get(head->q, i, c),
                            q[number * N * D + at], tolerance);
            expect_absolute(lln_matrix_get(head->k, i, c),
                            k[number / 2 * N * D + at], tolerance);
        }
    free(q);
    free(k);
}

START_TEST(load_all)
{
    lln_heads heads;
    expect_ok(open_mapped(&across, NULL, &heads));
    ck_assert_uint_eq(heads.count, 4);
    for (size_t i = heads.count; i-- > 0;) {
        lln_head head;
        /* Numbers of float64 keep their digits. */
        expect_ok(heads.load(&heads, i, NAN, LLN_FLOAT32, &head));
        expect_described(&heads, i, &head);
        ck_assert_int_eq(head.q.precision, LLN_FLOAT64);
        expect_head(&head, i, 1e-12);
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
}
END_TEST

START_TEST(load_selected)
{
    lln_heads heads;
    lln_head head;
    expect_ok(open_mapped(&across, "3", &heads));
    ck_assert_uint_eq(heads.count, 1);
    expect_ok(heads.load(&heads, 0, NAN, LLN_FLOAT64, &head));
    ck_assert_int_eq(head.head, 3);
    expect_head(&head, 3, 1e-12);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(load_by_threads)
{
    enum { LOADS = 64 };
    lln_heads heads;
    lln_head head[LOADS];
    int failed = 0;
    expect_ok(open_mapped(&across, NULL, &heads));
#pragma omp parallel for num_threads(4) schedule(dynamic, 1)                   \
    reduction(+ : failed)
    for (int i = 0; i < LOADS; i++)
        failed += heads.load(&heads, (size_t)i % 4, NAN, LLN_FLOAT64,
                             &head[i]) != LLN_OK;
    ck_assert_int_eq(failed, 0);
    for (size_t i = 0; i < LOADS; i++) {
        ck_assert_int_eq(
            memcmp(head[i].q.data, head[i % 4].q.data, N * D * sizeof(double)),
            0);
        expect_head(&head[i], i % 4, 1e-12);
    }
    for (size_t i = 0; i < LOADS; i++)
        lln_head_free(&head[i]);
    lln_heads_close(&heads);
}
END_TEST

/* The maps of one layer have no values for heads without a layer. */
START_TEST(load_unmapped)
{
    const lln_map_options other = {.rope = "0@half"};
    lln_heads heads;
    lln_head head;
    size_t count;
    double *q = read_vector("a_q", &count);
    expect_ok(open_mapped(&other, NULL, &heads));
    expect_ok(heads.load(&heads, 1, NAN, LLN_FLOAT64, &head));
    for (size_t i = 0; i < N * D; i++)
        expect_absolute(((const double *)head.q.data)[i], q[N * D + i], 0);
    lln_head_free(&head);
    lln_heads_close(&heads);
    free(q);
}
END_TEST

/* Divisors of 1 and an attention factor of 1 change nothing; those of long
 * texts are for more than 16 positions. */
START_TEST(load_listed_divisors)
{
    static const double ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const double twos[] = {2, 2, 2, 2, 2, 2, 2, 2};
    lln_map_options options = {
        .norm = "rms:across-heads",
        .arrays = ACROSS,
        .rope = "half:scaling=longrope:original=16:attention=1",
        .short_divisors = twos,
        .long_divisors = ones,
        .divisor_count = 8};
    lln_heads heads;
    lln_head head;
    expect_ok(open_mapped(&options, NULL, &heads));
    expect_ok(heads.load(&heads, 2, NAN, LLN_FLOAT64, &head));
    expect_head(&head, 2, 1e-12);
    lln_head_free(&head);
    lln_heads_close(&heads);
    options.divisor_count = 7;
    expect_status(open_mapped(&options, NULL, &heads), LLN_EINVAL);
    options.long_divisors = NULL;
    options.divisor_count = 8;
    expect_status(open_mapped(&options, NULL, &heads), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "--rope: scaling=longrope: no "
                                          "divisors for long texts "
                                          "(rope_long)");
}
END_TEST

/* Rows of 5, 9, 1 and 9 keys are at positions from 0 on. */
START_TEST(load_restarted)
{
    size_t id[N];
    for (size_t i = 0; i < N; i++)
        id[i] = (i >= 5) + (i >= 14) + (i >= 15);
    const lln_document_list documents = {.id = id, .entries = 1, .tokens = N};
    const lln_map_options options = {
        .rope = "half", .positions = "restart", .documents = &documents};
    const lln_map_options plain = {.rope = "half"};
    lln_heads heads[2];
    lln_head a, b;
    expect_ok(open_mapped(&options, NULL, &heads[0]));
    expect_ok(open_mapped(&plain, NULL, &heads[1]));
    expect_ok(heads[0].load(&heads[0], 0, NAN, LLN_FLOAT64, &a));
    expect_ok(heads[1].load(&heads[1], 0, NAN, LLN_FLOAT64, &b));
    ck_assert_int_eq(memcmp(a.k.data, b.k.data, 5 * D * sizeof(double)), 0);
    ck_assert_int_ne(memcmp((const double *)a.k.data + 5 * D,
                            (const double *)b.k.data + 5 * D,
                            D * sizeof(double)),
                     0);
    /* The first row of a document is not turned. */
    size_t count;
    double *k = read_vector("a_k", &count);
    for (size_t c = 14 * D; c < 16 * D; c++)
        expect_absolute(((const double *)a.k.data)[c], k[c], 0);
    free(k);
    lln_head_free(&a);
    lln_head_free(&b);
    lln_heads_close(&heads[0]);
    lln_heads_close(&heads[1]);
}
END_TEST

static const struct {
    lln_map_options options;
    lln_status status;
    const char *message;
} bad[] = {
    {{.rope = "half:dims=18"},
     LLN_EINVAL,
     "--rope: dims=18: the heads have 16 features"},
    {{.rope = "half:thet=2"}, LLN_EINVAL, NULL},
    {{.norm = "rms", .arrays = "q_norm=none.npy,k_norm=none.npy"},
     LLN_EIO,
     "none.npy: No such file or directory"},
    {{.norm = "rms",
      .arrays = "q_norm=" AT "norm_rms_across.k_norm.npy,k_norm=" AT
                "norm_rms_across.k_norm.npy"},
     LLN_EINVAL,
     NULL},
    {{.rope = "half", .arrays = "rope_freqs=" AT "norm_rms_across.k_norm.npy"},
     LLN_EINVAL,
     "--rope: rope_freqs has 32 numbers; expected 8, one for each pair of the "
     "16 rotated features (dims=)"},
    {{.rope = "half", .positions = "restart"},
     LLN_EINVAL,
     "--positions restart needs --documents"},
    {{.rope = "half", .positions = "none"},
     LLN_EIO,
     "none: No such file or directory"},
};

START_TEST(open_refused)
{
    lln_heads heads;
    expect_status(open_mapped(&bad[_i].options, NULL, &heads), bad[_i].status);
    if (bad[_i].message)
        ck_assert_str_eq(lln_error_message(), bad[_i].message);
}
END_TEST

START_TEST(load_not_finite)
{
    const lln_map_options zero = {.query_scale = "ssmax:factor=1e308"};
    lln_heads heads;
    lln_head head;
    expect_ok(open_mapped(&zero, NULL, &heads));
    expect_status(heads.load(&heads, 0, NAN, LLN_FLOAT64, &head),
                  LLN_EUNDEFINED);
    lln_heads_close(&heads);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mapped");
    TCase *all = tcase_create("lln_mapped");
    tcase_add_test(all, load_all);
    tcase_add_test(all, load_selected);
    tcase_add_test(all, load_by_threads);
    tcase_add_test(all, load_unmapped);
    tcase_add_test(all, load_listed_divisors);
    tcase_add_test(all, load_restarted);
    tcase_add_loop_test(all, open_refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(all, load_not_finite);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
