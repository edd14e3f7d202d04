#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-entropy: what it prints, and that the values are correct.
# shellcheck disable=SC2001,SC2034,SC2154 # helper.bash reads and sets variables
load helper

identity=source,layer,head,kernel,n,d,causal,samples,tau
summary=entropy_nats,entropy_normalized,entropy_min_nats,entropy_max_nats
summary=$summary,effective_keys,top1_mass,max_logit,row_sum_min,negative_mass
summary=$summary,entropy_theory_nats,entropy_over_log_n,entropy_over_ceiling
row=query,keys,entropy_nats,entropy_normalized,effective_keys,top1_mass,max_logit

# of_case CASE OPTION...: the table of a reference case.
of_case() {
    local name=$1
    shift
    lln-entropy --q "$CASES/case_${name}_Q.npy" \
        --k "$CASES/case_${name}_K.npy" "$@"
}

# entropies CASE ALPHA BETA: tests both kernels in both precisions. Case E has
# logits of several hundred, where float32 keeps fewer digits.
entropies() {
    local loose=1e-5 columns
    columns="entropy_nats=mean_entropy_nats entropy_max_nats=max_row_entropy"
    if [ "$1" = E ]; then
        loose=1e-3
    else
        columns="$columns entropy_min_nats=min_row_entropy"
    fi
    # shellcheck disable=SC2086
    for kernel in softmax "lln:alpha=$2:beta=$3"; do
        of_case "$1" --kernel "$kernel" --double |
            case_near 1e-12 "$1" "${kernel%%:*}" $columns
        of_case "$1" --kernel "$kernel" |
            case_near $loose "$1" "${kernel%%:*}" $columns
    done
}

@test "the header" {
    run --separate-stderr lln-entropy -n 8 -d 2
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal header "${lines[0]}" \
        "$identity,$summary,$(sed 's/,\|$/_se&/g' <<< "$summary")"
    equal rows "${#lines[@]}" 3
}

@test "--each and files: no standard errors" {
    run --separate-stderr lln-entropy -n 8 -d 2 --each
    equal header "${lines[0]}" "$identity,$summary"
    equal rows "${#lines[@]}" 9
    run --separate-stderr of_case A
    equal header "${lines[0]}" "$identity,$summary"
    equal rows "${#lines[@]}" 3
}

@test "--per-row" {
    run --separate-stderr lln-entropy -n 8 -d 2 --trials 2 --causal --per-row \
        --kernel softmax
    equal status "$status" 0
    equal header "${lines[0]}" "$identity,$row"
    equal rows "${#lines[@]}" 17
    equal 'first row' "$(cut -d, -f3,10-15 <<< "${lines[1]}")" 0,0,1,0,nan,1,1
    equal 'last row' "$(cut -d, -f3,10,11 <<< "${lines[16]}")" 1,7,8
}

@test "--per-row averages to the summary" {
    of_case A --per-row --kernel softmax | column entropy_nats |
        awk '{ sum += $1 } END { printf "%.17g\n", sum / NR }' > mean
    of_case A --kernel softmax | column entropy_nats | paste -d ' ' mean - |
        near 1e-14
}

@test "--tau 0.5 agrees with theory" {
    # 5.03673: E ln Z - E v (1 - sum P^2) over v = 4 chi^2_64 / 64, both by
    # quadrature over the Laplace transform of a log-normal (numpy, float64)
    lln-entropy --tau 0.5 --kernel softmax > table
    column entropy_theory_nats < table | sed 's/$/ 5.03673/' | near 1e-6
    paste -d ' ' <(column entropy_nats < table) \
        <(column entropy_nats_se < table) |
        awk '{ z = ($1 - 5.0367) / $2; print; exit !(z > -3 && z < 3) }'
}

@test "theory is for softmax without a mask" {
    lln-entropy -n 8 -d 2 | column entropy_theory_nats | tail -n 1 | grep -x nan
    lln-entropy -n 8 -d 2 --causal | column entropy_theory_nats |
        grep -cx nan | grep -x 2
}

@test "case A" {
    entropies A 1.1 1.4
    of_case A --kernel softmax --causal --double |
        case_near 1e-12 A softmax_causal entropy_nats=mean_entropy_nats
}

@test "case B" {
    entropies B 1 1
}

@test "case C" {
    entropies C 0.8 0.9
}

@test "case E" {
    entropies E 1 1
}

@test "case E: the smallest entropy keeps its digits" {
    # (1 + g) exp(-g) with g = 323.07 between the two largest logits; numpy:
    # o = sort(s - max); H = -sum(o exp(o)) + log1p(sum(exp(o))) without o = 0
    of_case E --kernel softmax --double | column entropy_min_nats |
        sed 's/$/ 1.5935353523576182e-138/' | near 1e-12
}

