/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/several.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* The part that a head of the set is in, and the values that it is sorted
 * by. */
typedef struct {
    size_t part, index; /* index in the part */
    size_t model, batch;
    long layer, head;
} entry;

typedef struct {
    lln_heads_part *parts; /* [count] */
    size_t count;
    entry *entries;
    size_t last[2]; /* part of the head loaded last, of those without and with
                       in_turn */
} joined_state;

static void label_head(const lln_heads_part *part, lln_head *head)
{
    head->model = part->model;
    head->step = part->step;
    if (part->layer >= 0)
        head->layer = part->layer;
    if (part->head >= 0)
        head->head = head->key_head = part->head;
}

static void describe_joined(const lln_heads *heads, size_t index,
                            lln_head *head)
{
    const joined_state *s = heads->state;
    const entry *e = &s->entries[index];
    const lln_heads_part *part = &s->parts[e->part];
    part->heads.describe(&part->heads, e->index, head);
    label_head(part, head);
}

/* A file keeps what it has unpacked for the next head. If the next head is in
 * another file, the memory is released. */
static lln_status load_joined(const lln_heads *heads, size_t index, double tau,
                              lln_precision precision, lln_head *head)
{
    joined_state *s = heads->state;
    const entry *e = &s->entries[index];
    const lln_heads_part *part = &s->parts[e->part];
    size_t last, *recent = &s->last[part->in_turn];
#pragma omp atomic capture
    {
        last = *recent;
        *recent = e->part;
    }
    if (last != e->part)
        s->parts[last].heads.rest(&s->parts[last].heads);
    LLN_TRY(part->heads.load(&part->heads, e->index, tau, precision, head));
    label_head(part, head);
    return LLN_OK;
}

static lln_status list_joined(const lln_heads *heads,
                              struct lln_result **results, size_t *count)
{
    const joined_state *s = heads->state;
    if (s->count == 1)
        return s->parts[0].heads.results(&s->parts[0].heads, results, count);
    return lln_fail(LLN_EINVAL, "%zu files; expected one", s->count);
}

static void rest_joined(const lln_heads *heads)
{
    const joined_state *s = heads->state;
    for (size_t i = 0; i < s->count; i++)
        s->parts[i].heads.rest(&s->parts[i].heads);
}

static void close_joined(lln_heads *heads)
{
    joined_state *s = heads->state;
    for (size_t i = 0; i < s->count; i++)
        lln_heads_close(&s->parts[i].heads);
    free(s->parts);
    free(s->entries);
    free(s);
}

static lln_status check_number(const char *path, const char *what, long own,
                               long named)
{
    if (own < 0 || named < 0 || own == named)
        return LLN_OK;
    return lln_fail(
        LLN_EFORMAT,
        "%s: %s %ld in the file, %ld in its name; use a file "
        "pattern without {%s}, or array names without a number (--key-q, "
        "--key-k)",
        path, what, own, named, what);
}

/* Appends the heads of a part. */
static lln_status add_part(joined_state *s, size_t part, entry **end)
{
    const lln_heads_part *from = &s->parts[part];
    for (size_t i = 0; i < from->heads.count; i++) {
        lln_head head;
        from->heads.describe(&from->heads, i, &head);
        LLN_TRY(check_number(from->path, "layer", head.layer, from->layer));
        LLN_TRY(check_number(from->path, "head", head.head, from->head));
        label_head(from, &head);
        *(*end)++ =
            (entry){part, i, from->model, head.at.batch, head.layer, head.head};
    }
    return LLN_OK;
}

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_entries(const void *first, const void *second)
{
    const entry *a = first, *b = second;
    if (a->model != b->model)
        return compare_sizes(a->model, b->model);
    if (a->batch != b->batch)
        return compare_sizes(a->batch, b->batch);
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    return a->part != b->part ? compare_sizes(a->part, b->part)
                              : compare_sizes(a->index, b->index);
}

/* Lists the heads of all parts in order, and sets count, rows and bytes. */
static lln_status list_entries(joined_state *s, lln_heads *joined)
{
    for (size_t i = 0; i < s->count; i++) {
        const lln_heads *heads = &s->parts[i].heads;
        joined->count += heads->count;
        joined->rows = heads->rows > joined->rows ? heads->rows : joined->rows;
        joined->bytes += heads->bytes;
    }
    s->entries = lln_array_alloc(joined->count, sizeof *s->entries);
    if (!s->entries)
        return LLN_ENOMEM;
    entry *end = s->entries;
    for (size_t i = 0; i < s->count; i++)
        LLN_TRY(add_part(s, i, &end));
    qsort(s->entries, joined->count, sizeof *s->entries, compare_entries);
    return LLN_OK;
}

/* Copies the parts. Returns NULL when out of memory; the parts are then
 * closed. */
static joined_state *take_parts(const lln_heads_part *parts, size_t count)
{
    joined_state *s = calloc(1, sizeof *s);
    lln_heads_part *copy = lln_array_alloc(count, sizeof *copy);
    if (copy)
        memcpy(copy, parts, count * sizeof *copy);
    if (s && copy) {
        s->parts = copy;
        s->count = count;
        for (size_t i = count; i-- > 0;)
            s->last[copy[i].in_turn] = i;
        return s;
    }
    for (size_t i = 0; copy && i < count; i++)
        lln_heads_close(&copy[i].heads);
    free(copy);
    free(s);
    return NULL;
}

lln_status lln_heads_join(const lln_heads_part *parts, size_t count,
                          lln_heads *joined)
{
    joined_state *s = take_parts(parts, count);
    if (!s)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_heads set = {.describe = describe_joined,
                     .load = load_joined,
                     .results = list_joined,
                     .rest = rest_joined,
                     .close = close_joined,
                     .state = s};
    lln_status status = list_entries(s, &set);
    if (status == LLN_OK)
        *joined = set;
    else
        lln_heads_close(&set);
    return status;
}

typedef struct {
    lln_heads whole;
    size_t first, step;
} every_state;

static void describe_every(const lln_heads *heads, size_t index, lln_head *head)
{
    const every_state *s = heads->state;
    s->whole.describe(&s->whole, s->first + index * s->step, head);
}

static lln_status load_every(const lln_heads *heads, size_t index, double tau,
                             lln_precision precision, lln_head *head)
{
    const every_state *s = heads->state;
    return s->whole.load(&s->whole, s->first + index * s->step, tau, precision,
                         head);
}

static lln_status list_every(const lln_heads *heads,
                             struct lln_result **results, size_t *count)
{
    (void)heads;
    (void)results;
    (void)count;
    return lln_fail(LLN_EINVAL, "results need all heads of a file");
}

static void rest_every(const lln_heads *heads)
{
    const every_state *s = heads->state;
    s->whole.rest(&s->whole);
}

static void close_every(lln_heads *heads)
{
    every_state *s = heads->state;
    lln_heads_close(&s->whole);
    free(s);
}

lln_status lln_heads_every(lln_heads *whole, size_t first, size_t step,
                           lln_heads *every)
{
    every_state *s = malloc(sizeof *s);
    lln_heads from = *whole;
    *whole = (lln_heads){0};
    if (!s) {
        lln_heads_close(&from);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    *s = (every_state){from, first, step};
    size_t left = from.count > first ? from.count - first : 0;
    *every = (lln_heads){.count = left / step + (left % step > 0),
                         .rows = from.rows,
                         .bytes = from.bytes,
                         .note = from.note,
                         .sampled = from.sampled,
                         .describe = describe_every,
                         .load = load_every,
                         .results = list_every,
                         .rest = rest_every,
                         .close = close_every,
                         .state = s};
    return LLN_OK;
}
