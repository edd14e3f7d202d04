#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What all commands share: options, messages, exit status, output.
# shellcheck disable=SC2034,SC2154 # variables that helper.bash reads and sets
load helper

tau_form='expected a number above 0, a list 0.5,1,2 or lo:hi:count[:log]'

@test "an unknown option" {
    refuses 2 "unknown option '--taux'" lln-entropy --taux=1
    refuses 2 "unknown option '-x'" lln-entropy -x
}

@test "an ambiguous abbreviation" {
    refuses 2 "option '--sig' is ambiguous; expected one of --sigma-q, --sigma-k" \
        lln-entropy --sig 1
}

@test "a missing argument" {
    refuses 2 '--tau: no value given; expected LIST' lln-entropy --tau
    refuses 2 '--seed: no value given; expected a whole number from 0 to 18446744073709551615' \
        lln-entropy --seed
}

@test "a flag with a value" {
    refuses 2 '--double takes no value' lln-entropy --double=yes
    refuses 2 "--causal='yes': expected --causal or --causal=top|none" \
        lln-entropy --causal=yes
}

@test "--tau 0" {
    refuses 2 "--tau: '0' is out of range; $tau_form" lln-entropy --tau 0
}

@test "--tau abc" {
    refuses 2 "--tau: 'abc' is not a number; $tau_form" lln-entropy --tau abc
}

@test "--tau -1" {
    refuses 2 "--tau: '-1' is out of range; $tau_form" lln-entropy --tau -1
}

@test "--tau with an empty item, nan, infinity, hexadecimal" {
    refuses 2 "--tau: '' is not a number; $tau_form" lln-entropy --tau 1,,2
    refuses 2 "--tau: 'nan' is not a number; $tau_form" lln-entropy --tau nan
    refuses 2 "--tau: 'inf' is not a number; $tau_form" lln-entropy --tau inf
    refuses 2 "--tau: '0x1' is not a number; $tau_form" lln-entropy --tau 0x1
    refuses 2 "--tau: '1e999' is not a number; $tau_form" \
        lln-entropy --tau 1e999
}

@test "--tau with malformed ranges" {
    refuses 2 "--tau: expected lo:hi:count[:log], found '1:2'" lln-entropy --tau 1:2
    refuses 2 "--tau: expected lo:hi:count[:log], found '1:2:3:lin'" \
        lln-entropy --tau 1:2:3:lin
    refuses 2 "--tau: count '1.5' is not a whole number from 2 to 100000" \
        lln-entropy --tau 1:2:1.5
    refuses 2 "--tau: '0' is out of range; $tau_form" lln-entropy --tau 0:1:3
}

@test "--tau with --sigma-q" {
    refuses 2 '--sigma-q cannot be used with --tau: --tau sets both standard deviations' \
        lln-entropy --tau 1 --sigma-q 2
}

@test "--threads 0x" {
    refuses 2 "--threads: '0x' is not a whole number; expected a whole number from 0 to 4096" \
        lln-entropy --threads 0x
}

@test "-n 0, -n -1, -n 1.5" {
    local range='expected a whole number from 1 to 1073741824'
    refuses 2 "--tokens: '0' is out of range; $range" lln-entropy -n 0
    refuses 2 "--tokens: '-1' is out of range; $range" lln-entropy -n -1
    refuses 2 "--tokens: '1.5' is not a whole number; $range" \
        lln-entropy -n 1.5
    refuses 2 "--tokens: '99999999999999999999' is out of range; $range" \
        lln-entropy -n 99999999999999999999
}

@test "--sigma-q out of range" {
    refuses 2 "--sigma-q: '0' is out of range; expected a number above 0" \
        lln-entropy --sigma-q 0
    refuses 2 "--sigma-q: '1x' is not a number; expected a number above 0" \
        lln-entropy --sigma-q 1x
}

@test "--q without --k, and --k without --q" {
    refuses 2 '--q needs --k' lln-entropy --q q.npy
    refuses 2 '--k needs --q' lln-entropy --k k.npy
}

