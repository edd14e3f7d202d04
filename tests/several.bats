#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Several files of heads in one table, and names with {step}, {layer} and
# {head}.
# shellcheck disable=SC2034,SC2094,SC2154 # variables of helper.bash and bats
load helper

# digits FROM BYTES: digits that are values from 0.13 to 0.7 as float16.
digits() {
    seq 1 999 | tr -d '\n' | tail -c +"$1" | head -c "$2"
}

# heads FILE FROM: writes q, k and v of two heads, three tokens, two features.
heads() {
    mkdir -p "$(dirname "$1")"
    safetensors "$1" "{$(
        for name in q:0,24 k:24,48 v:48,72; do
            printf '"%s":{"dtype":"F16","shape":[2,3,2],"data_offsets":[%s]},' \
                "${name%:*}" "${name#*:}"
        done | head -c -1
    )}" < <(digits "$2" 72)
}

# layers FILE FROM FROM: writes two such layers to one file.
layers() {
    safetensors "$1" "{$(
        for name in l0.q:0,24 l0.k:24,48 l1.q:48,72 l1.k:72,96; do
            printf '"%s":{"dtype":"F16","shape":[2,3,2],"data_offsets":[%s]},' \
                "${name%:*}" "${name#*:}"
        done | head -c -1
    )}" < <(digits "$2" 48 && digits "$3" 48)
}

# of FILE TABLE: the header of the table and the rows of FILE.
of() {
    awk -F, -v file="$1" 'NR == 1 || $1 == file' "$2"
}

@test "a file has the same rows alone and among others" {
    heads a.st 5
    heads b.st 77
    for command in 'lln-entropy --rows 2' 'lln-entropy --per-row' \
        'lln-entropy --diagnose' 'lln-entropy --tau 0.5,2' \
        lln-stats 'lln-stats --histogram 3' lln-spectral \
        'lln-match --method measured,paper' 'lln-attend --compare softmax --columns id,cosine,kl_nats' \
        'lln-entropy --kernel performer,lln:scales=layer,lln' \
        'lln-entropy --kernel performer --trials 3' \
        'lln-entropy --aggregate layer' 'lln-entropy --aggregate all'; do
        # shellcheck disable=SC2086 # words of the command
        $command --layout hnd b.st a.st > both
        for file in a b; do
            # shellcheck disable=SC2086
            $command --layout hnd $file.st > alone
            of $file.st both | cmp - alone
        done
        equal order "$(cut -d, -f1 both | uniq)" 'source
b.st
a.st'
    done
    lln-match --layout hnd b.st a.st > params
    lln-entropy --layout hnd b.st a.st > solved
    lln-entropy --layout hnd b.st a.st --params params > table
    equal rows "$(wc -l < table)" "$(wc -l < solved)"
}

@test "arrays chosen by names are printed once" {
    heads a.st 5
    heads b.st 77
    heads c.st 9
    layers d.st 5 77
    run --separate-stderr lln-entropy --layout hnd a.st
    equal alone "$stderr" "lln-entropy: a.st: queries 'q', keys 'k'
lln-entropy: a.st: 1 layer, 2 query heads, 2 key heads, 3 tokens, 2 features"
    run --separate-stderr lln-entropy --layout hnd a.st b.st d.st c.st
    local two='2 query heads, 2 key heads, 3 tokens, 2 features'
    equal note "$stderr" \
        "lln-entropy: a.st: queries 'q', keys 'k'; the same holds for 2 more files
lln-entropy: d.st: queries 'l{layer}.q', keys 'l{layer}.k'
lln-entropy: a.st: 1 layer, $two; the same holds for 2 more files
lln-entropy: d.st: 2 layers, $two"
    run --separate-stderr lln-entropy --layout hnd -q a.st b.st d.st c.st
    equal quiet "$stderr" ''
}

@test "more files than descriptors, also from pipes" {
    local files=()
    heads a.st 5
    for i in {1..100}; do
        cp a.st "$i.st"
        files+=("$i.st")
    done
    lln-entropy --layout hnd -q --kernel softmax a.st > alone
    (
        ulimit -n 20
        exec lln-entropy --layout hnd -q --kernel softmax "${files[@]}"
    ) > table
    equal rows "$(wc -l < table)" 201
    of 100.st table | sed 's/^100/a/' | cmp - alone
    lln-entropy --layout hnd -q --kernel softmax <(cat a.st) - b.st \
        < a.st > table 2> errors || true
    equal missing "$(< errors)" 'lln-entropy: b.st: No such file or directory'
    lln-entropy --layout hnd -q --kernel softmax <(cat a.st) - <(cat a.st) \
        < a.st > table
    equal rows "$(cut -d, -f4- table | sort | uniq -c | awk '{ print $1 }')" \
        '1
3
3'
}

