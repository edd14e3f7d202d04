/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "warnings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

struct case_warning {
    char *text, *reason; /* `reason` is the end of `text` */
    size_t more;         /* further cases with the same reason */
    case_warning *next;
};

/* Of the case that this thread measures. */
static _Thread_local case_warning *current;

/* Of all cases, in their order. */
static case_warning *all;

/* What follows the number at the start of the text; NULL: there is no
 * number. */
static const char *skip_number(const char *text)
{
    char *end;
    if (isspace((unsigned char)*text))
        return NULL;
    (void)strtod(text, &end);
    return end == text ? NULL : end;
}

static bool same_reason(const char *a, const char *b)
{
    bool quoted = false, in_word = false;
    while (*a && *b) {
        const char *after_a = skip_number(a), *after_b = skip_number(b);
        if (!quoted && !in_word && after_a && after_b) {
            a = after_a;
            b = after_b;
            continue;
        }
        if (*a != *b)
            return false;
        quoted = quoted != (*a == '\'');
        in_word = isalnum((unsigned char)*a);
        a++;
        b++;
    }
    return *a == *b;
}

/* The first warning of a list with the reason, or the end of the list. */
static case_warning **find(case_warning **list, const char *reason)
{
    while (*list && !same_reason((*list)->reason, reason))
        list = &(*list)->next;
    return list;
}

static void free_warning(case_warning *warning)
{
    free(warning->text);
    free(warning);
}

void warnings_add(const row_identity *identity, const char *reason)
{
    char place[RUN_PLACE];
    case_warning **at = find(&current, reason);
    if (*at)
        return;
    run_place_tau(identity->layer, identity->head, identity->tau, place);
    *at = cli_alloc(1, sizeof **at);
    int length =
        asprintf(&(*at)->text, "%s: %s%s", identity->source, place, reason);
    if (length < 0)
        cli_fail("out of memory");
    (*at)->reason = (*at)->text + length - strlen(reason);
}

void warnings_add_text(const lln_head *head, double tau, const char *reason)
{
    const row_identity identity = {.source = head->source,
                                   .layer = run_index(head->layer),
                                   .head = run_index(head->head),
                                   .tau = tau};
    warnings_add(&identity, reason);
}

void warnings_add_failure(const lln_head *head, double tau, const char *what)
{
    char reason[LLN_MESSAGE + 64];
    snprintf(reason, sizeof reason, "%s%s", what, lln_error_message());
    warnings_add_text(head, tau, reason);
}

bool warnings_suffice(lln_status status)
{
    return lln_status_is_local(status);
}

case_warning *warnings_take(void)
{
    case_warning *taken = current;
    current = NULL;
    return taken;
}

void warnings_count(case_warning *list)
{
    while (list) {
        case_warning *next = list->next, **at = find(&all, list->reason);
        list->next = NULL;
        if (*at) {
            (*at)->more++;
            free_warning(list);
        } else {
            *at = list;
        }
        list = next;
    }
}

void warnings_forget(case_warning *list)
{
    while (list) {
        case_warning *next = list->next;
        free_warning(list);
        list = next;
    }
}

void warnings_print(void)
{
    while (all) {
        case_warning *first = all;
        all = first->next;
        cli_warn_of_several(first->text, first->more, "case");
        free_warning(first);
    }
}
