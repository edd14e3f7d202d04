/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources.h"

#include <stdlib.h>
#include <string.h>

#include "array_lists.h"
#include "config.h"
#include "heads/by_layer.h"
#include "heads/files.h"
#include "heads/gaussian.h"
#include "heads/several.h"
#include "identity.h"
#include "listing.h"
#include "maps.h"
#include "message.h"
#include "operands.h"
#include "options.h"
#include "output.h"
#include "rules.h"
#include "stored.h"
#include "tensor/container.h"
#include "tensor/mapping.h"

/* Whether the text is "-" or "-:KEY" and no file has this name. */
static bool is_pipe(const char *text)
{
    char *path, *key;
    cli_check(lln_files_split(text, &path, &key));
    bool pipe = strcmp(path, "-") == 0;
    free(path);
    free(key);
    return pipe;
}

/* Standard input may be one FILE, or all of --q, --k and --v (it is read once),
 * or one text file. */
static void check_pipes(void)
{
    const run_options *o = &run_shared;
    const char *const others[] = {o->params, o->lengths, o->positions,
                                  o->documents, o->config};
    const char *const parts[] = {o->q, o->k, o->v};
    bool piped = false;
    int pipes = 0;
    for (size_t i = 0; i < o->file_count; i++)
        pipes += is_pipe(o->files[i]);
    for (int i = 0; i < 3; i++)
        piped = piped || (parts[i] && is_pipe(parts[i]));
    pipes += piped;
    pipes += stored_beside() && is_pipe(o->attention);
    for (int i = 0; i < 4; i++)
        pipes += others[i] && strcmp(others[i], "-") == 0;
    if (pipes > 1)
        cli_usage("standard input ('-') is named more than once; it can be "
                  "read only once");
}

static void check_padding(void)
{
    const char *side = run_shared.padding;
    if (side && strcmp(side, "left") != 0 && strcmp(side, "right") != 0)
        cli_usage("--padding: expected left or right, found '%s'", side);
    if (side && !run_shared.lengths)
        cli_usage("--padding needs --lengths");
}

void sources_refuse(const char *option)
{
    const run_options *o = &run_shared;
    cli_usage("--%s cannot be used with '%s': it applies to sampled heads only",
              option, o->file ? o->file : o->q);
}

/* The given option that does not need values; NULL: values are needed. */
static const values_option *values_optional(void)
{
    const values_option *option = run_shared.values_optional;
    while (option && option->name && !cli_given(option->name))
        option++;
    return option && option->name ? option : NULL;
}

static void check_values(void)
{
    const run_options *o = &run_shared;
    if (!o->values || !o->q || o->v || o->list)
        return;
    if (o->key_v)
        cli_usage("--key-v needs --v FILE if --q and --k are used");
    if (!values_optional())
        cli_usage("--q and --k need --v FILE; or use one FILE that also "
                  "contains the values");
}

void sources_check(void)
{
    static const char *const model[] = {"sigma-q", "sigma-k", "tokens", "dim",
                                        NULL};
    static const char *const file[] = {
        "v",           "key-q",    "key-k",   "key-v", "layout",
        "split-heads", "fused",    "layers",  "heads", "lengths",
        "padding",     "clip-qkv", "qk-norm", "rope",  "positions",
        "query-scale", "list",     "config",  NULL};
    const run_options *o = &run_shared;
    stored_check();
    if (!o->q != !o->k)
        cli_usage("--%s needs --%s", o->q ? "q" : "k", o->q ? "k" : "q");
    if (o->file && o->q)
        cli_usage("'%s' cannot be used with --q and --k; use either FILE, or "
                  "--q and --k",
                  o->file);
    if (o->file && o->v)
        cli_usage("--v cannot be used with '%s'; use --key-v to name the "
                  "values in it",
                  o->file);
    if (o->fused && o->q)
        cli_usage("--fused cannot be used with --q and --k: it applies to a "
                  "FILE that contains both");
    check_values();
    const char *name = cli_first_given(options_sampled() ? file : model);
    if (name && !options_sampled())
        sources_refuse(name);
    if (name)
        cli_usage("--%s needs heads from files; use FILE, or --q and --k",
                  name);
    if (arrays_for(ARRAYS_OF_KEYS) && (options_sampled() || stored_given()))
        cli_usage("--arrays k_rope= needs queries and keys from files; use "
                  "FILE, or --q and --k");
    check_padding();
    check_pipes();
    if (!o->list)
        config_check_arrays();
    rules_check();
    maps_check();
    if (rules_differ())
        row_identity_show_rule();
    if (operands_find()->steps)
        row_identity_show_step();
}