@test "options of sampled heads with files" {
    refuses 2 "--tokens cannot be used with '-q': it applies to sampled heads only" \
        lln-entropy -n 16 -- -q
    refuses 2 "--sigma-q cannot be used with 'q.npy': it applies to sampled heads only" \
        lln-entropy --sigma-q 2 --q q.npy --k k.npy
    refuses 2 '--trials needs sampled heads or a random kernel (see --list-kernels)' \
        lln-entropy --q q.npy --k k.npy --trials 2
    refuses 2 '--layers needs heads from files; use FILE, or --q and --k' \
        lln-entropy --layers 1
}

@test "standard input twice" {
    refuses 2 'standard input ('\''-'\'') is named more than once; it can be read only once' \
        lln-entropy --q - --k k.npy --params - < /dev/null
    refuses 2 'standard input ('\''-'\'') is named more than once; it can be read only once' \
        lln-entropy --lengths - - < /dev/null
    refuses 2 'standard input ('\''-'\'') is named more than once; it can be read only once' \
        lln-entropy --config - - < /dev/null
}

@test "an unknown format" {
    refuses 2 "--format: 'xml' is not a format; expected csv, tsv, json, ndjson, table or markdown" \
        lln-entropy --format xml
    refuses 2 '--comments cannot be used with --format json' \
        lln-entropy --format json --comments
}

@test "kernels: alpha or beta alone, alpha and beta with match, an unknown method" {
    refuses 2 '--kernel: lln:alpha=1: alpha needs beta; give both or neither' \
        lln-entropy --kernel lln:alpha=1
    refuses 2 '--kernel: lln:alpha=1:beta=2:match=paper: match cannot be used with alpha and beta: it sets both' \
        lln-entropy --kernel lln:alpha=1:beta=2:match=paper
    refuses 2 "--kernel: kernel 'lln': match=zz: expected paper, fenton, fenton-row, exact, measured, line, entropy, gap, joint" \
        lln-entropy --kernel lln:match=zz
}

@test "values of kernel parameters are checked before the first head is read" {
    refuses 2 "--kernel: kernel 'elu': eps=2: expected a number from 0 to 1" \
        lln-entropy --q no.npy --k no.npy --kernel softmax,elu:eps=2
    refuses 2 "--kernel: kernel 'kvt': k=0.5: expected a whole number from 1 to 4294967295" \
        lln-stats --kernel softmax,kvt:k=0.5
    refuses 2 "--compare: kernel 'rfa': form=odd: expected math, masked, recurrent, cross" \
        lln-attend --compare rfa:form=odd
    refuses 2 "--kernel: kernel 'lln': scales=all: expected head, layer" \
        lln-spectral --kernel lln:scales=all
}

@test "kernels: the same kernel twice, no kernel" {
    refuses 2 "--kernel: 'softmax' is given twice" \
        lln-entropy --kernel softmax,softmax
    refuses 2 "--kernel: 'lln:match=paper' is given twice" \
        lln-attend --kernel lln:match=paper,lln,lln:match=paper -o dup.npz
    refuses 2 '--kernel: empty entry; expected a kernel (see --list-kernels)' lln-entropy --kernel ''
    refuses 2 '--kernel: empty entry; expected a kernel (see --list-kernels)' lln-stats --kernel softmax,,lln
    refuses 2 '--compare: empty entry; expected a kernel (see --list-kernels)' lln-attend --compare ''
}

@test "-o in a missing folder, and -o with an empty name" {
    refuses 1 'no/out.csv: No such file or directory' \
        lln-entropy -o no/out.csv
    refuses 1 '/: Is a directory' lln-entropy -o /
    refuses 2 '--output: the name is empty; expected FILE' lln-entropy -o ''
    refuses 2 '--output: the name is empty; expected FILE' lln-attend --output=
}

@test "a full disk" {
    local full='standard output: No space left on device'
    for options in '' --help --version --list-kernels '--each --trials 99'; do
        # shellcheck disable=SC2086
        run --separate-stderr sh -c 'lln-entropy -n 8 -d 2 "$@" > /dev/full' \
            sh $options
        equal status "$status" 1
        equal stderr "$stderr" "lln-entropy: $full"
    done
    refuses 1 '/dev/full: No space left on device' lln-entropy -n 8 -o /dev/full
}

