/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/documents.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "heads/length_rows.h"
#include "tensor/lookalike.h"
#include "tensor/mapping.h"

static const lln_row_words words = {
    .what = "documents",
    .line = "the number of the document of each key, or where documents begin",
    .shape = "[keys], [documents + 1] or [batch, keys]",
    .file = "documents",
};

/* Numbers of one entry of the batch. */
typedef struct {
    const size_t *numbers;
    size_t count;
} row_numbers;

/* As many numbers as keys are those of documents, unless each key would be a
 * document of its own. */
static bool is_cumulative(row_numbers row, size_t keys)
{
    bool equal = false;
    if (row.count < 2 || row.numbers[0] != 0 ||
        row.numbers[row.count - 1] != keys)
        return false;
    for (size_t i = 1; i < row.count; i++) {
        if (row.numbers[i] < row.numbers[i - 1])
            return false;
        equal = equal || row.numbers[i] == row.numbers[i - 1];
    }
    return row.count != keys || !equal;
}

/* Documents without keys have no number. */
static void fill_cumulative(row_numbers row, size_t *id)
{
    size_t number = 0;
    for (size_t i = 0; i + 1 < row.count; i++) {
        for (size_t j = row.numbers[i]; j < row.numbers[i + 1]; j++)
            id[j] = number;
        number += row.numbers[i] < row.numbers[i + 1];
    }
}

static int compare_ids(const void *first, const void *second)
{
    size_t a = *(const size_t *)first, b = *(const size_t *)second;
    return (a > b) - (a < b);
}

/* LLN_EFORMAT: two runs of keys have the same number. */
static lln_status check_runs(row_numbers row)
{
    size_t runs = 0;
    size_t *run = lln_array_alloc(row.count, sizeof *run);
    if (!run)
        return LLN_ENOMEM;
    for (size_t j = 0; j < row.count; j++)
        if (j == 0 || row.numbers[j] != row.numbers[j - 1])
            run[runs++] = row.numbers[j];
    qsort(run, runs, sizeof *run, compare_ids);
    lln_status status = LLN_OK;
    for (size_t i = 1; i < runs && status == LLN_OK; i++)
        if (run[i] == run[i - 1])
            status = lln_fail(LLN_EFORMAT,
                              "document %zu occurs again after another "
                              "document; expected the keys of each document "
                              "side by side",
                              run[i]);
    free(run);
    return status;
}

static lln_status fill_entry(row_numbers row, size_t keys, size_t *id)
{
    if (is_cumulative(row, keys)) {
        fill_cumulative(row, id);
        return LLN_OK;
    }
    if (row.count != keys)
        return lln_fail(LLN_EINVAL,
                        "%zu numbers; expected one for each of %zu keys, or "
                        "the first key of each document and the number of "
                        "keys, in ascending order: 0, ..., %zu",
                        row.count, keys, keys);
    LLN_TRY(check_runs(row));
    for (size_t j = 1; j < keys; j++)
        id[j] = id[j - 1] + (row.numbers[j] != row.numbers[j - 1]);
    return LLN_OK;
}

/* One number a line is one entry. */
static lln_status fill_entries(const lln_length_rows *rows, size_t keys,
                               lln_document_list *documents)
{
    bool column = !rows->flat && rows->count > 1;
    for (size_t i = 0; i < rows->count && column; i++)
        column = rows->rows[i].count == 1;
    documents->entries = column ? 1 : rows->count;
    documents->tokens = keys;
    size_t count;
    LLN_TRY(lln_size_multiply(documents->entries, keys, &count));
    documents->id = lln_array_alloc(count, sizeof *documents->id);
    if (!documents->id)
        return LLN_ENOMEM;
    for (size_t i = 0; i < documents->entries; i++) {
        row_numbers row = {rows->numbers + rows->rows[i].first,
                           column ? rows->count : rows->rows[i].count};
        LLN_TRY(fill_entry(row, keys, documents->id + i * keys));
    }
    return LLN_OK;
}

lln_status lln_documents_parse(const char *name, const unsigned char *bytes,
                               size_t size, size_t keys,
                               lln_document_list *documents)
{
    lln_length_rows rows = {.count = 0};
    *documents = (lln_document_list){.name = strdup(name)};
    if (!documents->name)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = lln_whole_rows_read(bytes, size, &words, &rows);
    if (status == LLN_OK)
        status = fill_entries(&rows, keys, documents);
    lln_length_rows_free(&rows);
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, name);
}

lln_status lln_documents_read(const char *path, size_t keys,
                              lln_document_list *documents)
{
    lln_mapping file;
    *documents = (lln_document_list){.entries = 0};
    LLN_TRY(lln_numbers_open(path, &file));
    lln_status status = lln_documents_parse(lln_mapping_name(path), file.bytes,
                                            file.size, keys, documents);
    lln_mapping_close(&file);
    return status;
}

void lln_documents_free(lln_document_list *documents)
{
    free(documents->name);
    free(documents->id);
    *documents = (lln_document_list){.entries = 0};
}

lln_status lln_documents_check(const lln_document_list *documents,
                               const char *name, size_t batch, size_t keys)
{
    if (documents->tokens != keys)
        return lln_fail(LLN_EINVAL,
                        "%s: documents of %zu key%s; %s has %zu key%s",
                        documents->name, documents->tokens,
                        lln_text_plural(documents->tokens), name, keys,
                        lln_text_plural(keys));
    if (documents->entries == 1 || documents->entries == batch)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "%s: documents of %zu batch entries; %s has %zu",
                    documents->name, documents->entries, name, batch);
}

void lln_documents_fill(const lln_document_list *documents, size_t entry,
                        size_t padding, size_t count, size_t *first,
                        size_t *end)
{
    size_t row = documents->entries > 1 ? entry * documents->tokens : 0;
    const size_t *id = documents->id + row + padding;
    for (size_t j = 0; j < count; j++)
        first[j] = j > 0 && id[j] == id[j - 1] ? first[j - 1] : j;
    for (size_t j = count; j-- > 0;)
        end[j] = j + 1 < count && id[j] == id[j + 1] ? end[j + 1] : j + 1;
}

lln_status lln_documents_restart(const lln_document_list *documents,
                                 lln_positions *positions)
{
    size_t tokens = documents->tokens, count = documents->entries * tokens;
    size_t *id = lln_array_alloc(count, sizeof *id);
    *positions = (lln_positions){.entries = 0};
    if (!id)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++) /* entries have no document in common */
        id[i] = documents->id[i] + i / tokens * tokens;
    lln_status status = lln_positions_restart(id, count, positions);
    free(id);
    positions->entries = documents->entries;
    positions->tokens = tokens;
    return status;
}
