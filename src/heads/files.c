/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "heads/layout.h"
#include "heads/temperature.h"
#include "tensor/npy.h"

enum {
    PAD = 16,        /* elements: keys start on a cache line */
    PLACE_TEXT = 100 /* bytes, for three axes with their numbers */
};

/* An array of queries or of keys. */
typedef struct {
    char *name; /* as the user wrote it */
    lln_mapping mapping;
    lln_tensor tensor;
    lln_layout layout;
} array;

/* Which head of the files one load() gives. */
typedef struct {
    size_t batch, layer, head;
} place;

typedef struct {
    array q, k;
    size_t group; /* query heads that share a key head */
    lln_mask mask;
    double scale;
    place *places;
    char **sources; /* a name for each batch entry */
} state;

/* Selected entries of the layer and head axes. */
typedef struct {
    bool *layers, *heads;
} selection;

/* A path that does not exist may be FILE:KEY; a .npy file has no keys. */
static lln_status open_array(const char *path, array *a)
{
    const char *colon = strrchr(path, ':');
    a->name = strdup(path);
    if (!a->name)
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (colon && access(path, F_OK) != 0) {
        a->name[colon - path] = '\0';
        if (access(a->name, F_OK) == 0) {
            LLN_TRY(lln_npy_open(a->name, &a->mapping, &a->tensor));
            return lln_fail(LLN_EFORMAT,
                            "%s: key '%s': a .npy file is one array without "
                            "keys",
                            a->name, colon + 1);
        }
        a->name[colon - path] = ':';
    }
    return lln_npy_open(path, &a->mapping, &a->tensor);
}

static lln_status expect_size(const state *s, int kind, const char *what)
{
    size_t q = s->q.layout.size[kind], k = s->k.layout.size[kind];
    if (q != k)
        return lln_fail(LLN_EFORMAT, "%s: %zu %s; expected %zu as in %s",
                        s->k.name, k, what, q, s->q.name);
    return LLN_OK;
}

static lln_status check_shapes(state *s)
{
    LLN_TRY(expect_size(s, LLN_AXIS_BATCH, "batch entries"));
    LLN_TRY(expect_size(s, LLN_AXIS_LAYER, "layers"));
    LLN_TRY(expect_size(s, LLN_AXIS_FEATURE, "features"));
    size_t q = s->q.layout.size[LLN_AXIS_HEAD];
    size_t k = s->k.layout.size[LLN_AXIS_HEAD];
    if (q % k != 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu heads; expected a divisor of the %zu heads "
                        "of %s",
                        s->k.name, k, q, s->q.name);
    s->group = q / k;
    size_t n = s->q.layout.size[LLN_AXIS_TOKEN];
    size_t m = s->k.layout.size[LLN_AXIS_TOKEN];
    if (lln_mask_hides(s->mask) && n > m)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu keys; a %s needs at least %zu, one for each "
                        "query of %s",
                        s->k.name, m, s->mask.causal ? "causal mask" : "window",
                        n, s->q.name);
    return LLN_OK;
}

static lln_tensor_slice query_slice(const state *s, place at)
{
    return lln_layout_slice(&s->q.layout, at.batch, at.layer, at.head);
}

static lln_tensor_slice key_slice(const state *s, place at)
{
    return lln_layout_slice(&s->k.layout, at.batch, at.layer,
                            at.head / s->group);
}

/* "layer 0, head 3, " without the axes that the array does not have. */
static const char *place_text(const array *a, place at, char *text, size_t size)
{
    const size_t index[] = {at.batch, at.layer, at.head};
    static const char *names[] = {"batch", "layer", "head"};
    text[0] = '\0';
    for (int kind = LLN_AXIS_BATCH; kind <= LLN_AXIS_HEAD; kind++) {
        size_t used = strlen(text);
        if (a->layout.present[kind])
            snprintf(text + used, size - used, "%s %zu, ", names[kind],
                     index[kind]);
    }
    return text;
}

/* "q.npy: layer 0, head 3, row 17, column 5: nan; expected ..." */
static lln_status bad_number(const array *a, place at,
                             const lln_tensor_slice *slice, size_t bad,
                             const char *wanted)
{
    char where[PLACE_TEXT];
    size_t i = bad / slice->columns, j = bad % slice->columns;
    double value =
        lln_tensor_get(&a->tensor, slice->offset + i * slice->row_stride +
                                       j * slice->column_stride);
    if (isnan(value))
        value = fabs(value); /* the sign of a NaN means nothing */
    return lln_fail(LLN_EFORMAT, "%s: %srow %zu, column %zu: %g; expected %s",
                    a->name, place_text(a, at, where, sizeof where), i, j,
                    value, wanted);
}