@test "a reader that closes the pipe early" {
    run --separate-stderr sh -c \
        'lln-entropy --kernel softmax -n 2 -d 2 --each --trials 5000 | head -n 1'
    equal status "$status" 0
    equal stderr "$stderr" ''
}

@test "-o writes what would go to stdout, and keeps permissions" {
    lln-entropy -n 8 -d 2 > a.csv
    touch b.csv
    chmod 640 b.csv
    ln -s b.csv link.csv
    prints '' lln-entropy -n 8 -d 2 -o link.csv
    cmp a.csv b.csv
    equal mode "$(stat -c %a b.csv)" 640
    equal files "$(ls -A)" "a.csv
b.csv
link.csv"
    lln-entropy -n 8 -d 2 -o /dev/stdout > c.csv
    cmp a.csv c.csv
}

@test "a failed run leaves the old file" {
    echo old > out.csv
    files_before=out.csv
    refuses 1 'no.npy: No such file or directory' \
        lln-entropy --q no.npy --k no.npy -o out.csv
    equal out.csv "$(cat out.csv)" old
}

@test "interrupted: the rows of finished heads are kept" {
    signalled TERM 200 lln-entropy -n 512 --each --trials 1000000 \
        -o out.csv 2> message || status=$?
    equal status "$status" 143
    grep -Ex 'lln-entropy: interrupted: [0-9]+ of 1000000 cases written to out.csv.partial; repeat the command with --resume to continue' message
    [ "$(wc -l < out.csv.partial)" -gt 1 ]
    tail -n +2 out.csv.partial | awk -F, '$3 != int((NR - 1) / 2) { exit 1 }'
    equal files "$(ls -A)" "message
out.csv.partial"
}

@test "interrupted: a case is a head at one temperature" {
    run --separate-stderr signalled INT 50 lln-entropy --tau 0.2:4:5000 \
        -n 512 --trials 1 -o out.csv
    [[ $stderr =~ ^'lln-entropy: interrupted: '([0-9]+)' of 5000 cases written to out.csv.partial; repeat the command with --resume to continue'$ ]]
    # two kernels
    equal rows "$(tail -n +2 out.csv.partial | wc -l)" $((2 * BASH_REMATCH[1]))
}

@test "--help" {
    run --separate-stderr lln-entropy --help
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal start "${lines[0]}" 'Usage: lln-entropy [OPTION]... [FILE]...'
    equal wide "$(grep -E '.{80}' <<< "$output" || true)" ''
    grep -q '^  -n, --tokens N  ' <<< "$output"
    prints "$output" lln-entropy -h --tau 0
}

@test "--version" {
    # GNU coding standards, 4.8.1, with the year of the README
    local year
    year=$(sed -n '/version = {/,$s/.*year .*{\(.*\)}/\1/p' \
        "$BATS_TEST_DIRNAME/../README.md")
    for tool in "$LLN_BIN"/lln-*; do
        prints "${tool##*/} (lln-tools) $VERSION
Copyright (C) $year The lln-tools authors
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law." "$tool" --version
    done
    prints "$(lln-entropy --version)" lln-entropy -V
}

@test "--list-kernels" {
    run --separate-stderr lln-entropy --list-kernels
    equal status "$status" 0
    grep -qx softmax <<< "$output"
    grep -q '^    match .*(default: measured)$' <<< "$output"
    grep -qx '    tau        width of the Gaussian on the sphere; a number from 1e-06 to 1000000 (default: 1)' \
        <<< "$output"
    for sums in 'sum to 1' 'sum to 1 by default' 'need not sum to 1'; do
        grep -q "^    rows $sums, entries " <<< "$output"
    done
    grep -qx '    takes the array gate \[n x d\] or \[n x 1\] or \[1 x n\]: logits of the gates' <<< "$output"
    for masks in 'needs --causal' 'does not support --causal' \
        'does not support --window'; do
        grep -qx "    $masks" <<< "$output"
    done
    equal softmax "$(sed -n '/^softmax$/,/^$/p' <<< "$output" | grep -c -e --causal)" 0
}

