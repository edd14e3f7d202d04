#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What signals do, and what they leave.
# shellcheck disable=SC2154,SC2030,SC2031 # bats sets status, output, stderr
# shellcheck disable=SC2016,SC2034,SC2086 # lists of options, text for eval

load helper

LONG='-n 512 -d 8 --each --trials 1000000 --kernel softmax'

# await COMMAND...: repeats it until it succeeds, for at most a minute, while
# $pid runs.
await() {
    local i
    for i in {1..1200}; do
        "$@" && return 0
        kill -0 "$pid" || break
        sleep 0.05
    done
    echo "has not come: $*"
    return 1
}

# begin TOOL ARGUMENT...: starts it with SIGINT as on a terminal, sets $pid, and
# waits until it measures, when it catches signals.
begin() {
    env --default-signal "$@" > stdout 2> stderr &
    pid=$!
    await catches "$pid"
}

# catches PID: whether the process is a tool that has a handler for SIGHUP (bit
# 0). The shell has one too before it becomes the tool.
catches() {
    local mask
    [[ $(readlink "/proc/$1/exe") == */lln-* ]] || return
    mask=$(awk '$1 == "SigCgt:" { print $2 }' "/proc/$1/status") || return
    [ $((0x${mask:-0} & 1)) = 1 ]
}

# is_busy PID: whether it has used a second of processor time.
is_busy() {
    local ticks
    ticks=$(awk '{ print $14 }' "/proc/$1/stat") || return
    [ "$ticks" -ge "$(getconf CLK_TCK)" ]
}

# stopped SIGNAL: sends it; prints the exit status.
stopped() {
    kill "-$1" "$pid"
    status=0
    wait "$pid" || status=$?
}

# exits SIGNAL STATUS TOOL ARGUMENT...
exits() {
    local signal=$1 wanted=$2
    shift 2
    begin "$@"
    stopped "$signal"
    equal "status after $signal of $*" "$status" "$wanted"
}

@test "the shell sees which signal ended the command" {
    # shellcheck disable=SC2086
    for pair in INT:130 TERM:143 HUP:129; do
        exits "${pair%:*}" "${pair#*:}" lln-entropy $LONG
        exits "${pair%:*}" "${pair#*:}" lln-entropy $LONG -o out.csv
        equal files "$(ls -A)" "out.csv.partial
stderr
stdout"
        rm out.csv.partial
    done
}

@test "a signal ends every tool" {
    # shellcheck disable=SC2086
    for tool in 'lln-entropy --per-row' lln-stats 'lln-stats --histogram 9' \
        lln-spectral lln-match 'lln-attend --compare softmax'; do
        options=$LONG
        [[ $tool != lln-match ]] || options=${LONG%--kernel*}
        exits INT 130 $tool $options -o out.csv
        equal "$tool" "$(ls out.csv*)" out.csv.partial
        grep -Eq '^lln-[a-z]*: interrupted: [0-9]* of 1000000 cases (written to|are in) out.csv.partial' stderr
    done
    exits INT 130 lln-stats --fenton --s2 0.01:9:100000 -o out.csv
    equal fenton "$(ls out.csv*)" out.csv.partial
    rm out.csv.partial
    exits TERM 143 lln-attend -n 4096 --trials 999 --kernel softmax -o o.npy
    exits TERM 143 lln-attend -n 4096 --trials 999 --kernel softmax
    equal files "$(ls -A)" "stderr
stdout"
}

@test "a command that reads its input ends at once" {
    mkfifo pipe
    sleep 300 > pipe 3>&- &
    writer=$!
    for options in '--q pipe --k pipe' '--list pipe' '--params pipe'; do
        # shellcheck disable=SC2086
        env --default-signal lln-entropy $options -o out.csv 2> stderr &
        pid=$!
        await [ "/proc/$pid/exe" -ef "$LLN_BIN/lln-entropy" ]
        stopped INT
        equal "status $options" "$status" 130
        equal files "$(ls -A)" "pipe
stderr"
    done
    kill "$writer"
}

