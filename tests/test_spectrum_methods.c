/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The methods for spectra against each other, in both precisions, with and
 * without a stored P; their refusals. */
#include "core/threads.h"
#include "heads/files.h"
#include "measure/spectrum.h"
#include "spectrum_case.h"

/* All methods that apply must find the same eigenvalues. */
START_TEST(measure_methods_agree)
{
    static const struct {
        const char *name, *kernel;
        lln_spectrum_method method;
    } runs[] = {
        {"A", "softmax", LLN_SPECTRUM_ARNOLDI},
        {"B", "softmax", LLN_SPECTRUM_ARNOLDI},
        {"C", "softmax", LLN_SPECTRUM_ARNOLDI},
        {"B", "lln:alpha=2:beta=2", LLN_SPECTRUM_ARNOLDI},
        {"B", "lln:alpha=2:beta=2", LLN_SPECTRUM_LOWRANK},
        {"C", "lln:alpha=0.8:beta=0.9", LLN_SPECTRUM_ARNOLDI},
        {"C", "lln:alpha=0.8:beta=0.9", LLN_SPECTRUM_LOWRANK},
    };
    lln_head head = case_head(runs[_i].name, LLN_FLOAT64, false);
    lln_spectrum dense, other;
    expect_ok(
        measure(&head, runs[_i].kernel, LLN_SPECTRUM_DENSE, 5, 0, &dense));
    expect_ok(measure(&head, runs[_i].kernel, runs[_i].method, 5, 0, &other));
    for (size_t i = 0; i < 5; i++)
        expect_absolute(other.eigenvalues[i].modulus,
                        dense.eigenvalues[i].modulus, 1e-10);
    expect_absolute(other.lambda2_re, dense.lambda2_re, 1e-10);
    expect_absolute(other.lambda2_im, dense.lambda2_im, 1e-10);
    ck_assert_msg(other.residual < 1e-10, "%s: %g",
                  method_name(runs[_i].method), other.residual);
    expect_relative(other.unbiased_norm, dense.unbiased_norm, 1e-12);
    expect_relative(other.centered_sigma1, dense.centered_sigma1, 1e-9);
    lln_spectrum_free(&dense);
    lln_spectrum_free(&other);
    lln_head_free(&head);
}
END_TEST

/* Every block has the eigenvalue 1; of 256 tokens in blocks of 100 the next
 * ones come from all three blocks. */
START_TEST(measure_blocks)
{
    lln_head head = case_head("B", LLN_FLOAT64, false);
    lln_spectrum dense, blocks;
    expect_ok(measure(&head, "blockdiag:block=100", LLN_SPECTRUM_DENSE, 9, 0,
                      &dense));
    expect_ok(measure(&head, "blockdiag:block=100", LLN_SPECTRUM_AUTO, 9, 0,
                      &blocks));
    ck_assert_int_eq(blocks.method, LLN_SPECTRUM_BLOCKS);
    ck_assert_uint_eq(blocks.known, 1);
    ck_assert(blocks.lambda2 == 1 && blocks.gap == 0 && blocks.residual == 0);
    for (size_t i = 0; i < 9; i++) {
        expect_absolute(blocks.eigenvalues[i].re,
                        i < 3 ? 1 : dense.eigenvalues[i].re, 1e-12);
        expect_absolute(blocks.eigenvalues[i].im, dense.eigenvalues[i].im,
                        1e-12);
        ck_assert(blocks.eigenvalues[i].residual < 1e-12);
    }
    expect_relative(blocks.unbiased_norm, dense.unbiased_norm, 1e-12);
    expect_relative(blocks.centered_sigma1, dense.centered_sigma1, 1e-9);
    lln_spectrum_free(&dense);
    lln_spectrum_free(&blocks);
    /* The three ones of three blocks are known without looking at the
     * blocks. */
    expect_status(measure(&head, "blockdiag:block=100", LLN_SPECTRUM_BLOCKS, 4,
                          200000, &blocks),
                  LLN_ETOOBIG);
    ck_assert_str_eq(lln_error_message(),
                     "method blocks: matrices of order 100 need 0.2 MiB, 0.2 "
                     "MiB are allowed; try arnoldi");
    expect_ok(measure(&head, "blockdiag:block=100", LLN_SPECTRUM_BLOCKS, 3,
                      200000, &blocks));
    ck_assert(blocks.eigenvalues[2].re == 1);
    lln_spectrum_free(&blocks);
    lln_head_free(&head);
}
END_TEST

