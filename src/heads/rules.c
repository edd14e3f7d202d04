/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rules.h"

#include <stdio.h>
#include <string.h>

#include "heads/map_arrays.h"

const char *const lln_rule_array_names[LLN_RULE_ARRAYS] = {
    [LLN_RULE_ARRAY_BIAS] = "bias",
    [LLN_RULE_ARRAY_SLOPES] = "slopes",
    [LLN_RULE_ARRAY_SINK] = "sink",
};

enum { NAME = 32 }; /* bytes of an option with its dashes */

/* What the values of all layers ask for together. */
typedef struct {
    bool some[LLN_RULE_OPTIONS]; /* a value that is not none */
    bool kind[LLN_BIAS_T5 + 1];  /* of a bias */
    bool symmetric;              /* ALiBi */
    bool no_sinks;               /* in any layer */
    bool array[LLN_RULE_ARRAYS];
} asked;

static lln_status look(lln_rule_option option, const char *text, asked *a)
{
    lln_rule_values values = lln_rule_nothing;
    LLN_TRY(lln_rule_value_read(option, text, &values));
    if (strcmp(text, "none") == 0)
        return LLN_OK;
    a->some[option] = true;
    if (option != LLN_RULE_BIAS)
        return LLN_OK;
    a->kind[values.bias.kind] = true;
    a->symmetric = a->symmetric || values.bias.symmetric;
    return LLN_OK;
}

static lln_status read_option(const lln_rule_options *o, lln_rule_option option,
                              lln_by_layer *values, asked *a)
{
    char name[NAME];
    lln_status status = lln_by_layer_read(o->value[option], values);
    for (size_t i = 0; i < values->count && status == LLN_OK; i++) {
        if (o->sampled && values->items[i].count > 0)
            status = lln_fail(LLN_EINVAL, "sampled heads have no layers");
        else
            status = look(option, values->items[i].value, a);
        a->no_sinks = a->no_sinks ||
                      (option == LLN_RULE_SINK && values->items[i].count == 0 &&
                       strcmp(values->items[i].value, "none") == 0);
    }
    snprintf(name, sizeof name, "--%s", lln_rule_option_names[option]);
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, name);
}

/* Which of two options or arrays that go together is missing, or that they do
 * not. */
typedef struct {
    bool broken;
    const char *what, *refusal, *other;
} pair;

static lln_status first_broken(const pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (pairs[i].broken)
            return lln_fail(LLN_EINVAL, "%s %s %s", pairs[i].what,
                            pairs[i].refusal, pairs[i].other);
    return LLN_OK;
}

static const char needs[] = "needs", excludes[] = "cannot be used with";

static lln_status check_pairs(const lln_rule_options *o, const asked *a)
{
    const bool *array = a->array, *kind = a->kind;
    bool tables =
        kind[LLN_BIAS_FULL] || kind[LLN_BIAS_TOEPLITZ] || kind[LLN_BIAS_T5];
    const pair pairs[] = {
        {a->some[LLN_RULE_PREFIX] && !o->causal, "--prefix", needs,
         "--causal: without it there is no causal mask to lift"},
        {a->symmetric && o->causal, "--bias alibi:symmetric", excludes,
         "--causal"},
        {array[LLN_RULE_ARRAY_BIAS] && !tables, "--arrays bias=", needs,
         "--bias full, toeplitz or t5"},
        {tables && !array[LLN_RULE_ARRAY_BIAS],
         kind[LLN_BIAS_FULL]       ? "--bias full"
         : kind[LLN_BIAS_TOEPLITZ] ? "--bias toeplitz"
                                   : "--bias t5",
         needs, "--arrays bias=FILE"},
        {kind[LLN_BIAS_FULL] + kind[LLN_BIAS_TOEPLITZ] + kind[LLN_BIAS_T5] > 1,
         kind[LLN_BIAS_FULL] ? "--bias full" : "--bias toeplitz", excludes,
         kind[LLN_BIAS_T5] ? "--bias t5: both take --arrays bias="
                           : "--bias toeplitz: both take --arrays bias="},
        {array[LLN_RULE_ARRAY_SLOPES] && !kind[LLN_BIAS_ALIBI],
         "--arrays slopes=", needs, "--bias alibi"},
        {array[LLN_RULE_ARRAY_SINK] && a->some[LLN_RULE_SINK],
         "--arrays sink=", excludes, "--sink"},
        {array[LLN_RULE_ARRAY_SINK] && a->no_sinks, "--arrays sink=", excludes,
         "--sink none"},
        {o->mask && o->sampled, "--mask", "needs heads from files;",
         "use FILE, or --q and --k"},
    };
    return first_broken(pairs, sizeof pairs / sizeof *pairs);
}

