/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/recall.h"

#include <string.h>

#include "expect.h"

enum { TOKENS = 22, PAIRS = 5, VOCABULARY = 16, COUNT = 40 };

static const lln_recall_options options = {TOKENS, PAIRS, VOCABULARY, COUNT};

static void open_task(lln_task *task, lln_examples *examples)
{
    expect_ok(lln_recall_open(&options, task));
    expect_ok(lln_examples_alloc(&task->shape, COUNT, examples));
}

static void close_task(lln_task *task, lln_examples *examples)
{
    lln_examples_free(examples);
    lln_task_close(task);
}

START_TEST(open_shape)
{
    lln_task task;
    lln_recall_options o = {64, 16, 128, 100};
    expect_ok(lln_recall_open(&o, &task));
    ck_assert_uint_eq(task.shape.tokens, 64);
    ck_assert_uint_eq(task.shape.input_size, 0);
    ck_assert_uint_eq(task.shape.vocabulary, 128);
    ck_assert_uint_eq(task.shape.classes, 64);
    ck_assert(task.shape.per_token && task.shape.causal);
    ck_assert(task.train_count == 0 && task.test_count == 100);
    lln_task_close(&task);
}
END_TEST

START_TEST(pairs_default)
{
    ck_assert_uint_eq(lln_recall_pairs(3), 1);
    ck_assert_uint_eq(lln_recall_pairs(31), 7);
    ck_assert_uint_eq(lln_recall_pairs(64), 16);
    ck_assert_uint_eq(lln_recall_pairs(256), 16);
}
END_TEST

/* Keys and values differ from each other within an example; each position after
 * the pairs has a key of a pair, with the number of its value; each key asks
 * once before any asks again. */
static void check_example(const int32_t *symbols, const int32_t *answers)
{
    int32_t value_of[VOCABULARY / 2];
    int asked[VOCABULARY / 2] = {0};
    bool value_seen[VOCABULARY / 2] = {false};
    memset(value_of, -1, sizeof value_of);
    for (size_t i = 0; i < PAIRS; i++) {
        int32_t key = symbols[2 * i], value = symbols[2 * i + 1];
        ck_assert(key >= 0 && key < VOCABULARY / 2 && value_of[key] == -1);
        ck_assert(value >= VOCABULARY / 2 && value < VOCABULARY);
        value -= VOCABULARY / 2;
        ck_assert(!value_seen[value]);
        value_seen[value] = true;
        value_of[key] = value;
        ck_assert(answers[2 * i] == -1 && answers[2 * i + 1] == -1);
    }
    for (size_t i = 2 * PAIRS; i < TOKENS; i++) {
        int32_t key = symbols[i];
        ck_assert(key >= 0 && key < VOCABULARY / 2 && value_of[key] >= 0);
        ck_assert_int_eq(answers[i], value_of[key]);
        ck_assert_int_eq(asked[key]++, (int)((i - 2 * PAIRS) / PAIRS));
    }
}

START_TEST(examples_answered)
{
    lln_task task;
    lln_examples examples;
    open_task(&task, &examples);
    for (size_t step = 0; step < 20; step++) {
        if (step < 19)
            task.batch(&task, 3, step, &examples);
        else
            task.test(&task, 0, &examples);
        for (size_t i = 0; i < COUNT; i++)
            check_example(examples.symbols + i * TOKENS,
                          examples.answers + i * TOKENS);
    }
    close_task(&task, &examples);
}
END_TEST

/* Each key, value and asked pair is equally frequent. With 6000 examples a
 * fraction p has the standard deviation sqrt(p (1 - p) / 6000): 0.0043 for 1/8
 * and 0.0052 for 1/5. */
