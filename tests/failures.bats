# SPDX-License-Identifier: GPL-3.0-or-later
#
# A head that a kernel cannot compute does not end the run: its row has nan, and
# one warning gives the reason for all heads that share it.
# shellcheck disable=SC2034,SC2154,SC2086 # as in helper.bash; $tool is words
load helper

# attend OPTION...: arrays of sampled heads, [trials x n x d].
attend() {
    lln-attend --kernel softmax "$@"
}

# Four batch entries of 128, 96, 1 and 64 tokens.
entries() {
    attend -n 128 -d 4 --trials 4 -o x.npy
    printf '%s\n' 128 96 1 64 > lengths
    heads=(--layout bnd --q x.npy --k x.npy --lengths lengths)
}

# said MESSAGE TOOL OPTION... < STDOUT: the command exits with 0, prints STDOUT,
# and "TOOL: MESSAGE" on stderr.
said() {
    local message="$2: $1"
    shift
    run --separate-stderr "$@"
    equal status "$status" 0
    equal stdout "$output" "$(cat)"
    equal stderr "$(without_extent <<< "$stderr")" "$message"
}

fit="kernel 'nystrom': 96 queries and 96 keys; expected multiples of landmarks=64"

@test "a head whose number of tokens the landmarks do not divide" {
    entries
    said "x.npy[1]: $fit; the same holds for 1 more case" \
        lln-attend "${heads[@]}" --v x.npy --compare softmax --precision 1 \
        --kernel nystrom --columns source,kernel,matrix_error << END
source,kernel,matrix_error
x.npy[0],nystrom,0.02
x.npy[1],nystrom,nan
x.npy[2],nystrom,nan
x.npy[3],nystrom,0.01
END
    for tool in lln-entropy lln-stats "lln-attend --compare softmax --v x.npy" \
        "lln-entropy --diagnose --each" "lln-stats --qq 1"; do
        run --separate-stderr $tool "${heads[@]}" --kernel nystrom
        equal status "$status" 0
        equal rows "$(column source <<< "$output")" \
            "$(printf 'x.npy[%d]\n' 0 1 2 3)"
        [[ $stderr == *"x.npy[1]: tau "*": $fit"* ]]
    done
    # The reference of --compare is a kernel as well.
    run --separate-stderr lln-attend --compare nystrom --v x.npy \
        "${heads[@]}" --kernel elu --columns source,kl_nats
    equal status "$status" 0
    equal nan "$(grep -c ',nan$' <<< "$output")" 2
    [[ $stderr == *"x.npy[1]: $fit; the same holds for 1 more case" ]]
}

@test "a table with one row for each part of a head has no rows for it" {
    entries
    for options in 'lln-entropy --per-row' 'lln-spectral --eigenvalues 2' \
        'lln-spectral --singular 2'; do
        run --separate-stderr $options "${heads[@]}" --kernel nystrom \
            --columns source
        equal status "$status" 0
        equal sources "$(sed 1d <<< "$output" | uniq)" \
            "$(printf '%s\n' 'x.npy[0]' 'x.npy[3]')"
        [[ $stderr == *"x.npy[1]: "*"$fit; the same holds for 1 more case"* ]]
    done
}

@test "a bound fails on a head that was not measured" {
    entries
    run --separate-stderr lln-entropy "${heads[@]}" --kernel nystrom \
        --tau 2 --fail-below effective_keys=0
    equal status "$status" 3
    [[ $stderr == *"x.npy[1]: kernel nystrom, tau 2: effective_keys is nan; expected at least 0" ]]
}

@test "the part of the array of such a head is NaN, whatever the reason" {
    entries
    said "x.npy[1]: $fit; the same holds for 1 more case" \
        lln-attend "${heads[@]}" --v x.npy --kernel nystrom -o o.npy < /dev/null
    # Entry 1 has 96 rows of NaN, then padding.
    tail -c +129 o.npy | head -c $((2 * 128 * 16)) | tail -c $((128 * 16)) > one
    equal nan "$(head -c $((96 * 16)) one | od -An -v -w4 -tf4 | tr -d ' -' |
        sort -u)" nan
    cmp <(tail -c $((32 * 16)) one) <(head -c $((32 * 16)) /dev/zero)
    # Nothing is written before a failure that ends the run.
    lln-attend "${heads[@]}" --v x.npy --kernel nystrom 2> /dev/null | cmp - o.npy
}

@test "--tau that sampled heads cannot have" {
    local tool word='queries and keys would need standard deviations of 1e+50; expected less than 3.4e+37; use --double'
    said "gaussian: tau 1e-100: $word; the same holds for 3 more cases" \
        lln-entropy -n 8 --tau 1,1e-100 --kernel softmax --precision 2 \
        --columns kernel,tau,entropy_nats << END
kernel,tau,entropy_nats
softmax,1,1.7
softmax,1e-100,nan
END
    for tool in lln-stats lln-spectral lln-match 'lln-stats --normality' \
        'lln-attend --compare softmax'; do
        run --separate-stderr $tool -n 8 --tau 1e-100 --each --columns tau
        equal status "$status" 0
        equal tau "$(sed 1d <<< "$output" | sort -u)" 1e-100
        equal stderr "${stderr%%$'\n'*}" \
            "${tool%% *}: gaussian: head 0, tau 1e-100: $word; the same holds for 3 more cases"
    done
    said "gaussian: head 0, tau 1e-100: $word" \
        lln-attend -n 8 --tau 1e-100 --trials 1 -o o.npy < /dev/null
    equal nan "$(tail -c +129 o.npy | od -An -v -w4 -tf4 | tr -d ' -' | sort -u)" \
        nan
    lln-entropy -n 8 --tau 1e-100 --double > /dev/null 2> errors
    equal errors "$(cat errors)" ''
}

