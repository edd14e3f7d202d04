/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "heads/config_check.h"
#include "heads/config_json.h"
#include "heads/config_layers.h"
#include "heads/config_rope.h"
#include "heads/config_values.h"
#include "tensor/mapping.h"

enum {
    MOST_BYTES = 1 << 20, /* of a file; jansson takes up to 100 times that */
    MOST_LAYERS = 10000,
    MOST_HEAD_DIM = 65536
};

const char *const lln_config_names[LLN_CONFIG_FIELDS] = {
    "attention", "clip",        "norm",  "rope",    "theta", "dims",
    "scaling",   "query_scale", "scale", "softcap", "bias",  "causal",
    "window",    "chunk",       "sink",  "sections"};

static lln_status read_sizes(lln_config_reading *r)
{
    static const char *const layers[] = {"num_hidden_layers", "n_layer",
                                         "n_layers", "num_layers", NULL};
    static const char *const heads[] = {"num_attention_heads", "n_head",
                                        "n_heads", "num_heads", NULL};
    static const char *const groups[] = {"num_key_value_heads", "num_kv_heads",
                                         "n_head_kv", NULL};
    lln_config *c = r->config;
    LLN_TRY(lln_config_size(r->top, layers, &c->layers, NULL));
    c->heads = r->family->heads;
    LLN_TRY(lln_config_size(r->top, heads, &c->heads, NULL));
    if (c->layers == 0 || c->layers > MOST_LAYERS)
        return lln_fail(LLN_EFORMAT,
                        "key 'num_hidden_layers': expected a whole number from "
                        "1 to %d",
                        MOST_LAYERS);
    if (c->heads == 0)
        return lln_fail(LLN_EFORMAT, "no key 'num_attention_heads'");
    /* As many as heads if the key is null, or if the class has a number that
     * cannot be meant. */
    size_t usual = r->family->key_heads;
    bool usable = usual > 0 && c->heads % usual == 0 &&
                  !lln_config_find(r->top, groups, NULL);
    c->key_heads = usable ? usual : c->heads;
    return lln_config_size(r->top, groups, &c->key_heads, NULL);
}

/* Falcon shares one key head among all query heads unless it says otherwise. */
static lln_status read_multi_query(const lln_config_reading *r)
{
    bool multi = true, grouped = false;
    if (r->family->bias != LLN_FAMILY_FALCON)
        return LLN_OK;
    LLN_TRY(lln_config_flag(r->top, "multi_query", &multi, NULL));
    LLN_TRY(
        lln_config_flag(r->top, "new_decoder_architecture", &grouped, NULL));
    if (multi && !grouped)
        r->config->key_heads = 1;
    return LLN_OK;
}

static lln_status check_key_heads(const lln_config *c)
{
    if (c->heads % c->key_heads == 0)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "key 'num_key_value_heads': %zu; expected a number that "
                    "divides the %zu heads",
                    c->key_heads, c->heads);
}

/* LLN_EUNSUPPORTED for latent attention of Kimi Linear with rotary embedding,
 * which no published model has. */
static lln_status refuse_rotated_kimi(const lln_config_reading *r)
{
    bool nope = true;
    LLN_TRY(lln_config_flag(r->top, "mla_use_nope", &nope, NULL));
    if (nope || r->family->rope)
        return LLN_OK;
    return lln_fail(LLN_EUNSUPPORTED,
                    "key 'mla_use_nope': false, so that there is rotary "
                    "embedding whose pairing is not known here");
}

static lln_status read_latent_dim(const lln_config_reading *r, size_t *dim)
{
    static const char *const plain[] = {"qk_nope_head_dim", NULL};
    static const char *const turned[] = {"qk_rope_head_dim", NULL};
    size_t nope = 0, rope = 0;
    LLN_TRY(refuse_rotated_kimi(r));
    LLN_TRY(lln_config_size(r->top, plain, &nope, NULL));
    LLN_TRY(lln_config_size(r->top, turned, &rope, NULL));
    if (nope == 0 || rope == 0)
        return lln_fail(LLN_EFORMAT, "no key '%s'",
                        nope == 0 ? plain[0] : turned[0]);
    *dim = nope + rope;
    r->config->rope_last = true;
    return LLN_OK;
}

