/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/settings.h"

#include "expect.h"

static const char *const ends[] = {"first", "last", NULL};

enum { THETA, AT, BARE, LIST, ROWS };

static const lln_setting_row rows[ROWS + 1] = {
    [THETA] = {.name = "theta", .range = {1, INFINITY, false, true}},
    [AT] = {.name = "at", .kind = LLN_SETTING_WORD, .words = ends},
    [BARE] = {.name = "bare", .kind = LLN_SETTING_FLAG},
    [LIST] = {.name = "list", .kind = LLN_SETTING_FREE},
};

START_TEST(read_all)
{
    lln_setting values[ROWS];
    char word[LLN_SETTING_TEXT];
    expect_ok(lln_settings_read("half:at=last:bare:theta=1e6:list=1,2", rows,
                                word, values));
    ck_assert_str_eq(word, "half");
    expect_absolute(values[THETA].number, 1e6, 0);
    ck_assert_uint_eq(values[AT].word, 1);
    ck_assert(values[BARE].given);
    ck_assert_str_eq(values[LIST].text, "1,2");
    expect_ok(lln_settings_read("x", rows, word, values));
    ck_assert(!values[THETA].given && isnan(values[THETA].number));
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    {"x:thet=2", "'x:thet=2': unknown parameter 'thet'; expected theta=, at=, "
                 "bare, list="},
    {"x:theta", "'x:theta': theta: expected a number above 1"},
    {"x:theta=1", "'x:theta=1': theta=1: expected a number above 1"},
    {"x:theta=0x2", "'x:theta=0x2': theta=0x2: expected a number above 1"},
    {"x:at=end", "'x:at=end': at=end: expected first, last"},
    {"x:bare=1", "'x:bare=1': bare=1: expected no value"},
    {"x:list=", "'x:list=': list=: expected a value"},
    {"x:bare:bare", "'x:bare:bare': bare is given twice"},
    {"x:", "'x:': unknown parameter ''; expected theta=, at=, bare, list="},
    {"x:list="
     "0123456789012345678901234567890123456789012345678901234567890123456789",
     NULL},
};

START_TEST(read_refused)
{
    lln_setting values[ROWS];
    char word[LLN_SETTING_TEXT];
    expect_status(lln_settings_read(bad[_i].text, rows, word, values),
                  LLN_EINVAL);
    if (bad[_i].message)
        ck_assert_str_eq(lln_error_message(), bad[_i].message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings");
    TCase *read = tcase_create("lln_settings_read");
    tcase_add_test(read, read_all);
    tcase_add_loop_test(read, read_refused, 0, sizeof bad / sizeof *bad);
    suite_add_tcase(suite, read);
    return run_suite(suite);
}