START_TEST(examples_uniform)
{
    enum { STEPS = 150 };
    lln_task task;
    lln_examples examples;
    size_t keys[8] = {0}, values[8] = {0}, asked[PAIRS] = {0};
    open_task(&task, &examples);
    for (size_t step = 0; step < STEPS; step++) {
        task.batch(&task, 1, step, &examples);
        for (size_t i = 0; i < COUNT; i++) {
            const int32_t *symbols = examples.symbols + i * TOKENS;
            keys[symbols[4]]++;
            values[symbols[5] - 8]++;
            for (size_t p = 0; p < PAIRS; p++)
                asked[p] += symbols[2 * p] == symbols[TOKENS - 1];
        }
    }
    for (size_t i = 0; i < 8; i++) {
        expect_absolute((double)keys[i] / (STEPS * COUNT), 1. / 8, 0.016);
        expect_absolute((double)values[i] / (STEPS * COUNT), 1. / 8, 0.016);
    }
    for (size_t p = 0; p < PAIRS; p++)
        expect_absolute((double)asked[p] / (STEPS * COUNT), 1. / 5, 0.02);
    close_task(&task, &examples);
}
END_TEST

static bool same(const lln_examples *a, const lln_examples *b)
{
    return memcmp(a->symbols, b->symbols,
                  COUNT * TOKENS * sizeof *a->symbols) == 0;
}

/* Whether both have an example in common. */
static bool share_example(const lln_examples *a, const lln_examples *b)
{
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            if (memcmp(a->symbols + i * TOKENS, b->symbols + j * TOKENS,
                       TOKENS * sizeof *a->symbols) == 0)
                return true;
    return false;
}

START_TEST(batches_differ)
{
    lln_task task;
    lln_examples first, other, test;
    open_task(&task, &first);
    expect_ok(lln_examples_alloc(&task.shape, COUNT, &other));
    expect_ok(lln_examples_alloc(&task.shape, COUNT, &test));
    task.test(&task, 0, &test);
    task.batch(&task, 0, 0, &first);
    task.batch(&task, 0, 0, &other);
    ck_assert(same(&first, &other));
    task.batch(&task, 0, 1, &other);
    ck_assert(!share_example(&first, &other));
    task.batch(&task, 1, 0, &other);
    ck_assert(!share_example(&first, &other));
    for (size_t step = 0; step < 50; step++) {
        task.batch(&task, step / 10, step % 10, &other);
        ck_assert(!share_example(&test, &other));
    }
    lln_examples_free(&test);
    lln_examples_free(&other);
    close_task(&task, &first);
}
END_TEST

/* Held-out examples do not depend on where a batch of them begins. */
START_TEST(test_parts)
{
    lln_task task;
    lln_examples all, part;
    open_task(&task, &all);
    expect_ok(lln_examples_alloc(&task.shape, 3, &part));
    task.test(&task, 0, &all);
    task.test(&task, 7, &part);
    ck_assert_mem_eq(part.symbols, all.symbols + 7 * TOKENS,
                     3 * TOKENS * sizeof *part.symbols);
    ck_assert_mem_eq(part.answers, all.answers + 7 * TOKENS,
                     3 * TOKENS * sizeof *part.answers);
    lln_examples_free(&part);
    close_task(&task, &all);
}
END_TEST

START_TEST(open_refused)
{
    static const struct {
        lln_recall_options options;
        const char *message;
    } cases[] = {
        {{3, 0, 16, 1}, "recall: 3 tokens; expected at least 4"},
        {{64, 32, 128, 1},
         "recall: 32 pairs in 64 tokens; expected 1 to 31, so that tokens are "
         "left to answer"},
        {{64, 16, 127, 1},
         "recall: vocabulary 127; expected an even number from 4 to 65536"},
        {{64, 16, 30, 1},
         "recall: 16 pairs, but a vocabulary of 30 has only 15 keys"},
    };
    lln_task task;
    expect_status(lln_recall_open(&cases[_i].options, &task), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), cases[_i].message);
    lln_task_close(&task); /* legal after a failure */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recall");
    TCase *opening = tcase_create("lln_recall_open");
    tcase_add_test(opening, open_shape);
    tcase_add_test(opening, pairs_default);
    tcase_add_loop_test(opening, open_refused, 0, 4);
    suite_add_tcase(suite, opening);
    TCase *examples = tcase_create("examples");
    tcase_add_test(examples, examples_answered);
    tcase_add_test(examples, examples_uniform);
    tcase_add_test(examples, batches_differ);
    tcase_add_test(examples, test_parts);
    suite_add_tcase(suite, examples);
    return run_suite(suite);
}