/* A trained head has many eigenvalues of nearly the same modulus, among which
 * ARNOLDI must not settle on the wrong one. */
START_TEST(measure_trained)
{
    lln_files files = {.file = "tests/data/encoder.safetensors",
                       .layout = "hnd",
                       .rule.scale = NAN};
    lln_heads heads;
    lln_head head;
    lln_spectrum dense, arnoldi;
    expect_ok(lln_files_open(&files, &heads));
    expect_ok(heads.load(&heads, (size_t)_i, NAN, LLN_FLOAT64, &head));
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_DENSE, 2, 0, &dense));
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 2, 0, &arnoldi));
    expect_absolute(arnoldi.lambda2, dense.lambda2, 1e-8);
    lln_spectrum_free(&dense);
    lln_spectrum_free(&arnoldi);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

/* Tiles that are made again for each product, against a stored P. 256 x 64
 * read as 2048 x 8: more than one block of rows in a group, and more than
 * one tile. */
START_TEST(measure_streaming)
{
    lln_head head = case_head("B", LLN_FLOAT32, false);
    head.q.rows = head.k.rows = 2048;
    head.q.columns = head.k.columns = 8;
    lln_spectrum stored, streamed;
    expect_ok(measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 3, 0, &stored));
    expect_ok(
        measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 3, 1000, &streamed));
    expect_relative(streamed.lambda2, stored.lambda2, 0);
    expect_relative(streamed.centered_sigma1, stored.centered_sigma1, 0);
    expect_relative(streamed.unbiased_norm, stored.unbiased_norm, 0);
    lln_spectrum_free(&stored);
    lln_spectrum_free(&streamed);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_single_precision)
{
    static const struct {
        const char *kernel;
        lln_spectrum_method method;
        bool causal;
    } runs[] = {{"softmax", LLN_SPECTRUM_DENSE, false},
                {"softmax", LLN_SPECTRUM_ARNOLDI, false},
                {"softmax", LLN_SPECTRUM_DIAGONAL, true},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_LOWRANK, false},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_ARNOLDI, false},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_DIAGONAL, true}};
    lln_head exact = case_head("B", LLN_FLOAT64, runs[_i].causal);
    lln_head single = case_head("B", LLN_FLOAT32, runs[_i].causal);
    lln_spectrum expected, s;
    expect_ok(
        measure(&exact, runs[_i].kernel, runs[_i].method, 2, 0, &expected));
    expect_ok(measure(&single, runs[_i].kernel, runs[_i].method, 2, 0, &s));
    /* lambda2 is NaN where the bound of float32 exceeds 1e-6. */
    expect_relative(s.eigenvalues[1].modulus, expected.lambda2, 1e-6);
    expect_relative(s.unbiased_norm, expected.unbiased_norm, 1e-6);
    expect_relative(s.centered_sigma1, expected.centered_sigma1, 1e-5);
    lln_spectrum_free(&expected);
    lln_spectrum_free(&s);
    lln_head_free(&exact);
    lln_head_free(&single);
}
END_TEST

