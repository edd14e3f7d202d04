/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rotary embedding: how it is written, its frequencies, and turned heads of
 * tests/data/logits. */
#include "heads/rope_text.h"
#include "heads/turns.h"
#include "logit_vectors.h"

enum { N = 24, MOST = 12 };

START_TEST(read_all)
{
    lln_rope rope;
    expect_ok(lln_rope_read("half", &rope));
    ck_assert_int_eq(rope.pairing, LLN_ROPE_HALF);
    expect_absolute(rope.theta, 10000, 0);
    ck_assert(!rope.theta_given);
    ck_assert_uint_eq(rope.dims, 0);
    expect_ok(
        lln_rope_read("pairs:theta=5e5:dims=6:at=last:sections=1,2", &rope));
    ck_assert_int_eq(rope.pairing, LLN_ROPE_PAIRS);
    expect_absolute(rope.theta, 5e5, 0);
    ck_assert(rope.last);
    ck_assert_uint_eq(rope.dims, 6);
    ck_assert_uint_eq(rope.section_count, 2);
    ck_assert_uint_eq(rope.sections[1], 2);
    expect_ok(lln_rope_read("none", &rope));
    ck_assert_int_eq(rope.pairing, LLN_ROPE_NONE);
    expect_ok(lln_rope_read("half:scaling=yarn:factor=4:original=9:truncate=no",
                            &rope));
    ck_assert(!rope.scaling.truncate);
    expect_absolute(rope.scaling.beta_fast, 32, 0);
    expect_absolute(rope.scaling.beta_slow, 1, 0);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    {"quarter", "'quarter': expected half, pairs or none"},
    {"none:theta=2", "'none:theta=2': none takes no parameters"},
    {"half:theta=1", "'half:theta=1': theta=1: expected a number above 1"},
    {"half:scaling=linear", "'half:scaling=linear': scaling=linear needs "
                            "factor="},
    {"half:scaling=llama3:factor=8:low=1:high=4",
     "'half:scaling=llama3:factor=8:low=1:high=4': scaling=llama3 needs "
     "original="},
    {"half:factor=8", "'half:factor=8': scaling=default takes no factor="},
    {"half:scaling=linear:factor=2:beta-fast=3",
     "'half:scaling=linear:factor=2:beta-fast=3': scaling=linear takes no "
     "beta-fast="},
    {"half:scaling=longrope:original=64",
     "'half:scaling=longrope:original=64': scaling=longrope needs attention= "
     "or factor="},
    {"half:scaling=llama3:factor=8:original=9:low=4:high=3",
     "'half:scaling=llama3:factor=8:original=9:low=4:high=3': expected high= "
     "not below low="},
    {"half:sections=4", "'half:sections=4': sections: expected two or three "
                        "numbers of pairs, separated by commas"},
    {"half:sections=1,2,3,4", NULL},
    {"half:sections=1,x", NULL},
    {"half:interleaved", "'half:interleaved': interleaved needs sections="},
    {"half:at=last:scaling=proportional", NULL},
};

START_TEST(read_refused)
{
    lln_rope rope;
    expect_status(lln_rope_read(bad[_i].text, &rope), LLN_EINVAL);
    if (bad[_i].message)
        ck_assert_str_eq(lln_error_message(), bad[_i].message);
}
END_TEST

/* Frequencies and factors of cos and sin: reference programs in float64 that
 * were compared with transformers 5.15 (see tests/data/README.md). */
static const double short_divisors[] = {1,   1.05, 1.1, 1.15,
                                        1.2, 1.25, 1.3, 1.35};
static const double long_divisors[] = {1,
                                       1.6,
                                       2.4773732960138997,
                                       3.5027005065686367,
                                       4.6377197596249555,
                                       5.861969790078288,
                                       7.1623714938749385,
                                       8.529717842588187};
static const double list[] = {1, 0.7, 0.31, 0.1, 0.05, 0.01, 0.001, 0};