/* head_dim; if it is null, or missing and the class has no default, the hidden
 * size over the number of heads. */
static lln_status read_head_dim(const lln_config_reading *r)
{
    static const char *const direct[] = {"head_dim", "d_kv", NULL};
    static const char *const hidden[] = {"hidden_size", "n_embd", "d_model",
                                         "n_embed", NULL};
    size_t *dim = &r->config->head_dim, width = 0;
    if (r->family->scale == LLN_SCALE_LATENT)
        return read_latent_dim(r, dim);
    LLN_TRY(lln_config_size(r->top, direct, dim, NULL));
    if (*dim == 0 && !lln_config_find(r->top, direct, NULL))
        *dim = r->family->head_dim;
    LLN_TRY(lln_config_size(r->top, hidden, &width, NULL));
    if (*dim == 0)
        *dim = width / r->config->heads;
    if (*dim == 0 || *dim > MOST_HEAD_DIM)
        return lln_fail(LLN_EFORMAT,
                        "no features of a head: expected 'head_dim', or "
                        "'hidden_size' for %zu heads",
                        r->config->heads);
    return LLN_OK;
}

/* Encoders see both sides, unless is_decoder is true; decoders do if a key says
 * so. */
static lln_status read_sides(lln_config_reading *r)
{
    bool decoder = false, both = false, causal = true, found = false;
    LLN_TRY(lln_config_flag(r->top, "is_decoder", &decoder,
                            r->family->two_sided ? &found : NULL));
    LLN_TRY(
        lln_config_flag(r->top, "use_bidirectional_attention", &both, &found));
    LLN_TRY(lln_config_flag(r->top, "is_causal", &causal, &found));
    r->two_sided = (r->family->two_sided && !decoder) || both || !causal;
    r->sides_from = found ? LLN_FROM_FILE : LLN_FROM_CLASS;
    return LLN_OK;
}

static lln_status read_layer(const lln_config_reading *r, size_t l)
{
    lln_config_layer *layer = &r->config->layer[l];
    lln_config_value *value = layer->value;
    lln_config_rope_keys keys;
    const char *type;
    for (int field = 0; field < LLN_CONFIG_FIELDS; field++)
        lln_config_set_text(&value[field], "", LLN_FROM_CLASS);
    LLN_TRY(lln_config_find_type(r, l, &type));
    lln_config_set_text(&value[LLN_CONFIG_ATTENTION], type,
                        r->types ? LLN_FROM_FILE : LLN_FROM_CLASS);
    if (strcmp(type, "linear_attention") == 0)
        return LLN_OK;
    bool rope = lln_config_has_rope(r, l, type);
    LLN_TRY(lln_config_rope_find(r->top, r->family, type, &keys));
    LLN_TRY(lln_config_set_clip(r, &value[LLN_CONFIG_CLIP]));
    LLN_TRY(lln_config_set_norm(r, rope, &value[LLN_CONFIG_NORM]));
    if (rope)
        LLN_TRY(lln_config_rope_read(&keys, r->family,
                                     strcmp(type, "sliding_attention") == 0,
                                     r->config, layer));
    LLN_TRY(lln_config_set_query_scale(r, &keys, rope,
                                       &value[LLN_CONFIG_QUERY_SCALE]));
    LLN_TRY(lln_config_set_scale(r, &keys, l, &value[LLN_CONFIG_SCALE]));
    LLN_TRY(lln_config_set_softcap(r, &value[LLN_CONFIG_SOFTCAP]));
    LLN_TRY(lln_config_set_bias(r, &value[LLN_CONFIG_BIAS]));
    lln_config_set_number(&value[LLN_CONFIG_CAUSAL], !r->two_sided,
                          r->sides_from);
    lln_config_set_window(r, type, &value[LLN_CONFIG_WINDOW]);
    lln_config_set_chunk(r, type, &value[LLN_CONFIG_CHUNK]);
    if (r->family->sinks)
        lln_config_set_text(&value[LLN_CONFIG_SINK], "learned", LLN_FROM_CLASS);
    return LLN_OK;
}

/* The class of the text of a model of several kinds: gemma3_text of gemma3. */
static const lln_config_family *find_text_class(const char *name)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%s_text", name);
    return length < (int)sizeof text ? lln_config_family_find(text) : NULL;
}

