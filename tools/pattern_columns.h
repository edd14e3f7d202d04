/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Columns of lln-entropy about patterns of tokens: --token-ids and
 * --pattern. */
#ifndef LLN_TOOLS_PATTERN_COLUMNS_H
#define LLN_TOOLS_PATTERN_COLUMNS_H

#include "cli.h"
#include "columns.h"
#include "measure/patterns.h"
#include "plan.h"

extern const char *pattern_token_ids, *pattern_file; /* NULL: not given */

/* The rows of the options in the table of the tool. */
#define PATTERN_OPTIONS                                                        \
    {"token-ids",                                                              \
     0,                                                                        \
     CLI_TEXT,                                                                 \
     "FILE",                                                                   \
     "file with the id of each token; print the mass on duplicate and "        \
     "induction keys",                                                         \
     &pattern_token_ids,                                                       \
     0,                                                                        \
     0,                                                                        \
     false},                                                                   \
    {                                                                          \
        "pattern", 0, CLI_TEXT, "FILE[:KEY]",                                  \
            "array of booleans or numbers for each query and key; print the "  \
            "mass on them",                                                    \
            &pattern_file, 0, 0, false                                         \
    }

/* A pass in the bits of the tool's columns. */
#define PASS_PATTERNS (1u << 10)

typedef struct {
    lln_pattern_mass of[LLN_PATTERNS];
} pattern_record;

#define PATTERN_GROUP "patterns"
#define PATTERN_COLUMNS_OF(record, field, pattern, name)                       \
    RECORD_REAL(record, field.of[pattern].mass, name "_mass", PATTERN_GROUP,   \
                PASS_PATTERNS),                                                \
        PATTERN_SHARES(record, field, pattern, name)
#define PATTERN_SHARES(record, field, pattern, name)                           \
    RECORD_REAL(record, field.of[pattern].rows, name "_rows", PATTERN_GROUP,   \
                PASS_PATTERNS),                                                \
        RECORD_REAL(record, field.of[pattern].uniform, name "_mass_uniform",   \
                    PATTERN_GROUP, PASS_PATTERNS)

/* The columns of a record that has a pattern_record. */
#define PATTERN_COLUMNS(record, field)                                         \
    PATTERN_COLUMNS_OF(record, field, LLN_PATTERN_DUPLICATE, "duplicate"),     \
        PATTERN_COLUMNS_OF(record, field, LLN_PATTERN_INDUCTION, "induction"), \
        PATTERN_SHARES(record, field, LLN_PATTERN_PREVIOUS, "previous"),       \
        PATTERN_COLUMNS_OF(record, field, LLN_PATTERN_GIVEN, "pattern")

/* A row of --per-row. */
#define PATTERN_ROW_COLUMNS(record, field)                                     \
    RECORD_REAL(record, field.of[LLN_PATTERN_DUPLICATE].mass,                  \
                "duplicate_mass", PATTERN_GROUP, PASS_PATTERNS),               \
        RECORD_REAL(record, field.of[LLN_PATTERN_INDUCTION].mass,              \
                    "induction_mass", PATTERN_GROUP, PASS_PATTERNS),           \
        RECORD_REAL(record, field.of[LLN_PATTERN_GIVEN].mass, "pattern_mass",  \
                    PATTERN_GROUP, PASS_PATTERNS)

/* Puts columns among the default ones if their option was given, and removes
 * those that need an option that was not. */
void pattern_columns_choose(record_column *columns);

/* Lets messages name the option that a missing column needs. */
void pattern_columns_refuse(void);

/* For run_plan.check_heads: reads the files and ends the process unless they
 * go with all heads. */
void pattern_columns_check(const lln_heads *heads);

/* Measures what the passes of the case ask for. */
LLN_NODISCARD lln_status pattern_columns_measure(const run_case *c,
                                                 lln_attention *attention,
                                                 pattern_record *out,
                                                 pattern_record *error);

/* The same for each of its rows [count]: out has `stride` bytes from one to
 * the next. */
LLN_NODISCARD lln_status pattern_columns_rows(const run_case *c,
                                              lln_attention *attention,
                                              size_t count, pattern_record *out,
                                              size_t stride);

#endif