void sources_refuse_several(void)
{
    const operand_list *list = operands_find();
    if (list->count < 2)
        return;
    const operand *second = &list->items[1];
    cli_usage(
        "'%s': several files need --compare; without it, expected one file",
        second->path[second->path[OF_ALL] ? OF_ALL : OF_QUERIES]);
}

/* Ends the process with another hint than layouts if keys of latent attention
 * lack the features that all heads share. */
static void refuse_narrow_keys(void)
{
    const char *message = lln_error_message();
    const char *hint = strstr(message, "; layout ");
    size_t length = hint ? (size_t)(hint - message) : strlen(message);
    if (config_get() && config_get()->rope_last &&
        !arrays_for(ARRAYS_OF_KEYS) && strstr(message, "features; expected"))
        cli_fail("%.*s; the features of keys that all heads share are given "
                 "with --arrays k_rope=FILE",
                 (int)length, message);
}

/* Opens the files of an operand, with the heads selected (NULL: all). */
static lln_heads_part open_operand(const operand *from,
                                   const lln_lengths *lengths,
                                   const char *selected)
{
    const run_options *o = &run_shared;
    bool layers = from->number[LLN_LAYER] < 0;
    bool numbers = from->number[LLN_HEAD] < 0;
    lln_files files = {
        .file = from->text[OF_ALL],
        .q = from->text[OF_QUERIES],
        .k = from->text[OF_KEYS],
        .v = from->text[OF_VALUES],
        .values = o->values && !stored_given(),
        .values_optional = values_optional() != NULL,
        .unchecked = o->plan,
        .stored = stored_given(),
        .key_q = stored_given() ? o->key_attention : o->key_q,
        .key_k = o->key_k,
        .key_v = o->key_v,
        .name = from->name,
        .layout = o->layout,
        .split_heads = o->split_heads,
        .fused = o->fused,
        .layers = layers ? o->layers : NULL,
        .heads = numbers ? selected : NULL,
        .model = config_model_arrays(),
        .lengths = lengths->count > 0 ? lengths : NULL,
        .shared_keys = arrays_for(ARRAYS_OF_KEYS),
        .rule = rules_of_most(),
    };
    if (!layers)
        files.model.layers = 0;
    lln_heads_part part = {
        .path = from->path[from->path[OF_ALL] ? OF_ALL : OF_QUERIES],
        .model = from->model,
        .step = from->number[LLN_STEP],
        .layer = from->number[LLN_LAYER],
        .head = from->number[LLN_HEAD],
    };
    lln_status status = lln_files_open(&files, &part.heads);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    if (status == LLN_EFORMAT)
        refuse_narrow_keys();
    cli_check(status);
    cli_refuse_mapped();
    part.heads.rest(&part.heads);
    return part;
}

/* The text of a note after the name of its file. */
static const char *after_name(const lln_heads_part *part, const char *note)
{
    const char *name = lln_mapping_name(part->path);
    size_t length = strlen(name);
    return strncmp(note, name, length) == 0 ? note + length : note;
}

/* Prints equal notes about several files as one. notes [count]; NULL: no note,
 * or already printed. */
static void show_notes(const lln_heads_part *parts, const char **notes,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t more = 0;
        for (size_t j = i + 1; notes[i] && j < count; j++) {
            if (!notes[j] || strcmp(after_name(&parts[i], notes[i]),
                                    after_name(&parts[j], notes[j])) != 0)
                continue;
            notes[j] = NULL;
            more++;
        }
        if (notes[i])
            cli_warn_of_several(notes[i], more, "file");
    }
}

