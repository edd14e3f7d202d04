/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Numbers are put in quotes before the text is parsed, so that they keep their
 * digits, whatever their size, and NaN and Infinity can be read. */
#include "table/read_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

typedef struct {
    const char *name; /* of the stream, for messages */
    size_t line;      /* line at which the text begins */
    json_t *rows;     /* array of objects */
    json_t *columns;  /* object: key -> index of the column */
} reader;

static const char blank[] = " \t\r\n";

/* The end of the digits at `text`. */
static const char *skip_digits(const char *text)
{
    return text + strspn(text, "0123456789");
}

/* Length of the number at `text` (RFC 8259, section 6); 0: none. */
static size_t number_length(const char *text)
{
    const char *start = text + (*text == '-'), *at = skip_digits(start);
    if (at == start || (*start == '0' && at > start + 1))
        return 0;
    if (*at == '.') {
        start = at + 1;
        at = skip_digits(start);
        if (at == start)
            return 0;
    }
    if (*at == 'e' || *at == 'E') {
        start = at + 1 + (at[1] == '-' || at[1] == '+');
        at = skip_digits(start);
        if (at == start)
            return 0;
    }
    return (size_t)(at - text);
}

/* Length of a value at `text` that needs quotes; 0: none. */
static size_t bare_length(const char *text)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789+-._";
    size_t length = strspn(text, letters), number = number_length(text);
    bool found = number > 0 && number == length;
    for (int i = 0; i < 3; i++)
        found = found || (length == strlen(words[i]) &&
                          strncmp(text, words[i], length) == 0);
    bool key = text[length + strspn(text + length, blank)] == ':';
    return found && !key ? length : 0;
}

/* Length of the string at `text`, with its quotes. */
static size_t string_length(const char *text)
{
    size_t length = 1;
    while (text[length] != '\0' && text[length] != '"')
        length += text[length] == '\\' && text[length + 1] != '\0' ? 2 : 1;
    return length + (text[length] == '"');
}

/* Length of the text between values at `text`: at least 1. */
static size_t other_length(const char *text)
{
    bool word = strchr("\"{}[],: \t\r\n", *text) == NULL;
    return word ? strcspn(text, "\"{}[],: \t\r\n") : 1;
}

/* A copy with numbers in quotes; NULL: LLN_ENOMEM. Each number has a separator
 * after it, so that twice the length is enough. */
static char *quote_numbers(const char *text)
{
    char *quoted = lln_array_alloc_raw(strlen(text) + 2, 2), *to = quoted;
    while (quoted && *text) {
        size_t bare = *text == '"' ? 0 : bare_length(text), length = bare;
        if (bare == 0)
            length = *text == '"' ? string_length(text) : other_length(text);
        if (bare > 0)
            *to++ = '"';
        memcpy(to, text, length);
        to += length;
        if (bare > 0)
            *to++ = '"';
        text += length;
    }
    if (quoted)
        *to = '\0';
    return quoted;
}

static lln_status fail_value(const reader *r, const char *key,
                             const json_t *value)
{
    char shown[128];
    return lln_fail(LLN_EFORMAT,
                    "%s: row %zu: key '%s' has an %s, expected a number, text "
                    "or null; a table has one object per row, as pandas "
                    "writes with orient='records'",
                    r->name, json_array_size(r->rows) + 1,
                    lln_text_printable(shown, sizeof shown, key),
                    json_is_array(value) ? "array" : "object");
}

static lln_status add_key(reader *r, const char *key, const json_t *value)
{
    if (json_is_array(value) || json_is_object(value))
        return fail_value(r, key, value);
    json_int_t next = (json_int_t)json_object_size(r->columns);
    if (!json_object_get(r->columns, key) &&
        json_object_set_new(r->columns, key, json_integer(next)) != 0)
        return lln_fail(LLN_ENOMEM, "%s: out of memory", r->name);
    return LLN_OK;
}

static lln_status add_row(reader *r, json_t *row)
{
    if (!json_is_object(row))
        return lln_fail(LLN_EFORMAT,
                        "%s: row %zu is not an object; a table has one object "
                        "per row, as pandas writes with orient='records'",
                        r->name, json_array_size(r->rows) + 1);
    for (void *i = json_object_iter(row); i; i = json_object_iter_next(row, i))
        LLN_TRY(add_key(r, json_object_iter_key(i), json_object_iter_value(i)));
    if (json_array_append(r->rows, row) != 0)
        return lln_fail(LLN_ENOMEM, "%s: out of memory", r->name);
    return LLN_OK;
}