@test "heads of a trained encoder" {
    for mask in '' --causal; do
        # shellcheck disable=SC2086
        lln-entropy "$DATA/encoder.safetensors" --layout hnd \
            --kernel softmax $mask > table
        grep "^[^,]*,[^,]*,$([ "$mask" ] && echo 1 || echo 0)," \
            "$DATA/encoder.csv" > expected
        for name in 4,entropy_nats 5,entropy_min_nats 6,entropy_max_nats; do
            paste -d ' ' <(column "${name#*,}" < table) \
                <(cut -d, -f"${name%,*}" expected) | near 1e-5
        done
    done
}

@test "normalised entropy" {
    for mask in '' --causal; do
        # shellcheck disable=SC2086
        of_case A --kernel softmax --double $mask > table
        # ln 64, and ln(64!)/64 = lgamma(65)/64
        column entropy_nats < table |
            awk -v mask="$mask" '{
                print $1 / log(64)
                print $1 / (mask ? 3.205753116916269 : log(64))
            }' > expected
        { column entropy_over_log_n < table &&
            column entropy_over_ceiling < table; } |
            paste -d ' ' - expected | near 1e-5
    done
}

# of_model OPTION...: the diagnosis of the sample, softmax.
of_model() {
    lln-entropy "$DATA/encoder.safetensors" --layout hnd --quiet \
        --kernel softmax --diagnose "$@"
}

@test "--diagnose --each: heads against numpy" {
    for mask in '' --causal; do
        # shellcheck disable=SC2086
        of_model --each $mask > table
        grep "^[^,]*,[^,]*,$([ "$mask" ] && echo 1 || echo 0)," \
            "$DATA/encoder.csv" > expected
        equal header "$(head -n 1 table)" \
            "$identity,entropy_nats,entropy_over_log_n,entropy_over_ceiling,entropy_normalized,entropy_floor_nats,max_logit,centered_sigma1"
        equal rows "$(wc -l < table)" 5
        for name in 4,entropy_nats 14,centered_sigma1 15,max_logit \
            16,entropy_floor_nats; do
            paste -d ' ' <(column "${name#*,}" < table) \
                <(cut -d, -f"${name%,*}" expected) |
                near "$([ "$name" = 16,entropy_floor_nats ] &&
                    echo 1e-4 || echo 1e-5)"
        done
        paste -d ' ' <(column entropy_floor_nats < table) \
            <(column entropy_nats < table) |
            awk '$1 > $2 * (1 + 1e-6) { exit 1 }'
    done
}

