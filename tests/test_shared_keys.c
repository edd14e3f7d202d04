/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Features of keys that all heads share, as latent attention has them: number i
 * of an array is i, plus 1000 in keys and 2000 in shared features, so that the
 * place that a number is from shows in it. */
#include "heads/files.h"

#include <math.h>

#include "described.h"
#include "npy_file.h"

/* 2 batch entries, 3 heads, 4 tokens, 5 + 2 features. */
enum { B = 2, H = 3, N = 4, OWN = 5, SHARED = 2, D = OWN + SHARED };

static void write_series(const char *path, const char *shape, size_t count,
                         double first)
{
    double *numbers = malloc(count * sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = first + (double)i;
    write_doubles(path, shape, numbers, count);
    free(numbers);
}

static void setup(void)
{
    enter_folder();
    write_series("q.npy", "(2, 3, 4, 7)", B * H * N * D, 0);
    write_series("k.npy", "(2, 3, 4, 5)", B * H * N * OWN, 1000);
    write_series("side_q.npy", "(2, 4, 21)", B * H * N * D, 0);
    write_series("side_k.npy", "(2, 4, 15)", B * H * N * OWN, 1000);
    write_series("r.npy", "(2, 4, 2)", B * N * SHARED, 2000);
    write_series("one.npy", "(2, 1, 4, 2)", B * N * SHARED, 2000);
}

static lln_files files_with(const char *shared)
{
    return (lln_files){.q = "q.npy",
                       .k = "k.npy",
                       .layout = "bhnd",
                       .shared_keys = shared,
                       .rule.scale = NAN};
}

/* Entry (j, c) of the keys of head h of entry b. */
static double key_at(size_t b, size_t h, size_t j, size_t c)
{
    return c < OWN ? (double)(1000 + ((b * H + h) * N + j) * OWN + c)
                   : (double)(2000 + (b * N + j) * SHARED + c - OWN);
}

static void expect_keys(const lln_files *files)
{
    lln_heads heads;
    expect_ok(lln_files_open(files, &heads));
    ck_assert_uint_eq(heads.count, B * H);
    for (size_t i = 0; i < heads.count; i++) {
        lln_head head;
        expect_ok(heads.load(&heads, i, NAN, LLN_FLOAT32, &head));
        expect_described(&heads, i, &head);
        ck_assert_uint_eq(head.k.columns, D);
        for (size_t j = 0; j < head.k.rows; j++)
            for (size_t c = 0; c < D; c++)
                expect_absolute(lln_matrix_get(head.k, j, c),
                                key_at(i / H, i % H, head.first_key + j, c), 0);
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
}

START_TEST(layouts)
{
    lln_files files = files_with("k_rope=r.npy");
    expect_keys(&files);
    files.shared_keys = "k_rope=one.npy";
    expect_keys(&files);
}
END_TEST

/* Tokens are excluded from both parts of the keys. */
START_TEST(padding)
{
    lln_files files = files_with("k_rope=r.npy");
    lln_lengths lengths;
    FILE *text = fopen("lengths", "w");
    fputs("3\n2\n", text);
    fclose(text);
    expect_ok(lln_lengths_read("lengths", &lengths));
    lengths.left = true;
    files.lengths = &lengths;
    expect_keys(&files);
    lln_lengths_free(&lengths);
}
END_TEST

/* Key heads side by side are as many as query heads. */
START_TEST(side_by_side)
{
    lln_files files = files_with("k_rope=r.npy");
    lln_heads heads;
    lln_head head;
    files.q = "side_q.npy";
    files.k = "side_k.npy";
    files.layout = NULL;
    files.split_heads = "3";
    expect_ok(lln_files_open(&files, &heads));
    ck_assert_uint_eq(heads.count, B * H);
    expect_ok(heads.load(&heads, 4, NAN, LLN_FLOAT64, &head));
    expect_absolute(lln_matrix_get(head.k, 2, 4), 1000 + 4 * 15 + 2 * 15 + 9,
                    0);
    expect_absolute(lln_matrix_get(head.k, 2, 6), 2000 + (4 + 2) * 2 + 1, 0);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

static void refuse(const lln_files *files, lln_status status,
                   const char *message)
{
    lln_heads heads;
    expect_status(lln_files_open(files, &heads), status);
    ck_assert_str_eq(lln_error_message(), message);
}

START_TEST(refused)
{
    lln_files files = files_with("k_rope=k.npy");
    refuse(&files, LLN_EINVAL,
           "k.npy: shape (2, 3, 4, 5); expected (2, 4, 2), the 2 "
           "features of keys that all heads share");
    files = files_with("k_rope=r.npy");
    files.k = "q.npy";
    refuse(&files, LLN_EFORMAT,
           "q.npy: 7 features; expected fewer than the 7 of q.npy, "
           "because --arrays k_rope= has the others");
    const double bad[B * N * SHARED] = {[5] = NAN};
    write_doubles("nan.npy", "(2, 4, 2)", bad, B * N * SHARED);
    files = files_with("k_rope=nan.npy");
    refuse(&files, LLN_EFORMAT,
           "nan.npy: row 2, column 1: nan; expected finite numbers");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shared_keys");
    TCase *t = tcase_create("shared_keys");
    tcase_add_checked_fixture(t, setup, remove_folder);
    tcase_add_test(t, layouts);
    tcase_add_test(t, padding);
    tcase_add_test(t, side_by_side);
    tcase_add_test(t, refused);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