@test "a signal that the caller ignores stays ignored" {
    sh -c 'trap "" HUP; exec lln-entropy -n 512 -d 8 --trials 200 -o out.csv' &
    pid=$!
    sleep 0.3
    kill -HUP "$pid" || true # unless it has ended
    wait "$pid"
    equal rows "$(wc -l < out.csv)" 3
}

@test "one Ctrl-C ends a shell loop" {
    run "$PTY" -i 2 bash -c '
        for i in 1 2 3 4; do
            lln-entropy -n 512 -d 8 --each --trials 1000000 -o $i.csv
        done
        echo after'
    equal status "$status" 130
    [[ $output != *after* ]]
    [ "$(ls -A)" = 1.csv.partial ] || equal files "$(ls -A)" '' # soon
}

@test "a command ends by Ctrl-C also if its reader ends first" {
    mkfifo pipe
    for tool in 'lln-entropy --each' lln-attend; do
        cat pipe > /dev/null &
        reader=$!
        # shellcheck disable=SC2086
        env --default-signal $tool -n 512 --trials 1000000 > pipe 2> stderr &
        pid=$!
        await catches "$pid"
        kill -STOP "$pid"
        kill -INT "$pid"
        kill "$reader"
        wait "$reader" || true
        stopped CONT
        equal "status of $tool" "$status" 130
    done
}

@test "FILE.partial stays if nothing was added" {
    many='lln-entropy -d 64 --kernel softmax --per-row'
    echo rows > out.csv.partial
    exits INT 130 $many -n 20000 --trials 3 -o out.csv
    equal partial "$(cat out.csv.partial)" rows
    grep -qx 'lln-entropy: interrupted: 0 of 3 cases are in out.csv.partial, which is unchanged' stderr
    $many -n 2 --trials 3 --format ndjson > out.csv.partial
    sed -i 's/"n":2,/"n":20000,/' out.csv.partial # the last head is not kept
    cp out.csv.partial before
    exits INT 130 $many -n 20000 --trials 4 --format ndjson -o out.csv --resume
    cmp out.csv.partial before
    grep -q ': interrupted: 2 of 4 .*, which is unchanged; repeat the command with --resume to continue' stderr
}

@test "a second signal ends the command at once" {
    # shellcheck disable=SC2086
    begin lln-spectral -n 3000 --trials 1 --kernel softmax --method dense \
        -o out.csv
    await is_busy "$pid" # in LAPACK, which takes half a minute
    kill -INT "$pid"
    sleep 0.7
    stopped INT
    equal status "$status" 130
    equal files "$(ls -A)" "stderr
stdout"
}

@test "only complete rows on standard output" {
    # shellcheck disable=SC2086
    begin lln-entropy $LONG
    await eval '[ "$(wc -l < stdout)" -gt 2 ]'
    stopped KILL
    equal status "$status" 137
    equal 'last byte' "$(tail -c 1 stdout | od -An -c | tr -d ' ')" '\n'
    cells=$(awk -F, '{ print NF }' stdout | sort -u)
    equal cells "$(wc -w <<< "$cells")" 1
    begin lln-entropy $LONG --format json
    await eval '[ "$(wc -l < stdout)" -gt 2 ]'
    stopped INT
    equal last "$(tail -n 1 stdout)" ']'
    grep -qx 'lln-entropy: interrupted: [0-9]* of 1000000 cases written' stderr
}

@test "rows of several processes into one pipe" {
    # More than the buffer of a pipe, in lines whose length does not divide it.
    seq 4 | xargs -P 4 -I{} lln-entropy -n 2 -d 1 --each --trials 12500 \
        --no-header --seed {} | cat > table
    equal lines "$(wc -l < table)" 100000
    equal cells "$(awk -F, '{ print NF }' table | sort -u)" \
        "$(lln-entropy -n 2 -d 1 --each | awk -F, 'NR == 1 { print NF }')"
    equal rows "$(cut -d, -f1,3,4 table | sort | uniq -c | awk '{ print $1 }' | sort -u)" 4
}

