/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "heads/by_layer.h"
#include "identity.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "tensor/mapping.h"

static struct {
    lln_config config;
    bool read;
    bool *without; /* [layers]: those that have no softmax */
    bool by_layer; /* some value differs between layers */
    /* What the options said, which is kept until the process ends. */
    const char *given[LLN_CONFIG_FIELDS];
    char *norm; /* of the configuration alone; NULL: it has none */
    char *text; /* what is applied, in words */
} model;

/* A value of the configuration and the option that has its place. */
typedef struct {
    lln_config_field field;
    const char *option, **target;
} config_row;

static const config_row config_rows[] = {
    {LLN_CONFIG_CLIP, "clip-qkv", &run_shared.clip_qkv},
    {LLN_CONFIG_NORM, "qk-norm", &run_shared.qk_norm},
    {LLN_CONFIG_ROPE, "rope", &run_shared.rope},
    {LLN_CONFIG_QUERY_SCALE, "query-scale", &run_shared.query_scale},
    {LLN_CONFIG_SCALE, "scale", &run_shared.scale},
    {LLN_CONFIG_SOFTCAP, "softcap", &run_shared.softcap},
    {LLN_CONFIG_BIAS, "bias", &run_shared.bias},
    {LLN_CONFIG_WINDOW, "window", &run_shared.window},
    {LLN_CONFIG_CHUNK, "chunk", &run_shared.chunk},
    {LLN_CONFIG_SINK, "sink", &run_shared.sink},
};

enum { ROWS = sizeof config_rows / sizeof *config_rows };

const lln_config *config_get(void)
{
    return model.read ? &model.config : NULL;
}

static void find_layers_without(void)
{
    const lln_config *c = &model.config;
    model.without = cli_alloc(c->layers, sizeof *model.without);
    for (size_t l = 0; l < c->layers; l++)
        model.without[l] = lln_config_is_linear(&c->layer[l]);
}

/* The first layer whose value is not from an option; NULL: none. */
static const lln_config_value *find_own(lln_config_field field)
{
    for (size_t l = 0; l < model.config.layers; l++) {
        const lln_config_value *value = &model.config.layer[l].value[field];
        if (*value->text && value->from != LLN_FROM_OPTION)
            return value;
    }
    return NULL;
}

static void merge(const config_row *row)
{
    char *text;
    lln_status status =
        lln_config_merge(&model.config, row->field, *row->target, &text);
    if (status == LLN_EINVAL)
        cli_usage("--%s: %s", row->option, lln_error_message());
    cli_check(status);
    if (row->field == LLN_CONFIG_SINK && find_own(LLN_CONFIG_SINK)) {
        free(text); /* the array `sink` has those of the other layers */
        return;
    }
    model.given[row->field] = *row->target;
    *row->target = text;
    model.by_layer = model.by_layer || (text && lln_by_layer_differs(text));
}

/* Whether each query sees no later keys: in all layers with softmax, or in
 * none. */
static void merge_causal(void)
{
    const lln_config *c = &model.config;
    const char **causal = &run_shared.causal;
    for (size_t l = 0; l < c->layers; l++) {
        lln_config_value *value = &c->layer[l].value[LLN_CONFIG_CAUSAL];
        if (model.without[l])
            continue;
        if (cli_given("causal"))
            value->from = LLN_FROM_OPTION;
        else
            *causal = value->number > 0 ? "" : NULL;
        value->number = *causal != NULL;
    }
}

/* Writes the values of an option as they would be given. */
static void write_option(const char *option, const char *values, FILE *out)
{
    while (values) {
        size_t length = strcspn(values, "\n");
        fprintf(out, " --%s %.*s", option, (int)length, values);
        values = values[length] != '\0' ? values + length + 1 : NULL;
    }
}

