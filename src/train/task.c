/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/task.h"

#include <stdlib.h>

#include "core/memory.h"

/* A zeroed array of count x tokens x size elements of 4 bytes. */
static void *alloc_words(size_t count, size_t tokens, size_t size)
{
    size_t words;
    if (lln_size_multiply(count, tokens, &words) != LLN_OK ||
        lln_size_multiply(words, size, &words) != LLN_OK)
        return NULL;
    return lln_array_alloc(words, sizeof(int32_t));
}

lln_status lln_examples_alloc(const lln_task_shape *shape, size_t count,
                              lln_examples *examples)
{
    lln_examples made = {.count = count};
    void *input = alloc_words(count, shape->tokens,
                              shape->input_size > 0 ? shape->input_size : 1);
    if (shape->input_size > 0)
        made.values = input;
    else
        made.symbols = input;
    made.answers = alloc_words(count, shape->per_token ? shape->tokens : 1, 1);
    if (input && made.answers) {
        *examples = made;
        return LLN_OK;
    }
    lln_examples_free(&made);
    return LLN_ENOMEM;
}

void lln_examples_free(lln_examples *examples)
{
    free(examples->values);
    free(examples->symbols);
    free(examples->answers);
    *examples = (lln_examples){.count = 0};
}

void lln_task_close(lln_task *task)
{
    if (task->close)
        task->close(task);
    *task = (lln_task){.state = NULL};
}
