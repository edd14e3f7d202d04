# SPDX-License-Identifier: GPL-3.0-or-later
#
# --plan: how much work a command is. Of times, only their presence is checked.
# shellcheck disable=SC2154 # bats sets status, output, stderr
load helper

header=heads,cases,kernels,entries,bytes,passes,seconds,memory_bytes,threads
encoder=$DATA/encoder.safetensors

# planned COLUMNS TOOL OPTION...: checks the first five columns, and that the
# estimates are above 0.
planned() {
    local columns=$1
    shift
    run --separate-stderr "$@" --plan
    equal status "$status" 0
    equal stderr "$(without_extent <<< "$stderr")" ''
    equal header "${lines[0]}" "$header"
    equal rows "${#lines[@]}" 2
    equal columns "$(cut -d, -f 1-5 <<< "${lines[1]}")" "$columns"
    equal estimates "$(cut -d, -f 7-9 <<< "${lines[1]}" | tr , '\n' |
        grep -cE '^[0-9.]*[1-9][0-9.]*([eE][-+][0-9]+)?$')" 3
}

@test "sampled heads" {
    planned 4,4,2,256,0 lln-entropy -n 8 -d 2
    planned 3,6,1,1536,0 lln-stats -n 16 -d 2 --trials 3 --tau 1,2 \
        --kernel softmax
    planned 4,4,0,256,0 lln-match -n 8 -d 2
    planned 4,4,2,256,0 lln-spectral -n 8 -d 2
    planned 4,4,1,256,0 lln-attend -n 8 -d 2
    planned 4,4,1,256,0 lln-attend -n 8 -d 2 --compare softmax
    planned 4,4,0,256,0 lln-stats -n 8 -d 2 --normality
    planned 4,4,2,256,0 lln-entropy -n 8 -d 2 --per-row
    planned 4,4,2,256,0 lln-entropy -n 8 -d 2 --diagnose --tau 1
    planned 1,1,1,1099511627776,0 lln-attend -n 1048576 -d 2 --trials 1
    # A kernel that cannot compute the heads is planned, too.
    planned 4,4,1,324,0 lln-entropy -n 9 -d 2 --kernel nystrom
}

@test "heads of files" {
    # Two layers of two heads, 256 tokens, 64 features: float16, q and k.
    planned 4,4,2,262144,262144 lln-entropy --quiet --layout hnd "$encoder"
    planned 4,4,2,262144,262144 lln-entropy --quiet --layout hnd "$encoder" \
        --kernel lln:scales=layer,lln --causal
    # The arrays of one layer; values are read as well.
    planned 1,2,1,131072,196608 lln-attend --quiet --layout hnd "$encoder" \
        --layers 3 --heads 1 --compare softmax --tau 1,2
    # Padding counts in the arrays, but in no matrix.
    lln-attend -n 6 -d 2 --trials 2 --kernel softmax -o x.npy
    printf '6\n4\n' > lengths
    planned 2,2,1,52,96 lln-entropy --layout bnd --q x.npy --k x.npy \
        --lengths lengths --kernel softmax
}

@test "passes follow the columns" {
    local passes
    for passes in 1:entropy_nats 0:entropy_theory_nats 0:tau; do
        equal "$passes" "$(lln-entropy -n 64 --kernel softmax --plan \
            --columns "${passes#*:}" | column passes)" "${passes%:*}"
    done
    equal kernels "$(lln-entropy -n 64 --kernel softmax,elu --plan |
        column passes)" 2
    equal search "$(lln-entropy -n 64 --kernel lln --plan | column passes |
        awk '{ print ($1 > 1) }')" 1
}

@test "values are not read; --params and arrays are checked" {
    printf '\0\0\300\177%.0s' {1..8} | npy x.npy '<f4' '(4, 2)'
    planned 1,1,1,16,32 lln-entropy --q x.npy --k x.npy --kernel softmax
    run --separate-stderr lln-entropy --q x.npy --k x.npy
    equal status "$status" 1
    lln-match -n 8 -d 2 > params
    planned 4,4,1,256,0 lln-entropy -n 8 -d 2 --kernel lln --params params
    rm x.npy params
    refuses 1 'p: No such file or directory' \
        lln-entropy -n 8 --params p --plan
    run --separate-stderr lln-entropy --columns x --plan
    equal status "$status" 2
}

@test "the table goes to -o like others" {
    lln-entropy -n 8 -d 2 --plan -o plan --format json
    equal entries "$(grep -o '"entries":[0-9]*' plan)" '"entries":256'
    lln-entropy -n 8 -d 2 --plan --comments | head -n 1 | grep -q '^# lln-'
    # shellcheck disable=SC2034 # for refuses
    files_before=plan
    refuses 2 '--plan cannot be used with --fenton' lln-stats --fenton --plan
    refuses 2 '--plan cannot be used with --write-heads' \
        lln-attend --write-heads x.npz --plan
}
