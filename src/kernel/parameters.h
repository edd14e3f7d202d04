/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a kernel is, the choice of one, and the values that its parameters
 * have in that choice. Kernels use this; kernel/table/table.h lists them. */
#ifndef LLN_KERNEL_PARAMETERS_H
#define LLN_KERNEL_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/number.h"
#include "kernel/attention.h"

enum {
    LLN_KERNEL_PARAMETERS = 8,
    LLN_KERNEL_ARRAYS = 2,
    LLN_KERNEL_SHAPES = 3, /* of one array */
    LLN_KERNEL_TEXT = 128
};

/* What is true of P whatever the queries and keys are. */
typedef enum {
    LLN_KERNEL_SUMS_TO_ONE = 1, /* rows do */
    LLN_KERNEL_SIGNED = 2,      /* entries may be negative */
    LLN_KERNEL_RANDOM = 4,      /* drawn: depends on the seed and the draw */
    LLN_KERNEL_SUMS_BY_DEFAULT = 8, /* rows sum to 1 with the parameters not
                                        given and no arrays */
} lln_kernel_property;

/* A parameter, whose value is a number of a range or one of a few words. */
typedef struct {
    const char *name, *summary;
    const char *initial;      /* default value as text; NULL: none */
    lln_range range;          /* of a number */
    const char *const *words; /* ended by NULL; NULL: it is a number */
} lln_kernel_parameter;

typedef struct lln_kernel_choice lln_kernel_choice;

/* An array given to a kernel beside the head, under a name. */
typedef struct {
    const char *name;
    lln_matrix values;
} lln_kernel_array;

/* Sizes of an array: "n" queries, "m" keys, "d" features, "1", or the name of
 * a parameter: its value, or any size if it was not given, but the same for
 * all arrays of the kernel. */
typedef struct {
    const char *rows, *columns;
} lln_kernel_shape;

/* An array that a kernel can take; without it the kernel uses its parameters
 * or draws random numbers. */
typedef struct {
    const char *name;
    lln_kernel_shape shapes[LLN_KERNEL_SHAPES + 1]; /* ended by NULL */
    const char *unit; /* what it holds, or takes the place of */
    bool finite;      /* infinite numbers are refused */
    const char *with; /* another array, needed if this one is given; NULL */
    /* Number of columns, if the text in `shapes` is none of the above. */
    size_t (*columns)(const lln_kernel_choice *choice, const lln_head *head);
} lln_kernel_array_row;

typedef struct {
    const char *name, *summary, *reference;
    const char *rank;    /* of P, in words: "d", "full", "2 d" */
    unsigned properties; /* of lln_kernel_property */
    unsigned honours;    /* of lln_rule_honours: parts of the head's rule */
    const char *variant; /* parameter that makes another form of the kernel,
                            which honours variant_honours; NULL: none */
    unsigned variant_honours;
    lln_kernel_array_row arrays[LLN_KERNEL_ARRAYS + 1]; /* ended by NULL */
    bool takes_alpha_beta; /* its strength can be set by moment matching */
    lln_kernel_parameter parameters[LLN_KERNEL_PARAMETERS + 1];
    /* Refuses values that contradict each other; NULL: none do. Called when
     * the choice is read. */
    lln_status (*check)(const lln_kernel_choice *choice);
    /* The attention of `head`; it may keep pointers into the head and into
     * the arrays of the choice. Called through lln_kernel_open, which has
     * checked the rule of the head against what the kernel honours. */
    lln_status (*open)(const lln_kernel_choice *choice, const lln_head *head,
                       lln_attention *attention);
} lln_kernel;

/* A kernel and the values of its parameters, in the table's order; NaN where
 * a number was not given. Seed, draw and arrays are set by the caller after
 * parsing, for kernels that need them. */
struct lln_kernel_choice {
    const lln_kernel *kernel;
    char text[LLN_KERNEL_TEXT]; /* as written by the user */
    double number[LLN_KERNEL_PARAMETERS];
    char word[LLN_KERNEL_PARAMETERS][LLN_KERNEL_TEXT];
    bool given[LLN_KERNEL_PARAMETERS]; /* by the user */
    uint64_t seed;                     /* of random features */
    uint32_t draw; /* number of the draw, below LLN_RANDOM_STREAMS */
    const lln_kernel_array *arrays; /* [array_count] */
    size_t array_count;
};

/* Position of a parameter of the chosen kernel; -1: it has none such. */
int lln_kernel_parameter_index(const lln_kernel *kernel, const char *name);

/* Whether the user gave the parameter a value; false too if the kernel has no
 * such parameter. */
bool lln_kernel_given(const lln_kernel_choice *choice, const char *name);

/* The functions below return LLN_EINVAL if the kernel has no such parameter,
 * or none of that type: an error in the kernel. */

/* The value of a number. LLN_EINVAL: it has no default and was not given. */
LLN_NODISCARD lln_status lln_kernel_real(const lln_kernel_choice *choice,
                                         const char *name, double *value);

/* Likewise, of a whole number. */
LLN_NODISCARD lln_status lln_kernel_count(const lln_kernel_choice *choice,
                                          const char *name, size_t *value);

/* The same, but `initial` where it was not given. */
LLN_NODISCARD lln_status lln_kernel_real_or(const lln_kernel_choice *choice,
                                            const char *name, double initial,
                                            double *value);
LLN_NODISCARD lln_status lln_kernel_count_or(const lln_kernel_choice *choice,
                                             const char *name, size_t initial,
                                             size_t *value);

/* Which of its words the value of a parameter is. */
LLN_NODISCARD lln_status lln_kernel_word(const lln_kernel_choice *choice,
                                         const char *name, size_t *index);

/* Gives a number a value that was found, not read; not checked. */
LLN_NODISCARD lln_status lln_kernel_set(lln_kernel_choice *choice,
                                        const char *name, double value);

/* The first part of the rule that the chosen kernel does not honour; NULL:
 * none. And the same with a message: LLN_EINVAL: there is one. */
const lln_rule_part *lln_kernel_find_refused(const lln_kernel_choice *choice,
                                             const lln_logit_rule *rule);
LLN_NODISCARD lln_status lln_kernel_check_rule(const lln_kernel_choice *choice,
                                               const lln_logit_rule *rule);

/* For kernels that bring a mask of their own. LLN_EINVAL: the mask hides keys,
 * and there are more queries than keys. */
LLN_NODISCARD lln_status lln_kernel_check_mask(const lln_kernel_choice *choice,
                                               const lln_head *head);

/* The largest number of tokens that a parameter can name. */
#define LLN_MOST_TOKENS ((size_t)1 << 40)

#endif
