/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options of lln-train with their defaults, and the task that they
 * describe. */
#include <string.h>

#include "cli.h"
#include "core/text.h"
#include "message.h"
#include "train.h"
#include "train/images.h"
#include "train/recall.h"

#define FASHION "/usr/share/datasets/fashion-mnist/"

train_options train_asked = {
    .task = "images",
    .images = FASHION "train-images-idx3-ubyte.gz",
    .labels = FASHION "train-labels-idx1-ubyte.gz",
    .test_images = FASHION "t10k-images-idx3-ubyte.gz",
    .test_labels = FASHION "t10k-labels-idx1-ubyte.gz",
    .train = 12000,
    .test = 2000,
    .patch = 4,
    .classes = 10,
    .tokens = 64,
    .kernels = "softmax,lln",
    .seeds = "1",
    .width = 64,
    .depth = 2,
    .head_count = 4,
    .epochs = 2,
    .batch = 64,
    .rate = 1e-3,
    .decay = 0.01,
    .examples = 8,
};

#define RECALL_RATE 3e-3
enum { RECALL_TEST = 500, RECALL_STEPS = 800, RECALL_VOCABULARY = 64 };

bool train_recalls(void)
{
    return strcmp(train_asked.task, "recall") == 0;
}

static lln_status open_recall(lln_task *task)
{
    train_options *o = &train_asked;
    if (!cli_given("pairs"))
        o->pairs = lln_recall_pairs(o->tokens);
    if (!cli_given("vocabulary"))
        o->vocabulary =
            4 * o->pairs > RECALL_VOCABULARY ? 4 * o->pairs : RECALL_VOCABULARY;
    if (!cli_given("test"))
        o->test = RECALL_TEST;
    if (!cli_given("steps"))
        o->steps = RECALL_STEPS;
    if (!cli_given("rate"))
        o->rate = RECALL_RATE;
    if (o->test == 0)
        cli_usage("--test: recall needs held-out examples; expected a whole "
                  "number above 0");
    const lln_recall_options options = {o->tokens, o->pairs, o->vocabulary,
                                        o->test};
    return lln_recall_open(&options, task);
}

/* The limits of --train and --test are for Fashion-MNIST. Of the files of
 * --images, all images are used by default. */
static lln_status open_images(lln_task *task)
{
    train_options *o = &train_asked;
    bool own = cli_given("images");
    if (own && !cli_given("test-images"))
        o->test_images = o->test_labels = NULL;
    if (own && !cli_given("train"))
        o->train = 0;
    if (own && !cli_given("test"))
        o->test = 0;
    const lln_images_options options = {
        o->images, o->labels, o->test_images, o->test_labels,
        o->train,  o->test,   o->patch,       o->classes};
    lln_status status = lln_images_open(&options, task);
    if (status == LLN_EIO && !own)
        cli_fail("%s; install the Debian package dataset-fashion-mnist, or "
                 "name images with --images",
                 lln_error_message());
    return status;
}

/* The steps of --epochs, each of whole batches. */
static void count_steps(const lln_task *task)
{
    train_options *o = &train_asked;
    size_t batches = task->train_count / o->batch;
    bool trains = !cli_given("steps") || o->steps > 0;
    if (trains && task->train_count > 0 && batches == 0)
        cli_usage("--batch: %zu is more than the %zu training image%s",
                  o->batch, task->train_count,
                  lln_text_plural(task->train_count));
    if (!train_recalls() && !cli_given("steps"))
        o->steps = o->epochs * batches;
    if (!cli_given("warm-up"))
        o->warm_up = o->steps / 20;
    if (!cli_given("every"))
        o->every = o->steps < 4 ? 1 : (o->steps + 3) / 4;
    if (!cli_given("mlp"))
        o->mlp = 2 * o->width;
    if (o->warm_up > o->steps)
        cli_usage("--warm-up: %zu steps are more than the %zu steps of "
                  "training",
                  o->warm_up, o->steps);
}

lln_task train_task_open(void)
{
    lln_task task = {0};
    lln_status status =
        train_recalls() ? open_recall(&task) : open_images(&task);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
    count_steps(&task);
    return task;
}