/* Under a window that is not causal, no shortcut applies. */
START_TEST(measure_window)
{
    const char *kernel = _i == 0 ? "softmax" : "lln:alpha=1.5:beta=2";
    lln_head head = case_head("B", LLN_FLOAT64, false);
    lln_spectrum dense, arnoldi;
    head.rule.mask.window = 40;
    expect_ok(measure(&head, kernel, LLN_SPECTRUM_AUTO, 2, 0, &dense));
    ck_assert_int_eq(dense.method, LLN_SPECTRUM_DENSE);
    expect_ok(measure(&head, kernel, LLN_SPECTRUM_ARNOLDI, 2, 0, &arnoldi));
    ck_assert(dense.lambda2 > 0.5 && dense.lambda2 < 1);
    expect_relative(arnoldi.lambda2, dense.lambda2, 1e-9);
    expect_relative(arnoldi.unbiased_norm, dense.unbiased_norm, 1e-12);
    lln_spectrum_free(&dense);
    lln_spectrum_free(&arnoldi);
    expect_status(measure(&head, kernel, LLN_SPECTRUM_LOWRANK, 2, 0, &dense),
                  LLN_EUNSUPPORTED);
    ck_assert_str_eq(lln_error_message(),
                     "method lowrank: does not support a mask");
    expect_status(measure(&head, kernel, LLN_SPECTRUM_DIAGONAL, 2, 0, &dense),
                  LLN_EUNSUPPORTED);
    lln_head_free(&head);
}
END_TEST

/* beta is so large that the scores are beyond any product of features. */
START_TEST(measure_lln_beyond_range)
{
    static const lln_spectrum_method methods[] = {
        LLN_SPECTRUM_DENSE, LLN_SPECTRUM_ARNOLDI, LLN_SPECTRUM_LOWRANK};
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_spectrum expected, s;
    expect_ok(measure(&head, "lln:alpha=7:beta=300", LLN_SPECTRUM_DENSE, 2, 0,
                      &expected));
    expect_ok(measure(&head, "lln:alpha=7:beta=300", methods[_i], 2, 0, &s));
    ck_assert(isfinite(s.lambda2) && isfinite(s.unbiased_norm));
    ck_assert(s.lambda2 <= 1 + 1e-12 && s.lambda2 > 1e-3);
    expect_relative(s.lambda2, expected.lambda2, 1e-9);
    expect_relative(s.unbiased_norm, expected.unbiased_norm, 1e-9);
    lln_spectrum_free(&expected);
    lln_spectrum_free(&s);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_any_threads)
{
    static const struct {
        const char *kernel;
        lln_spectrum_method method;
        bool causal;
        size_t memory;
    } runs[] = {{"softmax", LLN_SPECTRUM_DENSE, false, 0},
                {"softmax", LLN_SPECTRUM_ARNOLDI, false, 0},
                {"softmax", LLN_SPECTRUM_ARNOLDI, false, 1},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_LOWRANK, false, 0},
                {"softmax", LLN_SPECTRUM_DIAGONAL, true, 0},
                {"lln:alpha=2:beta=2", LLN_SPECTRUM_DIAGONAL, true, 0}};
    lln_head head = case_head("B", LLN_FLOAT32, runs[_i].causal);
    head.q.rows = head.k.rows = 1024; /* 256 x 64 read as 1024 x 16 */
    head.q.columns = head.k.columns = 16;
    lln_spectrum one, two;
    lln_threads_set(1);
    expect_ok(measure(&head, runs[_i].kernel, runs[_i].method, 4,
                      runs[_i].memory ? 1000 : 0, &one));
    lln_threads_set(2);
    expect_ok(measure(&head, runs[_i].kernel, runs[_i].method, 4,
                      runs[_i].memory ? 1000 : 0, &two));
    ck_assert_mem_eq(&one.lambda2, &two.lambda2, sizeof one.lambda2);
    ck_assert(one.residual == two.residual && one.bound == two.bound);
    ck_assert(one.centered_sigma1 == two.centered_sigma1);
    ck_assert(one.unbiased_norm == two.unbiased_norm);
    ck_assert_mem_eq(one.eigenvalues, two.eigenvalues,
                     4 * sizeof *one.eigenvalues);
    lln_spectrum_free(&one);
    lln_spectrum_free(&two);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_without_norms)
{
    lln_head head = case_head("A", LLN_FLOAT64, true);
    lln_attention attention;
    lln_spectrum_options options = {LLN_SPECTRUM_AUTO, 2, false, 0, false};
    lln_spectrum s;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_spectrum_measure(&attention, &options, &s));
    ck_assert(s.lambda2 > 0 && isnan(s.unbiased_norm) &&
              isnan(s.centered_sigma1));
    lln_spectrum_free(&s);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* 160 vectors of 2^30 elements: 1.25 TiB, and 3 x 160^2 more elements. */
