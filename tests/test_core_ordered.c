/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ordered.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "core/threads.h"
#include "expect.h"

enum { ITEMS = 200, SLOTS = 5 };

/* What the steps below read and leave for the test. */
typedef struct {
    size_t held[SLOTS]; /* item of each slot, + 1 */
    size_t handed_on;
    atomic_int at_once, handing, threads_seen, wrong;
    atomic_bool seven_failed;
} record;

static lln_status note_item(void *context, size_t item, size_t slot)
{
    record *r = context;
    int here = ++r->at_once;
    r->wrong += here > SLOTS || r->held[slot] != 0;
    r->held[slot] = item + 1;
    r->threads_seen = lln_threads_count();
    r->at_once--;
    return LLN_OK;
}

static lln_status note_order(void *context, size_t item, size_t slot)
{
    record *r = context;
    r->wrong += ++r->handing > 1;
    r->wrong += r->held[slot] != item + 1 || item != r->handed_on;
    r->held[slot] = 0;
    r->handed_on++;
    r->handing--;
    return LLN_OK;
}

START_TEST(ordered_hands_on_in_order)
{
    for (int threads = 1; threads <= 4; threads++) {
        record r = {0};
        lln_ordered job = {ITEMS, SLOTS, note_item, note_order, &r};
        expect_ok(lln_ordered_run(&job, threads));
        ck_assert_uint_eq(r.handed_on, ITEMS);
        ck_assert_int_eq(r.wrong, 0);
    }
}
END_TEST

START_TEST(ordered_threads_of_an_item)
{
    lln_threads_set(2);
    int all = lln_threads_count();
    for (int threads = 1; threads <= 2; threads++) {
        record r = {0};
        lln_ordered job = {3, 2, note_item, note_order, &r};
        expect_ok(lln_ordered_run(&job, threads));
        ck_assert_int_eq(r.threads_seen, threads == 1 ? all : 1);
        ck_assert_int_eq(lln_threads_count(), all);
    }
}
END_TEST

START_TEST(ordered_no_items)
{
    record r = {0};
    lln_ordered job = {0, 1, note_item, note_order, &r};
    expect_ok(lln_ordered_run(&job, 1));
    expect_ok(lln_ordered_run(&job, 2));
    ck_assert_uint_eq(r.handed_on, 0);
}
END_TEST

/* Item 5 fails after item 7 if another thread can do item 7 meanwhile. */
static lln_status fail_twice(void *context, size_t item, size_t slot)
{
    record *r = context;
    if (item == 7) {
        lln_status status = lln_fail(LLN_EFORMAT, "seven");
        r->seven_failed = true;
        return status;
    }
    while (item == 5 && !r->seven_failed)
        continue;
    return item == 5 ? lln_fail(LLN_ENOCONV, "five")
                     : note_item(context, item, slot);
}

START_TEST(ordered_first_failure)
{
    record r = {0};
    lln_ordered job = {ITEMS, SLOTS, fail_twice, note_order, &r};
    (void)lln_fail(LLN_OK, "none");
    expect_status(lln_ordered_run(&job, 2), LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(), "five");
    ck_assert_uint_eq(r.handed_on, 5);
    r = (record){.seven_failed = true};
    expect_status(lln_ordered_run(&job, 1), LLN_ENOCONV);
    ck_assert_str_eq(lln_error_message(), "five");
    ck_assert_uint_eq(r.handed_on, 5);
}
END_TEST

static lln_status refuse_third(void *context, size_t item, size_t slot)
{
    return item == 3 ? lln_fail(LLN_EIO, "no room")
                     : note_order(context, item, slot);
}

START_TEST(ordered_cannot_hand_on)
{
    for (int threads = 1; threads <= 2; threads++) {
        record r = {0};
        lln_ordered job = {ITEMS, SLOTS, note_item, refuse_third, &r};
        expect_status(lln_ordered_run(&job, threads), LLN_EIO);
        ck_assert_str_eq(lln_error_message(), "no room");
        ck_assert_uint_eq(r.handed_on, 3);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ordered");
    TCase *run = tcase_create("lln_ordered_run");
    tcase_add_test(run, ordered_hands_on_in_order);
    tcase_add_test(run, ordered_threads_of_an_item);
    tcase_add_test(run, ordered_no_items);
    tcase_add_test(run, ordered_first_failure);
    tcase_add_test(run, ordered_cannot_hand_on);
    suite_add_tcase(suite, run);
    return run_suite(suite);
}