# leaves_nothing SIGNAL [FILE]: no file except FILE is left after it.
leaves_nothing() {
    begin lln-entropy -n 512 -d 8 --trials 1000000 -o out.csv
    stopped "$1"
    equal "files after $1" "$(ls -A)" "${2:+$2
}stderr
stdout"
}

@test "no signal leaves a temporary file" {
    for signal in KILL USR1 USR2 QUIT PIPE ALRM; do
        leaves_nothing "$signal"
    done
    echo old > out.csv
    for signal in KILL USR1; do
        leaves_nothing "$signal" out.csv
        equal out.csv "$(cat out.csv)" old
    done
}

@test "killed at 20 moments: the file is old, absent or complete" {
    lln-entropy -n 64 -d 8 --trials 40 > whole
    for old in '' old; do
        for moment in 01 02 03 05 07 09 12 15 20 30; do
            rm -f out.csv
            [ -z "$old" ] || echo old > out.csv
            lln-entropy -n 64 -d 8 --trials 40 -o out.csv &
            pid=$!
            sleep 0.$moment
            kill -KILL "$pid" || true
            wait "$pid" || true
            [ ! -e out.csv ] || cmp out.csv whole ||
                equal out.csv "$(cat out.csv)" "$old"
            rm -f out.csv
            equal files "$(ls -A)" whole
        done
    done
}

@test "a file system without unnamed files (O_TMPFILE)" {
    [ -z "${ASAN_OPTIONS:-}" ] || skip 'the sanitizers refuse strace(1)'
    strace -o /dev/null true 2> /dev/null || skip 'needs strace(1)'
    lln-entropy -n 8 > whole
    strace -qq -o /dev/null -P "$PWD" -P . \
        -e inject=openat:error=EOPNOTSUPP lln-entropy -n 8 -o out.csv
    cmp out.csv whole
    for signal in INT TERM USR1 QUIT; do
        strace -qq -o /dev/null -P "$PWD" -P . \
            -e inject=openat:error=EOPNOTSUPP \
            env --default-signal lln-entropy -n 512 --trials 1000000 \
            -o new.csv 2> /dev/null &
        pid=$!
        await eval 'compgen -G ".lln-*" > /dev/null'
        kill "-$signal" "$(cat "/proc/$pid/task/$pid/children")"
        wait "$pid" || true
        rm -f new.csv.partial
        equal "files after $signal" "$(ls -A)" "out.csv
whole"
    done
}

@test "the message names a folder that cannot be written" {
    [ "$(id -u)" != 0 ] || skip 'root may write anywhere'
    mkdir out
    echo old > out/a.csv
    chmod 555 out
    files_before=out
    refuses 1 "out/a.csv: cannot create a file in folder 'out/': Permission denied; make the folder writable, as -o creates a new file there, or use > out/a.csv" \
        lln-entropy -n 8 -o out/a.csv
    equal a.csv "$(cat out/a.csv)" old
}

@test "links are followed" {
    mkdir real
    ln -s real/new.csv link.csv
    prints '' lln-entropy -n 8 -o link.csv
    cmp real/new.csv <(lln-entropy -n 8)
    ln -s link.csv second.csv
    prints '' lln-entropy -n 8 -d 2 -o second.csv
    cmp real/new.csv <(lln-entropy -n 8 -d 2)
    equal links "$(readlink second.csv link.csv)" "link.csv
real/new.csv"
    ln -s circle circle
    ln -s no/new.csv lost
    files_before=$(ls -A)
    refuses 1 'circle: Too many levels of symbolic links' \
        lln-entropy -n 8 -o circle
    refuses 1 'lost: No such file or directory' lln-entropy -n 8 -o lost
}