/* Adds a row, or all rows of an array. */
static lln_status add_rows(reader *r, json_t *value)
{
    if (!json_is_array(value))
        return add_row(r, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        LLN_TRY(add_row(r, json_array_get(value, i)));
    return LLN_OK;
}

static lln_status fail_syntax(const reader *r, const char *text, const char *at,
                              const json_error_t *error)
{
    char reason[JSON_ERROR_TEXT_LENGTH];
    size_t line = r->line;
    line += (size_t)(error->line > 0 ? error->line - 1 : 0);
    for (; text < at; text++)
        line += *text == '\n';
    if (json_error_code(error) == json_error_out_of_memory)
        return lln_fail(LLN_ENOMEM, "%s: out of memory", r->name);
    return lln_fail(LLN_EFORMAT, "%s: line %zu: not JSON: %s", r->name, line,
                    lln_text_printable(reason, sizeof reason, error->text));
}

/* Parses arrays and objects, one after another. */
static lln_status read_values(reader *r, const char *text)
{
    const char *at = text + strspn(text, blank);
    while (*at) {
        json_error_t error;
        json_t *value = json_loads(
            at, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
        if (!value)
            return fail_syntax(r, text, at, &error);
        lln_status status = add_rows(r, value);
        json_decref(value);
        LLN_TRY(status);
        if (error.position <= 0) /* an int, which overflows */
            return lln_fail(LLN_EFORMAT, "%s: too large, expected at most 2 GB",
                            r->name);
        at += error.position;
        at += strspn(at, blank);
    }
    return LLN_OK;
}

static const char *value_text(const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    return json_is_true(value) ? "true" : json_is_false(value) ? "false" : "";
}

/* Bytes of the keys of an object, with their final zeros. */
static size_t key_bytes(json_t *object)
{
    size_t size = 0;
    void *i = json_object_iter(object);
    for (; i; i = json_object_iter_next(object, i))
        size += strlen(json_object_iter_key(i)) + 1;
    return size;
}

static size_t value_bytes(json_t *object)
{
    size_t size = 0;
    void *i = json_object_iter(object);
    for (; i; i = json_object_iter_next(object, i))
        size += strlen(value_text(json_object_iter_value(i))) + 1;
    return size;
}

/* Bytes of all names and cells, and of the empty cell before them. */
static size_t text_bytes(const reader *r)
{
    size_t size = 1 + key_bytes(r->columns);
    for (size_t i = 0; i < json_array_size(r->rows); i++)
        size += value_bytes(json_array_get(r->rows, i));
    return size;
}

/* Copies text to *to and advances *to. */
static char *put_text(char **to, const char *text)
{
    char *start = *to;
    *to = stpcpy(start, text) + 1;
    return start;
}

static void fill_row(const reader *r, json_t *row, char **cells, char **to)
{
    for (void *i = json_object_iter(row); i;
         i = json_object_iter_next(row, i)) {
        json_t *column = json_object_get(r->columns, json_object_iter_key(i));
        cells[json_integer_value(column)] =
            put_text(to, value_text(json_object_iter_value(i)));
    }
}

static void fill_table(const reader *r, lln_table_data *data)
{
    char *to = data->text + 1; /* text[0]: the empty cell */
    char **name = data->names;
    void *key = json_object_iter(r->columns);
    for (; key; key = json_object_iter_next(r->columns, key))
        *name++ = put_text(&to, json_object_iter_key(key));
    for (size_t i = 0; i < data->rows * data->columns; i++)
        data->cells[i] = data->text;
    for (size_t i = 0; i < data->rows; i++)
        fill_row(r, json_array_get(r->rows, i), data->cells + i * data->columns,
                 &to);
}

static lln_status make_table(const reader *r, lln_table_data *data)
{
    size_t rows = json_array_size(r->rows);
    size_t columns = json_object_size(r->columns), count;
    if (columns == 0)
        return lln_fail(LLN_EFORMAT, "%s: empty, expected a table", r->name);
    LLN_TRY(lln_size_multiply(rows + 1, columns, &count));
    char **names = lln_array_alloc(count, sizeof *names);
    char *text = lln_array_alloc(text_bytes(r), 1);
    if (!names || !text) {
        free(names);
        free(text);
        return LLN_ENOMEM;
    }
    *data = (lln_table_data){columns, rows, names, names + columns, text};
    fill_table(r, data);
    return LLN_OK;
}

static lln_status read_quoted(const char *text, size_t line, const char *name,
                              lln_table_data *data)
{
    reader r = {name, line, json_array(), json_object()};
    lln_status status;
    if (r.rows && r.columns)
        status = read_values(&r, text);
    else
        status = lln_fail(LLN_ENOMEM, "%s: out of memory", name);
    if (status == LLN_OK)
        status = make_table(&r, data);
    json_decref(r.rows);
    json_decref(r.columns);
    return status;
}

lln_status lln_table_read_json(const char *text, size_t line, const char *name,
                               lln_table_data *data)
{
    *data = (lln_table_data){0};
    char *clean = lln_text_clean(text);
    char *quoted = clean ? quote_numbers(clean) : NULL;
    free(clean);
    if (!quoted)
        return LLN_ENOMEM;
    lln_status status = read_quoted(quoted, line, name, data);
    free(quoted);
    return status;
}