/* Slopes from an array are not those of the exponents up to max. */
static lln_status check_slopes(const lln_rules *rules, const asked *a)
{
    const lln_by_layer *biases = &rules->value[LLN_RULE_BIAS];
    for (size_t i = 0; i < biases->count && a->array[LLN_RULE_ARRAY_SLOPES];
         i++)
        if (strstr(biases->items[i].value, ":max="))
            return lln_fail(
                LLN_EINVAL,
                "--bias alibi:max= cannot be used with --arrays slopes=");
    return LLN_OK;
}

static lln_status read_all(const lln_rule_options *o, lln_rules *rules,
                           asked *a)
{
    for (int i = 0; i < LLN_RULE_OPTIONS; i++)
        LLN_TRY(read_option(o, (lln_rule_option)i, &rules->value[i], a));
    lln_map_arrays_mark(o->arrays, lln_rule_array_names, LLN_RULE_ARRAYS,
                        a->array);
    LLN_TRY(check_pairs(o, a));
    return check_slopes(rules, a);
}

lln_status lln_rules_check(const lln_rule_options *options)
{
    asked a = {.symmetric = false};
    lln_rules rules = {.mask = NULL};
    lln_status status = read_all(options, &rules, &a);
    lln_rules_close(&rules);
    return status;
}

lln_status lln_rules_asked(const lln_rule_options *options, bool has_documents,
                           lln_logit_rule *rule)
{
    static const lln_documents documents = {0};
    static const double none[1];
    static const lln_logit_grid grid;
    static const lln_logit_bias bias = {.position = none},
                                mask = {.mask = &grid},
                                both = {.position = none, .mask = &grid};
    asked a = {.symmetric = false};
    lln_rules rules = {.mask = NULL};
    lln_status status = read_all(options, &rules, &a);
    lln_rules_close(&rules);
    LLN_TRY(status);
    bool sink = a.some[LLN_RULE_SINK] || a.array[LLN_RULE_ARRAY_SINK];
    *rule = (lln_logit_rule){
        .mask = {.causal = options->causal,
                 .top = options->top,
                 .window = a.some[LLN_RULE_WINDOW],
                 .chunk = a.some[LLN_RULE_CHUNK],
                 .prefix = a.some[LLN_RULE_PREFIX],
                 .documents = has_documents ? &documents : NULL},
        .scale = a.some[LLN_RULE_SCALE],
        .softcap = a.some[LLN_RULE_SOFTCAP],
        .has_sink = sink,
    };
    if (a.some[LLN_RULE_BIAS])
        rule->bias = options->mask ? &both : &bias;
    else if (options->mask)
        rule->bias = &mask;
    return LLN_OK;
}

bool lln_rules_differ(const lln_rule_options *options)
{
    for (int i = 0; i < LLN_RULE_OPTIONS; i++)
        if (lln_by_layer_differs(options->value[i]))
            return true;
    return false;
}

bool lln_rules_have_alibi(const lln_rule_options *options)
{
    asked a = {.symmetric = false};
    lln_rules rules = {.mask = NULL};
    lln_status status =
        read_option(options, LLN_RULE_BIAS, &rules.value[LLN_RULE_BIAS], &a);
    lln_rules_close(&rules);
    return status == LLN_OK && a.kind[LLN_BIAS_ALIBI];
}

static lln_status open_positions(const lln_rule_options *o, lln_rules *rules)
{
    if (!o->positions || !lln_rules_have_alibi(o))
        return LLN_OK;
    if (strcmp(o->positions, "restart") == 0)
        return lln_documents_restart(o->documents, &rules->positions);
    return lln_positions_read(o->positions, &rules->positions);
}

lln_status lln_rules_open(const lln_rule_options *options, lln_rules *rules)
{
    asked a = {.symmetric = false};
    *rules = (lln_rules){.causal = options->causal,
                         .top = options->top,
                         .documents = options->documents};
    LLN_TRY(read_all(options, rules, &a));
    LLN_TRY(open_positions(options, rules));
    if (options->arrays)
        LLN_TRY(lln_kernel_arrays_open(options->arrays, NULL, &rules->arrays));
    if (options->mask)
        LLN_TRY(lln_mask_file_open(options->mask, &rules->mask));
    return LLN_OK;
}

void lln_rules_close(lln_rules *rules)
{
    for (int i = 0; i < LLN_RULE_OPTIONS; i++)
        lln_by_layer_free(&rules->value[i]);
    lln_kernel_arrays_free(rules->arrays);
    lln_mask_file_close(rules->mask);
    lln_positions_free(&rules->positions);
    *rules = (lln_rules){.mask = NULL};
}

lln_status lln_rules_find(const lln_rules *rules, long layer,
                          lln_rule_values *values)
{
    *values = lln_rule_nothing;
    for (int i = 0; i < LLN_RULE_OPTIONS; i++) {
        const char *text = lln_by_layer_find(&rules->value[i], layer);
        if (text)
            LLN_TRY(lln_rule_value_read((lln_rule_option)i, text, values));
    }
    return LLN_OK;
}