/* Tokens of models of several kinds that the causal mask does not hold for.
 * Sources: modeling_paligemma.py, modeling_gemma3.py of transformers. */
static const char *find_two_sided(const json_t *root)
{
    static const char *const rows[][2] = {
        {"paligemma", "tokens of the image and the prompt"},
        {"gemma3", "tokens of an image"}};
    const char *name = json_string_value(json_object_get(root, "model_type"));
    for (size_t i = 0; name && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(name, rows[i][0]) == 0)
            return rows[i][1];
    return NULL;
}

/* The dictionary of the language model, and the class. */
static lln_status find_class(const json_t *root, lln_config_reading *r)
{
    const char *name = NULL;
    char printable[64];
    const json_t *inner;
    LLN_TRY(lln_config_dictionary(root, "text_config", &inner));
    r->top = inner ? inner : root;
    r->config->two_sided = inner ? find_two_sided(root) : NULL;
    LLN_TRY(lln_config_string(r->top, "model_type", &name));
    if (!name)
        LLN_TRY(lln_config_string(root, "model_type", &name));
    if (!name)
        return lln_fail(LLN_EFORMAT, "no key 'model_type'; expected a "
                                     "config.json of Hugging Face "
                                     "transformers");
    r->family = lln_config_family_find(name);
    if (!r->family)
        r->family = find_text_class(name);
    if (!r->family)
        return lln_fail(LLN_EUNSUPPORTED,
                        "model_type '%s' is unknown; pass what the model does "
                        "by options (--rope, --qk-norm, --scale, --window, "
                        "...)",
                        lln_text_printable(printable, sizeof printable, name));
    r->config->model_type = strdup(name);
    return r->config->model_type ? LLN_OK
                                 : lln_fail(LLN_ENOMEM, "out of memory");
}

static lln_status read_root(const json_t *root, lln_config *config)
{
    lln_config_reading r = {.config = config};
    if (!json_is_object(root))
        return lln_fail(LLN_EFORMAT, "expected a dictionary of JSON");
    LLN_TRY(find_class(root, &r));
    config->fused = r.family->fused;
    config->norm_weights = r.family->norm_weights;
    config->norm_biases = r.family->norm_biases;
    LLN_TRY(read_sizes(&r));
    LLN_TRY(read_multi_query(&r));
    LLN_TRY(check_key_heads(config));
    LLN_TRY(read_head_dim(&r));
    LLN_TRY(lln_config_read_layers(&r));
    LLN_TRY(read_sides(&r));
    config->layer = lln_array_alloc(config->layers, sizeof *config->layer);
    if (!config->layer)
        return LLN_ENOMEM;
    for (size_t l = 0; l < config->layers; l++) {
        LLN_TRY(read_layer(&r, l));
        LLN_TRY(lln_config_check_layer(config, l));
    }
    return LLN_OK;
}

lln_status lln_config_parse(const char *text, size_t length, lln_config *config)
{
    json_error_t error;
    char reason[sizeof error.text];
    *config = (lln_config){0};
    if (length > MOST_BYTES)
        return lln_fail(LLN_EFORMAT,
                        "%zu bytes; expected a config.json of at most %d",
                        length, MOST_BYTES);
    json_t *root = json_loadb(text, length,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL |
                                  JSON_DECODE_INT_AS_REAL,
                              &error);
    if (!root)
        return lln_fail(LLN_EFORMAT, "line %d: %s; expected JSON", error.line,
                        lln_text_printable(reason, sizeof reason, error.text));
    lln_status status = read_root(root, config);
    json_decref(root);
    if (status != LLN_OK)
        lln_config_free(config);
    return status;
}

lln_status lln_config_open(const char *path, lln_config *config)
{
    lln_mapping mapping;
    *config = (lln_config){0};
    LLN_TRY(lln_mapping_open(path, &mapping));
    lln_status status =
        lln_config_parse((const char *)mapping.bytes, mapping.size, config);
    lln_mapping_close(&mapping);
    return status == LLN_OK ? status
                            : lln_fail_in(status, lln_mapping_name(path));
}

void lln_config_free(lln_config *config)
{
    free(config->model_type);
    free(config->layer);
    free(config->short_factor);
    free(config->long_factor);
    *config = (lln_config){0};
}