static lln_status check_finite(const array *a, place at, lln_tensor_slice slice)
{
    size_t bad;
    LLN_TRY(lln_tensor_find_nonfinite(&a->tensor, &slice, &bad));
    if (bad < slice.rows * slice.columns)
        return bad_number(a, at, &slice, bad, "finite numbers");
    return LLN_OK;
}

/* Each key head is checked once, before its first query head. */
static lln_status check_numbers(const state *s, size_t count)
{
    size_t checked = (size_t)-1;
    for (size_t i = 0; i < count; i++) {
        place at = s->places[i], key = at;
        lln_tensor_slice keys = key_slice(s, at);
        key.head /= s->group;
        LLN_TRY(check_finite(&s->q, at, query_slice(s, at)));
        if (keys.offset != checked)
            LLN_TRY(check_finite(&s->k, key, keys));
        checked = keys.offset;
    }
    return LLN_OK;
}

static lln_status copy(const array *a, place at, lln_tensor_slice slice,
                       lln_precision precision, void *out)
{
    size_t bad;
    LLN_TRY(lln_tensor_copy(&a->tensor, &slice, precision, out, &bad));
    if (bad < slice.rows * slice.columns)
        return bad_number(a, at, &slice, bad,
                          "numbers in the range of float32");
    return LLN_OK;
}

static lln_status allocate(state *s, lln_head *head, lln_precision precision)
{
    size_t d = s->q.layout.size[LLN_AXIS_FEATURE];
    size_t n = s->q.layout.size[LLN_AXIS_TOKEN];
    size_t m = s->k.layout.size[LLN_AXIS_TOKEN];
    size_t keys = (n * d + PAD - 1) / PAD * PAD, count;
    if (__builtin_add_overflow(keys, m * d, &count))
        return lln_fail(LLN_ENOMEM, "%s: too large", s->q.name);
    size_t size = lln_precision_size(precision);
    char *storage = lln_array_alloc_raw(count, size);
    if (!storage)
        return LLN_ENOMEM;
    head->storage = storage;
    head->q = (lln_matrix){precision, n, d, storage};
    head->k = (lln_matrix){precision, m, d, storage + keys * size};
    head->mask = s->mask;
    head->scale = isnan(s->scale) ? 1 / sqrt((double)d) : s->scale;
    return LLN_OK;
}

/* False if a product is too large for the precision. */
static bool multiply(lln_matrix a, double factor)
{
    size_t count = a.rows * a.columns;
    bool finite = true;
    float *f32 = (float *)a.data;
    double *f64 = (double *)a.data;
    for (size_t i = 0; i < count; i++)
        if (a.precision == LLN_FLOAT32) {
            f32[i] = (float)(factor * f32[i]);
            finite = finite && isfinite(f32[i]);
        } else {
            f64[i] *= factor;
            finite = finite && isfinite(f64[i]);
        }
    return finite;
}

/* Multiplies queries and keys so that the temperature becomes tau. */
static lln_status set_temperature(const array *q, place at, double tau,
                                  lln_head *head)
{
    double variance;
    char where[PLACE_TEXT];
    place_text(q, at, where, sizeof where);
    lln_status status = lln_temperature_variance(head, &variance);
    if (status == LLN_EUNDEFINED)
        return lln_fail(status,
                        "%s: %sno query sees two keys, so that there is no "
                        "temperature",
                        q->name, where);
    if (status != LLN_OK)
        return status;
    double factor = sqrt(1 / (sqrt(variance) * tau));
    if (!isfinite(factor) || !(factor > 0) || !multiply(head->q, factor) ||
        !multiply(head->k, factor))
        return lln_fail(LLN_EUNDEFINED,
                        "%s: %slogits with a within-row variance of %g cannot "
                        "be given temperature %g",
                        q->name, where, variance, tau);
    return LLN_OK;
}

static lln_status fill(state *s, place at, double tau, lln_precision precision,
                       lln_head *head)
{
    place key = {at.batch, at.layer, at.head / s->group};
    LLN_TRY(
        copy(&s->q, at, query_slice(s, at), precision, (void *)head->q.data));
    LLN_TRY(
        copy(&s->k, key, key_slice(s, at), precision, (void *)head->k.data));
    return isnan(tau) ? LLN_OK : set_temperature(&s->q, at, tau, head);
}

