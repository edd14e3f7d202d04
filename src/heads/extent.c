/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/extent.h"

#include <stdio.h>

#include "tensor/mapping.h"

/* The smallest and the largest value over layers. */
typedef struct {
    size_t low, high;
} range;

typedef struct {
    bool batch; /* the arrays have an axis of batch entries */
    size_t layers;
    range entries, queries, keys, rows, columns, features, values;
} extent;

static void widen(range *r, size_t size)
{
    r->low = r->high == 0 || size < r->low ? size : r->low;
    r->high = size > r->high ? size : r->high;
}

/* The end of the bundles of one layer that begin at `first`; each is a head or
 * several. */
static size_t layer_end(const lln_bundle *bundles, size_t first, size_t count)
{
    size_t end = first + 1;
    while (end < count && bundles[end].layer == bundles[first].layer)
        end++;
    return end;
}

/* Number of key heads in bundles first .. end - 1; neighbours may use the same
 * array. */
static size_t count_keys(const lln_bundle *bundles,
                         const lln_bundle_shape *shapes, size_t first,
                         size_t end)
{
    size_t keys = 0;
    for (size_t i = first; i < end; i++)
        if (i == first ||
            bundles[i].number[LLN_KEYS] != bundles[i - 1].number[LLN_KEYS])
            keys += shapes[i].layout[LLN_KEYS].size[LLN_AXIS_HEAD];
    return keys;
}

static void add_bundle(const lln_bundle_shape *shape, size_t roles, extent *e)
{
    const lln_layout *q = &shape->layout[LLN_QUERIES];
    const lln_layout *k = &shape->layout[LLN_KEYS];
    e->batch = e->batch || q->present[LLN_AXIS_BATCH];
    widen(&e->entries, q->size[LLN_AXIS_BATCH]);
    widen(&e->rows, q->size[LLN_AXIS_TOKEN]);
    widen(&e->columns, k->size[LLN_AXIS_TOKEN]);
    widen(&e->features, q->size[LLN_AXIS_FEATURE]);
    if (roles > LLN_VALUES)
        widen(&e->values, shape->layout[LLN_VALUES].size[LLN_AXIS_FEATURE]);
}

static extent measure(const lln_bundle *bundles, const lln_bundle_shape *shapes,
                      size_t count, size_t roles)
{
    extent e = {.layers = 0};
    for (size_t first = 0; first < count;) {
        size_t end = layer_end(bundles, first, count), queries = 0;
        for (size_t i = first; i < end; i++) {
            queries += shapes[i].layout[LLN_QUERIES].size[LLN_AXIS_HEAD];
            add_bundle(&shapes[i], roles, &e);
        }
        widen(&e.queries, queries);
        widen(&e.keys, count_keys(bundles, shapes, first, end));
        e.layers += shapes[first].layout[LLN_QUERIES].size[LLN_AXIS_LAYER];
        first = end;
    }
    return e;
}

/* "4 heads", "1 head", "2 to 4 heads" */
static void print_range(FILE *text, const char *before, range r,
                        const char *one, const char *many)
{
    fputs(before, text);
    if (r.low < r.high)
        fprintf(text, "%zu to ", r.low);
    fprintf(text, "%zu %s", r.high, r.high == 1 ? one : many);
}

static void print_extent(FILE *text, const char *name, const extent *e,
                         bool stored)
{
    range layers = {e->layers, e->layers};
    bool same =
        e->rows.low == e->columns.low && e->rows.high == e->columns.high;
    fprintf(text, "%s: ", lln_mapping_name(name));
    if (stored)
        fputs("attention weights of ", text);
    if (e->batch)
        print_range(text, "", e->entries, "batch entry", "batch entries");
    print_range(text, e->batch ? ", " : "", layers, "layer", "layers");
    if (stored) {
        print_range(text, ", ", e->queries, "head", "heads");
    } else {
        print_range(text, ", ", e->queries, "query head", "query heads");
        print_range(text, ", ", e->keys, "key head", "key heads");
    }
    if (same) {
        print_range(text, ", ", e->rows, "token", "tokens");
    } else {
        print_range(text, ", ", e->rows, "query token", "query tokens");
        print_range(text, ", ", e->columns, "key token", "key tokens");
    }
    if (stored)
        return;
    print_range(text, ", ", e->features, "feature", "features");
    if (e->values.high > 0 && (e->values.low != e->features.low ||
                               e->values.high != e->features.high))
        print_range(text, ", ", e->values, "value feature", "value features");
}

lln_status lln_extent_describe(const char *name, const lln_bundle *bundles,
                               const lln_bundle_shape *shapes, size_t count,
                               size_t roles, char **text)
{
    size_t size;
    extent e = measure(bundles, shapes, count, roles);
    *text = NULL;
    FILE *out = open_memstream(text, &size);
    if (!out)
        return lln_fail(LLN_ENOMEM, "out of memory");
    print_extent(out, name, &e, roles == 1);
    return fclose(out) == 0 ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}
