/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/lengths.h"

#include "expect.h"
#include "npy_file.h"

/* A .npy file of any dtype. */
static void write_array(const char *path, const char *dtype, const char *shape,
                        const void *numbers, size_t bytes)
{
    char header[128];
    size_t size;
    sprintf(header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
            dtype, shape);
    unsigned char *file = make_npy(1, header, numbers, bytes, &size);
    write_bytes(path, file, size);
    free(file);
}

START_TEST(lengths_read_lines)
{
    static const char text[] = "12\n\n  7\t9 \r\n 1\n3 2";
    const lln_length expected[] = {
        {12, 12, 1, 0, 0}, {7, 9, 3, 0, 0}, {1, 1, 4, 0, 0}, {3, 2, 5, 0, 0}};
    lln_lengths lengths;
    write_bytes("lengths", text, strlen(text));
    expect_ok(lln_lengths_read("lengths", &lengths));
    ck_assert_str_eq(lengths.name, "lengths");
    ck_assert_uint_eq(lengths.count, 4);
    for (size_t b = 0; b < 4; b++) {
        lln_length here = lln_lengths_at(&lengths, b, 99, 98);
        ck_assert_uint_eq(here.queries, expected[b].queries);
        ck_assert_uint_eq(here.keys, expected[b].keys);
        ck_assert_uint_eq(here.line, expected[b].line);
    }
    lln_lengths_free(&lengths);
}
END_TEST

/* The same lengths 12, 10, 0 in every form that users write. */
static const char *const forms[] = {
    "12\n10\n0\n",
    "\xef\xbb\xbf"
    "12\r\n10\r\n0\r\n",
    "1.200000000000000000e+01\n1.000000000000000000e+01\n"
    "0.000000000000000000e+00\n",
    "# lengths\n12.0 # of the first\n\n10.\n0",
    "12,10,0",
    "12 10 0\n",
    "12, 10\t0",
    "12,12\n10,10\n0 , 0\n",
};

START_TEST(lengths_read_forms)
{
    lln_lengths lengths;
    write_bytes("lengths", forms[_i], strlen(forms[_i]));
    expect_ok(lln_lengths_read("lengths", &lengths));
    ck_assert_uint_eq(lengths.count, 3);
    for (size_t b = 0; b < 3; b++) {
        const size_t expected[] = {12, 10, 0};
        lln_length here = lln_lengths_at(&lengths, b, 12, 15);
        ck_assert_uint_eq(here.queries, expected[b]);
        ck_assert_uint_eq(here.keys, expected[b]);
        ck_assert_uint_eq(here.first_query, 0);
        lengths.left = true;
        here = lln_lengths_at(&lengths, b, 12, 15);
        ck_assert_uint_eq(here.first_query, 12 - expected[b]);
        ck_assert_uint_eq(here.first_key, 15 - expected[b]);
        lengths.left = false;
    }
    expect_ok(lln_lengths_check(&lengths, "q.npy", 3, 12, 12));
    lln_lengths_free(&lengths);
}
END_TEST

/* Four tokens in three entries: padding before, padding after, nothing but
 * padding. */
static void expect_mask(const char *path)
{
    lln_lengths lengths;
    const lln_length expected[] = {
        {3, 3, 0, 1, 1}, {2, 2, 1, 0, 0}, {0, 0, 2, 0, 0}};
    expect_ok(lln_lengths_read(path, &lengths));
    ck_assert_uint_eq(lengths.count, 3);
    ck_assert_uint_eq(lengths.tokens, 4);
    for (size_t b = 0; b < 3; b++) {
        lln_length here = lln_lengths_at(&lengths, b, 4, 4);
        ck_assert_uint_eq(here.queries, expected[b].queries);
        ck_assert_uint_eq(here.keys, expected[b].keys);
        ck_assert_uint_eq(here.first_query, expected[b].first_query);
        ck_assert_uint_eq(here.first_key, expected[b].first_key);
    }
    expect_ok(lln_lengths_check(&lengths, "q.npy", 3, 4, 4));
    expect_status(lln_lengths_check(&lengths, "q.npy", 3, 4, 5), LLN_EINVAL);
    ck_assert_msg(
        strstr(lln_error_message(),
               ": a mask of 4 tokens; q.npy has 4 queries and 5 keys; give two "
               "lengths for each entry, of queries and of keys") != NULL,
        "%s", lln_error_message());
    lln_lengths_free(&lengths);
}

