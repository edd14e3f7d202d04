/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/config_option.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "heads/by_layer.h"
#include "heads/config_check.h"
#include "heads/config_complete.h"
#include "heads/config_keys.h"
#include "heads/rope_text.h"

/* Of --rope: "half:theta=1e+06:dims=128:at=last:scaling=linear:factor=8", or
 * the path of a file. */
enum { VALUE = 3 * LLN_CONFIG_TEXT + 96 + 4096 };

bool lln_config_is_linear(const lln_config_layer *layer)
{
    return strcmp(layer->value[LLN_CONFIG_ATTENTION].text,
                  "linear_attention") == 0;
}

void lln_config_use_decoder(lln_config *config)
{
    static const char decoder[] = ":decoder";
    for (size_t l = 0; l < config->layers; l++) {
        lln_config_value *bias = &config->layer[l].value[LLN_CONFIG_BIAS];
        if (strncmp(bias->text, "t5:", 3) == 0 && !strstr(bias->text, decoder))
            strncat(bias->text, decoder,
                    sizeof bias->text - strlen(bias->text) - 1);
    }
}

/* LLN_EINVAL: values for layers that the model does not have. */
static lln_status check_layers(const lln_config *config,
                               const lln_by_layer *given)
{
    for (size_t i = 0; i < given->count; i++) {
        const lln_layer_value *item = &given->items[i];
        for (size_t j = 0; j < item->count; j++)
            if (item->runs[j].last >= config->layers)
                return lln_fail(LLN_EINVAL,
                                "layer %zu; expected layers 0 to %zu, which "
                                "the configuration has",
                                item->runs[j].last, config->layers - 1);
    }
    return LLN_OK;
}

/* Adds the parameters of a scaling: those that are not of the embedding. */
static void copy_scaling(const char *rope, char *scaling, size_t size)
{
    static const char *const others[] = {
        "theta=", "dims=", "at=", "sections=", "interleaved", "scaling="};
    for (const char *at = rope; (at = strchr(at, ':'));) {
        size_t length = strcspn(++at, ":"), used = strlen(scaling);
        bool other = false;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            other = other || strncmp(at, others[i], strlen(others[i])) == 0;
        if (!other)
            snprintf(scaling + used, size - used, ":%.*s", (int)length, at);
    }
}

/* "scaling=linear:factor=8", in any order, as "linear:factor=8". */
static void find_scaling(const char *rope, char *scaling, size_t size)
{
    static const char name[] = "scaling=";
    const char *kind = strstr(rope, name);
    scaling[0] = '\0';
    if (!kind)
        return;
    kind += strlen(name);
    size_t length = strcspn(kind, ":");
    if (strncmp(kind, "default", length) == 0)
        return;
    snprintf(scaling, size, "%.*s", (int)length, kind);
    copy_scaling(rope, scaling, size);
}

/* "16,24,24:interleaved", or "" without sections. */
static void write_sections(const lln_rope *rope, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < rope->section_count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, i > 0 ? ",%zu" : "%zu",
                 rope->sections[i]);
    }
    if (rope->interleaved)
        strncat(text, ":interleaved", size - strlen(text) - 1);
}

/* Whether the option states a parameter, or the layer has none of its own. */
static bool replaces(const char *given, const char *name,
                     const lln_config_value *value)
{
    return lln_config_states(given, name) || *value->text == '\0';
}

/* given: as the option was written; text: with the parameters of the layer that
 * it leaves out, which stay where they are from. */
static lln_status set_rope(const char *given, const char *text, size_t head_dim,
                           lln_config_value *value)
{
    lln_rope rope;
    char scaling[LLN_CONFIG_TEXT];
    LLN_TRY(lln_rope_read(given, &rope));
    LLN_TRY(lln_rope_read(text, &rope));
    bool none = rope.pairing == LLN_ROPE_NONE;
    bool all = none || *value[LLN_CONFIG_ROPE].text == '\0';
    size_t dims = rope.dims > 0 ? rope.dims : head_dim;
    lln_config_set_text(&value[LLN_CONFIG_ROPE],
                        rope.pairing == LLN_ROPE_HALF    ? "half"
                        : rope.pairing == LLN_ROPE_PAIRS ? "pairs"
                                                         : "",
                        LLN_FROM_OPTION);
    if (all || replaces(given, "theta", &value[LLN_CONFIG_THETA]))
        lln_config_set_number(&value[LLN_CONFIG_THETA], none ? NAN : rope.theta,
                              LLN_FROM_OPTION);
    if (all || replaces(given, "dims", &value[LLN_CONFIG_DIMS]))
        lln_config_set_number(&value[LLN_CONFIG_DIMS],
                              none ? NAN : (double)dims, LLN_FROM_OPTION);
    find_scaling(text, scaling, sizeof scaling);
    if (all || lln_config_states(given, "scaling"))
        lln_config_set_text(&value[LLN_CONFIG_SCALING], scaling,
                            LLN_FROM_OPTION);
    write_sections(&rope, scaling, sizeof scaling);
    if (all || lln_config_states(given, "sections"))
        lln_config_set_text(&value[LLN_CONFIG_SECTIONS], scaling,
                            LLN_FROM_OPTION);
    return LLN_OK;
}

static bool is_number(lln_config_field field)
{
    return field == LLN_CONFIG_CLIP || field == LLN_CONFIG_SCALE ||
           field == LLN_CONFIG_SOFTCAP || field == LLN_CONFIG_CAUSAL ||
           field == LLN_CONFIG_CHUNK;
}

/* The value of an option for layer l, out [VALUE]; "": none, or that of heads
 * without the option. */
