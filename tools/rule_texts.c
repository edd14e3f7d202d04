/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rule_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_lists.h"
#include "core/memory.h"
#include "heads/by_layer.h"
#include "message.h"
#include "options.h"

enum { LOGITS = 1, SINK = 2, VARIANTS = 4 }; /* parts that a text has */

struct rule_texts {
    char *text[VARIANTS];
};

typedef struct {
    long layer;
    rule_texts *texts;
} layer_texts;

static layer_texts *layers; /* [layer_count] */
static size_t layer_count;

/* A text that grows. */
typedef struct {
    char *text;
    long layer;
} builder;

static void append(builder *b, const char *format, const char *name,
                   const char *value)
{
    char *joined, *part;
    if (asprintf(&part, format, name, value) < 0 ||
        asprintf(&joined, "%s%s%s", b->text, *b->text ? " " : "", part) < 0)
        cli_fail("out of memory");
    free(part);
    free(b->text);
    b->text = joined;
}

/* The value in quotes for a shell: it's becomes 'it'\''s'. The caller frees
 * it. */
static char *quote(const char *value)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        cli_fail("out of memory");
    putc('\'', out);
    for (; *value; value++)
        if (*value == '\'')
            fputs("'\\''", out);
        else
            putc(*value, out);
    putc('\'', out);
    if (fclose(out) != 0)
        cli_fail("out of memory");
    return text;
}

/* Adds an option with a value, in quotes if a shell needs them. */
static void add(builder *b, const char *name, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_=:,./+@%{}";
    bool bare = value[strspn(value, plain)] == '\0';
    char *quoted = bare ? NULL : quote(value);
    append(b, "--%s %s", name, bare ? value : quoted);
    free(quoted);
}

/* The value of the layer of an option; NULL: none. The caller frees it. */
static char *value_of(const builder *b, const char *texts)
{
    lln_by_layer values;
    cli_check(lln_by_layer_read(texts, &values));
    const char *found = lln_by_layer_find(&values, b->layer);
    char *value = found && strcmp(found, "none") != 0 ? cli_copy(found) : NULL;
    lln_by_layer_free(&values);
    return value;
}

static bool add_by_layer(builder *b, const char *name, const char *texts)
{
    char *value = value_of(b, texts);
    bool there = value != NULL;
    if (there)
        add(b, name, value);
    free(value);
    return there;
}

/* The items of a list of arrays whose names begin so, as one option. */
static void add_arrays(builder *b, arrays_use use, const char *start)
{
    char *copy = arrays_for(use) ? cli_copy(arrays_for(use)) : NULL;
    for (char *rest = copy, *item; (item = strsep(&rest, ","));)
        if (strncmp(item, start, strlen(start)) == 0)
            add(b, "arrays", item);
    free(copy);
}

/* file: also that of --mask. */
static void add_masks(builder *b, bool file)
{
    const run_options *o = &run_shared;
    if (o->causal)
        append(b, "--causal%s%s", *o->causal ? "=" : "", o->causal);
    add_by_layer(b, "window", o->window);
    add_by_layer(b, "chunk", o->chunk);
    add_by_layer(b, "prefix", o->prefix);
    if (o->documents)
        add(b, "documents", o->documents);
    if (o->mask && file)
        add(b, "mask", o->mask);
}

static bool add_bias(builder *b)
{
    char *bias = value_of(b, run_shared.bias);
    bool alibi = bias && strncmp(bias, "alibi", 5) == 0;
    if (bias)
        add(b, "bias", bias);
    if (bias)
        add_arrays(b, ARRAYS_OF_RULES, alibi ? "slopes=" : "bias=");
    free(bias);
    return alibi;
}

/* A layer without --sink has that of the array, unless it is none. */
static void add_sink(builder *b)
{
    bool none = false;
    if (add_by_layer(b, "sink", run_shared.sink))
        return;
    lln_by_layer values;
    cli_check(lln_by_layer_read(run_shared.sink, &values));
    none = lln_by_layer_find(&values, b->layer) != NULL;
    lln_by_layer_free(&values);
    if (!none)
        add_arrays(b, ARRAYS_OF_RULES, "sink=");
}

