/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "params_explain.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/sorting.h"
#include "core/text.h"
#include "identity.h"
#include "message.h"

enum { WHAT = 512, LIST = 256, FEW = 8 };

/* The distinct values of a field in some rows. */
typedef struct {
    const char *texts[FEW]; /* the first different ones */
    size_t text_count;      /* FEW + 1: there are more */
    double *numbers;        /* [count], owned */
    size_t count;
} value_list;

/* "qk.npz, layer 2, head 3" */
static const char *describe(const params_key *key, char out[WHAT])
{
    char source[WHAT / 2], place[RUN_PLACE];
    run_place(key->number[PARAMS_LAYER], key->number[PARAMS_HEAD], place);
    size_t length = strlen(place);
    if (length > 0)
        place[length - 2] = '\0'; /* the comma */
    snprintf(out, WHAT, "%s%s%s",
             lln_text_printable(source, sizeof source, key->source),
             length > 0 ? ", " : "", place);
    return out;
}

static bool is_shown(const params_key *key, params_field field)
{
    return field <= PARAMS_ENTRY ||
           ((field == PARAMS_LAYER || field == PARAMS_HEAD) &&
            !isnan(key->number[field]));
}

static const char *text_of(const params_row *row, params_field field)
{
    return field == PARAMS_SOURCE ? row->source
           : field == PARAMS_SEED ? row->seed
                                  : row->method;
}

static double number_of(const params_row *row, params_field field)
{
    if (field != PARAMS_ENTRY)
        return row->number[field].value;
    return run_index(row->name.entry);
}

static void add_text(value_list *list, const char *text)
{
    size_t at = 0;
    while (at < list->text_count && at < FEW &&
           strcmp(list->texts[at], text) != 0)
        at++;
    if (at == FEW)
        list->text_count = FEW + 1;
    else if (at == list->text_count)
        list->texts[list->text_count++] = text;
}

/* Sorts the numbers and removes duplicates. */
static void sort_numbers(value_list *list)
{
    size_t kept = 0;
    qsort(list->numbers, list->count, sizeof *list->numbers, lln_compare_reals);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || list->numbers[i] != list->numbers[kept - 1])
            list->numbers[kept++] = list->numbers[i];
    list->count = kept;
}

static bool is_text(params_field field)
{
    return field == PARAMS_SOURCE || field == PARAMS_SEED ||
           field == PARAMS_FIELDS;
}

/* Lists the values in the rows with these bits; field PARAMS_FIELDS is the
 * method. */
static value_list list_values(const params_table *table, const unsigned *bits,
                              unsigned wanted, params_field field)
{
    value_list list = {
        .numbers = cli_alloc(table->data.rows + 1, sizeof *list.numbers)};
    for (size_t i = 0; i < table->data.rows; i++) {
        const params_row *row = &table->rows[i];
        if (bits[i] != wanted)
            continue;
        if (is_text(field) && text_of(row, field))
            add_text(&list, text_of(row, field));
        else if (!is_text(field) && !isnan(number_of(row, field)))
            list.numbers[list.count++] = number_of(row, field);
    }
    sort_numbers(&list);
    return list;
}

/* The end of the run of consecutive numbers that begins at `first`; two numbers
 * are no run. */
static size_t find_run(const value_list *list, size_t first)
{
    size_t end = first + 1;
    while (end < list->count &&
           list->numbers[end] == list->numbers[end - 1] + 1)
        end++;
    return end > first + 2 ? end : first + 1;
}

/* Adds "0 to 2", or "0". */
static void add_run(const value_list *list, size_t first, size_t end,
                    char out[LIST])
{
    char low[32], high[32], item[LIST / 2];
    lln_table_format_real(list->numbers[first], 0, low);
    lln_table_format_real(list->numbers[end - 1], 0, high);
    snprintf(item, sizeof item, end - first > 1 ? "%s to %s" : "%s", low, high);
    lln_text_append(out, LIST, item);
}

/* Writes "0.5, 1", "0 to 2, 5", "a.npz, b.npz, ..." or "missing"; if there are
 * many numbers, the smallest and the largest. */
static void write_values(const value_list *list, char out[LIST])
{
    char item[LIST / 2];
    size_t runs = 0;
    *out = '\0';
    for (size_t i = 0; i < list->text_count && i < FEW; i++)
        lln_text_append(out, LIST,
                        lln_text_printable(item, sizeof item, list->texts[i]));
    if (list->text_count > FEW)
        lln_text_append(out, LIST, "...");
    for (size_t i = 0; i < list->count; i = find_run(list, i))
        runs++;
    if (runs > FEW)
        add_run(list, 0, list->count, out);
    for (size_t i = 0; i < list->count && runs <= FEW;) {
        size_t end = find_run(list, i);
        add_run(list, i, end, out);
        i = end;
    }
    if (*out == '\0')
        strcpy(out, "missing");
}

/* Fields that not all heads from files have. */
static bool is_optional(params_field field)
{
    return field == PARAMS_STEP || field == PARAMS_LAYER ||
           field == PARAMS_HEAD;
}

/* Writes "tau 0.5, expected 1", or "layer 0, but the heads of a.npz have no
 * layer number". */