static const struct {
    const char *text;
    double length;
    const double *list;
    double f[8], attention;
} cases[] = {
    {"half:scaling=linear:factor=8",
     24,
     NULL,
     {0.125, 0.03952847075210474, 0.012499999999999999, 0.003952847075210474,
      0.00125, 0.0003952847075210474, 0.000125, 3.952847075210474e-05},
     1},
    {"half:scaling=dynamic:factor=2:original=10",
     24,
     NULL,
     {1.0, 0.2613206753583568, 0.06828849536974771, 0.017845195729228488,
      0.004663318599864053, 0.001218621565927661, 0.00031845101061447477,
      8.321783316232578e-05},
     1},
    {"half:scaling=yarn:factor=4:original=256",
     24,
     NULL,
     {1.0, 0.2569350598886808, 0.06249999999999999, 0.01383496476323666, 0.0025,
      0.0007905694150420948, 0.00025, 7.905694150420948e-05},
     1.138629436111989},
    {"half:theta=150000:scaling=yarn:factor=32:original=4096:truncate=no",
     24,
     NULL,
     {1.0, 0.22541800020287084, 0.050813274815461475, 0.00679495948973222,
      0.00045648391922324086, 1.818833668168956e-05, 4.0999784818029795e-06,
      9.242089502428302e-07},
     1.3465735902799727},
    {"half:scaling=yarn:factor=40:original=512:mscale=1:mscale-all-dim=0.7",
     24,
     NULL,
     {1.0, 0.23914724805023369, 0.05125, 0.008498621211702518, 0.00025,
      7.905694150420948e-05, 2.5e-05, 7.905694150420949e-06},
     1.0879546075066122},
    {"half:theta=500000:scaling=llama3:factor=8:original=256:low=1:high=4",
     24,
     NULL,
     {1.0, 0.19392274474868576, 0.010538232746455323, 0.0009115830921521386,
      0.0001767766952966369, 3.428102195952591e-05, 6.647869871181235e-06,
      1.2891731721515572e-06},
     1},
    /* Llama 4: a step at 1 turn in 64 positions, f = 0.098. Frequencies are
     * 10^-c/2 or that over 16. */
    {"half:scaling=llama3:factor=16:original=64:low=1:high=1",
     24,
     NULL,
     {1.0, 0.31622776601683794, 0.1, 0.0019764235376052372, 0.000625,
      0.00019764235376052372, 6.25e-05, 1.9764235376052372e-05},
     1},
    {"half:scaling=longrope:factor=32:original=16",
     24,
     NULL,
     {1.0, 0.1976423537605237, 0.04036533378352801, 0.009028113177926973,
      0.0021562320533159347, 0.0005394564921710636, 0.00013961856081539086,
      3.707364907640185e-05},
     1.5},
    {"half:scaling=longrope:factor=32:original=64",
     24,
     NULL,
     {1.0, 0.3011693009684171, 0.0909090909090909, 0.02749806661015982,
      0.008333333333333333, 0.0025298221281347035, 0.0007692307692307692,
      0.00023424278964210215},
     1.3540064007726602},
    {"half:attention=1.2",
     24,
     list,
     {1.0, 0.7, 0.31, 0.1, 0.05, 0.01, 0.001, 0.0},
     1.2},
};

static void expect_frequencies(size_t i, double tolerance)
{
    double f[8], attention;
    lln_rope rope;
    expect_ok(lln_rope_read(cases[i].text, &rope));
    const lln_rope_inputs inputs = {
        rope.theta,    16,           16, cases[i].length, short_divisors,
        long_divisors, cases[i].list};
    expect_ok(lln_rope_frequencies(&rope.scaling, &inputs, f, &attention));
    expect_relative(attention, cases[i].attention, tolerance);
    for (int c = 0; c < 8; c++)
        expect_relative(f[c], cases[i].f[c], tolerance);
}

START_TEST(frequencies_of_scalings)
{
    expect_frequencies((size_t)_i, 1e-14);
}
END_TEST

/* Of a head of 8 channels, 4 of them turned: the exponent is that of 8. */
START_TEST(frequencies_proportional)
{
    double f[2], attention;
    lln_rope rope;
    expect_ok(lln_rope_read("half:dims=4:scaling=proportional", &rope));
    const lln_rope_inputs inputs = {.theta = 10000, .dims = 4, .d = 8};
    expect_ok(lln_rope_frequencies(&rope.scaling, &inputs, f, &attention));
    expect_relative(f[1], 0.1, 1e-15); /* 10000^(-2/8) */
}
END_TEST

