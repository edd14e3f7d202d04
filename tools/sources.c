/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources.h"

#include <stdlib.h>
#include <string.h>

#include "array_lists.h"
#include "config.h"
#include "heads/files.h"
#include "heads/gaussian.h"
#include "heads/several.h"
#include "layer_values.h"
#include "listing.h"
#include "maps.h"
#include "message.h"
#include "operands.h"
#include "options.h"
#include "output.h"
#include "rule_texts.h"
#include "rules.h"
#include "source_checks.h"
#include "stored.h"
#include "tensor/container.h"
#include "tensor/mapping.h"

void sources_refuse_several(void)
{
    const operand_list *list = operands_find();
    if (list->count < 2)
        return;
    const operand *second = &list->items[1];
    cli_usage("'%s': several files need --compare, --against or --pairs; "
              "otherwise expected one",
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
        .values_optional = sources_values_optional() != NULL,
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
        .in_turn = from->model >= operands_find()->against,
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
            if (text &&
                (sources_is_pipe(text) || list->items[i].number[LLN_HEAD] >= 0))
                cli_usage("--heads: --qk-norm with across-heads needs all "
                          "heads, which %s; leave out --heads",
                          sources_is_pipe(text)
                              ? "standard input gives only once"
                              : "have files of their own here");
        }
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
    layer_values_check(heads);
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
                 o->file ? o->file : o->q, sources_values_optional()->without);
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
    if (stored_beside())
        arrays_refuse_place(run_shared.attention);
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
