/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

#include <stdbool.h>
#include <string.h>

#include "expect.h"

START_TEST(text_append_items)
{
    char text[32] = "";
    lln_text_append(text, sizeof text, "paper");
    ck_assert_str_eq(text, "paper");
    lln_text_append(text, sizeof text, "fenton-row");
    lln_text_append(text, sizeof text, "");
    ck_assert_str_eq(text, "paper, fenton-row, ");
}
END_TEST

START_TEST(text_append_full)
{
    char text[11] = "", after = text[10];
    lln_text_append(text, 10, "paper");
    lln_text_append(text, 10, "exact");
    ck_assert_str_eq(text, "paper, ex");
    lln_text_append(text, 10, "line");
    ck_assert_str_eq(text, "paper, ex");
    ck_assert_int_eq(text[10], after);
}
END_TEST

START_TEST(text_printable_items)
{
    char text[9];
    ck_assert_str_eq(lln_text_printable(text, sizeof text, "q.k:\xc3\xa9"),
                     "q.k:\xc3\xa9");
    ck_assert_str_eq(lln_text_printable(text, sizeof text, "a\nb\x7f"),
                     "a\\x0a...");
    ck_assert_str_eq(lln_text_printable(text, sizeof text, "12345678"),
                     "12345678");
    ck_assert_str_eq(lln_text_printable(text, sizeof text, "123456789"),
                     "12345...");
    ck_assert_str_eq(lln_text_printable(text, sizeof text, "1234567\n"),
                     "12345...");
    ck_assert_str_eq(lln_text_printable(text, sizeof text, ""), "");
    /* U+009B begins an escape sequence, as does the byte 0x9b alone. */
    ck_assert_str_eq(lln_text_printable(text, sizeof text, "\xc2\x9b"),
                     "\\xc2\\x9b");
    ck_assert_str_eq(lln_text_printable(text, sizeof text, "a\x9b"), "a\\x9b");
}
END_TEST

/* The bounds of RFC 3629: first and last character of each length, and their
 * neighbours that are not characters. 0: a byte that is not UTF-8. */
START_TEST(text_character_bounds)
{
    static const struct {
        const char *text;
        uint32_t code; /* 0: not valid */
    } cases[] = {
        {"\x01", 1},
        {"\x7f", 0x7f},
        {"\xc2\x80", 0x80},
        {"\xdf\xbf", 0x7ff},
        {"\xe0\xa0\x80", 0x800},
        {"\xed\x9f\xbf", 0xd7ff},
        {"\xee\x80\x80", 0xe000},
        {"\xef\xbf\xbf", 0xffff},
        {"\xf0\x90\x80\x80", 0x10000},
        {"\xf4\x8f\xbf\xbf", 0x10ffff},
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc0\x80", 0},         /* overlong */
        {"\xc1\xbf", 0},         /* overlong */
        {"\xe0\x9f\xbf", 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xed\xa0\x80", 0},     /* surrogate */
        {"\xed\xbf\xbf", 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf8\x88\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xe2\x82", 0}, /* cut off */
        {"\xe2\x82x", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t code;
        size_t length = lln_text_character(cases[i].text, &code);
        bool valid = cases[i].code > 0;
        ck_assert_uint_eq(length, valid ? strlen(cases[i].text) : 1);
        ck_assert_uint_eq(code, valid ? cases[i].code : 0xfffd);
    }
}
END_TEST

START_TEST(text_is_control_bounds)
{
    static const uint32_t controls[] = {0, '\t', 0x1f, 0x7f, 0x80, 0x9f};
    static const uint32_t others[] = {' ', 0x7e, 0xa0, 0x2028, 0xfffd};
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        ck_assert(lln_text_is_control(controls[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert(!lln_text_is_control(others[i]));
}
END_TEST

static void expect_clean(const char *text, const char *expected)
{
    char *clean = lln_text_clean(text);
    ck_assert_str_eq(clean, expected);
    free(clean);
}

#define U_FFFD "\xef\xbf\xbd"

START_TEST(text_clean_bytes)
{
    expect_clean("", "");
    expect_clean("a\n\x1b\x7f", "a\n\x1b\x7f");
    expect_clean("q\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                 "q\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    expect_clean("caf\xe9.npy", "caf" U_FFFD ".npy");
    expect_clean("\xe2\x82", U_FFFD U_FFFD);
    expect_clean("\xed\xa0\x80\xc3\xa9", U_FFFD U_FFFD U_FFFD "\xc3\xa9");
    expect_clean(U_FFFD, U_FFFD);
}
END_TEST

START_TEST(text_plural_counts)
{
    ck_assert_str_eq(lln_text_plural(0), "s");
    ck_assert_str_eq(lln_text_plural(1), "");
    ck_assert_str_eq(lln_text_plural(2), "s");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *append = tcase_create("lln_text_append");
    tcase_add_test(append, text_append_items);
    tcase_add_test(append, text_append_full);
    suite_add_tcase(suite, append);
    TCase *printable = tcase_create("lln_text_printable");
    tcase_add_test(printable, text_printable_items);
    suite_add_tcase(suite, printable);
    TCase *character = tcase_create("lln_text_character");
    tcase_add_test(character, text_character_bounds);
    suite_add_tcase(suite, character);
    TCase *control = tcase_create("lln_text_is_control");
    tcase_add_test(control, text_is_control_bounds);
    suite_add_tcase(suite, control);
    TCase *plural = tcase_create("lln_text_plural");
    tcase_add_test(plural, text_plural_counts);
    suite_add_tcase(suite, plural);
    TCase *clean = tcase_create("lln_text_clean");
    tcase_add_test(clean, text_clean_bytes);
    suite_add_tcase(suite, clean);
    return run_suite(suite);
}