/* 12,10 is for two entries, or for queries and keys. */
START_TEST(lengths_check_settles)
{
    lln_lengths lengths;
    write_bytes("lengths", "12,10\n", 6);
    expect_ok(lln_lengths_read("lengths", &lengths));
    expect_ok(lln_lengths_check(&lengths, "q.npy", 3, 12, 12));
    expect_ok(lln_lengths_check(&lengths, "q.npy", 2, 12, 10));
    ck_assert_uint_eq(lln_lengths_at(&lengths, 1, 12, 10).queries, 12);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 1, 12, 10).keys, 10);
    expect_ok(lln_lengths_check(&lengths, "q.npy", 2, 12, 12));
    ck_assert_uint_eq(lln_lengths_at(&lengths, 0, 12, 12).keys, 12);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 1, 12, 12).queries, 10);
    lln_lengths_free(&lengths);
    write_bytes("lengths", "12 10\n", 6);
    expect_ok(lln_lengths_read("lengths", &lengths));
    expect_ok(lln_lengths_check(&lengths, "q.npy", 2, 12, 12));
    ck_assert_uint_eq(lln_lengths_at(&lengths, 1, 12, 12).queries, 12);
    lln_lengths_free(&lengths);
}
END_TEST

START_TEST(lengths_read_masks)
{
    const unsigned char bits[] = {0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    static const char whole[] = "0 1 1 1\n1 1 0 0\n0 0 0 0\n";
    static const char real[] = "0.0e+00,1.0e+00,1.0e+00,1.0e+00\n"
                               "1.0e+00,1.0e+00,0.0e+00,0.0e+00\n"
                               "0.0e+00,0.0e+00,0.0e+00,0.0e+00\n";
    int64_t wide[12];
    double doubles[12];
    for (int i = 0; i < 12; i++)
        doubles[i] = (double)(wide[i] = bits[i]);
    write_bytes("text", whole, strlen(whole));
    expect_mask("text");
    write_bytes("text", real, strlen(real));
    expect_mask("text");
    write_array("mask.npy", "|b1", "(3, 4)", bits, sizeof bits);
    expect_mask("mask.npy");
    write_array("mask.npy", "|u1", "(3, 1, 1, 4)", bits, sizeof bits);
    expect_mask("mask.npy");
    write_array("mask.npy", "<i8", "(3, 4)", wide, sizeof wide);
    expect_mask("mask.npy");
    write_array("mask.npy", "<f8", "(3, 4)", doubles, sizeof doubles);
    expect_mask("mask.npy");
}
END_TEST

START_TEST(lengths_read_arrays)
{
    const int32_t numbers[] = {12, 10, 0, 7};
    const int64_t negative[] = {12, -1};
    const double fraction[] = {12, 2.5};
    lln_lengths lengths;
    write_array("l.npy", "<i4", "(4,)", numbers, sizeof numbers);
    expect_ok(lln_lengths_read("l.npy", &lengths));
    ck_assert_uint_eq(lengths.count, 4);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 1, 12, 12).keys, 10);
    expect_status(lln_lengths_check(&lengths, "q.npy", 4, 11, 11), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "l.npy: entry 0: 12 queries and 12 "
                                          "keys; expected at most 11 and 11, "
                                          "as in q.npy");
    lln_lengths_free(&lengths);
    /* two numbers: of queries and of keys, or of two entries */
    write_array("l.npy", "<i4", "(2, 2)", numbers, sizeof numbers);
    expect_ok(lln_lengths_read("l.npy", &lengths));
    ck_assert_uint_eq(lengths.count, 2);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 0, 12, 12).queries, 12);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 0, 12, 12).keys, 10);
    lln_lengths_free(&lengths);
    write_array("l.npy", "<i4", "(2,)", numbers, 8);
    expect_ok(lln_lengths_read("l.npy", &lengths));
    ck_assert_uint_eq(lengths.count, 2);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 1, 12, 12).queries, 10);
    lln_lengths_free(&lengths);
    write_array("l.npy", "<i8", "(2,)", negative, sizeof negative);
    expect_status(lln_lengths_read("l.npy", &lengths), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), "l.npy: entry (1,): -1; expected a "
                                          "whole number of at least 0");
    write_array("l.npy", "<f8", "(1, 2)", fraction, sizeof fraction);
    expect_status(lln_lengths_read("l.npy", &lengths), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), "l.npy: entry (0, 1): 2.5; expected "
                                          "a whole number of at least 0");
}
END_TEST

START_TEST(lengths_at_one_and_none)
{
    lln_lengths lengths = {0};
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).queries, 99);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).keys, 98);
    write_bytes("lengths", "12 13\n", 6);
    expect_ok(lln_lengths_read("lengths", &lengths));
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).queries, 12);
    ck_assert_uint_eq(lln_lengths_at(&lengths, 5, 99, 98).keys, 13);
    lln_lengths_free(&lengths);
}
END_TEST

