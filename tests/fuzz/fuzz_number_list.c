/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of lists of numbers, such as 0.1,0.2:2:10:log. All values
 * are finite and above 0. */
#include <ctype.h>
#include <math.h>

#include "table/number_list.h"
#include "text.h"

/* Large counts only slow the fuzzer down. */
static bool has_long_count(const char *text)
{
    size_t digits = 0;
    for (; *text && digits < 5; text++)
        digits = isdigit((unsigned char)*text) ? digits + 1 : 0;
    return digits == 5 && strchr(text, ':') != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = text_of(bytes, size);
    lln_number_list list = {0};
    if (!has_long_count(text) && is_good(lln_number_list_read(text, &list))) {
        require(list.count > 0 && list.count <= LLN_NUMBER_LIST, "count");
        for (size_t i = 0; i < list.count; i++)
            require(list.values[i] > 0 && isfinite(list.values[i]),
                    "a number that is not positive and finite");
    }
    free(list.values);
    free(text);
    return 0;
}
