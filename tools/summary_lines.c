/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "summary_lines.h"

#include <math.h>

#include "command_words.h"
#include "duplicates.h"
#include "options.h"
#include "table/table.h"

enum { DIGITS = 4 }; /* unless there is --precision */

/* A text to print; returned by value, so that several fit in a statement. */
typedef struct {
    char text[160];
} words;

static words number(double x)
{
    words out;
    char text[32];
    lln_table_format_real(
        x, cli_given("precision") ? (int)run_shared.precision : DIGITS, text);
    snprintf(out.text, sizeof out.text, "%s", text);
    return out;
}

/* " (layer 3, head 1)", without the numbers that the head does not have. */
static words place(const lln_head_summary *head)
{
    words out = {""};
    bool layer = !isnan(head->layer), any = !isnan(head->head);
    if (layer && any)
        snprintf(out.text, sizeof out.text, " (layer %.0f, head %.0f)",
                 head->layer, head->head);
    else if (layer || any)
        snprintf(out.text, sizeof out.text, " (%s %.0f)",
                 layer ? "layer" : "head", layer ? head->layer : head->head);
    return out;
}

static void label(FILE *out, const char *text)
{
    fprintf(out, "%-15s", text);
}

static void write_amount(FILE *out, const char *before, long amount,
                         const char *unit)
{
    fprintf(out, "%s %ld %s%s", before, amount, unit, amount == 1 ? "" : "s");
}

static void write_title(FILE *out, const row_identity *identity,
                        const lln_summary *found)
{
    fprintf(out, "%s", identity->source ? identity->source : "all files");
    if (!isnan(identity->layer))
        fprintf(out, ", layer %.0f", identity->layer);
    fprintf(out, ", kernel %s", identity->kernel);
    if (run_shared.tau)
        fprintf(out, ", tau %s", number(identity->tau).text);
    fprintf(out, "\n");
    label(out, "heads");
    fprintf(out, "%zu", found->heads);
    if (found->layers > 0)
        write_amount(out, " in", (long)found->layers, "layer");
    if (identity->n != LLN_CELL_NONE)
        write_amount(out, ",", identity->n, "token");
    if (identity->d != LLN_CELL_NONE)
        write_amount(out, ",", identity->d, "feature");
    if (found->defined < found->heads)
        fprintf(out, "; %zu without entropy", found->heads - found->defined);
    fprintf(out, "\n");
}

static void write_entropies(FILE *out, const lln_summary *found)
{
    label(out, "entropy");
    if (found->defined == 0)
        fprintf(out, "no head has one\n");
    else
        fprintf(out,
                "entropy_normalized: min %s, 10 %% %s, median %s, 90 %% %s, "
                "max %s\n",
                number(found->least).text, number(found->tenth).text,
                number(found->median).text, number(found->nine_tenths).text,
                number(found->most).text);
}

static void write_extremes(FILE *out, const char *name,
                           const lln_head_summary *heads, size_t defined)
{
    if (defined == 0)
        return;
    label(out, name);
    for (size_t i = 0; i < LLN_SUMMARY_EXTREMES && i < defined; i++)
        fprintf(out, "%s%s%s", i > 0 ? ", " : "",
                number(heads[i].normalized).text, place(&heads[i]).text);
    fprintf(out, "\n");
}

static void write_count(FILE *out, const char *name, const char *column,
                        const lln_summary_count *count, double threshold,
                        const lln_head_summary *head)
{
    label(out, name);
    if (count->defined == 0)
        fprintf(out, "%s is not defined for these heads", column);
    else
        fprintf(out, "%zu of %zu heads with %s > %s; largest %s%s",
                count->above, count->defined, column, number(threshold).text,
                number(count->largest).text, place(head).text);
}

static void write_logits(FILE *out, const summary_record *record)
{
    const lln_summary *found = &record->found;
    write_count(out, "large logits", "max_logit", &found->logit,
                record->thresholds.logit, &record->logit);
    fprintf(out, "\n");
    if (found->logit.defined == 0)
        return;
    label(out, "float16");
    if (found->storage.above > 0)
        fprintf(out, "logits above 65504 in %zu of %zu heads become infinite",
                found->storage.above, found->storage.defined);
    else
        fprintf(out, "max_logit <= 65504 in all heads: no overflow of logits");
    if (found->logit.largest > LLN_FLOAT16_MAX_EXP)
        fprintf(out, "; exp(max_logit) overflows unless the largest logit of "
                     "the row is subtracted first");
    fprintf(out, "\n");
}