@test "all files are checked first" {
    heads a.st 5
    head -c 60 a.st > bad.st
    files_before='a.st
bad.st'
    run --separate-stderr lln-entropy --layout hnd a.st bad.st
    equal status "$status" 1
    equal stdout "$output" ''
    [[ $stderr == 'lln-entropy: bad.st: '* ]]
    refuses 1 'no.st: No such file or directory' \
        lln-entropy --layout hnd a.st no.st -o out.csv
}

@test "a file is named once" {
    heads a.st 5
    cp a.st b.st
    ln -s b.st c.st
    files_before='a.st
b.st
c.st'
    refuses 2 "'a.st' and 'a.st' are the same file; expected each file once" \
        lln-entropy --layout hnd a.st b.st a.st
    refuses 2 "'a.st' and './a.st' are the same file; expected each file once" \
        lln-spectral --layout hnd a.st ./a.st
    refuses 2 "'b.st' and 'c.st' are the same file; expected each file once" \
        lln-match --layout hnd b.st c.st
    refuses 2 'standard input ('\''-'\'') is named more than once; it can be read only once' \
        lln-stats --layout hnd - a.st -
    refuses 1 'a.st: the output would overwrite this input; use another name' \
        lln-stats --layout hnd b.st a.st -o a.st
}

@test "arrays are written for one file" {
    heads a.st 5
    heads b.st 77
    heads l0.st 5
    heads l1.st 7
    files_before='a.st
b.st
l0.st
l1.st'
    refuses 2 "'b.st': several files need --compare, --against or --pairs; otherwise expected one" \
        lln-attend --layout hnd a.st b.st -o o.npy
    refuses 2 "'l1.st': several files need --compare, --against or --pairs; otherwise expected one" \
        lln-attend --layout hnd 'l{layer}.st' -o o.npy
    rm l1.st
    lln-attend --layout hnd -q l0.st -o a.npy
    lln-attend --layout hnd -q 'l{layer}.st' -o b.npy
    cmp a.npy b.npy
}

@test "--list names the files" {
    heads a.st 5
    heads s7/a.st 5
    lln-entropy --list a.st 's{step}/a.st' > table
    equal files "$(tail -n +2 table | cut -d, -f1,6)" 'q,a.st
k,a.st
v,a.st
q,s7/a.st
k,s7/a.st
v,s7/a.st'
}

@test "{step}: a column, and the order of numbers" {
    for step in 1000 20 000300; do
        heads runs/step_$step/qk.st "${step: -2}1"
    done
    heads runs/step_last/qk.st 5
    mkdir runs/step_7
    lln-entropy --layout hnd -q --kernel softmax 'runs/step_{step}/qk.st' \
        --heads 1 --precision 1 > table
    equal rows "$(cut -d, -f1-5 table)" 'source,step,layer,head,kernel
runs/step_20/qk.st,20,nan,1,softmax
runs/step_000300/qk.st,300,nan,1,softmax
runs/step_1000/qk.st,1000,nan,1,softmax'
    lln-entropy --layout hnd -q --kernel softmax runs/step_1000/qk.st \
        > alone
    lln-entropy --layout hnd -q --kernel softmax 'runs/step_{step}/qk.st' |
        cut -d, -f1,3- | of runs/step_1000/qk.st - | cmp - alone
    # Together with a file without a step.
    lln-entropy --layout hnd -q --kernel softmax runs/step_last/qk.st \
        'runs/step_{step}/qk.st' --columns step,head --format ndjson > table
    equal rows "$(head -n 3 table)" '{"step":null,"head":0}
{"step":null,"head":1}
{"step":20,"head":0}'
    # The group id has the column; a table without a pattern does not.
    equal id "$(lln-entropy --layout hnd -q 'runs/step_{step}/qk.st' \
        --columns id --kernel softmax | head -n 1)" \
        source,step,layer,head,kernel,n,d,causal,samples,tau
    run --separate-stderr lln-entropy -n 8 --columns step
    equal status "$status" 2
    [[ $stderr == "lln-entropy: --columns: no column or group 'step'"* ]]
}

