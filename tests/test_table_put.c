/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/put.h"

#include <stdlib.h>

#include "expect.h"

#define U_FFFD "\xef\xbf\xbd"

typedef void put_function(FILE *out, const char *text);

static void expect_text(put_function *put, const char *text,
                        const char *expected)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    put(out, text);
    fclose(out);
    ck_assert_str_eq(written, expected);
    free(written);
}

/* A quote, and control characters, which are quoted. */
START_TEST(put_csv_bytes)
{
    expect_text(lln_put_csv, "caf\xe9", "caf" U_FFFD);
    expect_text(lln_put_csv, "\xff,\"", "\"" U_FFFD ",\"\"\"");
    expect_text(lln_put_csv, "a\x1b[1m", "\"a\x1b[1m\"");
    expect_text(lln_put_csv, "\x7f", "\"\x7f\"");
    expect_text(lln_put_csv, "\xc2\x9b", "\"\xc2\x9b\"");
    expect_text(lln_put_csv, "q\xc3\xa9\xe2\x82\xac", "q\xc3\xa9\xe2\x82\xac");
}
END_TEST

START_TEST(put_tsv_bytes)
{
    expect_text(lln_put_tsv, "\xe2\x82\t\\", U_FFFD U_FFFD "\\t\\\\");
    expect_text(lln_put_tsv, "#\xc3\xa9", "\\#\xc3\xa9");
}
END_TEST

START_TEST(put_json_bytes)
{
    expect_text(lln_put_json, "\xed\xa0\x80", "\"" U_FFFD U_FFFD U_FFFD "\"");
    expect_text(lln_put_json, "\r\x1b\x7f", "\"\\u000d\\u001b\\u007f\"");
    expect_text(lln_put_json, "\xc2\x85\xc2\x9b", "\"\\u0085\\u009b\"");
    expect_text(lln_put_json, "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"");
    expect_text(lln_put_json, "\xc3\xa9\xf0\x9f\x98\x80",
                "\"\xc3\xa9\xf0\x9f\x98\x80\"");
}
END_TEST

/* Escape sequences of terminals (C0, C1), line ends, and a change of the
 * direction of writing. */
START_TEST(put_plain_bytes)
{
    expect_text(lln_put_plain, "a\x1b[31m\x7f\n\t",
                "a\\x1b[31m\\x7f\\x0a\\x09");
    expect_text(lln_put_plain, "\xc2\x9b\xc2\x85", "\\u009b\\u0085");
    expect_text(lln_put_plain, "\x9b\xff", U_FFFD U_FFFD);
    expect_text(lln_put_plain, "\xe2\x80\xa8\xe2\x80\xae", "\\u2028\\u202e");
    expect_text(lln_put_plain, "a|b\\ \"\xc3\xa9\"", "a|b\\ \"\xc3\xa9\"");
}
END_TEST

/* GitHub Flavored Markdown, 4.10: a pipe in a cell is escaped. */
START_TEST(put_markdown_bytes)
{
    expect_text(lln_put_markdown, "a|b", "a\\|b");
    expect_text(lln_put_markdown, "\\|*`", "\\\\\\|\\*\\`");
    expect_text(lln_put_markdown, "a\nb\r\xff", "a\\x0ab\\x0d" U_FFFD);
    expect_text(lln_put_markdown, "<i4 entropy_nats", "<i4 entropy_nats");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("put");
    TCase *bytes = tcase_create("bytes");
    tcase_add_test(bytes, put_csv_bytes);
    tcase_add_test(bytes, put_tsv_bytes);
    tcase_add_test(bytes, put_json_bytes);
    tcase_add_test(bytes, put_plain_bytes);
    tcase_add_test(bytes, put_markdown_bytes);
    suite_add_tcase(suite, bytes);
    return run_suite(suite);
}
