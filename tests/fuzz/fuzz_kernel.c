/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of kernels, such as lln:alpha=2:beta=1.5. Accepted values
 * are those that the table of the kernel allows. */
#include <math.h>

#include "kernel/table/table.h"
#include "text.h"

static bool is_in_range(const lln_range *range, double x)
{
    bool inside = range->excluded ? x > range->low && x < range->high
                                  : x >= range->low && x <= range->high;
    return inside && isfinite(x) && (!range->whole || x == floor(x));
}

static void check_parameter(const lln_kernel_choice *choice, size_t i)
{
    const lln_kernel_parameter *row = &choice->kernel->parameters[i];
    size_t index;
    bool has = choice->given[i] || row->initial;
    require(lln_kernel_parameter_index(choice->kernel, row->name) == (int)i,
            "a parameter that is not found");
    require(lln_kernel_given(choice, row->name) == choice->given[i], "given");
    if (row->words)
        require(!has || lln_kernel_word(choice, row->name, &index) == LLN_OK,
                "a word that is not in the table");
    else
        require(has ? is_in_range(&row->range, choice->number[i])
                    : isnan(choice->number[i]),
                "a number outside of its range");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = text_of(bytes, size);
    lln_kernel_choice choice, again;
    if (is_good(lln_kernel_parse(text, &choice))) {
        for (size_t i = 0; choice.kernel->parameters[i].name; i++)
            check_parameter(&choice, i);
        require(strcmp(choice.text, text) == 0, "another text");
        require(lln_kernel_parse(choice.text, &again) == LLN_OK &&
                    again.kernel == choice.kernel,
                "another kernel at rereading");
    }
    free(text);
    return 0;
}
