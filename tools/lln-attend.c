/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-attend: applies attention to values. */

#include "against.h"
#include "attend.h"
#include "block_maps.h"
#include "command.h"
#include "compare.h"
#include "measure/fidelity.h"
#include "measure/row_top.h"
#include "message.h"
#include "options.h"
#include "pairs.h"
#include "write_heads.h"

static struct {
    const char *compare, *write_heads;
    bool write_p;
    size_t top;
} options = {.top = 10};

static const cli_option option_table[] = {
    {"compare", 0, CLI_TEXT, "REFERENCE",
     "print how close each kernel is to the kernel REFERENCE, instead of "
     "writing arrays",
     &options.compare, 0, 0, false},
    AGAINST_OPTION("print how close each head is to the same head of FILE, "
                   "instead of writing arrays"),
    {"pairs", 0, CLI_TEXT, "heads|layers",
     "print how close each head is to each head of its layer, or to the head "
     "with its number in each layer, instead of writing arrays",
     &run_shared.pairs, 0, 0, false},
    {"top", 0, CLI_COUNT, "K",
     "with --compare, --against and --pairs, number of top keys of each row to "
     "compare (10)",
     &options.top, 1, LLN_ROW_TOP, false},
    {"write-heads", 0, CLI_TEXT, "FILE",
     "write queries and keys as they enter the logits, and values, to FILE "
     "instead of the output O",
     &options.write_heads, 0, 0, false},
    {"write-p", 0, CLI_FLAG, NULL,
     "with --write-heads, also write P of one kernel (softmax)",
     &options.write_p, 0, 0, false},
    BLOCK_MAPS_OPTIONS,
    {"v", 0, CLI_TEXT, "FILE[:KEY]",
     "read values from this file instead of FILE; needs --q and --k",
     &run_shared.v, 0, 0, false},
    {"key-v", 0, CLI_TEXT, "KEY",
     "names of the arrays of values (those of the queries with v in place of "
     "q)",
     &run_shared.key_v, 0, 0, false},
    {0},
};

static const values_option values_optional[] = {
    {"compare", "relative_error and cosine are nan"},
    {"against", "relative_error and cosine are nan"},
    {"pairs", "relative_error and cosine are nan"},
    {"write-heads", "no array of values is written"},
    {"blocks", "none are read"},
    {0},
};

static const cli_text texts[] = {
    {"attention", "with --compare, also compare the attention weights in this "
                  "file with REFERENCE; each FILE has queries and keys. With "
                  "--blocks, write maps of them"},
    {"kernel", "kernels, each as name[:parameter=value]...; see --list-kernels "
               "(lln; softmax with --blocks and --write-p)"},
    {0},
};

static const cli_tool tool = {
    .name = "lln-attend",
    .summary = "apply attention to values: O = P V",
    .options = option_table,
    .shared = run_shared_options,
    .texts = texts,
};

int main(int argc, char **argv)
{
    run_shared.kernels = "lln";
    run_shared.values = true;
    run_shared.values_optional = values_optional;
    command_parse(&tool, argc, argv);
    if (run_shared.attention && !block_maps_blocks && !against_asked() &&
        (!options.compare || options.write_heads))
        cli_usage(
            "--attention needs --compare, --against, --pairs or --blocks");
    if (options.write_p && !options.write_heads)
        cli_usage("--write-p needs --write-heads");
    if (block_maps_pool && !block_maps_blocks)
        cli_usage("--pool needs --blocks");
    if ((options.write_p || block_maps_blocks) && !cli_given("kernel"))
        run_shared.kernels = "softmax";
    if (block_maps_blocks)
        return block_maps_write();
    if (options.write_heads)
        return write_heads(options.write_heads, options.write_p);
    if (options.compare)
        return compare_write(options.compare, options.top);
    if (against_asked() && !cli_given("kernel"))
        run_shared.kernels = "softmax";
    if (against_asked())
        return pairs_write(options.top);
    if (cli_given("top"))
        cli_usage("--top needs --compare, --against or --pairs");
    return attend_write(&attend_outputs);
}
