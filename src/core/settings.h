/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A word and its parameters, as users write them: word[:flag][:name=value]...
 */
#ifndef LLN_CORE_SETTINGS_H
#define LLN_CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/number.h"
#include "core/status.h"

enum { LLN_SETTING_TEXT = 64 }; /* bytes of a word or of a value that is text */

typedef enum {
    LLN_SETTING_NUMBER,
    LLN_SETTING_WORD, /* one of a few */
    LLN_SETTING_FLAG, /* has no value */
    LLN_SETTING_FREE  /* any text */
} lln_setting_kind;

/* A parameter that may be given. */
typedef struct {
    const char *name;
    lln_setting_kind kind;
    lln_range range;          /* of a number */
    const char *const *words; /* ended by NULL */
} lln_setting_row;

/* The words that such a text can begin with, ended by NULL, and the parameters
 * that may follow, ended by a row without a name. */
typedef struct {
    const char *const *words;
    const lln_setting_row *rows;
    const unsigned *takes; /* by word: bit i is set if row i may follow */
} lln_setting_form;

/* What was given for it. */
typedef struct {
    bool given;
    double number;               /* NaN: not given */
    size_t word;                 /* index in `words`; 0: not given */
    char text[LLN_SETTING_TEXT]; /* as written */
} lln_setting;

/* Reads a text such as "half:theta=1e6" by a table `rows`, ended by a row
 * without a name: the first word into word [LLN_SETTING_TEXT], and the
 * parameters into values, one for each row. LLN_EINVAL: an unknown parameter
 * (the message lists those that there are), one given twice, or a value that
 * the row does not allow; the message quotes the text. */
LLN_NODISCARD lln_status lln_settings_read(const char *text,
                                           const lln_setting_row *rows,
                                           char *word, lln_setting *values);

/* Writes the words of a list, ended by NULL, to text [size]: "rms, l2". */
void lln_settings_list(const char *const *words, char *text, size_t size);

#endif
