/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "beside.h"

#include <math.h>
#include <string.h>

#include "core/text.h"
#include "heads/files.h"
#include "identity.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "sources.h"
#include "stored.h"

enum { LAYOUT = 8 };

/* The layout of weights: batch entries and layers as those of the queries, then
 * heads, queries and keys. Without --layout, --split-heads makes it nD or bnD,
 * and a batch entry is in the source of its heads. */
static const char *find_layout(const lln_heads *heads, char text[LAYOUT])
{
    lln_head first;
    const char *layout = run_shared.layout;
    size_t length = 0;
    heads->describe(heads, 0, &first);
    if (!layout && run_shared.split_heads)
        layout = strcmp(first.source, first.file) == 0 ? "nD" : "bnD";
    for (const char *c = layout ? layout : ""; *c; c++)
        if (*c == 'b' || *c == 'l')
            text[length++] = *c;
    if (layout && strpbrk(layout, "hD"))
        text[length++] = 'h';
    strcpy(text + length, "nm");
    return text;
}

/* Whether a number of a head is that of weights; -1: it has none. */
static bool agrees(long a, long b)
{
    return a == b || a < 0 || b < 0;
}

/* The number of weights that may be those of a head, and the last of them. */
static size_t count_weights(const lln_heads *weights, const lln_head *head,
                            size_t *index)
{
    size_t count = 0;
    for (size_t i = 0; i < weights->count; i++) {
        lln_head other;
        weights->describe(weights, i, &other);
        if (other.at.batch != head->at.batch ||
            !agrees(other.layer, head->layer) ||
            !agrees(other.head, head->head))
            continue;
        *index = i;
        count++;
    }
    return count;
}

static void check_head(const lln_heads *weights, const lln_head *head)
{
    char place[RUN_PLACE];
    size_t index = 0, count = count_weights(weights, head, &index);
    lln_head other;
    run_place_tau(run_index(head->layer), run_index(head->head), NAN, place);
    if (count != 1)
        cli_fail("%s: %s%s attention weights for this head in %s; expected "
                 "one matrix",
                 head->source, place, count == 0 ? "no" : "several",
                 run_shared.attention);
    weights->describe(weights, index, &other);
    if (other.q.rows != head->q.rows || other.k.rows != head->k.rows)
        cli_fail("%s: %s%zu quer%s, %zu key%s; the attention weights in %s "
                 "have %zu and %zu",
                 head->source, place, head->q.rows,
                 head->q.rows == 1 ? "y" : "ies", head->k.rows,
                 lln_text_plural(head->k.rows), run_shared.attention,
                 other.q.rows, other.k.rows);
}

static void show_notes(const lln_heads *weights)
{
    if (!run_shared.quiet && weights->note)
        cli_warn("%s", weights->note);
    if (!run_shared.quiet && weights->extent)
        cli_warn("%s", weights->extent);
    if (weights->doubt)
        cli_warn("%s", weights->doubt);
}

void beside_open(const lln_heads *heads, lln_heads *weights)
{
    char layout[LAYOUT];
    *weights = (lln_heads){0};
    if (!stored_beside())
        return;
    lln_lengths lengths = sources_lengths();
    const lln_files files = {
        .file = run_shared.attention,
        .stored = true,
        .key_q = run_shared.key_attention,
        .layout = find_layout(heads, layout),
        .lengths = lengths.count > 0 ? &lengths : NULL,
    };
    lln_status status = lln_files_open(&files, weights);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
    cli_refuse_mapped();
    lln_lengths_free(&lengths);
    show_notes(weights);
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        check_head(weights, &head);
    }
}

lln_status beside_load(const lln_heads *weights, lln_head *head)
{
    size_t index = 0;
    lln_head other = {0};
    if (weights->count == 0 || count_weights(weights, head, &index) == 0)
        return LLN_OK;
    LLN_TRY(weights->load(weights, index, NAN, LLN_FLOAT64, &other));
    head->stored = other.stored;
    other.stored = NULL;
    lln_head_free(&other);
    return LLN_OK;
}
