/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config_show.h"

#include <stdlib.h>

#include "config.h"
#include "heads/layout.h"
#include "listing.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "tensor/mapping.h"

/* A row of --show-config. */
typedef struct {
    long layer;
    size_t heads, key_heads, head_dim;
    double number[LLN_CONFIG_FIELDS];
    const char *text[LLN_CONFIG_FIELDS], *from[LLN_CONFIG_FIELDS];
} layer_record;

#define FROM(field, name)                                                      \
    RECORD_TEXT(layer_record, from[field], name "_from", COLUMNS_DEFAULT, 0)
#define TEXT(field, name)                                                      \
    RECORD_TEXT(layer_record, text[field], name, COLUMNS_DEFAULT, 0),          \
        FROM(field, name)
#define NUMBER(field, name)                                                    \
    RECORD_REAL(layer_record, number[field], name, COLUMNS_DEFAULT, 0),        \
        FROM(field, name)
#define SIZE(field)                                                            \
    RECORD_INTEGER(layer_record, field, #field, COLUMNS_DEFAULT, 0)

static const record_column layer_columns[] = {
    RECORD_INTEGER(layer_record, layer, "layer", COLUMNS_ID, 0),
    TEXT(LLN_CONFIG_ATTENTION, "attention"),
    TEXT(LLN_CONFIG_ROPE, "rope"),
    NUMBER(LLN_CONFIG_THETA, "theta"),
    NUMBER(LLN_CONFIG_DIMS, "dims"),
    TEXT(LLN_CONFIG_SCALING, "scaling"),
    TEXT(LLN_CONFIG_WINDOW, "window"),
    NUMBER(LLN_CONFIG_CHUNK, "chunk"),
    NUMBER(LLN_CONFIG_SOFTCAP, "softcap"),
    NUMBER(LLN_CONFIG_SCALE, "scale"),
    TEXT(LLN_CONFIG_NORM, "norm"),
    TEXT(LLN_CONFIG_SINK, "sink"),
    TEXT(LLN_CONFIG_QUERY_SCALE, "query_scale"),
    TEXT(LLN_CONFIG_BIAS, "bias"),
    NUMBER(LLN_CONFIG_CLIP, "clip"),
    NUMBER(LLN_CONFIG_CAUSAL, "causal"),
    SIZE(heads),
    SIZE(key_heads),
    SIZE(head_dim),
    TEXT(LLN_CONFIG_SECTIONS, "sections"),
    {0},
};

static void put_layer(listing *table, const lln_config *config, size_t l)
{
    static const char *const names[] = {[LLN_FROM_CLASS] = "class default",
                                        [LLN_FROM_FILE] = "file",
                                        [LLN_FROM_OPTION] = "option"};
    layer_record record = {.layer = (long)l,
                           .heads = config->heads,
                           .key_heads = config->key_heads,
                           .head_dim = config->head_dim};
    for (int i = 0; i < LLN_CONFIG_FIELDS; i++) {
        const lln_config_value *value = &config->layer[l].value[i];
        record.number[i] = value->number;
        record.text[i] = *value->text ? value->text : "none";
        record.from[i] = names[value->from];
    }
    listing_put(table, &record);
}

/* The layers of --layers: [layers], owned by the caller. */
static bool *choose_layers(const lln_config *config)
{
    size_t count = config->layers;
    size_t *numbers = cli_alloc(count, sizeof *numbers);
    bool *chosen = cli_alloc(count, sizeof *chosen);
    for (size_t l = 0; l < count; l++)
        numbers[l] = l;
    lln_status status = lln_selection_read(run_shared.layers, "layers",
                                           lln_mapping_name(run_shared.config),
                                           numbers, count, chosen);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
    free(numbers);
    return chosen;
}

int config_show(void)
{
    const lln_config *config = config_get();
    listing table =
        listing_open((record_type){layer_columns, sizeof(layer_record)});
    bool *chosen = choose_layers(config);
    for (size_t l = 0; l < config->layers; l++)
        if (chosen[l])
            put_layer(&table, config, l);
    free(chosen);
    return listing_close(&table);
}