@test "identity columns, their order and the order of rows" {
    run --separate-stderr lln-entropy -n 8 -d 2 --tau 1:2:2 --causal
    equal header "$(cut -d, -f1-9 <<< "${lines[0]}")" \
        source,layer,head,kernel,n,d,causal,samples,tau
    equal rows "$(tail -n +2 <<< "$output" | cut -d, -f1-9)" \
        'gaussian,nan,nan,softmax,8,2,1,4,1
gaussian,nan,nan,lln,8,2,1,4,1
gaussian,nan,nan,softmax,8,2,1,4,2
gaussian,nan,nan,lln,8,2,1,4,2'
}

@test "--each prints trials, without standard errors" {
    run --separate-stderr lln-entropy -n 8 -d 2 --each --trials 2 \
        --kernel softmax
    equal rows "$(tail -n +2 <<< "$output" | cut -d, -f1-9)" \
        'gaussian,nan,0,softmax,8,2,0,1,1
gaussian,nan,1,softmax,8,2,0,1,1'
    [[ ${lines[0]} != *_se* ]]
}

@test "standard errors are those of the trials" {
    local options='-n 8 -d 2 --trials 3 --kernel softmax --format tsv'
    # shellcheck disable=SC2086
    lln-entropy $options --no-header --each | cut -f10 > each
    # shellcheck disable=SC2086
    lln-entropy $options > averaged
    awk -F'\t' '
        FNR == NR { x[NR] = $1; sum += $1; next }
        FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        {
            mean = sum / 3
            for (i = 1; i <= 3; i++) squares += (x[i] - mean) ^ 2
            error = sqrt(squares / 2 / 3)
            difference = $at["entropy_nats_se"] - error
            exit !(($10 - mean) ^ 2 < 1e-24 && difference ^ 2 < 1e-24)
        }' each averaged
}

@test "--comments print version, command and seed" {
    lln-entropy -n 8 -d 2 --comments --seed 7 --kernel 'softmax' > out.csv
    equal comments "$(head -n 3 out.csv)" "# lln-entropy $VERSION
# command: lln-entropy -n 8 -d 2 --comments --seed 7 --kernel softmax
# seed: 7"
    equal header "$(sed -n 4p out.csv | cut -d, -f1)" source
}

@test "queries from a pipe" {
    cp "$BATS_TEST_DIRNAME"/data/cases/case_A_?.npy .
    lln-entropy --q case_A_Q.npy --k case_A_K.npy --no-header |
        cut -d, -f2- > expected
    lln-entropy --q - --k case_A_K.npy --no-header < case_A_Q.npy |
        cut -d, -f2- | cmp - expected
    # shellcheck disable=SC2002 # the test needs a pipe
    cat case_A_Q.npy | lln-entropy --q - --k case_A_K.npy --no-header |
        cut -d, -f2- | cmp - expected
    lln-entropy --q <(cat case_A_Q.npy) --k case_A_K.npy --no-header |
        cut -d, -f2- | cmp - expected
    files_before=$(ls -A)
    refuses 1 '/dev/zero: not a file or a pipe' \
        lln-entropy --q /dev/zero --k case_A_K.npy
    refuses 1 'standard input: empty file' lln-entropy - < /dev/null
    refuses 1 'standard input: empty file' lln-entropy - < <(true)
}

@test "an input is not overwritten" {
    cp "$BATS_TEST_DIRNAME"/data/cases/case_A_?.npy .
    cp case_A_K.npy before
    files_before=$(ls -A)
    refuses 1 'case_A_K.npy: the output would overwrite this input; use another name' \
        lln-entropy --q case_A_Q.npy --k case_A_K.npy -o case_A_K.npy
    cmp case_A_K.npy before
}