START_TEST(measure_too_many)
{
    lln_attention attention = {.n = 1 << 30, .m = 1 << 30, .rank = 1};
    lln_spectrum_options options = {LLN_SPECTRUM_ARNOLDI, 2, false, 0, false};
    lln_spectrum s;
    expect_status(lln_spectrum_measure(&attention, &options, &s), LLN_ETOOBIG);
    const char *size = "2 eigenvalues of 1073741824 tokens need 1310720.6 MiB";
    ck_assert_msg(strstr(lln_error_message(), size) != NULL, "%s",
                  lln_error_message());
}
END_TEST

START_TEST(measure_refusals)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_spectrum s;
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_LOWRANK, 2, 0, &s),
                  LLN_EUNSUPPORTED);
    ck_assert_str_eq(lln_error_message(),
                     "method lowrank: needs a kernel made of features, "
                     "such as lln");
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_DIAGONAL, 2, 0, &s),
                  LLN_EUNSUPPORTED);
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_ARNOLDI, 64, 0, &s),
                  LLN_EINVAL);
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_DENSE, 2, 50000, &s),
                  LLN_ETOOBIG);
    ck_assert_str_eq(lln_error_message(),
                     "method dense: matrices of order 64 need 0.1 MiB, 0.0 MiB "
                     "are allowed; try arnoldi");
    ck_assert(isnan(s.lambda2) && s.eigenvalues == NULL);
    head.q.rows = 60;
    expect_status(measure(&head, "softmax", LLN_SPECTRUM_AUTO, 2, 0, &s),
                  LLN_EUNDEFINED);
    ck_assert(isnan(s.lambda2) && isnan(s.gap) && isnan(s.unbiased_norm));
    head.q.rows = 64;
    head.rule.mask.causal = true;
    expect_status(
        measure(&head, "lln:alpha=1:beta=1", LLN_SPECTRUM_LOWRANK, 2, 0, &s),
        LLN_EUNSUPPORTED);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_interrupted)
{
    static const lln_spectrum_method methods[] = {
        LLN_SPECTRUM_DENSE, LLN_SPECTRUM_ARNOLDI, LLN_SPECTRUM_LOWRANK,
        LLN_SPECTRUM_DIAGONAL};
    lln_head head =
        case_head("A", LLN_FLOAT32, methods[_i] == LLN_SPECTRUM_DIAGONAL);
    lln_spectrum s;
    lln_stop_requested = 1;
    expect_status(measure(&head, "lln:alpha=1:beta=1", methods[_i], 2, 0, &s),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

START_TEST(method_find_names)
{
    lln_spectrum_method method;
    for (int i = 0; i < LLN_SPECTRUM_METHODS; i++) {
        expect_ok(lln_spectrum_method_find(method_name((lln_spectrum_method)i),
                                           &method));
        ck_assert_int_eq(method, i);
    }
    expect_status(lln_spectrum_method_find("qr", &method), LLN_EINVAL);
    ck_assert_str_eq(
        lln_error_message(),
        "method 'qr': unknown; expected one of auto, dense, arnoldi, "
        "lowrank, diagonal, blocks");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_methods");
    TCase *cases = tcase_create("measure");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, measure_methods_agree, 0, 7);
    tcase_add_test(cases, measure_blocks);
    tcase_add_loop_test(cases, measure_trained, 0, 4);
    tcase_add_test(cases, measure_streaming);
    tcase_add_loop_test(cases, measure_single_precision, 0, 6);
    tcase_add_loop_test(cases, measure_lln_beyond_range, 0, 3);
    tcase_add_loop_test(cases, measure_window, 0, 2);
    tcase_add_loop_test(cases, measure_any_threads, 0, 6);
    tcase_add_test(cases, measure_without_norms);
    tcase_add_test(cases, measure_refusals);
    tcase_add_test(cases, measure_too_many);
    tcase_add_loop_test(cases, measure_interrupted, 0, 4);
    suite_add_tcase(suite, cases);
    TCase *method = tcase_create("method_find");
    tcase_add_test(method, method_find_names);
    suite_add_tcase(suite, method);
    return run_suite(suite);
}
