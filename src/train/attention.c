/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/attention.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "kernel/table/table.h"
#include "train/attention_internal.h"

enum { ROWS = 8 };
static const lln_train_kernel *const rows[ROWS] = {
    &lln_train_softmax,   &lln_train_lln,     &lln_train_lln_diag,
    &lln_train_blockdiag, &lln_train_window,  &lln_train_elu,
    &lln_train_relu,      &lln_train_uniform,
};

const lln_train_kernel *lln_train_kernel_at(size_t index)
{
    return index < ROWS ? rows[index] : NULL;
}

static lln_status no_gradients(const char *name)
{
    char known[256] = "";
    bool exists = false;
    for (size_t i = 0; i < ROWS; i++)
        lln_text_append(known, sizeof known, rows[i]->name);
    for (const lln_kernel *const *kernel = lln_kernels; *kernel; kernel++)
        exists = exists || strcmp((*kernel)->name, name) == 0;
    return lln_fail(LLN_EINVAL, "kernel '%s': %s; expected one of %s", name,
                    exists ? "has no gradients" : "unknown", known);
}

/* The methods of lln in training, which are fewer than those of
 * kernel/table. */
static const char *const matches[] = {"paper", "exact", NULL};

static lln_status check_match(const char *kernel, const char *method)
{
    if (strcmp(method, matches[0]) == 0 || strcmp(method, matches[1]) == 0)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': match=%s: expected %s or %s in training",
                    kernel, method, matches[0], matches[1]);
}

/* Reads the parameters that kernel/table does not have, factor=F and
 * ratio=learned, and copies the others to `rest`. */
static lln_status take_training_parameters(const char *text, char *rest,
                                           lln_train_attention *a)
{
    static const lln_range positive = {0, INFINITY, .excluded = true};
    char copy[LLN_KERNEL_TEXT], *parts = copy, *part;
    bool given = false;
    strcpy(copy, text);
    *rest = '\0';
    while ((part = strsep(&parts, ":"))) {
        bool factor = strncmp(part, "factor=", 7) == 0;
        if (factor && given)
            return lln_fail(LLN_EINVAL, "kernel '%s': factor is given twice",
                            text);
        if (factor &&
            lln_number_read(part + 7, &positive, &a->factor) != LLN_NUMBER)
            return lln_fail(LLN_EINVAL,
                            "kernel '%s': %s: expected a number above 0", text,
                            part);
        given = given || factor;
        if (strncmp(part, "match=", 6) == 0)
            LLN_TRY(check_match(text, part + 6));
        if (strcmp(part, "ratio=learned") == 0) {
            a->mixture_learned = true;
            part = "ratio=0.5";
        }
        if (!factor)
            sprintf(rest + strlen(rest), "%s%s", *rest ? ":" : "", part);
    }
    return LLN_OK;
}

static bool has(const lln_train_attention *a, const char *name)
{
    return lln_kernel_parameter_index(a->choice.kernel, name) >= 0;
}

/* Whether a parameter of the kernel table has no gradients; `scalable`: of a
 * kernel with alpha and beta. */
static bool is_refused(const char *parameter, bool scalable)
{
    return strcmp(parameter, "sink") == 0 ||
           (scalable && (strcmp(parameter, "eps") == 0 ||
                         strcmp(parameter, "scales") == 0));
}

static lln_status refuse_parameters(const lln_train_attention *a)
{
    const lln_kernel_parameter *p = a->choice.kernel->parameters;
    for (; p->name; p++)
        if (is_refused(p->name, has(a, "alpha")) &&
            lln_kernel_given(&a->choice, p->name))
            return lln_fail(LLN_EINVAL,
                            "kernel '%s': %s cannot be used in training",
                            a->name, p->name);
    return LLN_OK;
}

/* Reads alpha, beta and match of lln and lln+diag. */
static lln_status read_match(lln_train_attention *a)
{
    const lln_kernel_choice *choice = &a->choice;
    bool stated =
        lln_kernel_given(choice, "alpha") || lln_kernel_given(choice, "beta");
    bool matched = lln_kernel_given(choice, "match");
    const char *method =
        choice->word[lln_kernel_parameter_index(choice->kernel, "match")];
    if (stated && matched)
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': match cannot be used with alpha and beta",
                        a->name);
    if (stated) {
        a->match = LLN_TRAIN_STATED;
        LLN_TRY(lln_kernel_real(choice, "alpha", &a->alpha));
        return lln_kernel_real(choice, "beta", &a->beta);
    }
    a->match = matched && strcmp(method, "exact") == 0 ? LLN_TRAIN_EXACT
                                                       : LLN_TRAIN_PAPER;
    return LLN_OK;
}

static lln_status read_parameters(lln_train_attention *a)
{
    double ratio = 0.5;
    size_t reach;
    LLN_TRY(refuse_parameters(a));
    if (has(a, "alpha"))
        LLN_TRY(read_match(a));
    else if (has(a, "eps"))
        LLN_TRY(lln_kernel_real(&a->choice, "eps", &a->eps));
    a->own_block = has(a, "block") && !lln_kernel_given(&a->choice, "block");
    if (lln_kernel_given(&a->choice, "block"))
        LLN_TRY(lln_kernel_count(&a->choice, "block", &a->mask.block));
    if (has(a, "reach")) {
        LLN_TRY(lln_kernel_count(&a->choice, "reach", &reach));
        a->mask.window = reach + 1;
    }
    if (has(a, "ratio"))
        LLN_TRY(lln_kernel_real(&a->choice, "ratio", &ratio));
    a->ratio = ratio;
    a->mixture = log(ratio) - log1p(-ratio);
    return LLN_OK;
}