/* " (layer 3, heads 1 and 4)" */
static words place_of_pair(const lln_head_summary pair[2])
{
    words out = {""};
    char layer[40] = "";
    if (!isnan(pair[0].layer))
        snprintf(layer, sizeof layer, "layer %.0f, ", pair[0].layer);
    if (!isnan(pair[0].head))
        snprintf(out.text, sizeof out.text, " (%sheads %.0f and %.0f)", layer,
                 pair[0].head, pair[1].head);
    return out;
}

static void write_duplicates(FILE *out, long n, const summary_record *record)
{
    const lln_duplicates_found *found = &record->duplicates;
    label(out, "duplicates");
    if (found->pairs == 0)
        fprintf(out, "no pairs of heads of one layer to compare\n");
    else
        fprintf(out,
                "%zu of %zu pairs of heads of one layer with js_nats < %s; "
                "smallest %s%s; of %ld rows\n",
                found->below, found->pairs, number(duplicates_threshold).text,
                number(found->js).text, place_of_pair(record->closest).text,
                n > 0 && n < LLN_DUPLICATES_ROWS ? n : LLN_DUPLICATES_ROWS);
}

/* "--layers 3 ", or nothing without a number and for sampled heads, which
 * cannot be selected. */
static words option_of(const char *name, double index)
{
    words out = {""};
    if (!isnan(index) && !options_sampled())
        snprintf(out.text, sizeof out.text, "--%s %.0f ", name, index);
    return out;
}

/* A command about `head` or, if it is NULL, all heads of this summary, with its
 * kernel and temperature. */
static void write_command(FILE *out, const char *why, const char *tool,
                          const row_identity *identity,
                          const lln_head_summary *head, const char *options)
{
    words layer = {""}, number_of_head = {""};
    char tau[32];
    if (head) {
        layer = option_of("layers", head->layer);
        number_of_head = option_of("heads", head->head);
    }
    const char *const without[] = {"rows",
                                   "threads",
                                   "output",
                                   "precision",
                                   "comments",
                                   "aggregate",
                                   "columns",
                                   "format",
                                   "kernel",
                                   "fail-below",
                                   "fail-above",
                                   "no-header",
                                   "tau",
                                   layer.text[0] ? "layers" : "tau",
                                   number_of_head.text[0] ? "heads" : "tau",
                                   options_sampled() ? "tau" : "trials",
                                   NULL};
    label(out, "next");
    fprintf(out, "%s:\n    ", why);
    command_words_print_related(out, tool, identity->file, without);
    if (!run_shared.attention)
        fprintf(out, " --kernel %s", identity->kernel);
    lln_table_format_real(identity->tau, 0, tau);
    if (run_shared.tau)
        fprintf(out, " --tau %s", tau);
    fprintf(out, " %s%s%s\n", layer.text, number_of_head.text, options);
}

static void write_next(FILE *out, const row_identity *identity,
                       const summary_record *record)
{
    if (record->found.sink.above > 0)
        write_command(out, "the weight of the first key in each head",
                      "lln-entropy", identity, NULL,
                      "--columns id,sink_mass,sink_mass_uniform,sink_rows");
    if (record->found.defined > 0)
        write_command(out, "a picture of the most concentrated head",
                      "lln-attend", identity, &record->lowest[0],
                      "--blocks 512 -o map.safetensors");
    bool pairs = record->found.heads > record->found.layers;
    if (pairs && record->found.heads > 1 && !options_sampled())
        write_command(out, "heads of a layer that look at the same keys",
                      "lln-attend", identity, NULL,
                      "--pairs heads --columns layer,head,head_b,js_nats");
}

void summary_lines_write(FILE *out, const row_identity *identity,
                         const void *record)
{
    static bool later;
    const summary_record *r = record;
    const lln_summary *found = &r->found;
    if (later)
        fprintf(out, "\n");
    later = true;
    write_title(out, identity, found);
    write_entropies(out, found);
    write_extremes(out, "concentrated", r->lowest, found->defined);
    write_extremes(out, "spread out", r->highest, found->defined);
    write_count(out, "sinks", "sink_mass", &found->sink, r->thresholds.sink,
                &r->sink);
    if (found->sink.defined > 0)
        fprintf(out, "; uniform attention %s", number(found->uniform).text);
    fprintf(out, "\n");
    write_count(out, "local", "local_mass", &found->local, r->thresholds.local,
                &r->local);
    if (found->local.defined > 0)
        fprintf(out, "; within %zu tokens", r->local_keys);
    fprintf(out, "\n");
    write_count(out, "distant", "distant_mass", &found->distant,
                r->thresholds.distant, &r->distant);
    fprintf(out, "\n");
    write_duplicates(out, identity->n, r);
    write_logits(out, r);
    write_next(out, identity, r);
}
