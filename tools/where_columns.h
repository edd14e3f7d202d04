/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The groups where and shape of lln-entropy: their columns, options and
 * measuring functions. */
#ifndef LLN_TOOLS_WHERE_COLUMNS_H
#define LLN_TOOLS_WHERE_COLUMNS_H

#include <math.h>

#include "cli.h"
#include "measure/shape.h"
#include "measure/where.h"
#include "pattern_columns.h"
#include "plan.h"

/* Passes in the bits of the tool's columns. */
#define PASS_WHERE (1u << 20) /* masses and mean distances of rows */
#define PASS_WHERE_COLUMNS (1u << 21)
#define PASS_WHERE_MEDIAN (1u << 22)
#define PASS_WHERE_GRID (1u << 23)
#define PASS_SHAPE (1u << 24)

#define WHERE_ANY                                                              \
    (PASS_WHERE | PASS_WHERE_COLUMNS | PASS_WHERE_MEDIAN | PASS_WHERE_GRID)

#define WHERE_GROUP "where"
#define SHAPE_GROUP "shape"
#define GRID_GROUP "grid " WHERE_GROUP

/* Values of the options. */
typedef struct {
    size_t local, prefix;
    const char *grid; /* HxW; NULL: none */
    double sink_threshold, clip;
} where_options;
extern where_options where_asked;

enum { WHERE_MOST = 1 << 30 };

#define WHERE_OPTION_NAMES                                                     \
    "local", "sink-threshold", "grid", "prefix-tokens", "qk-clip"

/* The rows of the options in the table of a tool. */
#define WHERE_OPTIONS                                                          \
    {"local",                                                                  \
     0,                                                                        \
     CLI_COUNT,                                                                \
     "W",                                                                      \
     "keys closer than W tokens count for local_mass, others for "             \
     "distant_mass (64)",                                                      \
     &where_asked.local,                                                       \
     1,                                                                        \
     WHERE_MOST,                                                               \
     false},                                                                   \
        {"sink-threshold",                                                     \
         0,                                                                    \
         CLI_REAL,                                                             \
         "X",                                                                  \
         "sink_mass above which sink_rate and --summary count a head (0.3)",   \
         &where_asked.sink_threshold,                                          \
         0,                                                                    \
         1,                                                                    \
         false},                                                               \
        {"grid",                                                               \
         0,                                                                    \
         CLI_TEXT,                                                             \
         "HxW",                                                                \
         "tokens are the H x W patches of an image, row by row; adds columns " \
         "of distances in patches",                                            \
         &where_asked.grid,                                                    \
         0,                                                                    \
         0,                                                                    \
         false},                                                               \
        {"prefix-tokens",                                                      \
         0,                                                                    \
         CLI_COUNT,                                                            \
         "T",                                                                  \
         "tokens before those of --grid, such as a class token (0)",           \
         &where_asked.prefix,                                                  \
         0,                                                                    \
         WHERE_MOST,                                                           \
         false},                                                               \
    {                                                                          \
        "qk-clip", 0, CLI_REAL, "T",                                           \
            "largest logit that qk_clip_factor allows (100)",                  \
            &where_asked.clip, 0, HUGE_VAL, true                               \
    }

/* Values of a head. */
typedef struct {
    lln_where where;
    double sink_rate;
    lln_shape shape;
} where_record;

/* A column of a member of the record, in its group and pass. */
#define WHERE_COLUMN(r, field, name)                                           \
    RECORD_REAL(r, field, name, WHERE_GROUP, PASS_WHERE)
#define GRID_COLUMN(r, field, name)                                            \
    RECORD_REAL(r, field, name, GRID_GROUP, PASS_WHERE_GRID)
#define SHAPE_COLUMN(r, field, name)                                           \
    RECORD_REAL(r, field, name, SHAPE_GROUP, PASS_SHAPE)