static lln_status load(const lln_heads *heads, size_t index, double tau,
                       lln_precision precision, lln_head *head)
{
    state *s = heads->state;
    place at = s->places[index];
    const bool *present = s->q.layout.present;
    lln_head loaded = {
        .source = s->sources[at.batch],
        .layer = present[LLN_AXIS_LAYER] ? (long)at.layer : -1,
        .head = present[LLN_AXIS_HEAD] ? (long)at.head : -1,
    };
    LLN_TRY(allocate(s, &loaded, precision));
    lln_status status = fill(s, at, tau, precision, &loaded);
    if (status == LLN_OK)
        *head = loaded;
    else
        lln_head_free(&loaded);
    return status;
}

static void close_files(lln_heads *heads)
{
    state *s = heads->state;
    for (size_t b = 0; s->sources && b < s->q.layout.size[0]; b++)
        free(s->sources[b]);
    free(s->sources);
    free(s->places);
    lln_mapping_close(&s->q.mapping);
    lln_mapping_close(&s->k.mapping);
    free(s->q.name);
    free(s->k.name);
    free(s);
}

/* FILE, or FILE[b] if there is a batch axis. */
static lln_status name_sources(state *s)
{
    size_t batch = s->q.layout.size[LLN_AXIS_BATCH];
    size_t room = strlen(s->q.name) + 24;
    s->sources = lln_array_alloc(batch, sizeof *s->sources);
    for (size_t b = 0; s->sources && b < batch; b++) {
        s->sources[b] = malloc(room);
        if (!s->sources[b])
            return lln_fail(LLN_ENOMEM, "out of memory");
        if (s->q.layout.present[LLN_AXIS_BATCH])
            snprintf(s->sources[b], room, "%s[%zu]", s->q.name, b);
        else
            snprintf(s->sources[b], room, "%s", s->q.name);
    }
    return s->sources ? LLN_OK : LLN_ENOMEM;
}

/* Lists the chosen heads by batch, layer, head. */
static lln_status list_places(state *s, const selection *chosen, size_t *count)
{
    const size_t *size = s->q.layout.size;
    s->places = lln_array_alloc(size[0] * size[1] * size[2], sizeof *s->places);
    if (!s->places)
        return LLN_ENOMEM;
    *count = 0;
    for (size_t b = 0; b < size[LLN_AXIS_BATCH]; b++)
        for (size_t l = 0; l < size[LLN_AXIS_LAYER]; l++)
            for (size_t h = 0; h < size[LLN_AXIS_HEAD]; h++)
                if (chosen->layers[l] && chosen->heads[h])
                    s->places[(*count)++] = (place){b, l, h};
    return LLN_OK;
}

static lln_status select_axis(const state *s, int kind, const char *text,
                              const char *option, bool **chosen)
{
    if (text && !s->q.layout.present[kind])
        return lln_fail(LLN_EFORMAT, "--%s %s: the layout of %s has no %s",
                        option, text, s->q.name, option);
    size_t size = s->q.layout.size[kind];
    *chosen = lln_array_alloc(size, sizeof **chosen);
    if (!*chosen)
        return LLN_ENOMEM;
    return lln_selection_read(text, option, s->q.name, size, *chosen);
}

static lln_status select_heads(state *s, const lln_files *files, size_t *count)
{
    selection chosen = {0};
    lln_status status =
        select_axis(s, LLN_AXIS_LAYER, files->layers, "layers", &chosen.layers);
    if (status == LLN_OK)
        status =
            select_axis(s, LLN_AXIS_HEAD, files->heads, "heads", &chosen.heads);
    if (status == LLN_OK)
        status = list_places(s, &chosen, count);
    free(chosen.layers);
    free(chosen.heads);
    return status;
}

static lln_status open_state(const lln_files *files, state *s, size_t *count)
{
    s->mask = files->mask;
    s->scale = files->scale;
    LLN_TRY(open_array(files->q, &s->q));
    LLN_TRY(open_array(files->k, &s->k));
    LLN_TRY(
        lln_layout_read(files->layout, s->q.name, &s->q.tensor, &s->q.layout));
    LLN_TRY(
        lln_layout_read(files->layout, s->k.name, &s->k.tensor, &s->k.layout));
    LLN_TRY(check_shapes(s));
    LLN_TRY(select_heads(s, files, count));
    LLN_TRY(name_sources(s));
    return check_numbers(s, *count);
}

lln_status lln_files_open(const lln_files *files, lln_heads *heads)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_heads opened = {.load = load, .close = close_files, .state = s};
    lln_status status = open_state(files, s, &opened.count);
    if (status == LLN_OK)
        *heads = opened;
    else
        lln_heads_close(&opened);
    return status;
}