@test "{step}: mean, bounds and several patterns" {
    for step in 1 2; do
        heads a/$step.st $step
        heads b/$step.st 7$step
    done
    lln-entropy --layout hnd -q --kernel softmax 'b/{step}.st' 'a/{step}.st' \
        --aggregate all > table
    equal rows "$(cut -d, -f1-4,9 table)" 'source,step,layer,head,samples
b/1.st,1,nan,nan,2
b/2.st,2,nan,nan,2
a/1.st,1,nan,nan,2
a/2.st,2,nan,nan,2'
    run --separate-stderr lln-entropy --layout hnd -q 'a/{step}.st' \
        --kernel softmax --fail-above step=1
    equal status "$status" 3
    [[ $stderr == 'lln-entropy: a/2.st: step 2, head 0, kernel softmax, tau '*': step is 2; expected at most 1' ]]
}

@test "{layer}: the files are one model" {
    heads dump/layer_0.st 5
    heads dump/layer_1.st 77
    heads dump/layer_10.st 9
    layers one.st 5 77
    lln-entropy --layout hnd -q --kernel softmax,lln:scales=layer one.st > one
    lln-entropy --layout hnd -q --kernel softmax,lln:scales=layer \
        --layers 0-1 'dump/layer_{layer}.st' > several
    equal source "$(cut -d, -f1 several | uniq)" 'source
dump/layer_{layer}.st'
    cmp <(cut -d, -f2- one) <(cut -d, -f2- several)
    lln-entropy --layout hnd -q --kernel softmax --aggregate all \
        'dump/layer_{layer}.st' > table
    equal row "$(cut -d, -f1-4,8 table)" 'source,layer,head,kernel,samples
dump/layer_{layer}.st,nan,nan,softmax,6'
    lln-entropy --layout hnd -q --kernel softmax --aggregate layer \
        'dump/layer_{layer}.st' > table
    equal layers "$(column layer < table)" '0
1
10'
    run --separate-stderr lln-entropy --layout hnd --layers 2 \
        'dump/layer_{layer}.st'
    equal status "$status" 1
    equal stderr "$stderr" \
        'lln-entropy: --layers 2: dump/layer_{layer}.st has layers 0-1, 10'
}

@test "{step} and {layer}, batch entries" {
    for step in 10 9; do
        for layer in 0 1; do
            heads $step/$layer.st $step$layer
        done
    done
    lln-entropy --layout bnd -q --kernel softmax '{step}/{layer}.st' > table
    equal rows "$(cut -d, -f1-4 table)" 'source,step,layer,head
9/{layer}.st[0],9,0,nan
9/{layer}.st[0],9,1,nan
9/{layer}.st[1],9,0,nan
9/{layer}.st[1],9,1,nan
10/{layer}.st[0],10,0,nan
10/{layer}.st[0],10,1,nan
10/{layer}.st[1],10,0,nan
10/{layer}.st[1],10,1,nan'
    lln-entropy --layout bnd -q --kernel softmax --aggregate all \
        '{step}/{layer}.st' | cut -d, -f1,2,9 > table
    equal rows "$(< table)" 'source,step,samples
9/{layer}.st[0],9,2
9/{layer}.st[1],9,2
10/{layer}.st[0],10,2
10/{layer}.st[1],10,2'
}

@test "patterns in --q, --k and --v" {
    for step in 3 20; do
        for name in q k v; do
            npy $name$step.npy '<f2' '(2, 3, 2)' < <(digits $step 24)
        done
        safetensors qk$step.st '{"q":{"dtype":"F16","shape":[2,3,2],"data_offsets":[0,24]},"k":{"dtype":"F16","shape":[2,3,2],"data_offsets":[24,48]}}' \
            < <(digits $step 24 && digits $step 24)
    done
    lln-entropy --layout hnd --q 'q{step}.npy' --k 'k{step}.npy' \
        --kernel softmax > table
    equal rows "$(cut -d, -f1-4 table)" 'source,step,layer,head
q3.npy,3,nan,0
q3.npy,3,nan,1
q20.npy,20,nan,0
q20.npy,20,nan,1'
    lln-entropy --layout hnd --q 'qk{step}.st:q' --k 'qk{step}.st:k' \
        --kernel softmax | cmp <(cut -d, -f2- table) <(cut -d, -f2- -)
    lln-attend --compare softmax --layout hnd --q 'q{step}.npy' \
        --k 'k{step}.npy' --v 'v{step}.npy' > compared
    equal rows "$(wc -l < compared)" 5
    files_before=$(ls -A)
    refuses 2 '--q q{step}.npy, --k k3.npy: expected {step} in both, or in neither' \
        lln-entropy --layout hnd --q 'q{step}.npy' --k k3.npy
    mv k20.npy k21.npy
    files_before=$(ls -A)
    refuses 1 "q20.npy: no file of keys for it; expected one that matches 'k{step}.npy'" \
        lln-entropy --layout hnd --q 'q{step}.npy' --k 'k{step}.npy'
    mv q20.npy q30.npy
    files_before=$(ls -A)
    refuses 1 "k21.npy: no file of queries for it; expected one that matches 'q{step}.npy'" \
        lln-entropy --layout hnd --q 'q{step}.npy' --k 'k{step}.npy'
}