@test "interrupted before the first row: the old file stays" {
    echo old > table
    run --separate-stderr signalled INT 50 \
        lln-entropy -n 16384 --trials 400 -o table
    equal stderr "$stderr" 'lln-entropy: interrupted: 0 of 400 cases written to table.partial; repeat the command with --resume to continue'
    equal table "$(cat table)" old
    equal rows "$(wc -l < table.partial)" 1
    equal files "$(ls -A)" "table
table.partial"
}

@test "a signal while the output is renamed" {
    [ -z "${ASAN_OPTIONS:-}" ] || skip 'the sanitizers refuse strace(1)'
    strace -o /dev/null true 2> /dev/null || skip 'needs strace(1)'
    run --separate-stderr strace -qq -o /dev/null \
        -e trace=linkat -e inject=linkat:signal=INT \
        lln-entropy --list "$DATA/encoder.safetensors" -o table
    equal status "$status" 130
    equal header "$(head -n 1 table)" key,dtype,shape,source
    equal files "$(ls -A)" table
}

# within KIB COMMAND: runs it with KIB of address space; kills it if it does not
# end.
within() {
    run --separate-stderr \
        bash -c "ulimit -v $1 && shift && exec timeout -s KILL 20 \"\$@\"" - "$@"
}

@test "too little address space is an error, not a hang" {
    within 150000 lln-entropy --version
    [ "$status" = 0 ] || skip 'the sanitizers need address space'
    within 150000 lln-entropy --threads 1
    equal status "$status" 1
    equal stderr "$stderr" 'lln-entropy: out of memory: matrix products need 128 MiB of address space, 128 for each thread'
    within 500000 lln-entropy -n 1000000 --trials 1 --threads 1
    equal status "$status" 1
    [[ $stderr == 'lln-entropy: out of memory: '*' bytes' ]]
    within 500000 lln-spectral -n 6000 --trials 1 --threads 1 \
        --kernel softmax --method dense
    equal status "$status" 1
    [[ $stderr == *'out of memory'* ]]
    within 500000 lln-entropy -n 100 --trials 1 --threads 1
    equal status "$status" 0
}

@test "heads without a match are named" {
    run --separate-stderr lln-entropy -n 1 --trials 1 --kernel lln --no-header
    equal status "$status" 0
    equal stderr "$stderr" 'lln-entropy: gaussian: tau 1: the temperature is undefined: no query has two allowed keys'
}

# tty COMMAND: its output on a terminal, with a line feed for each carriage
# return.
tty() {
    "$PTY" sh -c "$1" | tr '\r' '\n'
}

# shows PATTERN COMMAND: the terminal shows PATTERN within two minutes; then the
# command is ended.
shows() {
    # Closing the terminal ends the command, unless SIGHUP is ignored here.
    "$PTY" sh -c "exec env --default-signal $2" > shown 2>&1 3>&- &
    for ((i = 0; i < 1200; i++)); do
        sleep 0.1
        tr '\r' '\n' < shown | grep -Eq "$1" && break
    done
    kill $!
    wait $! || true
    [ "$i" -lt 1200 ]
}

@test "progress on a terminal, unless quiet" {
    long='lln-entropy -n 16384 --trials 999 --kernel softmax -o table'
    shows '^lln-entropy: [0-9]+ of 999 cases, [0-9]+ rows, .* rows/s' "$long"
    [[ $(tty "timeout -s INT 2 $long --quiet") != *rows/s* ]]
    [[ $(timeout -s INT 2 sh -c "exec $long" 2>&1) != *rows/s* ]]
}

@test "progress within a head: the pass over its rows" {
    shows '^lln-entropy: 0 of 1 cases, .* rows/s, [0-9]+ s left in this pass' \
        'lln-entropy -n 200000 --trials 1 -o table'
}

@test "progress of iterations: the products" {
    many='lln-spectral -n 2500 --trials 999 --kernel softmax -o table'
    shows '^lln-spectral: .* rows/s, [0-9]+ products' "$many"
    [[ $(tty "timeout -s INT 2 $many --quiet") != *products* ]]
}

@test "progress of a bootstrap: the heads that were drawn" {
    shows '^lln-stats: .* rows/s, [0-9]+ draws' \
        'lln-stats -n 2048 --trials 999 --bootstrap 999 -o table'
}