/* A layer without rotary embedding has no norm after it. */
static bool add_norm(builder *b)
{
    static const char after[] = ":after-rope";
    char *norm = value_of(b, run_shared.qk_norm);
    char *rope = value_of(b, run_shared.rope);
    char *found = norm && !rope ? strstr(norm, after) : NULL;
    if (found)
        memmove(found, found + strlen(after),
                strlen(found + strlen(after)) + 1);
    bool added = norm != NULL;
    if (added)
        add(b, "qk-norm", norm);
    free(norm);
    free(rope);
    return added;
}

/* Divisors of longrope that are not in arrays are in the configuration. */
static void add_divisors(builder *b)
{
    char *rope = value_of(b, run_shared.rope);
    const char *arrays = arrays_for(ARRAYS_OF_MAPS);
    if (rope && strstr(rope, "scaling=longrope") && run_shared.config &&
        !(arrays && strstr(arrays, "rope_")))
        add(b, "config", run_shared.config);
    free(rope);
}

static void add_maps(builder *b, bool positions)
{
    const run_options *o = &run_shared;
    add_by_layer(b, "clip-qkv", o->clip_qkv);
    if (add_norm(b)) {
        add_arrays(b, ARRAYS_OF_MAPS, "q_norm");
        add_arrays(b, ARRAYS_OF_MAPS, "k_norm");
    }
    if (add_by_layer(b, "rope", o->rope)) {
        positions = true;
        add_arrays(b, ARRAYS_OF_MAPS, "rope_");
        add_divisors(b);
    }
    char *scale = value_of(b, o->query_scale);
    if (scale) {
        add(b, "query-scale", scale);
        add_arrays(b, ARRAYS_OF_MAPS, "ssmax=");
        positions = positions || strncmp(scale, "ministral", 9) == 0;
    }
    free(scale);
    if (positions && o->positions)
        add(b, "positions", o->positions);
}

static char *build(long layer, unsigned parts)
{
    builder b = {cli_copy(""), layer};
    bool alibi = false;
    add_masks(&b, parts & LOGITS);
    if (parts & LOGITS) {
        add_by_layer(&b, "softcap", run_shared.softcap);
        alibi = add_bias(&b);
    }
    if (parts & SINK)
        add_sink(&b);
    add_by_layer(&b, "scale", run_shared.scale);
    add_maps(&b, alibi);
    return b.text;
}

static bool equal(const rule_texts *a, const rule_texts *b)
{
    for (int i = 0; i < VARIANTS; i++)
        if (strcmp(a->text[i], b->text[i]) != 0)
            return false;
    return true;
}

static void free_texts(rule_texts *texts)
{
    for (int i = 0; i < VARIANTS; i++)
        free(texts->text[i]);
    free(texts);
}

/* Texts of a layer, which are those of another one if they are equal. */
static rule_texts *find_texts(long layer)
{
    rule_texts *texts = cli_alloc(1, sizeof *texts);
    for (unsigned i = 0; i < VARIANTS; i++)
        texts->text[i] = build(layer, i);
    for (size_t i = 0; i < layer_count; i++)
        if (equal(layers[i].texts, texts)) {
            free_texts(texts);
            return layers[i].texts;
        }
    return texts;
}

void rule_texts_prepare(const lln_heads *heads)
{
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        if (rule_texts_of(head.layer))
            continue;
        layer_texts *grown =
            lln_array_grow(layers, layer_count, sizeof *layers);
        if (!grown)
            cli_fail("out of memory");
        layers = grown;
        rule_texts *texts = find_texts(head.layer);
        layers[layer_count++] = (layer_texts){head.layer, texts};
    }
}

const rule_texts *rule_texts_of(long layer)
{
    for (size_t i = layer_count; i-- > 0;)
        if (layers[i].layer == layer)
            return layers[i].texts;
    return NULL;
}

const char *rule_texts_for(const rule_texts *texts, unsigned honours)
{
    unsigned parts = (honours & LLN_HONOURS_LOGITS ? LOGITS : 0) |
                     (honours & LLN_HONOURS_SINK ? SINK : 0);
    return texts ? texts->text[parts] : NULL;
}
