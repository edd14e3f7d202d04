#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-attend --compare: what it prints, and that the values are correct.
# shellcheck disable=SC2001,SC2154 # helper.bash sets variables
load helper

identity=source,layer,head,kernel,n,d,causal,samples,tau
columns=relative_error,cosine,kl_nats,row_sum_min,seconds,peak_bytes,lost_mass
columns=$columns,row_sum_error,row_sum_error_largest,total_variation,top_overlap
columns=$columns,rank_correlation,matrix_error,js_nats,hellinger,row_cosine
columns=$columns,transfer_recall

# of_case OPTION...: case A with its keys as values.
of_case() {
    lln-attend --q "$CASES/case_A_Q.npy" --k "$CASES/case_A_K.npy" \
        --v "$CASES/case_A_K.npy" "$@"
}

@test "the header" {
    run --separate-stderr lln-attend --compare softmax -n 8 -d 2
    equal status "$status" 0
    equal stderr "$stderr" ''
    equal header "${lines[0]}" \
        "$identity,$columns,reference,$(sed 's/,\|$/_se&/g' <<< "$columns")"
    equal rows "${#lines[@]}" 2
    run --separate-stderr of_case --compare softmax --kernel lln,softmax
    equal header "${lines[0]}" "$identity,$columns,reference"
    equal rows "${#lines[@]}" 3
}

# The values are from numpy:
#   q, k = (np.load("case_A_%s.npy" % x) for x in "QK")
#   r = np.exp(q @ k.T / 8 ** .5)
#   p = np.exp(1.1 * q) @ np.exp(1.4 * k).T
#   r, p = (x / x.sum(1)[:, None] for x in (r, p))
#   o, u = p @ k, r @ k
#   top = lambda x: [list(np.argsort(-row, kind="stable")[:10]) for row in x]
#   def tau(a, b):
#       pairs = [(i, j) for i in range(10) for j in range(i)]
#       return np.mean([np.sign((a[i] - a[j]) * (b[i] - b[j]))
#                       for i, j in pairs])
#   norm = np.linalg.norm
#   norm(o - u) / norm(u)
#   ((o * u).sum(1) / norm(o, axis=1) / norm(u, axis=1)).mean()
#   (r * np.log(r / p)).sum(1).mean()
#   abs(r - p).sum(1).mean() / 2
#   np.mean([len({*a} & {*b}) / 10 for a, b in zip(top(p), top(r))])
#   np.mean([tau(p[i][t], r[i][t]) for i, t in enumerate(top(r))])
#   norm(p - r) / norm(r)
#   h = lambda x: -(x * np.log(x)).sum(1)
#   (h((p + r) / 2) - (h(p) + h(r)) / 2).mean()
#   np.sqrt(1 - np.sqrt(p * r).sum(1)).mean()
#   ((p * r).sum(1) / norm(p, axis=1) / norm(r, axis=1)).mean()
#   np.mean([x[t].sum() for x, t in zip(r, top(p))])
expected='0.8196058509324288 0.5765668329366149 0.4597397288939735
0.34763341194557507 0.4359375 0.14305555555555555 0.7471360078178743
0.10026806249691808 0.31372967284428765 0.7054390975916498
0.32651754477950845'
names='relative_error cosine kl_nats total_variation top_overlap
rank_correlation matrix_error js_nats hellinger row_cosine transfer_recall'

@test "values of a reference case" {
    of_case --compare softmax --kernel lln:alpha=1.1:beta=1.4 --double > double
    of_case --compare softmax --kernel lln:alpha=1.1:beta=1.4 > single
    for name in $names; do column "$name" < double; done |
        paste - <(tr ' ' '\n' <<< "$expected") | near 1e-12
    for name in $names; do column "$name" < single; done |
        paste - <(tr ' ' '\n' <<< "$expected") | near 1e-5
    equal lost "$(column lost_mass < double)" 0
    echo "$(column row_sum_min < double) 1" | near 1e-14
    equal reference "$(column reference < double)" softmax
}

