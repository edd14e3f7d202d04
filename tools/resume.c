/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listing.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "raw_rows.h"
#include "sources.h"

/* Heads and temperatures whose rows are written together. */
typedef struct {
    size_t head, heads, tau,
        taus; /* first head and temperature, and their numbers */
} unit;

typedef struct {
    const row_groups *groups;
    const row_writer *writer;
    lln_table_style style;
    size_t columns;
    raw_text file;
    raw_text rest, row; /* the current row, and what follows it */
    bool there;         /* there is a current row */
    size_t number;      /* of the current row, from 1 */
    raw_text *cells;    /* [columns] of the current row */
    raw_text *expected; /* [columns]; text NULL: not compared */
    char *text;         /* that `expected` points into */
    const char *kept_to;
    size_t kept_rows, kept_cases;
} resumption;

static const char advice[] =
    "repeat the command that wrote the file, or remove the file to start again";

/* The first missing column that is needed to find the end of the rows of a
 * head; NULL: none is missing. */
static const char *find_missing(const run_plan *plan, const row_writer *writer)
{
    static const char *const telling[] = {"source", "layer", "head", "kernel",
                                          "tau"};
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        size_t column = 0, count = row_writer_columns(writer);
        while (column < count &&
               strcmp(row_writer_name(writer, column), telling[i]) != 0)
            column++;
        if (plan->has_many_rows && column == count)
            return telling[i];
    }
    return NULL;
}

/* Whether all rows are written at the end: with --aggregate head. */
static bool writes_at_end(void)
{
    return run_shared.aggregate && strcmp(run_shared.aggregate, "head") == 0;
}

bool resume_possible(const run_plan *plan, const row_writer *writer)
{
    bool lines = plan->show && !run_shared.format;
    return !lines && run_table_style().format <= LLN_TABLE_NDJSON &&
           !writes_at_end() && !run_shared.fail_below &&
           !run_shared.fail_above && !find_missing(plan, writer);
}

void resume_check(const run_plan *plan, const row_writer *writer,
                  lln_table_style style)
{
    if (!cli_partial_name())
        cli_usage("--resume needs -o FILE: %s is not a regular file",
                  cli_output_name());
    if (style.format > LLN_TABLE_NDJSON)
        cli_usage("--resume cannot be used with --format %s; use csv, tsv, "
                  "json or ndjson",
                  run_shared.format);
    if (writes_at_end())
        cli_usage("--resume cannot be used with --aggregate head: all its rows "
                  "are written at the end");
    const char *missing = find_missing(plan, writer);
    if (missing)
        cli_usage(
            "--resume needs the column %s here, where a head has several rows, "
            "to find the last row of each head; add id to --columns",
            missing);
}

/* Maps FILE.partial; false: there is no such file. The caller unmaps it. */
static bool map_file(const char *name, raw_text *file)
{
    struct stat status;
    int number = open(name, O_RDONLY | O_CLOEXEC);
    if (number < 0 && errno == ENOENT)
        return false;
    if (number < 0 || fstat(number, &status) != 0)
        cli_fail("%s: %s", name, strerror(errno));
    if (!S_ISREG(status.st_mode))
        cli_fail("%s: not a regular file; remove it or use another output",
                 name);
    *file = (raw_text){"", (size_t)status.st_size};
    if (file->size == 0)
        return true;
    file->text = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, number, 0);
    if (file->text == MAP_FAILED)
        cli_fail("%s: %s", name, strerror(errno));
    close(number);
    return true;
}

static FILE *open_text(char **text, size_t *size)
{
    FILE *stream = open_memstream(text, size);
    if (!stream)
        cli_fail("out of memory");
    return stream;
}

static void close_text(FILE *stream)
{
    if (fclose(stream) != 0)
        cli_fail("out of memory");
}

/* The cell of a header or a comment that contains a position. */
static raw_text cell_at(raw_text in, size_t at)
{
    size_t from = at, to = at;
    while (from > 0 && !strchr(",\t\n", in.text[from - 1]))
        from--;
    while (to < in.size && !strchr(",\t\n", in.text[to]))
        to++;
    return (raw_text){in.text + from, to - from};
}

/* Ends the process: at this position, the file first differs from what this
 * command writes. */
