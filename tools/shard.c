/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shard.h"

#include <stdlib.h>
#include <string.h>

#include "heads/several.h"
#include "message.h"
#include "options.h"

static const double MOST_SHARDS = 1e9;

/* Reads I and COUNT; false: the text has another form. */
static bool read_shard(size_t *index, size_t *count)
{
    double i = 0, shards = 0;
    char *text = cli_copy(run_shared.shard), *end = strchr(text, '/');
    lln_range range = {1, MOST_SHARDS, true, false};
    bool good = false;
    if (end) {
        *end = '\0';
        good = lln_number_read(end + 1, &range, &shards) == LLN_NUMBER;
        range.high = shards;
        good = good && lln_number_read(text, &range, &i) == LLN_NUMBER;
    }
    free(text);
    *index = (size_t)i;
    *count = (size_t)shards;
    return good;
}

void shard_check(void)
{
    size_t index, count;
    if (run_shared.shard && !read_shard(&index, &count))
        cli_usage("--shard: expected I/COUNT, two whole numbers with I from 1 "
                  "to COUNT, found '%s'",
                  run_shared.shard);
}

void shard_take(lln_heads *heads)
{
    size_t index, count;
    if (run_shared.shard && read_shard(&index, &count))
        cli_check(lln_heads_every(heads, index - 1, count, heads));
}

size_t shard_index(size_t kept)
{
    size_t index, count;
    bool some = run_shared.shard && read_shard(&index, &count);
    return some ? index - 1 + kept * count : kept;
}

bool shard_has(size_t index)
{
    size_t first, count;
    bool some = run_shared.shard && read_shard(&first, &count);
    return !some || index % count == first - 1;
}