static void explain_field(const params_table *table, const params_key *key,
                          const unsigned *bits, unsigned closest,
                          params_field field, char out[WHAT])
{
    char there[LIST], here[32] = "missing";
    value_list list = list_values(table, bits, closest, field);
    write_values(&list, there);
    free(list.numbers);
    const char *name = params_field_name(field);
    if (is_optional(field) && isnan(key->number[field])) {
        char source[WHAT / 2];
        snprintf(out, WHAT, "%s %s, but the heads of %s have no %s number",
                 name, there,
                 lln_text_printable(source, sizeof source, key->source), name);
        return;
    }
    if (field == PARAMS_SEED)
        snprintf(here, sizeof here, "%" PRIu64, key->seed);
    else if (!isnan(key->number[field]))
        lln_table_format_real(key->number[field], 0, here);
    snprintf(out, WHAT, "%s %s%s%s", name, there,
             is_shown(key, field) ? "" : ", expected ",
             is_shown(key, field) ? "" : here);
}

static int count_bits(unsigned bits)
{
    return __builtin_popcount(bits);
}

/* The bits of the rows that differ in the fewest fields; among these, of those
 * that differ in the last fields. */
static unsigned find_closest(const params_table *table, const unsigned *bits)
{
    unsigned closest = bits[0];
    for (size_t i = 1; i < table->data.rows; i++) {
        int more = count_bits(bits[i]) - count_bits(closest);
        if (more < 0 || (more == 0 && bits[i] < closest))
            closest = bits[i];
    }
    return closest;
}

#define OF_FILES                                                               \
    (params_bit(PARAMS_SOURCE) | params_bit(PARAMS_ENTRY) |                    \
     params_bit(PARAMS_STEP) | params_bit(PARAMS_LAYER))

lln_status params_fail_none(const params_table *table, const params_key *key,
                            const unsigned *bits)
{
    char what[WHAT], field_text[WHAT], all[2 * WHAT] = "";
    if (table->data.rows == 0)
        return lln_fail(LLN_EFORMAT, "%s: no row for %s: the table has no rows",
                        table->name, describe(key, what));
    unsigned closest = find_closest(table, bits);
    if (key->sampled && closest & OF_FILES)
        return lln_fail(LLN_EFORMAT,
                        "%s: no row for sampled heads: its rows are for heads "
                        "from files; name these files",
                        table->name);
    for (params_field field = 0; field < PARAMS_FIELDS; field++)
        if (closest & params_bit(field)) {
            explain_field(table, key, bits, closest, field, field_text);
            size_t used = strlen(all);
            snprintf(all + used, sizeof all - used, "%s%s",
                     used > 0 ? "; " : "", field_text);
        }
    return lln_fail(LLN_EFORMAT, "%s: no row for %s; the closest rows have %s",
                    table->name, describe(key, what), all);
}

/* Writes " (temperatures 0.5, 1); choose one with --tau" if the rows differ in
 * the field, otherwise returns false. */
static bool explain_choice(const params_table *table, const unsigned *bits,
                           params_field field, const char *plural,
                           const char *advice, char out[WHAT])
{
    char values[LIST];
    value_list list = list_values(table, bits, 0, field);
    bool differ = list.text_count + list.count > 1;
    write_values(&list, values);
    free(list.numbers);
    if (differ)
        snprintf(out, WHAT, " (%s %s); %s", plural, values, advice);
    return differ;
}

/* Writes ", n 512, d 64, causal 0, tau 0.5". */
static void describe_numbers(const params_key *key, char out[WHAT])
{
    size_t used = 0;
    *out = '\0';
    for (params_field field = PARAMS_N; field < PARAMS_FIELDS; field++) {
        char number[32];
        lln_table_format_real(key->number[field], 0, number);
        if (!isnan(key->number[field]))
            used += (size_t)snprintf(out + used, WHAT - used, ", %s %s",
                                     params_field_name(field), number);
    }
}

lln_status params_fail_several(const params_table *table, const params_key *key,
                               const unsigned *bits)
{
    char what[WHAT], numbers[WHAT], choice[WHAT] = "";
    size_t count = 0;
    for (size_t i = 0; i < table->data.rows; i++)
        count += bits[i] == 0;
    describe_numbers(key, numbers);
    /* lln-match writes several rows only for several methods */
    if (!explain_choice(table, bits, PARAMS_SOURCE, "sources",
                        "name the file by one of these paths", choice) &&
        !explain_choice(table, bits, PARAMS_FIELDS, "methods",
                        "choose one with lln-match --method", choice) &&
        !explain_choice(table, bits, PARAMS_STEP, "steps",
                        "keep the rows of one", choice) &&
        !explain_choice(table, bits, PARAMS_LAYER, "layers",
                        "keep the rows of one", choice) &&
        !explain_choice(table, bits, PARAMS_HEAD, "heads",
                        "keep the rows of one", choice) &&
        !explain_choice(table, bits, PARAMS_SEED, "seeds",
                        "keep the rows of one", choice))
        (void)explain_choice(table, bits, PARAMS_TAU, "temperatures",
                             "choose one with --tau", choice);
    return lln_fail(LLN_EFORMAT, "%s: %zu rows match %s%s%s", table->name,
                    count, describe(key, what), numbers,
                    choice[0] ? choice : "; expected one");
}