static const lln_train_kernel *find_row(const char *text)
{
    size_t length = strcspn(text, ":");
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(rows[i]->name) == length &&
            strncmp(rows[i]->name, text, length) == 0)
            return rows[i];
    return NULL;
}

/* kernel/table has no uniform attention: lln with alpha = beta = 0 is it. */
static lln_status parse_uniform(const char *text, lln_train_attention *a)
{
    if (strcmp(text, "uniform") != 0)
        return lln_fail(LLN_EINVAL, "kernel '%s': uniform has no parameters",
                        text);
    a->match = LLN_TRAIN_NONE;
    return lln_kernel_parse("lln:alpha=0:beta=0", &a->choice);
}

lln_status lln_train_attention_parse(const char *text, lln_train_attention *a)
{
    char rest[LLN_KERNEL_TEXT];
    lln_train_attention parsed = {.factor = 1, .kernel = find_row(text)};
    if (strlen(text) >= sizeof parsed.name)
        return lln_fail(LLN_EINVAL, "kernel '%s': longer than %zu characters",
                        text, sizeof parsed.name - 1);
    strcpy(parsed.name, text);
    strcpy(rest, text);
    rest[strcspn(rest, ":")] = '\0';
    if (!parsed.kernel)
        return no_gradients(rest);
    if (parsed.kernel == &lln_train_uniform) {
        LLN_TRY(parse_uniform(text, &parsed));
    } else {
        bool scalable = parsed.kernel == &lln_train_lln ||
                        parsed.kernel == &lln_train_lln_diag;
        if (scalable)
            LLN_TRY(take_training_parameters(text, rest, &parsed));
        LLN_TRY(lln_kernel_parse(scalable ? rest : text, &parsed.choice));
        LLN_TRY(read_parameters(&parsed));
    }
    *a = parsed;
    return LLN_OK;
}

bool lln_train_attention_same(const lln_train_attention *a,
                              const lln_train_attention *b)
{
    return a->kernel == b->kernel && a->match == b->match &&
           a->alpha == b->alpha && a->beta == b->beta &&
           a->factor == b->factor && a->mask.block == b->mask.block &&
           a->mask.window == b->mask.window && a->own_block == b->own_block &&
           a->eps == b->eps && a->mixture == b->mixture &&
           a->mixture_learned == b->mixture_learned;
}

/* The parameter `index` of the kernel of the table that is not refused. */
static const lln_kernel_parameter *find_parameter(const char *name,
                                                  bool scalable, size_t index)
{
    const lln_kernel *const *kernel = lln_kernels;
    while (*kernel && strcmp((*kernel)->name, name) != 0)
        kernel++;
    for (int i = 0; *kernel && (*kernel)->parameters[i].name; i++) {
        const lln_kernel_parameter *p = &(*kernel)->parameters[i];
        if (!is_refused(p->name, scalable) && index-- == 0)
            return p;
    }
    return NULL;
}

bool lln_train_parameter_at(const char *kernel, size_t index,
                            lln_kernel_parameter *out)
{
    static const lln_kernel_parameter factor = {
        .name = "factor", .summary = "multiplies alpha and beta"};
    const lln_train_kernel *row = find_row(kernel);
    bool scalable = row == &lln_train_lln || row == &lln_train_lln_diag;
    if (scalable && index == 0) {
        *out = factor;
        return true;
    }
    const lln_kernel_parameter *found =
        row ? find_parameter(kernel, scalable, index - scalable) : NULL;
    if (!found)
        return false;
    *out = *found;
    if (strcmp(out->name, "match") == 0)
        out->words = matches;
    return true;
}

/* Sets a parameter as if the user had given it. */
static lln_status give(lln_kernel_choice *choice, const char *name,
                       double value)
{
    LLN_TRY(lln_kernel_set(choice, name, value));
    choice->given[lln_kernel_parameter_index(choice->kernel, name)] = true;
    return LLN_OK;
}

double lln_train_ratio(const lln_train_attention *a,
                       const lln_train_constants *c)
{
    if (!has(a, "ratio"))
        return NAN;
    return a->mixture_learned ? 1 / (1 + exp(-c->mixture)) : a->ratio;
}

lln_status lln_train_choice(const lln_train_attention *a,
                            const lln_train_constants *c,
                            lln_kernel_choice *choice)
{
    *choice = a->choice;
    strcpy(choice->text, a->name);
    if (a->match != LLN_TRAIN_NONE) {
        LLN_TRY(give(choice, "alpha", c->alpha));
        LLN_TRY(give(choice, "beta", c->beta));
    }
    return has(a, "ratio") ? give(choice, "ratio", lln_train_ratio(a, c))
                           : LLN_OK;
}