/* The largest column and its key, which has no _se, _min and so on. */
#define LARGEST_COLUMN(r, field, name)                                         \
    RECORD_REAL(r, field##_max, name "_max", WHERE_GROUP, PASS_WHERE_COLUMNS), \
    {                                                                          \
        name "_key", LLN_CELL_REAL, offsetof(r, field##_key), WHERE_GROUP,     \
            PASS_WHERE_COLUMNS, true, false                                    \
    }

/* Columns that both heads and rows have, of an lln_where or lln_where_row and
 * of an lln_shape. */
#define WHERE_COMMON_COLUMNS(r, where)                                         \
    WHERE_COLUMN(r, where.self_mass, "self_mass"),                             \
        RECORD_REAL(r, where.previous_mass, "previous_mass",                   \
                    PATTERN_PREVIOUS_GROUP, PASS_WHERE),                       \
        WHERE_COLUMN(r, where.local_mass, "local_mass"),                       \
        WHERE_COLUMN(r, where.distant_mass, "distant_mass"),                   \
        WHERE_COLUMN(r, where.distance_mean, "distance_mean"),                 \
        RECORD_REAL(r, where.distance_median, "distance_median", WHERE_GROUP,  \
                    PASS_WHERE_MEDIAN),                                        \
        GRID_COLUMN(r, where.prefix_mass, "prefix_mass"),                      \
        GRID_COLUMN(r, where.grid_distance_mean, "grid_distance_mean")
#define SHAPE_COMMON_COLUMNS(r, shape)                                         \
    SHAPE_COLUMN(r, shape.varentropy, "varentropy"),                           \
        SHAPE_COLUMN(r, shape.renyi2, "renyi2_nats"),                          \
        SHAPE_COLUMN(r, shape.min_logit, "min_logit"),                         \
        SHAPE_COLUMN(r, shape.logit_sd, "logit_sd"),                           \
        SHAPE_COLUMN(r, shape.logit_rms, "logit_rms")

#define WHERE_COLUMNS(r, f)                                                    \
    WHERE_COLUMN(r, f.where.sink_mass, "sink_mass"),                           \
        WHERE_COLUMN(r, f.where.sink_mass_uniform, "sink_mass_uniform"),       \
        WHERE_COLUMN(r, f.where.sink_rows, "sink_rows"),                       \
        WHERE_COLUMN(r, f.sink_rate, "sink_rate"),                             \
        LARGEST_COLUMN(r, f.where.column_share, "column_share"),               \
        LARGEST_COLUMN(r, f.where.column_mass, "column_mass"),                 \
        WHERE_COMMON_COLUMNS(r, f.where),                                      \
        GRID_COLUMN(r, f.where.grid_distance_median, "grid_distance_median"),  \
        SHAPE_COMMON_COLUMNS(r, f.shape),                                      \
        SHAPE_COLUMN(r, f.shape.qk_clip_factor, "qk_clip_factor")

/* A row of --per-row. */
typedef struct {
    lln_where_row where;
    lln_shape shape;
} where_row_record;

#define WHERE_ROW_COLUMNS(r, f)                                                \
    WHERE_COLUMN(r, f.where.sink_mass, "sink_mass"),                           \
        WHERE_COMMON_COLUMNS(r, f.where), SHAPE_COMMON_COLUMNS(r, f.shape)

/* Reads and checks the options. Ends the process on bad usage. */
void where_read(void);

/* Puts the columns of --grid among the default ones if it was given. */
void where_choose(record_column *columns);

/* The statistics of rows that the passes need, as for lln_rows_measure. */
unsigned where_needs(unsigned passes);

/* Opens the sums that the passes of the case ask for, which lln_where_visit
 * fills; *sums is NULL if they ask for none. per_row: medians of rows. Release
 * them with lln_where_close. */
LLN_NODISCARD lln_status where_open(const run_case *c,
                                    const lln_attention *attention,
                                    bool per_row, lln_where_sums **sums);

/* Sets the values of a head from its sums, or NULL, and its measured rows;
 * `error`, unless NULL, receives the errors of drawn rows. */
LLN_NODISCARD lln_status where_fill(const run_case *c,
                                    const lln_attention *attention,
                                    lln_where_sums *sums, const lln_row *rows,
                                    size_t count, where_record *out,
                                    where_record *error);

/* Sets those of row `index`. */
void where_fill_row(const run_case *c, const lln_attention *attention,
                    const lln_where_sums *sums, const lln_row *rows,
                    size_t index, where_row_record *out);

#endif
