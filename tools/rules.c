/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rules.h"

#include <string.h>

#include "array_lists.h"
#include "config.h"
#include "heads/logit_grid.h"
#include "heads/mask_look.h"
#include "heads/ruled.h"
#include "message.h"
#include "options.h"
#include "output.h"

static lln_document_list documents; /* without an id until it is read */

static lln_rule_options options(void)
{
    const run_options *o = &run_shared;
    return (lln_rule_options){
        .value = {[LLN_RULE_WINDOW] = o->window,
                  [LLN_RULE_CHUNK] = o->chunk,
                  [LLN_RULE_PREFIX] = o->prefix,
                  [LLN_RULE_SOFTCAP] = o->softcap,
                  [LLN_RULE_BIAS] = o->bias,
                  [LLN_RULE_SINK] = o->sink,
                  [LLN_RULE_SCALE] = o->scale},
        .causal = o->causal != NULL,
        .top = o->causal && *o->causal != '\0',
        .documents = rules_documents(),
        .mask = o->mask,
        .positions = o->positions,
        .arrays = arrays_for(ARRAYS_OF_RULES),
        .sampled = options_sampled(),
        .selected = o->heads != NULL,
        .heads = config_model_arrays().heads,
        .unchecked = o->plan,
    };
}

/* Ends the process on bad usage and on failure. */
static void check(lln_status status)
{
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
}

/* Temperatures of heads from files are set by the variance of scale q.k. */
static void check_temperature(void)
{
    lln_logit_rule rule = rules_asked();
    if (!run_shared.tau || options_sampled())
        return;
    const char *option = rule.softcap > 0  ? "softcap"
                         : run_shared.mask ? "mask"
                         : rule.bias       ? "bias"
                         : run_shared.sink ? "sink"
                         : rule.has_sink   ? "arrays sink="
                                           : NULL;
    if (option)
        cli_usage("--tau cannot be used with --%s for heads from files: "
                  "--tau can only set the variance of scale q.k, before --%s",
                  option, option);
}

/* Values for all layers are one value. */
static void check_repeats(const lln_rule_options *o)
{
    for (int i = 0; i < LLN_RULE_OPTIONS; i++) {
        const char *text = o->value[i];
        if (text && strchr(text, LLN_BY_LAYER_SEPARATOR) && !strchr(text, '@'))
            cli_usage("--%s is given twice", lln_rule_option_names[i]);
    }
}

void rules_check(void)
{
    lln_rule_options o = options();
    check_repeats(&o);
    check(lln_rules_check(&o));
    check_temperature();
}

lln_logit_rule rules_asked(void)
{
    lln_rule_options o = options();
    lln_logit_rule rule = {.softcap = 0};
    check(lln_rules_asked(&o, run_shared.documents != NULL, &rule));
    return rule;
}

bool rules_differ(void)
{
    lln_rule_options o = options();
    return lln_rules_differ(&o);
}

lln_logit_rule rules_of_most(void)
{
    lln_rule_options o = options();
    lln_rule_values values = lln_rule_nothing;
    lln_rules rules = {.causal = o.causal};
    for (int i = 0; i < LLN_RULE_OPTIONS; i++)
        check(lln_by_layer_read(o.value[i], &rules.value[i]));
    check(lln_rules_find(&rules, -1, &values));
    lln_rules_close(&rules);
    return (lln_logit_rule){.mask = {.causal = o.causal,
                                     .top = o.top,
                                     .window = values.window,
                                     .right = o.causal ? 0 : values.right,
                                     .chunk = values.chunk,
                                     .prefix = values.prefix},
                            .scale = values.scale,
                            .softcap = values.softcap};
}

bool rules_use_positions(void)
{
    lln_rule_options o = options();
    return lln_rules_have_alibi(&o);
}

const lln_document_list *rules_documents(void)
{
    return documents.id ? &documents : NULL;
}

void rules_read_documents(const lln_heads *heads)
{
    lln_head head;
    if (!run_shared.documents || heads->count == 0)
        return;
    heads->describe(heads, 0, &head);
    lln_status status = lln_documents_read(run_shared.documents,
                                           lln_grid_keys(&head), &documents);
    if (status == LLN_EINVAL)
        cli_usage("--documents: %s", lln_error_message());
    if (status == LLN_EFORMAT)
        cli_fail("--documents: %s", lln_error_message());
    cli_check(status);
}

void rules_look_at_mask(const lln_heads *heads)
{
    lln_mask_doubt doubt;
    lln_head head;
    if (!run_shared.mask || heads->count == 0 || run_shared.plan)
        return;
    heads->describe(heads, 0, &head);
    if (lln_mask_look(run_shared.mask, &head, &doubt) != LLN_OK)
        return; /* the run says why */
    if (doubt.flags)
        cli_warn("--mask %s: the numbers are 0 and 1, and are added to the "
                 "logits; if they mean hidden and seen, save booleans",
                 run_shared.mask);
    if (doubt.low < 0)
        cli_warn("--mask %s: %g is added to the logits and does not hide the "
                 "key; if it means hidden, save booleans or -inf",
                 run_shared.mask, doubt.low);
}

void rules_apply(lln_heads *heads)
{
    lln_rule_options o = options();
    lln_heads inner = *heads;
    *heads = (lln_heads){.count = 0};
    check(lln_ruled_open(&o, &inner, heads));
}

void rules_refuse_overwrite(void)
{
    arrays_refuse_overwrite(arrays_for(ARRAYS_OF_RULES));
    cli_refuse_overwrite(run_shared.documents);
    if (run_shared.mask)
        arrays_refuse_place(run_shared.mask);
}
