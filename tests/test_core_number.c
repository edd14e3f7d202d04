/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/number.h"

#include <float.h>
#include <limits.h>

#include "expect.h"

static const lln_range shares = {0, 1, false, false};
static const lln_range inside = {0, 1, false, true};
static const lln_range counts = {1, 9007199254740992, true, false};
static const lln_range above = {0, INFINITY, false, true};

static const struct {
    const char *text;
    const lln_range *range;
    lln_number expected;
    double value;
} numbers[] = {
    {"0.2385", &shares, LLN_NUMBER, 0.2385},
    {"+2.385e-1", &shares, LLN_NUMBER, 0.2385},
    {".5", &shares, LLN_NUMBER, 0.5},
    {"0", &shares, LLN_NUMBER, 0},
    {"1", &shares, LLN_NUMBER, 1},
    {"1.0000000001", &shares, LLN_NUMBER_OUTSIDE, 0},
    {"-1e-300", &shares, LLN_NUMBER_OUTSIDE, 0},
    {"0", &inside, LLN_NUMBER_OUTSIDE, 0},
    {"1", &inside, LLN_NUMBER_OUTSIDE, 0},
    {"", &shares, LLN_NUMBER_NONE, 0},
    {" 1", &shares, LLN_NUMBER_NONE, 0},
    {"1 ", &shares, LLN_NUMBER_NONE, 0},
    {"0x1", &shares, LLN_NUMBER_NONE, 0},
    {"nan", &shares, LLN_NUMBER_NONE, 0},
    {"inf", &lln_any_number, LLN_NUMBER_NONE, 0},
    {"1e999", &lln_any_number, LLN_NUMBER_NONE, 0},
    {"1,5", &lln_any_number, LLN_NUMBER_NONE, 0},
    {"1e", &lln_any_number, LLN_NUMBER_NONE, 0},
    {"--1", &lln_any_number, LLN_NUMBER_NONE, 0},
    {"-1.7976931348623157e308", &lln_any_number, LLN_NUMBER, -DBL_MAX},
    {"1e300", &above, LLN_NUMBER, 1e300},
    {"9007199254740992", &counts, LLN_NUMBER, 9007199254740992},
    {"007", &counts, LLN_NUMBER, 7},
    {"0", &counts, LLN_NUMBER_OUTSIDE, 0},
    {"-1", &counts, LLN_NUMBER_OUTSIDE, 0},
    {"99999999999999999999", &counts, LLN_NUMBER_OUTSIDE, 0},
    {"1.5", &counts, LLN_NUMBER_NONE, 0},
    {"1.0", &counts, LLN_NUMBER_NONE, 0},
    {"1e3", &counts, LLN_NUMBER_NONE, 0},
    {"+1", &counts, LLN_NUMBER_NONE, 0},
    {"-", &counts, LLN_NUMBER_NONE, 0},
    {"", &counts, LLN_NUMBER_NONE, 0},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* A number outside the range leaves the value unchanged. */
START_TEST(number_read)
{
    double value = 2.385;
    lln_number read =
        lln_number_read(numbers[_i].text, numbers[_i].range, &value);
    ck_assert_msg(read == numbers[_i].expected, "'%s': %d", numbers[_i].text,
                  read);
    expect_relative(value, read == LLN_NUMBER ? numbers[_i].value : 2.385, 0);
}
END_TEST

/* 2^53 + 1 is no double; 2^64 - 1 is the last. */
START_TEST(number_read_whole)
{
    static const struct {
        const char *text;
        lln_number expected;
        uint64_t value;
    } wholes[] = {
        {"0", LLN_NUMBER, 0},
        {"-0", LLN_NUMBER, 0},
        {"007", LLN_NUMBER, 7},
        {"9007199254740993", LLN_NUMBER, UINT64_C(9007199254740993)},
        {"18446744073709551615", LLN_NUMBER, UINT64_MAX},
        {"18446744073709551616", LLN_NUMBER_OUTSIDE, 0},
        {"100000000000000000000", LLN_NUMBER_OUTSIDE, 0},
        {"-1", LLN_NUMBER_OUTSIDE, 0},
        {"", LLN_NUMBER_NONE, 0},
        {"+1", LLN_NUMBER_NONE, 0},
        {" 1", LLN_NUMBER_NONE, 0},
        {"1.0", LLN_NUMBER_NONE, 0},
        {"1e3", LLN_NUMBER_NONE, 0},
        {"0x1", LLN_NUMBER_NONE, 0},
    };
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        uint64_t value = 2385;
        lln_number read = lln_number_read_whole(wholes[i].text, &value);
        ck_assert_msg(read == wholes[i].expected, "'%s': %d", wholes[i].text,
                      read);
        ck_assert_uint_eq(value, read == LLN_NUMBER ? wholes[i].value : 2385);
    }
}
END_TEST

/* 2^63 - 1 is the largest long. */
START_TEST(number_read_digits)
{
    static const struct {
        const char *text;
        long limit;
        bool read;
        long value;
        const char *rest;
    } digits[] = {
        {"238.npz", 239, true, 238, ".npz"},
        {"238", 238, false, 0, ""},
        {"00000000000000000000238x", 1000, true, 238, "x"},
        {"9223372036854775806", LONG_MAX, true, LONG_MAX - 1, ""},
        {"9223372036854775807", LONG_MAX, false, 0, ""},
        {"92233720368547758070", LONG_MAX, false, 0, ""},
        {"", 10, false, 0, ""},
        {"-1", 10, false, 0, ""},
    };
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) {
        const char *text = digits[i].text;
        long value;
        bool read = lln_number_read_digits(&text, digits[i].limit, &value);
        ck_assert_msg(read == digits[i].read, "'%s'", digits[i].text);
        if (!read)
            continue;
        ck_assert_int_eq(value, digits[i].value);
        ck_assert_str_eq(text, digits[i].rest);
    }
}
END_TEST

START_TEST(range_text)
{
    static const struct {
        lln_range range;
        const char *text;
    } ranges[] = {
        {{1, 64, true, false}, "a whole number from 1 to 64"},
        {{0, 4294967295, true, false}, "a whole number from 0 to 4294967295"},
        {{0, 1, false, false}, "a number from 0 to 1"},
        {{1e-6, 1, false, true}, "a number from 1e-06 to 1, both excluded"},
        {{0, INFINITY, false, true}, "a number above 0"},
        {{0, INFINITY, false, false}, "a number of at least 0"},
        {{-INFINITY, 2.5, false, true}, "a number below 2.5"},
        {{-INFINITY, 2.5, false, false}, "a number of at most 2.5"},
        {{-INFINITY, INFINITY, false, false}, "a finite number"},
    };
    char text[96];
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        lln_range_text(&ranges[i].range, text, sizeof text);
        ck_assert_str_eq(text, ranges[i].text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_number");
    TCase *read = tcase_create("lln_number_read");
    tcase_add_loop_test(read, number_read, 0, NUMBERS);
    suite_add_tcase(suite, read);
    TCase *whole = tcase_create("lln_number_read_whole");
    tcase_add_test(whole, number_read_whole);
    suite_add_tcase(suite, whole);
    TCase *digits = tcase_create("lln_number_read_digits");
    tcase_add_test(digits, number_read_digits);
    suite_add_tcase(suite, digits);
    TCase *text = tcase_create("lln_range_text");
    tcase_add_test(text, range_text);
    suite_add_tcase(suite, text);
    return run_suite(suite);
}