/* "config.json: gemma3_text, 26 layers: --causal ..." */
static char *describe(void)
{
    const lln_config *c = &model.config;
    size_t size;
    char *text = NULL, *linear = lln_config_runs(c, lln_config_is_linear);
    FILE *out = open_memstream(&text, &size);
    if (!out || !linear)
        cli_fail("out of memory");
    fprintf(out, "%s: %s, %zu layer%s; resulting options:",
            lln_mapping_name(run_shared.config), c->model_type, c->layers,
            c->layers > 1 ? "s" : "");
    if (run_shared.causal)
        fprintf(out, " --causal%s%s", *run_shared.causal ? "=" : "",
                run_shared.causal);
    for (size_t i = 0; i < ROWS; i++)
        write_option(config_rows[i].option, *config_rows[i].target, out);
    if (*linear)
        fprintf(out, "; layers %s have no softmax and are left out", linear);
    free(linear);
    if (fclose(out) != 0)
        cli_fail("out of memory");
    return text;
}

/* JSON has no comments, which would say what is applied. */
static void show_in_json(void)
{
    lln_table_format format;
    if (run_shared.format &&
        lln_table_format_find(run_shared.format, &format) == LLN_OK &&
        lln_table_is_json(format))
        row_identity_show_config();
}

void config_read(void)
{
    if (run_shared.show_config && !run_shared.config)
        cli_usage("--show-config needs --config FILE");
    static const char *const bounds[] = {"fail-below", "fail-above", NULL};
    const char *bound = cli_first_given(bounds);
    if (run_shared.show_config && bound)
        cli_usage("--%s cannot be used with --show-config, which measures "
                  "nothing",
                  bound);
    if (!run_shared.config)
        return;
    cli_check(lln_config_open(run_shared.config, &model.config));
    model.read = true;
    find_layers_without();
    if (cli_given("causal") && run_shared.causal)
        lln_config_use_decoder(&model.config);
    cli_check(
        lln_config_merge(&model.config, LLN_CONFIG_NORM, NULL, &model.norm));
    for (size_t i = 0; i < ROWS; i++)
        merge(&config_rows[i]);
    merge_causal();
    if (model.config.two_sided && run_shared.causal && !run_shared.prefix &&
        !run_shared.mask)
        cli_warn("%s: %s see each other in both directions, which a causal "
                 "mask hides; if the heads have them, give --prefix or --mask",
                 lln_mapping_name(run_shared.config), model.config.two_sided);
    model.text = describe();
    show_in_json();
}

/* Whether --arrays has one of that name. */
static bool names_array(const char *name)
{
    size_t length = strlen(name);
    for (const char *at = run_shared.arrays; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return true;
    }
    return false;
}

/* Ends the process if the array `name` is not given, which has `what`. */
static void need_array(const char *name, const char *what, const char *arrays,
                       const char *without)
{
    if (!names_array(name))
        cli_usage("--config: the %s of %s are in its checkpoint; give them "
                  "with --arrays %s, or %s",
                  what, model.config.model_type, arrays, without);
}

void config_check_arrays(void)
{
    char without[LLN_CONFIG_TEXT + 160];
    if (!model.read)
        return;
    const lln_config_value *norm = find_own(LLN_CONFIG_NORM);
    const lln_config_value *bias = find_own(LLN_CONFIG_BIAS);
    if (norm && model.config.norm_weights) {
        snprintf(without, sizeof without,
                 "normalise without weights with --qk-norm %s; if the norms "
                 "have already been applied, give --qk-norm none",
                 norm->text);
        need_array("q_norm", "weights of the norms",
                   "q_norm=FILE:KEY,k_norm=FILE:KEY", without);
        if (model.config.norm_biases)
            need_array("q_norm_bias", "biases of the norms",
                       "q_norm_bias=FILE:KEY,k_norm_bias=FILE:KEY", without);
    }
    if (find_own(LLN_CONFIG_SINK))
        need_array("sink", "sinks", "sink=FILE:KEY",
                   "leave them out with --sink none");
    if (bias && strncmp(bias->text, "t5", 2) == 0)
        need_array("bias", "biases", "bias=FILE:KEY",
                   "leave them out with --bias none");
}