@test "--diagnose: one row for each model" {
    of_model > model
    of_model --each > heads
    equal header "$(head -n 1 model)" \
        "$identity,entropy_nats,entropy_over_log_n,entropy_over_ceiling,entropy_normalized,entropy_floor_nats,max_logit,centered_sigma1,centered_sigma1_max,entropy_head_min_nats,entropy_head_max_nats,share_ceiling_0_25,share_ceiling_0_5,share_ceiling_0_75,share_ceiling_1,share_largest_0_25,share_largest_0_5,share_largest_0_75,share_largest_1,heads_undefined"
    # the entropies of the heads are 0.22, 0.03, 0.77 and 0.78 of ln 256, and
    # 0.28, 0.04, 0.99 and 1 of the largest
    equal row "$(sed 1d model | cut -d, -f2-8)" nan,nan,softmax,256,64,0,4
    equal shares "$(sed 1d model | cut -d, -f20-)" \
        0.5,0,0,0.5,0.25,0.25,0,0.5,0
    for name in entropy_nats entropy_floor_nats centered_sigma1; do
        echo "$(column $name < model)" \
            "$(column $name < heads | awk '{ s += $1 / 4 } END { print s }')"
    done | near 1e-5
    for name in centered_sigma1_max,centered_sigma1 max_logit,max_logit \
        entropy_head_max_nats,entropy_nats; do
        equal "$name" "$(column "${name%,*}" < model)" \
            "$(column "${name#*,}" < heads | sort -g | tail -n 1)"
    done
}

@test "--diagnose --aggregate layer" {
    of_model --aggregate layer --tau 0.3,1 | cut -d, -f2-4,8,9,20-23 > table
    of_model --aggregate all | cmp - <(of_model)
    equal rows "$(cat table)" \
        'layer,head,kernel,samples,tau,share_ceiling_0_25,share_ceiling_0_5,share_ceiling_0_75,share_ceiling_1
0,nan,softmax,2,0.3,1,0,0,0
0,nan,softmax,2,1,0,0,0,1
3,nan,softmax,2,0.3,0,0,1,0
3,nan,softmax,2,1,0,0,0,1'
}

@test "--diagnose: sampled heads, other kernels, one key" {
    lln-entropy -n 40 -d 4 --diagnose > table
    equal rows "$(cut -d, -f2-4,8,28 table | sed 1d)" 'nan,nan,softmax,4,0
nan,nan,lln,4,0'
    equal logits "$(column max_logit < table | tail -n 1)" nan
    lln-entropy -n 1 -d 4 --trials 2 --diagnose --kernel softmax > table
    equal row "$(column entropy_nats < table),$(column centered_sigma1 < table),$(column share_ceiling_0_25 < table)" \
        0,0,nan
}

@test "--diagnose: more keys than queries" {
    head -c 640 "$CASES/case_A_Q.npy" | tail -c 512 | npy q.npy '<f8' '(8, 8)'
    lln-entropy --q q.npy --k "$CASES/case_A_K.npy" --kernel softmax \
        --diagnose --double > table
    equal row "$(cut -d, -f5 table | tail -n 1)" 8
    # log(64)
    paste -d ' ' <(column entropy_nats < table) \
        <(column entropy_over_log_n < table) |
        awk '{ printf "%.17g 4.1588830833596715\n", $1 / $2 }' | near 1e-13
}

@test "--diagnose: bad usage" {
    refuses 2 '--diagnose cannot be used with --per-row' \
        lln-entropy --diagnose --per-row
    refuses 2 '--rows cannot be used with --diagnose: all rows are needed' \
        lln-entropy --diagnose --rows 8
    refuses 2 '--each cannot be used with --aggregate' \
        lln-entropy --diagnose --each --aggregate all
}

@test "the same seed gives the same bytes, another seed others" {
    lln-entropy -n 64 -d 8 --seed 3 > a
    lln-entropy -n 64 -d 8 --seed 3 > b
    lln-entropy -n 64 -d 8 --seed 4 > c
    cmp a b
    ! cmp -s a c || return 1
}

# The addresses of arrays differ from run to run.
@test "the same bytes in every run" {
    for kernel in nystrom performer lln topth; do
        for run in 1 2 3 4 5 6 7 8; do
            lln-entropy --layout hnd --layers 0 --kernel $kernel \
                "$DATA/encoder.safetensors" > "$kernel.$run"
            cmp "$kernel.1" "$kernel.$run"
        done
    done
}

@test "--rows: some rows with standard errors; all rows as without the option" {
    lln-entropy -n 256 -d 16 --kernel softmax --each --trials 1 > all
    lln-entropy -n 256 -d 16 --kernel softmax --each --trials 1 --rows 64 > some
    paste -d ' ' <(column entropy_nats < some) <(column entropy_nats < all) \
        <(column entropy_nats_se < some) |
        awk '{ z = ($1 - $2) / $3; print; exit !(z > -4 && z < 4) }'
    lln-entropy -n 256 -d 16 --kernel softmax --each --trials 1 --rows 256 |
        column entropy_nats | paste -d ' ' - <(column entropy_nats < all) |
        near 1e-14
}

@test "json and ndjson" {
    lln-entropy -n 8 -d 2 --format ndjson > out.ndjson
    equal rows "$(wc -l < out.ndjson)" 2
    grep -q '"kernel":"lln".*"max_logit":null' out.ndjson
    lln-entropy -n 8 -d 2 --format json > out.json
    command -v python3 > /dev/null || skip 'no python3 to parse it'
    python3 -m json.tool out.json > /dev/null
    python3 -m json.tool --json-lines out.ndjson > /dev/null
}

@test "tsv is csv with tabs" {
    lln-entropy -n 8 -d 2 --format tsv | tr '\t' , > a
    lln-entropy -n 8 -d 2 > b
    cmp a b
}

@test "--no-header, --precision" {
    run --separate-stderr lln-entropy -n 8 -d 2 --no-header --precision 3 \
        --kernel softmax --each --trials 1
    equal rows "${#lines[@]}" 1
    grep -Eq '^gaussian,nan,0,softmax,8,2,0,1,1,[0-9]\.[0-9]{1,2},' \
        <<< "$output"
}

# Files that are refused.

# bad MESSAGE OPTION...: q.npy is refused with that message.
bad() {
    local message=$1
    shift
    cp "$CASES/case_A_K.npy" k.npy
    files_before=$(ls -A)
    refuses 1 "$message" lln-entropy --q q.npy --k k.npy -o out.csv "$@"
}

@test "a missing file" {
    bad 'q.npy: No such file or directory'
}

@test "a directory" {
    mkdir q.npy
    bad 'q.npy: Is a directory'
}

@test "an empty file" {
    true > q.npy
    bad 'q.npy: empty file'
}

@test "a text file" {
    echo 1,2,3 > q.npy
    bad 'q.npy: not a .npy, .npz or .safetensors file'
}

@test "a truncated file" {
    head -c 4000 "$CASES/case_A_Q.npy" > q.npy
    bad 'q.npy: truncated: 3872 bytes of data, expected 4096'
    head -c 100 "$CASES/case_A_Q.npy" > q.npy
    bad 'q.npy: truncated: 90 bytes of header, expected 118'
}

@test "trailing bytes" {
    cat "$CASES/case_A_Q.npy" - <<< x > q.npy
    bad 'q.npy: trailing bytes: 4098 bytes of data, expected 4096'
}

@test "one axis" {
    head -c 32 /dev/zero | npy q.npy '<f4' '(8,)'
    bad "q.npy: shape (8,); expected 2 axes (layout nd), 3 (hnd or nhd), 4 (lhnd, bhnd or bnhd) or 5 (lbhnd or blhnd)"
}

@test "three axes without a layout" {
    head -c 64 /dev/zero | npy q.npy '<f4' '(2, 4, 2)'
    bad 'q.npy: shape (2, 4, 2) needs a layout; expected hnd or nhd, or bnD with --split-heads'
}

@test "no elements" {
    npy q.npy '<f4' '(0, 8)' < /dev/null
    bad 'q.npy: shape (0, 8): no elements'
}

@test "NaN and infinity" {
    { head -c 40 /dev/zero && printf '\0\0\300\177' &&
        head -c 20 /dev/zero; } | npy q.npy '<f4' '(2, 8)'
    bad 'q.npy: row 1, column 2: nan; expected finite numbers'
    { printf '\0\0\200\377' && head -c 60 /dev/zero; } |
        npy q.npy '<f4' '(2, 8)'
    bad 'q.npy: row 0, column 0: -inf; expected finite numbers'
}

@test "values beyond float32" {
    { printf '\0\0\0\0\0\0\360\177' && head -c 120 /dev/zero; } |
        npy q.npy '<f8' '(2, 8)'
    bad 'q.npy: row 0, column 0: inf; expected finite numbers'
    { printf '\0\0\0\0\0\0\340\177' && head -c 120 /dev/zero; } |
        npy q.npy '<f8' '(2, 8)'
    # ln 64 / 2: one row has all its weight on one key, the other is uniform.
    cp "$CASES/case_A_K.npy" k.npy
    lln-entropy --q q.npy --k k.npy --kernel softmax --columns entropy_nats |
        sed 1d | paste -d ' ' - <(echo 2.0794415416798357) | near 1e-15
}

@test "another number of features" {
    cp "$CASES/case_B_Q.npy" q.npy
    bad 'k.npy: 8 features; expected 64 as in q.npy; layout nD with --split-heads may fit'
}

@test "more queries than keys under a causal mask" {
    head -c 2080 /dev/zero | npy q.npy '<f4' '(65, 8)'
    bad 'k.npy: 64 keys; a causal mask needs at least 65, one for each query of q.npy' \
        --causal
}

@test "integers, objects, structures" {
    local types='expected float16, float32 or float64'
    head -c 64 /dev/zero | npy q.npy '<i4' '(2, 8)'
    bad "q.npy: dtype '<i4': integers; $types"
    head -c 64 /dev/zero | npy q.npy '|O' '(2, 8)'
    bad "q.npy: dtype '|O': pickled objects are never read; $types"
    head -c 64 /dev/zero | npy q.npy "<f4', 'x': '" '(2, 8)'
    bad "q.npy: header: key 'x' unknown; expected 'descr', 'fortran_order' and 'shape'"
}

# H of two logits that differ by delta is (1 + delta) exp(-delta) to first order
# of exp(-delta): 0 in float64 from delta = 753 on.
@test "entropies fall with the temperature, to 0" {
    for kernel in softmax lln:alpha=1:beta=1; do
        for precision in '' --double; do
            # shellcheck disable=SC2086
            lln-entropy -n 16 --tau 1e-30,1e-10,1e-3,1e-2 --kernel $kernel \
                --columns tau,entropy_nats,entropy_max_nats $precision > table
            equal cold "$(column entropy_max_nats < table | head -n 1)" 0
            column entropy_nats < table | sort -gc
        done
    done
}