/* Prints which arrays were chosen by name, and what the arrays contain. */
static void show_files(const lln_heads_part *parts, size_t count)
{
    const char **notes = cli_alloc(count, sizeof *notes);
    for (size_t i = 0; i < count; i++)
        notes[i] = parts[i].heads.note;
    show_notes(parts, notes, count);
    for (size_t i = 0; i < count; i++)
        notes[i] = parts[i].heads.extent;
    show_notes(parts, notes, count);
    free(notes);
}

/* What will be missing. */
static void show_doubts(const lln_heads_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].heads.doubt)
            cli_warn("%s%s", parts[i].heads.doubt,
                     strcmp(cli_name(), "lln-entropy") == 0
                         ? "; such rows have no entropy"
                         : "");
}

lln_lengths sources_lengths(void)
{
    const run_options *o = &run_shared;
    lln_lengths lengths = {0};
    if (!o->lengths)
        return lengths;
    cli_check(lln_lengths_read(o->lengths, &lengths));
    lengths.left = o->padding && strcmp(o->padding, "left") == 0;
    if (lengths.left && lengths.tokens > 0)
        cli_usage(
            "--padding cannot be used with the mask in %s: the mask shows "
            "where the padding is",
            lengths.name);
    return lengths;
}

/* Opens and checks all files, with the heads that are selected, NULL: all. */
static void open_operands(const char *selected, bool shown, lln_heads *heads)
{
    const operand_list *list = operands_find();
    lln_lengths lengths = sources_lengths();
    lln_heads_part *parts = cli_alloc(list->count, sizeof *parts);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (!config_leaves_out(list->items[i].number[LLN_LAYER]))
            parts[count++] = open_operand(&list->items[i], &lengths, selected);
    if (count == 0)
        cli_fail("%s: no layer of these files has softmax", run_shared.config);
    cli_check(lln_heads_join(parts, count, heads));
    if (shown)
        show_files(parts, count);
    show_doubts(parts, count);
    lln_lengths_free(&lengths);
    free(parts);
}

/* Ends the process unless heads that were not selected can be read too. */
static void check_whole(void)
{
    const operand_list *list = operands_find();
    for (size_t i = 0; i < list->count; i++)
        for (int role = 0; role < OPERAND_TEXTS; role++) {
            const char *text = list->items[i].text[role];
            if (text && (is_pipe(text) || list->items[i].number[LLN_HEAD] >= 0))
                cli_usage("--heads: --qk-norm with across-heads needs all "
                          "heads, which %s; leave out --heads",
                          is_pipe(text) ? "standard input gives only once"
                                        : "have files of their own here");
        }
}

/* Ends the process if an option has values for layers, and no head has the
 * number of one. */
static void check_layers(const lln_heads *heads)
{
    const run_options *o = &run_shared;
    const struct {
        const char *name, *value;
    } by_layer[] = {
        {"clip-qkv", o->clip_qkv}, {"qk-norm", o->qk_norm},
        {"rope", o->rope},         {"query-scale", o->query_scale},
        {"window", o->window},     {"chunk", o->chunk},
        {"prefix", o->prefix},     {"scale", o->scale},
        {"softcap", o->softcap},   {"bias", o->bias},
        {"sink", o->sink},
    };
    lln_head head;
    heads->describe(heads, 0, &head);
    for (size_t i = 0; i < sizeof by_layer / sizeof *by_layer; i++)
        if (head.layer < 0 && by_layer[i].value &&
            lln_by_layer_differs(by_layer[i].value))
            cli_usage("--%s: no number of the layer of %s is known; expected "
                      "an axis of layers (l in --layout), or the number in "
                      "the names of arrays or files",
                      by_layer[i].name, head.file);
}