lln_model_arrays config_model_arrays(void)
{
    const lln_config *c = &model.config;
    return (lln_model_arrays){
        .heads = c->heads,
        .key_heads = c->key_heads,
        .head_dim = c->head_dim,
        .fused = c->fused,
        .without = model.without,
        .layers = c->layers,
    };
}

bool config_leaves_out(long layer)
{
    return model.read && layer >= 0 && (size_t)layer < model.config.layers &&
           model.without[layer];
}

const char *config_norm_left_out(void)
{
    return cli_given("qk-norm") ? model.norm : NULL;
}

bool config_gives(const char *option)
{
    for (size_t i = 0; model.read && i < ROWS; i++)
        if (strcmp(config_rows[i].option, option) == 0)
            return find_own(config_rows[i].field) != NULL;
    return false;
}

static bool is_turned(const lln_config_layer *layer)
{
    return *layer->value[LLN_CONFIG_ROPE].text != '\0';
}

static bool is_not_turned(const lln_config_layer *layer)
{
    return !is_turned(layer) && !lln_config_is_linear(layer);
}

char *config_rope_layers(void)
{
    char *others = lln_config_runs(&model.config, is_not_turned);
    bool all = others && *others == '\0';
    free(others);
    char *layers = all ? NULL : lln_config_runs(&model.config, is_turned);
    if (!all && !layers)
        cli_fail("out of memory");
    return layers;
}

bool config_norm_is_known(void)
{
    return !model.config.norm_weights || names_array("q_norm");
}

void config_add_maps(lln_map_options *options)
{
    options->short_divisors = model.config.short_factor;
    options->long_divisors = model.config.long_factor;
    options->divisor_count = model.config.factors;
}

/* Whether the axis of heads has other heads than the model. It may have some
 * of them only, unless the axis of tokens is as long as that of heads. */
static bool has_wrong_heads(const lln_head *head)
{
    size_t heads = head->of.head, all = model.config.heads;
    return heads > all || (heads > 1 && heads < all && head->queries == all);
}

static void check_head(const lln_head *head)
{
    const lln_config *c = &model.config;
    const char *name = lln_mapping_name(run_shared.config);
    if (has_wrong_heads(head))
        cli_fail("%s: %zu heads of %zu tokens; %s has %zu heads; check "
                 "--layout",
                 head->file, head->of.head, head->queries, name, c->heads);
    if (head->q.columns != c->head_dim)
        cli_fail("%s: %zu features of a head; %s has head_dim %zu", head->file,
                 head->q.columns, name, c->head_dim);
    if (head->layer >= (long)c->layers)
        cli_fail("%s: layer %ld; %s has %zu layer%s, counted from 0",
                 head->file, head->layer, name, c->layers,
                 c->layers == 1 ? "" : "s");
    if (head->head >= (long)c->heads)
        cli_fail("%s: head %ld; %s has %zu head%s, counted from 0", head->file,
                 head->head, name, c->heads, c->heads == 1 ? "" : "s");
    if (head->layer < 0 && model.by_layer)
        cli_fail("%s: the layers of %s differ, but the layer of these arrays "
                 "is not known; expected its number in the names of arrays, as "
                 "in layers.3.q, or of files, as in q{layer}.npy",
                 head->file, name);
}

void config_check_heads(const lln_heads *heads)
{
    for (size_t i = 0; model.read && i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        check_head(&head);
    }
}

const char *config_text(void)
{
    return model.text;
}

void config_say(void)
{
    if (model.read)
        cli_warn("%s", model.text);
}

void config_comment(FILE *out)
{
    if (model.read)
        fprintf(out, "# config: %s\n", model.text);
}

void config_refuse_overwrite(void)
{
    cli_refuse_overwrite(run_shared.config);
}