static void find_value(const lln_config *config, size_t l,
                       lln_config_field field, char *out)
{
    const lln_config_value *value = &config->layer[l].value[field];
    double scale = pow((double)config->head_dim, -0.5);
    if (field == LLN_CONFIG_ROPE)
        lln_config_rope(config, l, out, VALUE);
    else
        snprintf(out, VALUE, "%s", value->text);
    if (strcmp(out, "none") == 0 ||
        (field == LLN_CONFIG_SCALE && value->number == scale))
        *out = '\0';
}

/* Puts the value of an option into layer l. text [VALUE]: the same with the
 * parameters of the configuration that it leaves out. */
static lln_status set_given(const char *given, lln_config_field field,
                            lln_config *config, size_t l, char *text)
{
    static const lln_range any = {-INFINITY, INFINITY, false, false};
    lln_config_value *value = &config->layer[l].value[field];
    char own[VALUE];
    double number = NAN;
    bool rope = field == LLN_CONFIG_ROPE;
    if (rope)
        lln_config_rope(config, l, own, VALUE);
    else
        snprintf(own, VALUE, "%s", value->text);
    lln_config_complete(given, own, rope, text, VALUE);
    if (rope)
        return set_rope(given, text, config->head_dim, config->layer[l].value);
    LLN_TRY(lln_config_check_value(text, field));
    bool good =
        is_number(field) && lln_number_read(text, &any, &number) == LLN_NUMBER;
    if (good)
        lln_config_set_number(value, number, LLN_FROM_OPTION);
    else
        lln_config_set_text(value, strcmp(text, "none") ? text : "",
                            LLN_FROM_OPTION);
    return LLN_OK;
}

/* The values of all layers, values [layers]: those given, else copies. */
static lln_status find_values(lln_config *config, const lln_by_layer *given,
                              lln_config_field field, char **values)
{
    char text[VALUE];
    for (size_t l = 0; l < config->layers; l++) {
        const char *value = lln_by_layer_find(given, (long)l);
        if (lln_config_is_linear(&config->layer[l]))
            continue;
        if (value)
            LLN_TRY(set_given(value, field, config, l, text));
        else
            find_value(config, l, field, text);
        values[l] = strdup(text);
        if (!values[l])
            return lln_fail(LLN_ENOMEM, "out of memory");
    }
    return LLN_OK;
}

/* Whether all layers with softmax have the value of the first of them. */
static bool are_same(char *const *values, size_t count)
{
    const char *first = NULL;
    for (size_t l = 0; l < count; l++) {
        if (values[l] && first && strcmp(values[l], first) != 0)
            return false;
        first = first ? first : values[l];
    }
    return true;
}

/* Writes the runs of layers whose value is that of layer `first`. */
static void write_runs(char *const *values, size_t first, size_t count,
                       FILE *out)
{
    const char *before = "";
    for (size_t l = first; l < count; l++) {
        size_t start = l;
        while (l < count && values[l] && strcmp(values[l], values[first]) == 0)
            l++;
        if (l > start)
            fprintf(out, l > start + 1 ? "%s%zu-%zu" : "%s%zu", before, start,
                    l - 1);
        before = l > start ? "," : before;
    }
}

/* Whether a layer before l has its value. */
static bool is_repeated(char *const *values, size_t l)
{
    for (size_t i = 0; i < l; i++)
        if (values[i] && strcmp(values[i], values[l]) == 0)
            return true;
    return false;
}

static void write_values(char *const *values, size_t count, FILE *out)
{
    const char *before = "";
    const char separator[] = {LLN_BY_LAYER_SEPARATOR, '\0'};
    bool same = are_same(values, count);
    for (size_t l = 0; l < count; l++) {
        if (!values[l] || *values[l] == '\0' || is_repeated(values, l))
            continue;
        fputs(before, out);
        if (!same) {
            write_runs(values, l, count, out);
            putc('@', out);
        }
        fputs(values[l], out);
        before = separator;
    }
}

/* *text = the values joined; NULL: there are none. */
static lln_status join_values(char *const *values, size_t count, char **text)
{
    size_t size;
    *text = NULL;
    FILE *out = open_memstream(text, &size);
    if (!out)
        return lln_fail(LLN_ENOMEM, "out of memory");
    write_values(values, count, out);
    if (fclose(out) != 0) {
        free(*text);
        *text = NULL;
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    if (**text == '\0') {
        free(*text);
        *text = NULL;
    }
    return LLN_OK;
}

lln_status lln_config_merge(lln_config *config, lln_config_field field,
                            const char *given, char **text)
{
    lln_by_layer by_layer;
    *text = NULL;
    char **values = lln_array_alloc(config->layers, sizeof *values);
    lln_status status = lln_by_layer_read(given, &by_layer);
    if (status == LLN_OK && !values)
        status = LLN_ENOMEM;
    if (status == LLN_OK)
        status = check_layers(config, &by_layer);
    if (status == LLN_OK)
        status = find_values(config, &by_layer, field, values);
    if (status == LLN_OK)
        status = join_values(values, config->layers, text);
    for (size_t l = 0; values && l < config->layers; l++)
        free(values[l]);
    free(values);
    lln_by_layer_free(&by_layer);
    return status;
}

char *lln_config_runs(const lln_config *config,
                      bool (*has)(const lln_config_layer *layer))
{
    static char yes[] = "+";
    char *text = NULL;
    size_t size, first = 0;
    char **values = lln_array_alloc(config->layers, sizeof *values);
    FILE *out = values ? open_memstream(&text, &size) : NULL;
    for (size_t l = 0; out && l < config->layers; l++)
        values[l] = has(&config->layer[l]) ? yes : NULL;
    while (out && first < config->layers && !values[first])
        first++;
    if (out)
        write_runs(values, first, config->layers, out);
    free(values);
    if (out && fclose(out) != 0) {
        free(text);
        text = NULL;
    }
    return text;
}
