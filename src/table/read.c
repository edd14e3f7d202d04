/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads tables. The complete text is read; the text of csv and tsv is cut into
 * cells in place. */
#include "table/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "table/read_json.h"

/* Characters that a backslash may escape in a pipe table. */
static const char escaped[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

typedef struct {
    const char *name; /* of the stream, for messages */
    char *at;         /* next character to read */
    char separator;
    size_t line; /* line of `at`, from 1 */
} reader;

/* The cells found so far, including those of the header. */
typedef struct {
    char **items;
    size_t count;
} cell_list;

static lln_status append_cell(cell_list *list, char *cell)
{
    char **items = lln_array_grow(list->items, list->count, sizeof *items);
    if (!items)
        return LLN_ENOMEM;
    list->items = items;
    list->items[list->count++] = cell;
    return LLN_OK;
}

static lln_status read_all(FILE *in, const char *name, char **text)
{
    size_t room = 0;
    errno = 0;
    ssize_t length = getdelim(text, &room, '\0', in);
    if (ferror(in))
        return lln_fail(LLN_EIO, "%s: %s", name, strerror(errno));
    if (length < 0 && errno == ENOMEM)
        return lln_fail(LLN_ENOMEM, "%s: out of memory", name);
    if (length <= 0)
        return lln_fail(LLN_EFORMAT, "%s: empty, expected a table", name);
    if (!feof(in))
        return lln_fail(LLN_EFORMAT, "%s: not text; expected a table", name);
    return LLN_OK;
}

/* Removes the quotes of a cell in place; r->at is then after the closing
 * quote. */
static lln_status unquote_cell(reader *r, char **cell)
{
    size_t start = r->line;
    char *from = r->at + 1, *to = r->at;
    *cell = to;
    for (; *from != '"' || from[1] == '"'; from++) {
        if (*from == '\0')
            return lln_fail(LLN_EFORMAT, "%s: line %zu: unclosed quote",
                            r->name, start);
        if (*from == '"')
            from++;
        if (*from == '\n')
            r->line++;
        *to++ = *from;
    }
    r->at = from + 1;
    *to = '\0'; /* there is room: the opening quote was removed */
    return LLN_OK;
}

/* Removes the escapes of a tsv cell in place. */
static void unescape_cell(char *cell)
{
    static const char letters[] = "tnr\\#", meant[] = "\t\n\r\\#";
    char *to = cell;
    for (const char *from = cell; *from; from++) {
        const char *found = NULL;
        if (*from == '\\' && from[1] != '\0')
            found = strchr(letters, from[1]);
        if (found)
            from++;
        *to++ = found ? meant[found - letters] : *from;
    }
    *to = '\0';
}

/* Cuts one cell. *last becomes true if its line or the text ends with it. */
static lln_status read_cell(reader *r, char **cell, bool *last)
{
    bool quoted = r->separator == ',' && *r->at == '"';
    if (quoted)
        LLN_TRY(unquote_cell(r, cell));
    else
        *cell = r->at;
    const char stops[] = {r->separator, '\n', '\0'};
    char *end = r->at + strcspn(r->at, stops);
    if (quoted && end != r->at && !(*r->at == '\r' && end == r->at + 1))
        return lln_fail(LLN_EFORMAT, "%s: line %zu: text after a closing quote",
                        r->name, r->line);
    *last = *end != r->separator;
    r->at = *end == '\0' ? end : end + 1;
    if (*end == '\n') {
        r->line++;
        if (!quoted && end > *cell && end[-1] == '\r')
            end[-1] = '\0';
    }
    if (!quoted)
        *end = '\0';
    if (r->separator == '\t')
        unescape_cell(*cell);
    return LLN_OK;
}

/* Skips blanks and the line end at r->at, if there is one. */
static bool ends_line(reader *r)
{
    char *end = r->at + strspn(r->at, " \r");
    if (*end != '\n' && *end != '\0')
        return false;
    r->at = end + (*end == '\n');
    r->line += *end == '\n';
    return true;
}

/* Ends the cell from `start` to `end` after its last character. */
static void trim(const char *start, char *end)
{
    while (end > start && strchr(" \r", end[-1]))
        end--;
    *end = '\0';
}

/* Cuts one cell of a pipe table and removes its escapes; r->at is after the
 * pipe before it. */
static void read_pipe_cell(reader *r, char **cell, bool *last)
{
    char *from = r->at + strspn(r->at, " "), *to = from;
    *cell = from;
    while (*from != '\0' && *from != '|' && *from != '\n') {
        if (*from == '\\' && from[1] != '\0' && strchr(escaped, from[1]))
            from++;
        *to++ = *from++;
    }
    r->at = from + (*from == '|');
    *last = ends_line(r);
    trim(*cell, to);
}

/* Cuts one cell of aligned columns; two spaces end it. */
static void read_aligned_cell(reader *r, char **cell, bool *last)
{
    char *from = r->at + strspn(r->at, " ");
    *cell = r->at = from;
    while (*r->at != '\0' && *r->at != '\n' && strncmp(r->at, "  ", 2) != 0)
        r->at++;
    char *end = r->at;
    *last = ends_line(r);
    r->at += !*last; /* trim ends the cell at the first blank */
    trim(from, end);
}

/* Skips the line below the names of a pipe table. */
static void skip_rule(reader *r)
{
    char *end = r->at + strspn(r->at, "|:- \t\r");
    if (r->separator == '|' && (*end == '\n' || *end == '\0')) {
        r->at = end + (*end == '\n');
        r->line++;
    }
}

/* Skips empty lines and comments. */
static void skip_lines(reader *r)
{
    while (*r->at == '#' || *r->at == '\n' || strncmp(r->at, "\r\n", 2) == 0) {
        r->at += strcspn(r->at, "\n");
        if (*r->at == '\n') {
            r->at++;
            r->line++;
        }
    }
}

/* Appends the cells of one line. LLN_EFORMAT unless there are `expected` of
 * them; 0: any number. */
static lln_status read_line(reader *r, size_t expected, cell_list *list)
{
    size_t line = r->line, before = list->count;
    r->at += r->separator == '|' && *r->at == '|';
    for (bool last = false; !last;) {
        char *cell;
        if (r->separator == '|')
            read_pipe_cell(r, &cell, &last);
        else if (r->separator == ' ')
            read_aligned_cell(r, &cell, &last);
        else
            LLN_TRY(read_cell(r, &cell, &last));
        LLN_TRY(append_cell(list, cell));
    }
    size_t found = list->count - before;
    if (expected > 0 && found != expected)
        return lln_fail(LLN_EFORMAT, "%s: line %zu: %zu cell%s, expected %zu",
                        r->name, line, found, found == 1 ? "" : "s", expected);
    return LLN_OK;
}

/* The separator of the names in the header: '|', a tab or a comma; ' ' for
 * aligned columns. */
static char find_separator(const char *header)
{
    size_t length = strcspn(header, "\n");
    if (*header == '|')
        return '|';
    if (memchr(header, '\t', length))
        return '\t';
    bool aligned =
        !memchr(header, ',', length) && memmem(header, length, "  ", 2);
    return aligned ? ' ' : ',';
}

static lln_status read_lines(reader *r, cell_list *list, size_t *columns)
{
    *columns = 0;
    r->separator = find_separator(r->at);
    while (*r->at) {
        LLN_TRY(read_line(r, *columns, list));
        if (*columns == 0) {
            *columns = list->count;
            skip_rule(r);
        }
        skip_lines(r);
    }
    if (*columns == 0)
        return lln_fail(LLN_EFORMAT, "%s: empty, expected a table", r->name);
    return LLN_OK;
}

/* Cuts the text into cells, which point into it. */
static lln_status cut_text(reader *r, char *text, lln_table_data *data)
{
    cell_list list = {0};
    size_t columns = 0;
    lln_status status = read_lines(r, &list, &columns);
    if (status != LLN_OK) {
        free(list.items);
        return status;
    }
    *data = (lln_table_data){columns, list.count / columns - 1, list.items,
                             list.items + columns, text};
    return LLN_OK;
}

lln_status lln_table_read(FILE *in, const char *name, lln_table_data *data)
{
    *data = (lln_table_data){0};
    char *text = NULL;
    lln_status status = read_all(in, name, &text);
    if (status == LLN_OK) {
        reader r = {.name = name, .at = text, .line = 1};
        if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
            r.at += 3; /* byte order mark */
        skip_lines(&r);
        char first = r.at[strspn(r.at, " \t\r\n")];
        status = first == '[' || first == '{'
                     ? lln_table_read_json(r.at, r.line, name, data)
                     : cut_text(&r, text, data);
    }
    if (data->text != text)
        free(text);
    return status;
}

long lln_table_find(const lln_table_data *data, const char *name)
{
    for (size_t i = 0; i < data->columns; i++)
        if (strcmp(data->names[i], name) == 0)
            return (long)i;
    return -1;
}

void lln_table_data_free(lln_table_data *data)
{
    free(data->names);
    free(data->text);
    *data = (lln_table_data){0};
}
