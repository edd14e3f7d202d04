#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --shard: the heads of a command divided among processes.
# shellcheck disable=SC2034,SC2154 # variables of helper.bash and bats
load helper

page=$(dirname "$LLN_BIN")/man/man7/lln-tools.7

# shares COUNT COMMAND...: the sorted rows of all shards are the sorted rows of
# the complete table.
shares() {
    local count=$1
    shift
    "$@" > whole 2> whole.err
    for ((i = 1; i <= count; i++)); do
        "$@" --shard "$i/$count" > "part.$i" 2> part.err
        equal header "$(head -n 1 "part.$i")" "$(head -n 1 whole)"
        tail -n +2 "part.$i"
    done | sort > parts
    tail -n +2 whole | sort | cmp - parts
    [ -s parts ]
}

@test "the rows of all shards are the rows of the complete table" {
    local kernels=softmax,performer,lln:scales=layer
    local file=$DATA/encoder.safetensors
    for count in 1 2 3 4 5; do
        shares $count lln-entropy --layout hnd "$file" --kernel $kernels \
            --rows 16
    done
    shares 3 lln-entropy --layout hnd "$file" --tau 0.5,2 --threads 2
    shares 3 lln-entropy --layout hnd "$file" --per-row --rows 3
    shares 3 lln-entropy --layout hnd "$file" --diagnose --each
    shares 3 lln-stats --layout hnd "$file" --rows 16
    shares 3 lln-stats --layout hnd "$file" --qq 4 --rows 16
    shares 2 lln-stats --layout hnd "$file" --normality
    shares 3 lln-spectral --layout hnd "$file" --kernel $kernels \
        --eigenvalues 2
    shares 3 lln-match --layout hnd "$file" --method paper,fenton --no-spectrum
    shares 2 lln-attend --layout hnd "$file" --compare softmax \
        --kernel performer --trials 2 --columns id,cosine
}

@test "shards of several files" {
    cp "$DATA/encoder.safetensors" e1.st
    cp e1.st e20.st
    cp e1.st other.st
    shares 5 lln-entropy --layout hnd --layers 0 --rows 9 other.st 'e{step}.st' \
        --kernel performer,lln:scales=layer
    equal third "$(cut -d, -f1,2,4 part.3)" 'source,step,head
e1.st,1,0
e1.st,1,0'
}

@test "heads are counted from 1 in the order of the table" {
    lln-entropy --layout hnd --kernel softmax "$DATA/encoder.safetensors" \
        --columns layer,head --shard 2/3 > table
    equal second "$(< table)" 'layer,head
0,1'
    lln-entropy --layout hnd --kernel softmax "$DATA/encoder.safetensors" \
        --columns layer,head --shard 1/3 > table
    equal first "$(< table)" 'layer,head
0,0
3,1'
}

@test "sampled heads, trial by trial" {
    shares 3 lln-entropy -n 20 -d 4 --each --kernel softmax,performer --rows 5
    equal trials "$(column head < part.1 | uniq)" '0
3'
    shares 2 lln-entropy -n 4 -d 2 --per-row --kernel softmax
    files_before=$(ls -A)
    for command in lln-entropy lln-stats lln-spectral lln-match \
        'lln-attend --compare softmax'; do
        # shellcheck disable=SC2086 # words
        refuses 2 '--shard needs --each: trials of sampled heads are averaged' \
            $command -n 8 -d 2 --shard 1/2
    done
}

@test "a shard without heads" {
    local all=(lln-entropy --layout hnd -q "$DATA/encoder.safetensors")
    prints 'layer,head' "${all[@]}" --columns layer,head --shard 9/9
    prints '[]' "${all[@]}" --shard 5/1000 --format json
    prints '' "${all[@]}" --shard 9/9 --no-header
    prints 'layer' "${all[@]}" --columns layer --shard 9/9 \
        --fail-above entropy_nats=0
    "${all[@]}" --shard 9/9 --columns layer -o out.csv
    equal file "$(< out.csv)" layer
}

@test "bad usage" {
    for shard in 0/3 4/3 3 / 1/ /3 1/2/3 1.5/2 1/x -1/2 1/0 '' ' 1/2' 1/1e1; do
        refuses 2 "--shard: expected I/COUNT, two whole numbers with I from 1 to COUNT, found '$shard'" \
            lln-entropy --layout hnd x --shard "$shard"
    done
    for what in all layer; do
        refuses 2 '--shard cannot be used with --aggregate: a row needs heads of several shards' \
            lln-spectral --layout hnd x --shard 1/2 --aggregate $what
    done
    refuses 2 '--shard cannot be used with --aggregate: a row needs heads of several shards' \
        lln-match --shard 1/2 --aggregate all
    refuses 2 '--shard cannot be used with --diagnose unless --each is given: a row needs heads of several shards' \
        lln-entropy --layout hnd x --shard 1/2 --diagnose
    refuses 2 '--shard needs --compare, --against or --pairs' \
        lln-attend --layout hnd x --shard 1/2 -o o.npy
    refuses 2 '--shard cannot be used with --fenton' \
        lln-stats --fenton --shard 1/2
}

# block N: block N of the section JOB ARRAYS of the page.
block() {
    awk -v wanted="$1" '
        /^\.Sh / { inside = /JOB ARRAYS/ }
        /^\.Ed/ { printing = 0 }
        inside && printing && count == wanted { sub(/^\$ /, ""); print }
        inside && /^\.Bd/ { count++; printing = 1 }' "$page" |
        sed 's/\\e$/\\/'
}

# joins: the parts, joined as the page says, are the complete table.
joins() {
    block 3 > joining
    bash -euo pipefail joining
    lln-entropy --layout hnd -q encoder.safetensors | cmp - whole.csv
    rm part.*.csv whole.csv
}

@test "the page's job array" {
    cp "$DATA/encoder.safetensors" .
    block 1 > job
    equal tasks "$(grep array= job)" '#SBATCH --array=1-8'
    for task in 3 8 1 2 7 6 5 4; do
        SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=8 \
            SLURM_CPUS_PER_TASK=1 sh -e job
    done
    joins
}

@test "the page's parallel processes" {
    cp "$DATA/encoder.safetensors" .
    block 2 > both
    sed -n '/^seq/,$p' both > with_xargs
    sed '/^seq/,$d' both > with_parallel
    [ -s with_xargs ] && [ -s with_parallel ]
    bash -euo pipefail with_xargs
    joins
    # There is another program with this name, which takes other arguments.
    [[ $(parallel --version 2> /dev/null) != 'GNU parallel'* ]] ||
        { bash -euo pipefail with_parallel && joins; }
}