START_TEST(frequencies_refused)
{
    double f[8], attention;
    lln_rope rope;
    lln_rope_inputs inputs = {.theta = 10000, .dims = 2, .d = 8, .length = 9};
    expect_ok(lln_rope_read("half:scaling=dynamic:factor=2:original=4", &rope));
    expect_status(lln_rope_frequencies(&rope.scaling, &inputs, f, &attention),
                  LLN_EINVAL);
    expect_ok(
        lln_rope_read("half:scaling=longrope:factor=2:original=4", &rope));
    expect_status(lln_rope_frequencies(&rope.scaling, &inputs, f, &attention),
                  LLN_EINVAL);
    ck_assert_str_eq(
        lln_error_message(),
        "scaling=longrope: no divisors for long texts (rope_long)");
}
END_TEST

START_TEST(dims_checked)
{
    static const struct {
        const char *text;
        size_t d, dims;
    } sizes[] = {{"half", 8, 8},
                 {"half:dims=6", 8, 6},
                 {"half:dims=10", 8, 0},
                 {"half", 7, 0},
                 {"half:dims=3", 8, 0},
                 {"half:sections=2,2", 8, 8},
                 {"half:sections=2,3", 8, 0},
                 {"half:dims=2:scaling=proportional", 7, 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        lln_rope rope;
        size_t dims;
        expect_ok(lln_rope_read(sizes[i].text, &rope));
        expect_status(lln_rope_dims(&rope, sizes[i].d, &dims),
                      sizes[i].dims ? LLN_OK : LLN_EINVAL);
        if (sizes[i].dims)
            ck_assert_uint_eq(dims, sizes[i].dims);
    }
}
END_TEST

/* Turns all heads of NAME and compares them with a vector. */
static void expect_turned(const char *text, const lln_positions *positions,
                          const char *from, size_t d, const char *expected)
{
    double f[MOST], attention;
    size_t count, dims;
    lln_rope rope;
    double *x = read_vector(from, &count);
    expect_ok(lln_rope_read(text, &rope));
    expect_ok(lln_rope_dims(&rope, d, &dims));
    const lln_rope_inputs inputs = {.theta = rope.theta, .dims = dims, .d = d};
    expect_ok(lln_rope_frequencies(&rope.scaling, &inputs, f, &attention));
    lln_turns_cache *cache = lln_turns_cache_alloc();
    const lln_turns_key key = {&rope,     f, dims / 2, attention,
                               positions, 0, 0,        N};
    for (size_t h = 0; h < count / (N * d); h++) {
        const lln_turns *turns;
        expect_ok(lln_turns_take(cache, &key, &turns));
        lln_rope_turn(&rope, turns, 0, dims, x + h * N * d, N, d);
        lln_turns_give(cache, turns);
    }
    expect_vector(expected, x, count, 1e-12);
    lln_turns_cache_free(cache);
    free(x);
}

START_TEST(turn_heads)
{
    lln_positions positions = {.offset = 0};
    expect_turned("pairs:dims=8:at=last", &positions, "wide_q", 24,
                  "rope_pairs_partial_last.q_out");
    expect_turned("pairs:dims=8:at=last", &positions, "wide_k", 24,
                  "rope_pairs_partial_last.k_out");
    expect_ok(lln_positions_read("tests/data/logits/rope_yarn_mscale."
                                 "positions.npy",
                                 &positions));
    expect_turned("half:scaling=yarn:factor=40:original=512:mscale=1:"
                  "mscale-all-dim=0.7",
                  &positions, "a_q", 16, "rope_yarn_mscale.q_out");
    lln_positions_free(&positions);
}
END_TEST

/* Channels c and c + d/2 of the whole head, whatever is turned. */
START_TEST(turn_proportional)
{
    lln_rope rope;
    double cosine = 0, sine = 1, x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const lln_turns turns = {1, 1, &cosine, &sine};
    expect_ok(lln_rope_read("half:dims=2:scaling=proportional", &rope));
    lln_rope_turn(&rope, &turns, 0, 2, x, 1, 8);
    expect_absolute(x[0], -5, 0);
    expect_absolute(x[4], 1, 0);
    expect_absolute(x[1], 2, 0);
}
END_TEST

/* Pair 0 takes its angle from column 0, pairs 1 and 2 from column 1. */
START_TEST(turns_of_sections)
{
    size_t numbers[] = {0, 0, 2, 5};
    const lln_positions positions = {
        .numbers = numbers, .entries = 1, .tokens = 2, .columns = 2};
    const double f[] = {1, 0.5, 0.25};
    lln_rope rope;
    expect_ok(lln_rope_read("half:sections=1,2", &rope));
    const lln_turns_key key = {&rope, f, 3, 2, &positions, 0, 0, 2};
    const lln_turns *turns;
    lln_turns_cache *cache = lln_turns_cache_alloc();
    expect_ok(lln_turns_take(cache, &key, &turns));
    expect_absolute(turns->cosine[0], 2, 0);
    expect_relative(turns->sine[3], 2 * sin(2.0), 1e-15);
    expect_relative(turns->sine[4], 2 * sin(2.5), 1e-15);
    expect_relative(turns->cosine[5], 2 * cos(1.25), 1e-15);
    lln_turns_give(cache, turns);
    /* In turn, pair 1 is of column 1, and the others are of column 0. */
    expect_ok(lln_rope_read("half:sections=2,1:interleaved", &rope));
    expect_ok(lln_turns_take(cache, &key, &turns));
    expect_relative(turns->sine[4], 2 * sin(2.5), 1e-15);
    expect_relative(turns->sine[5], 2 * sin(0.5), 1e-15);
    lln_turns_give(cache, turns);
    lln_turns_cache_free(cache);
}
END_TEST

/* With sections 24, 20, 20 in turn, columns are 0 1 2 0 1 2 ... up to pair 59,
 * and 0 from pair 60 on (apply_interleaved_mrope of Qwen3-VL, transformers). */
START_TEST(column_interleaved)
{
    lln_rope rope;
    size_t count[3] = {0};
    expect_ok(lln_rope_read("half:sections=24,20,20:interleaved", &rope));
    for (size_t c = 0; c < 64; c++) {
        size_t column = lln_rope_column(&rope, 3, c);
        ck_assert_uint_eq(column, c < 60 ? c % 3 : 0);
        count[column]++;
    }
    ck_assert(count[0] == 24 && count[1] == 20 && count[2] == 20);
    ck_assert_uint_eq(lln_rope_column(&rope, 1, 4), 0);
}
END_TEST

/* The same angles come from the same memory; others do not. */
START_TEST(turns_kept)
{
    const lln_positions positions = {.offset = 3};
    const double f[] = {1, 0.5}, g[] = {1, 0.25};
    lln_rope rope;
    expect_ok(lln_rope_read("half", &rope));
    lln_turns_key key = {&rope, f, 2, 1, &positions, 0, 0, 5};
    const lln_turns *a, *b, *c;
    lln_turns_cache *cache = lln_turns_cache_alloc();
    expect_ok(lln_turns_take(cache, &key, &a));
    key.count = 4;
    expect_ok(lln_turns_take(cache, &key, &b));
    ck_assert_ptr_eq(a, b);
    for (int i = 0; i < 20; i++) {
        key.f = g;
        key.attention = 1 + i;
        expect_ok(lln_turns_take(cache, &key, &c));
        ck_assert_ptr_ne(a, c);
        lln_turns_give(cache, c);
    }
    expect_relative(a->sine[1], sin(1.5), 1e-15);
    lln_turns_give(cache, a);
    lln_turns_give(cache, b);
    lln_turns_cache_free(cache);
    lln_turns_cache_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rope");
    TCase *all = tcase_create("lln_rope");
    tcase_add_test(all, read_all);
    tcase_add_loop_test(all, read_refused, 0, sizeof bad / sizeof *bad);
    tcase_add_loop_test(all, frequencies_of_scalings, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(all, frequencies_proportional);
    tcase_add_test(all, frequencies_refused);
    tcase_add_test(all, dims_checked);
    tcase_add_test(all, turn_heads);
    tcase_add_test(all, turn_proportional);
    tcase_add_test(all, turns_of_sections);
    tcase_add_test(all, column_interleaved);
    tcase_add_test(all, turns_kept);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