__attribute__((noreturn)) static void refuse_start(raw_text file, raw_text mine,
                                                   size_t at)
{
    size_t line = 1;
    raw_text found = cell_at(file, at), wanted = cell_at(mine, at);
    for (size_t i = 0; i < at; i++)
        line += file.text[i] == '\n';
    if (raw_equal(found, wanted)) /* the difference follows the cell */
        cli_fail("%s: line %zu differs from what this command writes; %s",
                 cli_partial_name(), line, advice);
    cli_fail("%s: line %zu: expected '%.*s', found '%.*s'; %s",
             cli_partial_name(), line, (int)wanted.size, wanted.text,
             (int)found.size, found.text, advice);
}

/* Checks that comments and header are those that this command writes. */
static void check_start(resumption *r)
{
    char *text = NULL;
    size_t size = 0, same = 0;
    FILE *stream = open_text(&text, &size);
    if (run_shared.comments)
        run_table_comment(stream, case_set_is_seeded(r->groups->set));
    row_writer_begin(r->writer, stream, run_table_style());
    close_text(stream);
    while (same < size && same < r->file.size &&
           text[same] == r->file.text[same])
        same++;
    if (same < size)
        refuse_start(r->file, (raw_text){text, size}, same);
    free(text);
    r->rest = (raw_text){r->file.text + size, r->file.size - size};
}

/* Reads the next row. Checks the number of its cells and, in JSON, their
 * names. */
static void next_row(resumption *r)
{
    lln_table_format format = r->style.format;
    r->there = raw_next_row(format, &r->rest, &r->row);
    if (!r->there)
        return;
    r->number++;
    size_t count = raw_cut_row(format, r->row, r->cells, r->columns);
    if (count != r->columns)
        cli_fail("%s: row %zu: expected %zu cells, found %zu; %s",
                 cli_partial_name(), r->number, r->columns, count, advice);
    bool named = lln_table_is_json(format);
    for (size_t i = 0; named && i < count; i++)
        if (!raw_has_name(r->cells[i], row_writer_name(r->writer, i)))
            cli_fail("%s: row %zu: expected column %zu to be %s; %s",
                     cli_partial_name(), r->number, i + 1,
                     row_writer_name(r->writer, i), advice);
}

/* Sets the cells that the rows of a head must have: the identity, but not a
 * measured temperature. */
static void expect(resumption *r, const row_identity *identity)
{
    size_t size = 0;
    char *text = NULL;
    lln_table_style style = r->style;
    if (style.format == LLN_TABLE_JSON)
        style.format = LLN_TABLE_NDJSON;
    FILE *stream = open_text(&text, &size);
    row_writer_identify(r->writer, stream, style, identity);
    close_text(stream);
    if (r->groups->set->plan->has_many_rows && r->text &&
        strcmp(text, r->text) == 0)
        cli_fail("--resume: two successive heads, temperatures or kernels have "
                 "the same identity columns; run the command without --resume");
    free(r->text);
    r->text = text;
    raw_cut_row(style.format, (raw_text){text, size}, r->expected, r->columns);
    for (size_t i = 0; i < r->columns; i++) {
        bool tau = strcmp(row_writer_name(r->writer, i), "tau") == 0;
        if (!row_writer_identifies(r->writer, i) || (tau && !run_shared.tau))
            r->expected[i].text = NULL;
    }
}

/* The first column in which the current row differs from what is expected. */
static size_t find_difference(const resumption *r)
{
    size_t i = 0;
    while (i < r->columns &&
           (!r->expected[i].text || raw_equal(r->expected[i], r->cells[i])))
        i++;
    return i;
}

__attribute__((noreturn)) static void refuse_row(const resumption *r)
{
    size_t i = find_difference(r);
    raw_text found = raw_value(r->style.format, r->cells[i]);
    raw_text wanted = raw_value(r->style.format, r->expected[i]);
    cli_fail("%s: row %zu: %s: expected %.*s, found %.*s; %s",
             cli_partial_name(), r->number, row_writer_name(r->writer, i),
             (int)wanted.size, wanted.text, (int)found.size, found.text,
             advice);
}

static row_identity identify(const case_set *set, size_t head, double tau)
{
    lln_head described = {0};
    set->heads.describe(&set->heads, head, &described);
    return case_identify(set, &described, tau);
}

