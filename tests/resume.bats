#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --resume: an interrupted table is completed from FILE.partial.
# shellcheck disable=SC2154 # bats sets status, output, stderr
# shellcheck disable=SC2086,SC2034 # lists of options, files_before

load helper

# resumes LINES TOOL ARGUMENT...: the table is the same if its first LINES lines
# are in FILE.partial, which is removed at the end.
resumes() {
    local lines=$1
    shift
    "$@" -o out
    mv out whole
    head -n "$lines" whole > out.partial
    prints '' "$@" -o out --resume
    cmp out whole
    equal files "$(ls -A)" "out
whole"
}

# cuts TOOL ARGUMENT...: tests resumes for every number of lines.
cuts() {
    local lines total
    total=$("$@" | wc -l)
    for ((lines = 1; lines <= total; lines++)); do
        resumes $lines "$@"
    done
}

SAMPLED='-d 4 --each'
HEADS="-n 16 $SAMPLED --trials 3"

@test "the same bytes after any row, in every format" {
    for format in csv tsv json ndjson 'csv --no-header' \
        'csv --precision 3 --tau 0.5,2'; do
        cuts lln-entropy $HEADS --format $format
    done
    for lines in 4 5 7; do
        resumes $lines lln-entropy $HEADS --format tsv --comments
    done
}

@test "the same bytes in every tool" {
    cuts lln-stats $HEADS
    cuts lln-spectral $HEADS
    cuts lln-match $HEADS --no-spectrum
    cuts lln-match $HEADS --no-spectrum --method paper,fenton,measured
    cuts lln-attend --compare softmax $HEADS --kernel lln,elu \
        --columns id,relative_error,cosine # the others are seconds, bytes
    cuts lln-entropy -n 16 -d 4 --tau 0.5,1,2
}

@test "tables with many rows for a head" {
    for options in '--histogram 3' '--qq 3' --normality \
        '--normality --per-feature'; do
        cuts lln-stats -n 8 -d 4 --each --trials 2 $options
    done
    cuts lln-entropy -n 4 -d 2 --trials 2 --per-row
    cuts lln-entropy -n 4 -d 2 --trials 2 --each --by-position 2
    cuts lln-entropy -n 4 -d 2 --trials 2 --each --at-lengths 2,4
    rm out whole
    refuses 2 '--resume needs the column kernel here, where a head has several rows, to find the last row of each head; add id to --columns' \
        lln-entropy --per-row --columns source,layer,head,tau,query \
        -n 4 -o new --resume
}

@test "heads of a file, and rows about several of them" {
    local file="-q --layout hnd $DATA/encoder.safetensors"
    for options in '' '--aggregate layer' '--aggregate all --tau 1,2' \
        '--diagnose' '--columns head,layer,kernel,entropy_nats'; do
        cuts lln-entropy $file $options
    done
    lln-entropy $file --columns entropy_nats 2> message > whole
    head -n 4 whole > out.partial
    lln-entropy $file --columns entropy_nats -o out --resume 2> message
    cmp out whole
}

@test "rows are copied, not measured" {
    lln-entropy $HEADS --kernel softmax > whole
    head -n 3 whole | sed '3s/,[^,]*$/,mark/' > out.partial
    lln-entropy $HEADS --kernel softmax -o out --resume
    equal mark "$(grep -n mark out | cut -d: -f1)" 3
    equal rest "$(tail -n 1 out)" "$(tail -n 1 whole)"
}

@test "without FILE.partial it starts from the beginning" {
    lln-entropy $HEADS > whole
    echo old > out
    prints '' lln-entropy $HEADS -o out --resume
    cmp out whole
}

@test "a run that is interrupted several times" {
    lln-entropy -n 256 -d 8 --each --trials 150 > whole
    for ((i = 0; i < 99; i++)); do
        status=0
        signalled TERM 30 lln-entropy -n 256 -d 8 --each \
            --trials 150 -o out --resume 2> message || status=$?
        [ ! -e out ] || break # a signal may come when all is done
        equal status "$status" 143
    done
    cmp out whole
    equal files "$(ls -A)" "message
out
whole"
}

@test "a file of another command is refused, and kept" {
    local advice='repeat the command that wrote the file, or remove the file to start again'
    lln-entropy $HEADS > out.partial
    cp out.partial before
    files_before='before
out.partial'
    refuses 1 "out.partial: row 1: n: expected 17, found 16; $advice" \
        lln-entropy $SAMPLED -n 17 --trials 3 -o out --resume
    refuses 1 "out.partial: row 2: kernel: expected elu, found lln; $advice" \
        lln-entropy $HEADS --kernel softmax,elu -o out --resume
    refuses 1 "out.partial: row 1: tau: expected 2, found 1; $advice" \
        lln-entropy $HEADS --tau 2 -o out --resume
    refuses 1 "out.partial: row 5: expected no more rows; $advice" \
        lln-entropy $SAMPLED -n 16 --trials 2 -o out --resume
    refuses 1 "out.partial: line 1: expected 'sigma_q', found 'entropy_nats'; $advice" \
        lln-stats $HEADS -o out --resume
    refuses 1 "out.partial: line 1 differs from what this command writes; $advice" \
        lln-entropy $HEADS --format tsv -o out --resume
    refuses 1 "out.partial: line 1: expected '[', found 'source'; $advice" \
        lln-entropy $HEADS --format json -o out --resume
    refuses 1 "out.partial: line 1: expected '{', found 'source'; $advice" \
        lln-entropy $HEADS --format ndjson -o out --resume
    echo 1,2 >> out.partial
    cp out.partial before
    refuses 1 "out.partial: row 7: expected 21 cells, found 2; $advice" \
        lln-entropy $SAMPLED -n 16 --trials 9 -o out --resume
    cmp out.partial before
}

@test "options that --resume cannot be combined with" {
    refuses 2 '--resume needs -o FILE: it continues from FILE.partial' \
        lln-entropy --resume
    refuses 2 '--resume needs -o FILE: it continues from FILE.partial' \
        lln-entropy --resume -o -
    refuses 2 '--resume needs -o FILE: /dev/null is not a regular file' \
        lln-entropy --resume -o /dev/null
    refuses 2 '--fail-below cannot be used with --resume' \
        lln-entropy --resume -o out --fail-below entropy_nats=1
    refuses 2 '--list cannot be used with --resume' \
        lln-entropy --resume -o out --list "$DATA/encoder.safetensors"
    refuses 2 '--resume cannot be used with --fenton' \
        lln-stats --resume -o out --fenton
    refuses 2 '--resume needs --compare, --against or --pairs' \
        lln-attend --resume -o out.npy
}

# interrupted TOOL ARGUMENT...: the last line on stderr after Ctrl-C.
interrupted() {
    signalled INT 10 "$@" -q -o new 2> message || true
    rm new.partial
    tail -n 1 message | sed 's/[0-9]* of/N of/'
}

@test "--resume is advised only where it is possible" {
    many='-n 512 -d 8 --trials 100000 --kernel softmax'
    said='lln-entropy: interrupted: N of 100000 cases written to new.partial'
    equal plain "$(interrupted lln-entropy $many --each)" \
        "$said; repeat the command with --resume to continue"
    for options in '--aggregate head' '--each --fail-below entropy_nats=0' \
        '--per-row --columns entropy_nats' '--each --format markdown'; do
        equal "$options" "$(interrupted lln-entropy $many $options)" "$said"
    done
}