/* Opens and checks all files before the first head is measured. */
static void open_files(lln_heads *heads)
{
    const char *selected = run_shared.heads;
    lln_heads whole = {.count = 0};
    bool across = selected && maps_are_across();
    if (across)
        check_whole();
    open_operands(selected, !run_shared.quiet, heads);
    if (across)
        open_operands(NULL, false, &whole);
    config_check_heads(heads);
    check_layers(heads);
    if (!run_shared.quiet)
        config_say();
    rules_read_documents(heads);
    if (maps_given())
        maps_apply(heads, &whole);
    maps_look_at_norm(heads);
    rules_look_at_mask(heads);
}

/* Warns if values are missing. */
static void warn_of_values(const lln_heads *heads)
{
    const run_options *o = &run_shared;
    lln_head head;
    heads->describe(heads, 0, &head);
    if (o->values && head.v.columns == 0 && !o->quiet)
        cli_warn("%s: no values, so %s; name the values with --v or --key-v",
                 o->file ? o->file : o->q, values_optional()->without);
}

void sources_open(lln_heads *heads)
{
    const run_options *o = &run_shared;
    if (options_sampled()) {
        lln_gaussian model = {
            .n = o->tokens,
            .d = o->dim,
            .sigma_q = o->sigma_q,
            .sigma_k = o->sigma_k,
            .seed = o->seed,
            .trials = o->trials,
            .rule.scale = rules_of_most().scale,
            .values = o->values,
        };
        cli_check(lln_gaussian_open(&model, heads));
        rules_read_documents(heads);
    } else {
        open_files(heads);
        warn_of_values(heads);
    }
    if (!stored_given()) /* attention weights have no logits */
        rules_apply(heads);
    rule_texts_prepare(heads);
}

void sources_refuse_overwrite(void)
{
    const operand_list *list = operands_find();
    for (size_t i = 0; i < list->count; i++)
        for (int role = 0; role < OPERAND_TEXTS; role++)
            cli_refuse_overwrite(list->items[i].path[role]);
    cli_refuse_overwrite(run_shared.lengths);
    arrays_refuse_overwrite(arrays_for(ARRAYS_OF_KEYS));
    config_refuse_overwrite();
    if (stored_beside()) {
        char *path, *key;
        cli_check(lln_files_split(run_shared.attention, &path, &key));
        cli_refuse_overwrite(path);
        free(path);
        free(key);
    }
    maps_refuse_overwrite();
    rules_refuse_overwrite();
}

/* A row of --list. */
typedef struct {
    const char *key, *dtype, *shape, *source;
} array_record;

static const record_column array_columns[] = {
    RECORD_TEXT(array_record, key, "key", COLUMNS_ID, 0),
    RECORD_TEXT(array_record, dtype, "dtype", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(array_record, shape, "shape", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(array_record, source, "source", COLUMNS_ID, 0),
    {0},
};

static void list_file(const char *path, listing *list)
{
    lln_container *file;
    cli_check(lln_container_open(path, &file));
    if (lln_container_missing(file))
        cli_warn("%s", lln_container_missing(file));
    for (size_t i = 0; i < lln_container_count(file); i++) {
        char shape[LLN_TENSOR_SHAPE_TEXT];
        lln_container_entry entry = lln_container_entry_at(file, i);
        lln_tensor tensor = {.axes = entry.axes};
        memcpy(tensor.shape, entry.shape, sizeof tensor.shape);
        lln_tensor_shape_text(&tensor, shape, sizeof shape);
        array_record record = {entry.key, entry.dtype, shape,
                               entry.shard ? entry.shard : path};
        listing_put(list, &record);
    }
    lln_container_close(file);
}

/* Whether an earlier text of the operand names the same file. */
static bool is_listed(const operand *from, int role)
{
    for (int i = 0; i < role; i++)
        if (from->path[i] && strcmp(from->path[i], from->path[role]) == 0)
            return true;
    return false;
}

int sources_list(void)
{
    const operand_list *list = operands_find();
    listing table =
        listing_open((record_type){array_columns, sizeof(array_record)});
    for (size_t i = 0; i < list->count; i++)
        for (int role = 0; role < OPERAND_TEXTS; role++) {
            const operand *from = &list->items[i];
            if (from->path[role] && !is_listed(from, role))
                list_file(from->path[role], &table);
        }
    return listing_close(&table);
}