/* The common identity of the heads in a unit. */
static row_identity identify_unit(const case_set *set, const unit *u,
                                  double tau)
{
    row_identity all = identify(set, u->head, tau);
    for (size_t i = 1; i < u->heads; i++) {
        row_identity next = identify(set, u->head + i, tau);
        groups_merge(&all, &next);
    }
    return all;
}

/* The unit that begins with a case of the run. */
static unit unit_at(const row_groups *groups, size_t item)
{
    const case_set *set = groups->set;
    size_t heads = set->heads.count, taus = set->taus.count;
    if (groups->kind == GROUP_TRIALS)
        return (unit){0, heads, item / heads, 1};
    if (groups->kind == GROUP_HEAD)
        return (unit){item / taus, 1, item % taus, 1};
    unit u = {item / taus, 1, 0, taus};
    row_identity first = identify(set, u.head, NAN);
    for (; u.head + u.heads < heads; u.heads++) {
        row_identity next = identify(set, u.head + u.heads, NAN);
        if (!groups_share_row(groups, &first, &next))
            break;
    }
    return u;
}

/* Skips the rows of a head; false: it has no rows here. If a head may have no
 * rows, what follows it is measured again. */
static bool pass_rows(resumption *r, const row_identity *identity)
{
    const run_plan *plan = r->groups->set->plan;
    size_t count = 0;
    expect(r, identity);
    while (r->there && (count == 0 || plan->has_many_rows) &&
           find_difference(r) == r->columns) {
        next_row(r);
        count++;
    }
    if (count == 0 && r->there &&
        !(plan->rows_depend_on_head && r->kept_cases > 0))
        refuse_row(r);
    return count > 0;
}

static bool pass_unit(resumption *r, const unit *u)
{
    const case_set *set = r->groups->set;
    for (size_t t = u->tau; t < u->tau + u->taus; t++) {
        double tau = set->taus.values[t];
        row_identity all = identify_unit(set, u, tau);
        for (size_t k = 0; k < set->kernels.count; k++) {
            row_identity row =
                groups_identify(r->groups, &all, u->heads, tau, k);
            if (!pass_rows(r, &row))
                return false;
        }
    }
    return true;
}

/* Skips complete units. If a head may have several rows, their number is not
 * known: the last head of the file is measured again, in case its rows were cut
 * off. */
static void pass_units(resumption *r)
{
    const case_set *set = r->groups->set;
    size_t cases = set->heads.count * set->taus.count, item = 0;
    r->kept_to = r->file.text;
    while (r->there && item < cases) {
        unit u = unit_at(r->groups, item);
        if (!pass_unit(r, &u) || (set->plan->has_many_rows && !r->there))
            return;
        item += u.heads * u.taus;
        r->kept_cases = item;
        r->kept_rows = r->there ? r->number - 1 : r->number;
        r->kept_to = r->there ? r->row.text : r->rest.text;
    }
    if (r->there)
        cli_fail("%s: row %zu: expected no more rows; %s", cli_partial_name(),
                 r->number, advice);
}

/* The size of what is kept. In JSON, the text between two rows is written with
 * the second row. */
static size_t kept_size(const resumption *r)
{
    size_t size = (size_t)(r->kept_to - r->file.text);
    while (r->style.format == LLN_TABLE_JSON && size > 0 &&
           r->file.text[size - 1] != '}')
        size--;
    return size;
}

size_t resume_copy(const row_groups *groups, FILE *out)
{
    resumption r = {.groups = groups, .writer = groups->writer};
    if (!map_file(cli_partial_name(), &r.file))
        return 0;
    cli_replaces_partial();
    r.style = run_table_style();
    r.style.header = false;
    r.columns = row_writer_columns(r.writer);
    r.cells = cli_alloc(r.columns, sizeof *r.cells);
    r.expected = cli_alloc(r.columns, sizeof *r.expected);
    check_start(&r);
    next_row(&r);
    if (r.style.format == LLN_TABLE_NDJSON && r.rest.size > 0 && !r.there &&
        r.rest.text[0] != '{')
        refuse_start(r.file, (raw_text){"{", 1}, 0);
    pass_units(&r);
    if (r.kept_cases > 0) {
        fwrite(r.file.text, 1, kept_size(&r), out);
        row_writer_continue(groups->writer, r.kept_rows);
    }
    if (r.file.size > 0)
        munmap((void *)(uintptr_t)r.file.text, r.file.size);
    free(r.cells);
    free(r.expected);
    free(r.text);
    return r.kept_cases;
}
