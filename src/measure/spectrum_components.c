/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tarjan's algorithm, with an explicit path instead of recursion. */
#include "measure/spectrum_components.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/memory.h"

static const size_t NONE = SIZE_MAX;

/* All arrays have n elements. */
typedef struct {
    const double *matrix;
    size_t n;
    size_t *index, *low; /* in order of discovery; NONE: not yet */
    size_t *next;        /* the next neighbour to visit */
    size_t *path, depth; /* the nodes that are being searched */
    size_t *open, width; /* nodes whose component is not complete */
    size_t *owner;       /* component of a node; NONE: not complete */
    size_t found, count; /* nodes discovered, components complete */
} search;

static void discover(search *s, size_t node)
{
    s->index[node] = s->low[node] = s->found++;
    s->path[s->depth++] = node;
    s->open[s->width++] = node;
}

/* The node completes a component: all nodes above it in `open`. */
static void complete(search *s, size_t node)
{
    size_t member;
    do {
        member = s->open[--s->width];
        s->owner[member] = s->count;
    } while (member != node);
    s->count++;
}

/* Continues with the last node of the path. */
static void advance(search *s)
{
    size_t node = s->path[s->depth - 1];
    const double *row = s->matrix + node * s->n;
    size_t j = s->next[node];
    for (; j < s->n; j++) {
        if (row[j] == 0)
            continue;
        if (s->index[j] == NONE)
            break;
        if (s->owner[j] == NONE)
            s->low[node] = lln_size_smaller(s->low[node], s->index[j]);
    }
    s->next[node] = j < s->n ? j + 1 : j;
    if (j < s->n) {
        discover(s, j);
        return;
    }
    s->depth--;
    if (s->depth > 0) {
        size_t before = s->path[s->depth - 1];
        s->low[before] = lln_size_smaller(s->low[before], s->low[node]);
    }
    if (s->low[node] == s->index[node])
        complete(s, node);
}

/* Sorts members by component. */
static void sort_members(const search *s, lln_components *out)
{
    out->count = s->count;
    for (size_t i = 0; i < s->n; i++)
        out->start[s->owner[i] + 1]++;
    for (size_t c = 0; c < s->count; c++) {
        out->start[c + 1] += out->start[c];
        s->path[c] = out->start[c];
    }
    for (size_t i = 0; i < s->n; i++)
        out->members[s->path[s->owner[i]]++] = i;
}

lln_status lln_components_find(const double *matrix, size_t n,
                               lln_components *out)
{
    size_t *room = lln_array_alloc(6 * n, sizeof *room);
    *out =
        (lln_components){.members = lln_array_alloc(n, sizeof *out->members),
                         .start = lln_array_alloc(n + 1, sizeof *out->start)};
    if (!room || !out->members || !out->start) {
        free(room);
        lln_components_free(out);
        return LLN_ENOMEM;
    }
    search s = {.matrix = matrix,
                .n = n,
                .index = room,
                .low = room + n,
                .next = room + 2 * n,
                .path = room + 3 * n,
                .open = room + 4 * n,
                .owner = room + 5 * n};
    for (size_t i = 0; i < n; i++)
        s.index[i] = s.owner[i] = NONE;
    for (size_t i = 0; i < n; i++) {
        if (s.index[i] == NONE)
            discover(&s, i);
        while (s.depth > 0)
            advance(&s);
    }
    sort_members(&s, out);
    free(room);
    return LLN_OK;
}

void lln_components_free(lln_components *components)
{
    free(components->members);
    free(components->start);
    *components = (lln_components){0};
}