@test "{head}" {
    for head in 0 1; do
        for name in q k; do
            npy l4_$name$head.npy '<f2' '(3, 2)' < <(digits $head$head 12)
        done
    done
    lln-entropy --q 'l{layer}_q{head}.npy' --k 'l{layer}_k{head}.npy' \
        --kernel softmax --heads 1 --columns source,layer,head > table
    equal rows "$(< table)" 'source,layer,head
l{layer}_q{head}.npy,4,1'
}

@test "arrays of kernels by the layer in the name of the file" {
    heads l0.st 5
    heads l1.st 77
    layers one.st 5 77
    safetensors g.st '{"g0":{"dtype":"F16","shape":[3,2],"data_offsets":[0,12]},"g1":{"dtype":"F16","shape":[3,2],"data_offsets":[12,24]}}' \
        < <(digits 3 24)
    for file in one.st 'l{layer}.st'; do
        lln-entropy --layout hnd -q --causal --kernel gla \
            --gate 'g.st:g{layer}' "$file" | cut -d, -f2- > "${file:0:1}"
    done
    cmp o l
    equal layers "$(column layer < l | uniq)" '0
1'
}

@test "the name of an existing file is not a pattern" {
    heads 'qk_{step}.st' 5
    heads qk_1.st 77
    lln-entropy --layout hnd -q --kernel softmax 'qk_{step}.st' > table
    equal header "$(head -n 1 table | cut -d, -f1-3)" source,layer,head
    equal source "$(column source < table | uniq)" 'qk_{step}.st'
}

@test "--lengths applies to each file, and is read once" {
    heads a.st 5
    heads b.st 77
    printf '2\n3\n' > lengths
    lln-entropy --layout bnd -q --kernel softmax --lengths lengths a.st b.st \
        > table
    equal rows "$(column n < table)" '2
3
2
3'
    lln-entropy --layout bnd -q --kernel softmax --lengths - a.st b.st \
        < lengths | cmp - table
    printf '2\n3\n3\n' > lengths
    files_before=$(ls -A)
    refuses 2 "lengths: 3 lengths; expected one, or one for each of the 2 batch entries of a.st: key 'q'" \
        lln-entropy --layout bnd --lengths lengths a.st b.st
}

@test "names that find nothing, or too much" {
    heads runs/s1.st 5
    heads runs/s01.st 5
    heads layer2.st 5
    layers l3.st 5 77
    files_before='l3.st
layer2.st
runs'
    refuses 1 "'runs/t{step}.st': no file in 'runs' matches; expected names with whole numbers in place of {step}, {layer} and {head}" \
        lln-entropy --layout hnd 'runs/t{step}.st'
    refuses 1 "'{step}/x.st': no file in '.' matches; expected names with whole numbers in place of {step}, {layer} and {head}" \
        lln-entropy --layout hnd '{step}/x.st'
    refuses 1 "'/no/{step}': no file in '/no' matches; expected names with whole numbers in place of {step}, {layer} and {head}" \
        lln-entropy --layout hnd '/no/{step}'
    refuses 1 "no.st:{layer}.q: No such file or directory" \
        lln-entropy --layout hnd --q 'no.st:{layer}.q' --k 'no.st:{layer}.k'
    run --separate-stderr lln-entropy --layout hnd 'runs/s{step}.st'
    equal status "$status" 1
    [[ $stderr == "lln-entropy: 'runs/s"*"' have the same numbers in 'runs/s{step}.st'" ]]
    refuses 2 "'layer{layer}.st': {layer} in the name cannot be used with axis l of --layout lnd; use one of them, or a layout such as hnd, nhd" \
        lln-entropy --layout lnd 'layer{layer}.st'
    refuses 1 'l3.st: layer 0 in the file, 3 in its name; use a file pattern without {layer}, or array names without a number (--key-q, --key-k)' \
        lln-entropy --layout hnd 'l{layer}.st'
    refuses 2 "'a.st' cannot be used with --fenton, which reads no file" lln-stats --fenton a.st b.st
}
