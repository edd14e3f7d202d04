/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Descriptions of kernels, the choice of a kernel, and the values of its
 * parameters. Example: "lln:alpha=2:beta=1.5" is the choice of kernel lln with
 * two values given; its other parameters have their defaults. table/table.h
 * lists the kernels and parses such texts. */
#ifndef LLN_KERNEL_PARAMETERS_H
#define LLN_KERNEL_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/number.h"
#include "kernel/attention.h"

enum {
    LLN_KERNEL_PARAMETERS = 8,
    LLN_KERNEL_ARRAYS = 3,
    LLN_KERNEL_SHAPES = 3, /* of one array */
    LLN_KERNEL_TEXT = 128
};

/* Properties of P that do not depend on queries and keys. */
typedef enum {
    LLN_KERNEL_SUMS_TO_ONE = 1, /* rows sum to 1 */
    LLN_KERNEL_SIGNED = 2,      /* entries may be negative */
    LLN_KERNEL_RANDOM = 4,      /* drawn at random: depends on seed and draw */
    /* Rows sum to 1 if neither parameters nor arrays are given. */
    LLN_KERNEL_SUMS_BY_DEFAULT = 8,
    /* P_ij = A_ij / sum_l A_il, where A_ij does not change if other tokens are
     * removed; not in the form that `variant` selects. */
    LLN_KERNEL_PAIRS = 16,
    /* P_ij / sum_l P_il does not change if a query is multiplied by a positive
     * number. */
    LLN_KERNEL_NORM_FREE = 32,
    /* Rows sum to at most 1, and the rest is the weight of one more outcome. */
    LLN_KERNEL_OUTSIDE = 64,
} lln_kernel_property;

/* A parameter: a number in a range, or one of a few words. */
typedef struct {
    const char *name, *summary;
    const char *initial;      /* default as text; NULL: none */
    lln_range range;          /* of numbers */
    const char *const *words; /* allowed words, ended by NULL; NULL: a number */
} lln_kernel_parameter;

typedef struct lln_kernel_choice lln_kernel_choice;

/* An array given to a kernel in addition to the head, with its name. */
typedef struct {
    const char *name;
    lln_matrix values;
} lln_kernel_array;

/* Rows and columns of an array: "n" queries, "m" keys, "d" features, "1", or
 * the name of a parameter. The last means the value of the parameter or, if it
 * was not given, any size that is the same for all arrays of the kernel. */
typedef struct {
    const char *rows, *columns;
} lln_kernel_shape;

/* An array that a kernel can take. Without it, the kernel uses its parameters
 * or draws random numbers. */
typedef struct {
    const char *name;
    lln_kernel_shape shapes[LLN_KERNEL_SHAPES + 1]; /* ended by NULL */
    const char *unit; /* its content, or what it replaces */
    bool finite;      /* infinite values are errors */
    const char *with; /* another array that must accompany it; NULL: none */
    /* Computes the number of columns if its text in `shapes` is none of the
     * above. */
    size_t (*columns)(const lln_kernel_choice *choice, const lln_head *head);
} lln_kernel_array_row;

typedef struct {
    const char *name, *summary, *reference;
    const char *rank;    /* of P, in words: "d", "full", "2 d" */
    unsigned properties; /* of lln_kernel_property */
    unsigned honours;    /* parts of the head's rule that it supports, of
                            lln_rule_honours */
    const char *variant; /* parameter that selects another form of the kernel,
                            which supports variant_honours; NULL: none */
    unsigned variant_honours;
    lln_kernel_array_row arrays[LLN_KERNEL_ARRAYS + 1]; /* ended by NULL */
    bool takes_alpha_beta; /* moment matching can set its alpha and beta */
    lln_kernel_parameter parameters[LLN_KERNEL_PARAMETERS + 1];
    /* Reports values that contradict each other; NULL: none can. Called when a
     * choice is parsed. */
    lln_status (*check)(const lln_kernel_choice *choice);
    /* Opens the attention of `head`. It may keep pointers to the head and to
     * the arrays of the choice. Called by lln_kernel_open, which has checked
     * that the kernel supports the rule of the head. */
    lln_status (*open)(const lln_kernel_choice *choice, const lln_head *head,
                       lln_attention *attention);
} lln_kernel;

/* A kernel and the values of its parameters, in the order of its table; NaN if
 * a number was not given. The caller sets seed, draw and arrays after
 * parsing. */
struct lln_kernel_choice {
    const lln_kernel *kernel;
    char text[LLN_KERNEL_TEXT]; /* as the user wrote it */
    double number[LLN_KERNEL_PARAMETERS];
    char word[LLN_KERNEL_PARAMETERS][LLN_KERNEL_TEXT];
    bool given[LLN_KERNEL_PARAMETERS]; /* by the user */
    uint64_t seed;                     /* of random kernels */
    uint32_t draw; /* index of the draw, below LLN_RANDOM_STREAMS */
    const lln_kernel_array *arrays; /* [array_count] */
    size_t array_count;
};

/* Index of a parameter of the kernel; -1 if it has no such parameter. */
int lln_kernel_parameter_index(const lln_kernel *kernel, const char *name);

/* Whether the user gave a value to the parameter; false also if the kernel has
 * no such parameter. */
bool lln_kernel_given(const lln_kernel_choice *choice, const char *name);

/* The functions below return LLN_EINVAL if the kernel has no parameter of that
 * name and type, which is an error in the kernel. */

/* The value of a number. LLN_EINVAL: it was not given and has no default. */
LLN_NODISCARD lln_status lln_kernel_real(const lln_kernel_choice *choice,
                                         const char *name, double *value);

/* The same for a whole number. */
LLN_NODISCARD lln_status lln_kernel_count(const lln_kernel_choice *choice,
                                          const char *name, size_t *value);

/* The same, but `initial` if it was not given. */
LLN_NODISCARD lln_status lln_kernel_real_or(const lln_kernel_choice *choice,
                                            const char *name, double initial,
                                            double *value);
LLN_NODISCARD lln_status lln_kernel_count_or(const lln_kernel_choice *choice,
                                             const char *name, size_t initial,
                                             size_t *value);

/* The index of the parameter's value in its list of words. */
LLN_NODISCARD lln_status lln_kernel_word(const lln_kernel_choice *choice,
                                         const char *name, size_t *index);

/* Sets a number to a computed value, which is not checked. */
LLN_NODISCARD lln_status lln_kernel_set(lln_kernel_choice *choice,
                                        const char *name, double value);

/* The parts of a rule that the choice supports, of lln_rule_honours. */
unsigned lln_kernel_honours(const lln_kernel_choice *choice);

/* The first part of the rule that the kernel does not support; NULL: none. The
 * second function reports it: LLN_EINVAL. */
const lln_rule_part *lln_kernel_find_refused(const lln_kernel_choice *choice,
                                             const lln_logit_rule *rule);
LLN_NODISCARD lln_status lln_kernel_check_rule(const lln_kernel_choice *choice,
                                               const lln_logit_rule *rule);

/* For kernels that add a mask of their own. LLN_EINVAL: the mask hides keys,
 * and there are more queries than keys. */
LLN_NODISCARD lln_status lln_kernel_check_mask(const lln_kernel_choice *choice,
                                               const lln_head *head);

/* Upper limit of parameters that count tokens. */
#define LLN_MOST_TOKENS ((size_t)1 << 40)

#endif