#define FORMS                                                                  \
    "; expected one length, two lengths (queries and keys), or a 0 or 1 for "  \
    "each token"

static const struct {
    const char *text, *message;
} bad[] = {
    {"\n \n", "lengths: no lengths"},
    {"# 12\n", "lengths: no lengths"},
    {"\xef\xbb\xbf", "lengths: no lengths"},
    {"-3\n", "lengths: line 1: '-3'" FORMS},
    {"3.5", "lengths: line 1: '3.5'" FORMS},
    {"1e400", "lengths: line 1: '1e400'" FORMS},
    {"nan", "lengths: line 1: 'nan'" FORMS},
    {"0x10", "lengths: line 1: '0x10'" FORMS},
    {"3 x", "lengths: line 1: '3 x'" FORMS},
    {"3\n3 4 5", "lengths: line 2: 3 numbers" FORMS},
    {"3\n3,", "lengths: line 2: '3,'" FORMS},
    {",3", "lengths: line 1: ',3'" FORMS},
    {"3,,4", "lengths: line 1: '3,,4'" FORMS},
    {"3;4", "lengths: line 1: '3;4'" FORMS},
    {"99999999999999999999999",
     "lengths: line 1: '99999999999999999999999'" FORMS},
    {"3\n\x1b[2J\n", "lengths: line 2: '\\x1b[2J'" FORMS},
    {"1 1 1\n1 0 1\n",
     "lengths: line 2, token 1: 0 between ones; expected padding before or "
     "after all tokens"},
    {"1 1 0\n1 1\n", "lengths: line 1: 3 numbers" FORMS},
    {"1 1 0\n1 2 0\n", "lengths: line 1: 3 numbers" FORMS},
};

START_TEST(lengths_read_refused)
{
    lln_lengths lengths;
    write_bytes("lengths", bad[_i].text, strlen(bad[_i].text));
    expect_status(lln_lengths_read("lengths", &lengths), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), bad[_i].message);
    ck_assert_ptr_null(lengths.list);
}
END_TEST

/* Archives, and text with two bytes for each character. */
START_TEST(lengths_read_binary)
{
    lln_lengths lengths;
    write_bytes("lengths", "PK\3\4\0\0", 6);
    expect_status(lln_lengths_read("lengths", &lengths), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "lengths: neither text nor a .npy file; expected lengths "
                     "or a mask, as numpy.save and numpy.savetxt write them");
}
END_TEST

START_TEST(lengths_read_missing)
{
    lln_lengths lengths;
    expect_status(lln_lengths_read("lengths", &lengths), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "lengths: No such file or directory");
}
END_TEST

START_TEST(lengths_check_fit)
{
    lln_length list[] = {{5, 5, 1, 0, 0}, {7, 7, 3, 0, 0}};
    lln_lengths lengths = {.name = "lengths", .count = 2, .list = list};
    expect_ok(lln_lengths_check(&lengths, "q.npy", 2, 7, 7));
    expect_status(lln_lengths_check(&lengths, "q.npy", 3, 7, 7), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "lengths: 2 lengths; expected one, or one for each of the "
                     "3 batch entries of q.npy");
    expect_status(lln_lengths_check(&lengths, "q.npy", 2, 7, 6), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "lengths: line 3: 7 queries and 7 "
                                          "keys; expected at most 7 and 6, "
                                          "as in q.npy");
    lengths.count = 1;
    expect_ok(lln_lengths_check(&lengths, "q.npy", 3, 7, 6));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lengths");
    TCase *lengths = tcase_create("lengths");
    tcase_add_checked_fixture(lengths, enter_folder, remove_folder);
    tcase_add_test(lengths, lengths_read_lines);
    tcase_add_loop_test(lengths, lengths_read_forms, 0,
                        (int)(sizeof forms / sizeof *forms));
    tcase_add_test(lengths, lengths_check_settles);
    tcase_add_test(lengths, lengths_read_masks);
    tcase_add_test(lengths, lengths_read_arrays);
    tcase_add_test(lengths, lengths_at_one_and_none);
    tcase_add_loop_test(lengths, lengths_read_refused, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_test(lengths, lengths_read_binary);
    tcase_add_test(lengths, lengths_read_missing);
    tcase_add_test(lengths, lengths_check_fit);
    suite_add_tcase(suite, lengths);
    return run_suite(suite);
}