@test "a kernel compared with itself has no error" {
    of_case --compare lln:match=paper --kernel lln:match=paper > table
    for name in relative_error kl_nats total_variation matrix_error js_nats \
        hellinger; do
        equal $name "$(column $name < table)" 0
    done
    for name in top_overlap rank_correlation; do
        equal $name "$(column $name < table)" 1
    done
    equal reference "$(column reference < table)" lln:match=paper
}

# 64 is more than the number of keys of the first rows: all are top keys.
@test "--top" {
    of_case --compare softmax --top 64 --causal > all
    of_case --compare softmax --top 1 --causal > one
    equal overlap "$(column top_overlap < all)" 1
    equal correlation "$(column rank_correlation < one)" nan
    column top_overlap < one | awk '{ exit !($1 > 0 && $1 < 1) }'
}

@test "time grows with the work, and memory is printed" {
    for n in 256 8192; do
        lln-attend --compare softmax --rows 2 --kernel softmax -n "$n" -d 8 \
            --trials 1
    done > both
    awk -F, '
        FNR % 2 == 0 && !($15 == "nan" || $15 >= 0) { failed = 1 }
        FNR == 2 { small = $14 }
        END { exit failed || !(small > 0 && $14 > 2 * small) }' both
}

@test "--rows: all rows are within the stated standard errors" {
    lln-attend --compare softmax -n 2048 -d 16 --trials 1 --each > all
    lln-attend --compare softmax -n 2048 -d 16 --trials 1 --each --rows 400 \
        > some
    for name in $names; do
        echo "$(column "$name" < some) $(column "$name" < all)" \
            "$(column "${name}_se" < some)"
    done | awk '
        { error = $1 - $2; if (error < 0) error = -error }
        !($3 > 0 && error < 4 * $3) { print; failed = 1 }
        END { exit failed || NR != 11 }'
}

@test "the same table on any number of threads" {
    for threads in 1 2; do
        lln-attend --compare softmax -n 300 -d 8 --each --threads $threads \
            > table
        cut -d, -f 1-13,16- table > "on$threads"
    done
    cmp on1 on2
}

of_encoder() {
    lln-attend --quiet --layout hnd --compare softmax "$@" \
        "$DATA/encoder.safetensors"
}

@test "a divergence is infinite if keys are lost, missing with negative entries" {
    of_encoder --layers 0 --heads 0 --kernel blockdiag,relu,nystrom > table
    equal divergence "$(column kl_nats < table | sed 's/^[0-9.]*$/finite/')" \
        $'inf\nfinite\nnan'
    column lost_mass < table | awk '{ print ($1 > 0) }' > lost
    equal lost "$(cat lost)" $'1\n0\n1'
    of_encoder --layers 0 --heads 0 --kernel blockdiag --format json > text
    grep -q '"kl_nats": *null' text
}

@test "draws of a random kernel from files are averaged" {
    of_encoder --layers 0 --heads 0 --kernel lln,performer --trials 4 > table
    equal samples "$(column samples < table)" $'1\n4'
    column relative_error_se < table > errors
    equal 'error of lln' "$(head -n 1 errors)" nan
    awk 'NR == 2 { exit !($1 > 0 && $1 < 0.1) }' errors
}

@test "names of columns differ, those of --aggregate too" {
    of_encoder --aggregate all > table
    equal twice "$(head -n 1 table | tr , '\n' | sort | uniq -d)" ''
}

# lln-match measures all rows; from 2048 queries on, the kernel does not.
@test "lln alone is exact on heads of fewer than 2048 queries" {
    for n in 2047 2048; do
        lln-match -n $n -d 8 --trials 1 --no-spectrum |
            lln-attend -n $n -d 8 --trials 1 --params - --kernel lln \
                --compare lln:match=measured | column relative_error
    done > errors
    awk '{ ok[NR] = NR == 1 ? $1 < 1e-6 : $1 > 1e-6 && $1 < 0.1 }
        END { exit !(NR == 2 && ok[1] && ok[2]) }' errors
}

