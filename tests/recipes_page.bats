#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-recipes(7): the commands of the page run, and print what it shows. A
# recipe is skipped if a program that it needs is missing.
# shellcheck disable=SC2154 # bats sets output
load helper

# recipes < PAGE: for each section of the page, a folder with its commands,
# 01.sh and so on, and what the page prints below them, 01.out. A command begins
# with "$ " and continues with lines that begin with two spaces. A file that
# "$ cat FILE" shows is for the reader to make: it is in the folder `files`.
recipes() {
    sed 's/\\e/\\/g; s/\\&//g' | awk '
        /^\.S[hs] / {
            title = substr($0, 5)
            count = 0
        }
        /^\.Bd / { shown = 1; next }
        /^\.Ed/ { shown = 0 }
        !shown { next }
        /^\$ / {
            if (!count++) system("mkdir -p \"" title "/files\"")
            to = sprintf("%s/%02d.", title, count)
            sub(/^\$ /, "")
            command = !/^cat [A-Za-z.]+$/
            other = command ? to "out" : title "/files/" $2
            if (command) print > (to "sh")
            next
        }
        command && /^  / { print > (to "sh"); next }
        { command = 0; print > other }'
}

setup_file() {
    PATH=$LLN_BIN:$PATH
    export LC_ALL=C.UTF-8 # decimal points, and the quotes of man
    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir recipes made
    (cd recipes && recipes < "$(dirname "$LLN_BIN")/man/man7/lln-recipes.7")
    cp "$DATA/encoder.safetensors" made
    cd made || return 1
    for command in "../recipes/Files of the recipes"/*.sh; do
        bash -euo pipefail "$command"
    done
}

# recipe TITLE PROGRAM...: the commands of the section print what it shows.
recipe() {
    local program command shown
    for program in "${@:2}"; do
        command -v "$program" > /dev/null || skip "no $program to run it"
    done
    cp -r "$BATS_FILE_TMPDIR/made/." "$BATS_FILE_TMPDIR/recipes/$1/files/." .
    for command in "$BATS_FILE_TMPDIR/recipes/$1"/*.sh; do
        if grep -q duckdb "$command" && ! command -v duckdb > /dev/null; then
            echo '# a command of the next test is left out: no duckdb' >&3
            continue
        fi
        cat "$command"
        bash -euo pipefail "$command" | tr -d '\r' > printed
        shown=${command%sh}out
        [ -e "$shown" ] || shown=/dev/null
        alike "$shown" printed
    done
}

@test "every recipe of the page has a test" {
    sed -n 's/^ *recipe .\(.*[?]\).*/\1/p' "$BATS_TEST_FILENAME" > tested
    echo 'Files of the recipes' | sort -u - tested > expected
    find "$BATS_FILE_TMPDIR"/recipes -mindepth 1 -maxdepth 1 -printf '%f\n' |
        sort | diff - expected
}

# What is copied from a terminal: no quote, hyphen, caret or tilde is replaced.
@test "man prints every command as it is" {
    man -M "$(dirname "$LLN_BIN")/man" -P cat 7 lln-recipes |
        sed 's/^ *//' > page
    find "$BATS_FILE_TMPDIR"/recipes -type f -exec sed 's/^ *//; /^$/d' {} + |
        sed 's/\t.*//' | sort -u > lines
    [ "$(wc -l < lines)" -gt 90 ]
    while read -r line; do
        grep -qF -e "$line" page || {
            echo "not in the page: $line"
            return 1
        }
    done < lines
}

@test "the heads with the least entropy" {
    recipe 'Which heads attend to the fewest keys?' datamash
}

@test "the most local heads" {
    recipe 'Which are the 10 most local heads?' mlr
}

@test "heads to prune" {
    recipe 'Which heads can be pruned?' mlr jq
}

@test "the heads that changed most" {
    recipe 'Which heads changed most?' mlr
}

@test "heads that look at other keys" {
    recipe 'Which heads look at other keys?'
}

@test "a Makefile for checkpoints continues after an interrupt" {
    recipe 'How is a run measured while it grows?' mlr
    cp entropy.csv whole.csv
    head -n 3 tables/step_300.csv > tables/step_300.csv.partial
    rm tables/step_300.csv
    make -s -j 2
    cmp entropy.csv whole.csv
    [ ! -e tables/step_300.csv.partial ]
    # The single command prints the same rows. Its steps are in column 2.
    lln-entropy -q --layout hnd --kernel softmax --columns id,entropy_nats \
        'runs/step_{step}.safetensors' > one.csv
    mlr --csv reorder -e -f step one.csv | cmp - whole.csv
}

@test "when each head became concentrated" {
    recipe 'How is a run measured while it grows?' mlr
    recipe 'When did each head become concentrated?' mlr
}

# Where duckdb is missing, SQLite runs the same query on the same rows. DuckDB
# 1.5.6 printed the same (npm's @duckdb/node-api, with its rows written as csv).
@test "a query over the tables of a sweep" {
    recipe 'Where do two kernels differ most?' mlr sqlite3
}

# Status 3 fails a step: GitHub runs it by bash -e.
@test "a step of CI fails if a head has collapsed" {
    recipe 'How does CI stop a run in which a head has collapsed?'
    sed -n '/^  run: /,$s/^    //p' step.yml > step
    GITHUB_STEP_SUMMARY=summary run bash -e step
    equal status "$status" 0
    equal summary "$(wc -l < summary)" 6
    sed -i 's/=0.1 /=0.5 /' step
    GITHUB_STEP_SUMMARY=summary run bash -e step
    equal status "$status" 3
    equal summary "$(wc -l < summary)" 12
}

@test "alpha and beta for a training script" {
    recipe 'How does a training script read alpha and beta?' jq python3
}
