/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/text.h"

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
    return run_suite(suite);
}