@test "a kernel that cannot be computed on a head" {
    refuses 2 "kernel 'nystrom' does not support --causal" \
        lln-attend --quiet --layout hnd --causal --compare softmax \
        --kernel nystrom "$DATA/encoder.safetensors"
    refuses 2 "kernel 'nystrom:landmarks=4' does not support --causal" \
        lln-attend --causal --compare nystrom:landmarks=4 no.safetensors
    refuses 2 "kernel 'gla' needs --causal" lln-entropy --kernel gla
    refuses 2 "kernel 'elu' does not support --window" \
        lln-spectral --window 5 --kernel softmax,elu
    refuses 2 "kernel 'lln:eps=1' does not support --window" \
        lln-stats --window 5 --kernel lln:eps=1
}

@test "bad usage" {
    refuses 2 "--top needs --compare, --against or --pairs" lln-attend --top 3
    refuses 2 "--top: '0' is out of range; expected a whole number from 1 to 256" \
        lln-attend --compare softmax --top 0
    refuses 2 "--compare: expected one kernel, found 'softmax,lln'" \
        lln-attend --compare softmax,lln
    refuses 2 "--compare: lln:alpha=1: alpha needs beta; give both or neither" \
        lln-attend --compare lln:alpha=1
    # --draws needs a random kernel among those that are compared
    refuses 2 '--trials needs sampled heads or a random kernel (see --list-kernels)' \
        lln-attend --compare performer --kernel elu --trials 8 x.npz
    for name in o.npy o.npz o.safetensors; do
        refuses 2 "--output: $name: --compare writes a table; expected a name that does not end in .npy, .npz or .safetensors" \
            lln-attend --compare softmax -n 16 -o $name
    done
    run --separate-stderr lln-attend --compare nothing
    equal status "$status" 2
    [[ "$stderr" == "lln-attend: --compare: kernel 'nothing': unknown; "* ]]
}

@test "without values" {
    local files heads
    columns=kernel,relative_error,relative_error_max,cosine,kl_nats,matrix_error
    lln-attend -n 20 -d 4 --trials 2 --kernel softmax,lln -o x.npz
    heads=(--layout hnd --compare softmax --kernel "elu,lln" --precision 6)
    heads+=(--aggregate all --columns "$columns")
    lln-attend --q x.npz:o.softmax --k x.npz:o.lln --v x.npz:o.lln \
        "${heads[@]}" > with
    grep -c nan with && return 1
    # From two files, and by names in one file.
    # shellcheck disable=SC2086 # $files is several words
    for files in '--q x.npz:o.softmax --k x.npz:o.lln' \
        'x.npz --key-q o.softmax --key-k o.lln'; do
        run --separate-stderr lln-attend $files "${heads[@]}"
        equal status "$status" 0
        [[ $stderr == 'lln-attend: x.npz'*': no values, so relative_error and cosine are nan; name the values with --v or --key-v' ]]
        equal rest "$(cut -d, -f 1,5- <<< "$output")" "$(cut -d, -f 1,5- with)"
        equal missing "$(sed 1d <<< "$output" | cut -d, -f 2-4)" \
            "$(printf 'nan,nan,nan\nnan,nan,nan')"
        run --separate-stderr lln-attend $files "${heads[@]}" --quiet
        equal stderr "$stderr" ''
        # The cost is that of values with as many features as the keys.
        lln-attend $files --layout hnd --compare softmax --quiet |
            column peak_bytes > bytes
        equal bytes "$(grep -c '^[1-9]' bytes)" 2
        run --separate-stderr lln-attend $files "${heads[@]}" \
            --fail-above cosine=2
        equal status "$status" 3
    done
}
