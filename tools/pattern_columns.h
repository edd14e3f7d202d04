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

#define PATTERN_OPTION_NAMES "token-ids", "pattern"

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
/* That of previous_mass, which where_columns.h has. */
#define PATTERN_PREVIOUS_GROUP "where " PATTERN_GROUP
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

/* A pass that measures them. */
typedef struct pattern_pass pattern_pass;

/* Opens what the passes of the case ask for, for its `count` rows. *pass is
 * NULL if they ask for nothing. Release it with pattern_columns_close. */
LLN_NODISCARD lln_status pattern_columns_open(const run_case *c,
                                              const lln_attention *attention,
                                              size_t count,
                                              pattern_pass **pass);

/* What measures the panels of an open pass. */
lln_panel_visitor pattern_columns_visitor(const pattern_pass *pass);

/* NULL is legal. */
void pattern_columns_close(pattern_pass *pass);

/* After the pass: sets the values of the head; `error`, unless NULL, receives
 * the errors of drawn rows. NULL is a legal pass. */
LLN_NODISCARD lln_status pattern_columns_fill(const pattern_pass *pass,
                                              pattern_record *out,
                                              pattern_record *error);

/* Sets those of row `index`. */
LLN_NODISCARD lln_status pattern_columns_fill_row(const pattern_pass *pass,
                                                  size_t index,
                                                  pattern_record *out);

#endif