@test "--tau for equal keys and for one token" {
    { printf '\0\0\200\77%.0s' {1..16}; } | npy k.npy '<f4' '(2, 4, 2)'
    attend -n 4 -d 2 --trials 2 -o q.npy
    said 'q.npy: head 0, tau 0.5: logits with a within-row variance of 0 cannot be given temperature 0.5; the same holds for 3 more cases' \
        lln-entropy --layout hnd --q q.npy --k k.npy --tau 0.5,2 \
        --kernel softmax --columns head,tau,entropy_nats << END
head,tau,entropy_nats
0,0.5,nan
0,2,nan
1,0.5,nan
1,2,nan
END
    # The common alpha and beta of a layer come from the heads that have them.
    entries
    lln-entropy -q "${heads[@]}" --tau 1 --kernel lln:scales=layer \
        --columns source,entropy_nats > four 2> errors
    equal errors "$(cat errors)" \
        'lln-entropy: x.npy[2]: tau 1: the temperature is undefined: no query has two allowed keys'
    equal nan "$(grep nan four)" 'x.npy[2],nan'
}

@test "--scale beyond float64" {
    local tool
    for tool in lln-entropy lln-stats lln-spectral lln-match \
        'lln-attend --compare softmax'; do
        run --separate-stderr $tool -n 8 --scale 1e308 --each --trials 3
        equal status "$status" 0
        equal rows "$(wc -l <<< "$output")" \
            "$([[ $tool == *match || $tool == *attend* ]] && echo 4 || echo 7)"
        [[ $stderr == *'; the same holds for 2 more cases' ]]
    done
    said "gaussian: kernel 'lln': alpha inf, beta inf; expected finite numbers; the same holds for 3 more cases" \
        lln-entropy -n 8 --scale 1e300 --columns kernel,entropy_nats << END
kernel,entropy_nats
softmax,0
lln,nan
END
}

@test "lln-match names the methods that find no match" {
    said 'gaussian: head 0, tau 1e-100: queries and keys would need standard deviations of 1e+50; expected less than 3.4e+37; use --double' \
        lln-match -n 8 --tau 1e-100 --each --trials 1 --method paper,measured \
        --columns head,method,alpha,achieved << END
head,method,alpha,achieved
0,paper,nan,nan
0,measured,nan,nan
END
}

@test "NaN in the array of one head" {
    attend -n 8 -d 4 --trials 2 -o x.npy
    {
        head -c 128 /dev/zero # gates 0
        printf '\0\0\300\177'
        head -c 124 /dev/zero
    } | npy gate.npy '<f4' '(2, 8, 4)'
    said "x.npy: head 1: kernel 'gla': array 'gate': row 0, column 0: nan; expected a number" \
        lln-entropy --layout hnd --q x.npy --k x.npy --kernel gla,softmax \
        --causal --gate gate.npy --precision 1 \
        --columns head,kernel,top1_mass << END
head,kernel,top1_mass
0,gla,0.9
0,softmax,0.5
1,gla,nan
1,softmax,0.4
END
}

@test "a method that applies to no head ends the run" {
    refuses 2 "--method lowrank cannot be used with kernel 'softmax'; choose a kernel made of features, such as lln" \
        lln-spectral -n 16 --kernel softmax,lln --method lowrank
    printf '\x00\x38%.0s' {1..4} | npy p.npy '<f2' '(2, 2)'
    files_before=p.npy
    refuses 1 'p.npy: method lowrank: needs a kernel made of features, such as lln' \
        lln-spectral --attention p.npy --method lowrank
    entries
    said "x.npy[2]: kernel 'softmax': method arnoldi: finds at most n - 2 eigenvalues and needs at least 4 tokens; n = 1, eigenvalues requested: 1" \
        lln-spectral "${heads[@]}" --kernel softmax --method arnoldi \
        --precision 1 --columns source,lambda2 << END
source,lambda2
x.npy[0],0.02
x.npy[1],0.01
x.npy[2],nan
x.npy[3],0.01
END
}

@test "warnings do not depend on threads, and come before the final error" {
    entries
    for threads in 1 2; do
        lln-entropy -q "${heads[@]}" --kernel nystrom,reformer,lln --tau 1,2 \
            --threads $threads > out.$threads 2> err.$threads
    done
    cmp out.1 out.2
    cmp err.1 err.2
    equal lines "$(wc -l < err.1)" 3
    run --separate-stderr signalled INT 50 lln-entropy -n 300 --trials 100000 \
        --kernel nystrom --each -o out.csv
    equal status "$status" 130
    [[ $stderr =~ "kernel 'nystrom': 300 queries"[^$'\n']*more\ cases$'\n'[^$'\n']*interrupted ]]
}

@test "one head with values beyond float32" {
    attend -n 4 -d 2 --trials 2 -o q.npy
    {
        head -c 64 /dev/zero
        printf '\234u\0\210<\344\067~' # 1e300
        head -c 56 /dev/zero
    } | npy v.npy '<f8' '(2, 4, 2)'
    said 'q.npy: head 1: v.npy: head 1, row 0, column 0: 1e+300; expected numbers in the range of float32' \
        lln-attend --layout hnd --q q.npy --k q.npy --v v.npy \
        --kernel softmax -o o.npy < /dev/null
    equal nan "$(tail -c 32 o.npy | od -An -v -w4 -tf4 | tr -d ' -' | sort -u)" nan
}
