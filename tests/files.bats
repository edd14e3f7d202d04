#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Files that change while they are read, and descriptors that are closed.
# shellcheck disable=SC2154 # bats sets stderr
load helper

# Heads of 1000 tokens whose rows fill more than a pipe holds, so that the
# command waits after the first rows until they are read.
start() {
    local bytes=$((4 * 1000 * 4))
    for name in q k; do
        for _ in 1 2 3 4 5 6 7 8; do
            head -c $bytes < <(yes abcdefgh)
        done | npy $name.npy '<f4' '(8, 1000, 4)'
    done
    mkfifo rows
    lln-entropy --layout hnd --q q.npy --k k.npy --kernel softmax --per-row \
        --threads 1 > rows 2> errors &
    exec 7< rows
    read -r header <&7
    [[ $header == source,* ]]
}

# finish: reads the remaining rows; $status is the exit status of the command.
finish() {
    cat <&7 > rest
    status=0
    wait $! || status=$?
    equal status "$status" 1
    equal stderr "$(without_extent < errors)" \
        "lln-entropy: $1: changed while it was read; run the command again"
    equal 'last line' "$(tail -n 1 rest | tr -dc , | wc -c)" 15
}

@test "a file that is rewritten during a run" {
    start
    cp q.npy other
    cat other > q.npy
    finish q.npy
}

@test "a file that is replaced during a run" {
    start
    cp k.npy other
    mv other k.npy
    finish k.npy
}

@test "a file that is shortened during a run" {
    start
    truncate -s 4096 q.npy
    finish q.npy
}

@test "a file that is removed during a run" {
    start
    rm q.npy
    cat <&7 > rest
    wait $!
    equal stderr "$(without_extent < errors)" ''
    equal rows "$(wc -l < rest)" 8000
}

@test "no message goes to the output if stderr is closed" {
    npy q.npy '<f4' '(2, 1)' < <(printf '\0\0\0\0\0\0\0\0')
    lln-attend --q q.npy --k q.npy --v q.npy --kernel lln -o o.npy 2>&-
    equal size "$(wc -c < o.npy)" 136
    lln-entropy --q q.npy --k q.npy --kernel lln -o table 2>&-
    equal header "$(head -c 7 table)" source,
}

@test "a closed stdout is an error" {
    run --separate-stderr sh -c 'lln-entropy -n 8 -d 2 >&-'
    equal status "$status" 1
    equal stderr "$stderr" \
        'lln-entropy: standard output: Bad file descriptor'
    lln-entropy -n 8 -d 2 <&- > table
    equal rows "$(wc -l < table)" 3
}
