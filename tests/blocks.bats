#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-attend --blocks: maps of P, against P that --write-p writes.
# shellcheck disable=SC2034,SC2154 # helper.bash reads and sets variables
load helper

encoder=$DATA/encoder.safetensors

# doubles FILE.safetensors: its values, one on each line, array by array.
doubles() {
    local header
    header=$(od -An -tu8 -N8 "$1" | tr -d ' ')
    tail -c +$((9 + header)) "$1" | od -An -v -w8 -tf8 | tr -d ' '
}

# arrays FILE: the names and shapes of its arrays.
arrays() {
    lln-entropy --list "$1" --columns key,dtype,shape --format tsv --no-header
}

# pooled POOL HEADS N M ROWS COLUMNS: reads matrices P [N x M] of HEADS heads
# and prints the mean or the largest of the entries in each block.
pooled() {
    awk -v pool="$1" -v heads="$2" -v n="$3" -v m="$4" -v rows="$5" \
        -v columns="$6" '
        { p[NR - 1] = $1 }
        END {
            OFMT = "%.17g"
            for (h = 0; h < heads; h++)
                for (r = 0; r < rows; r++)
                    for (c = 0; c < columns; c++) {
                        sum = count = 0
                        most = -1e300
                        for (i = int(r * n / rows);
                             i < int((r + 1) * n / rows); i++)
                            for (j = int(c * m / columns);
                                 j < int((c + 1) * m / columns); j++) {
                                entry = p[(h * n + i) * m + j]
                                sum += entry
                                count++
                                most = entry > most ? entry : most
                            }
                        print pool == "mean" ? sum / count : most
                    }
        }'
}

# same_maps HEADS N M B OPTION...: both kinds of map against P.
same_maps() {
    local heads=$1 n=$2 m=$3 b=$4 pool rows columns
    shift 4
    rows=$((n < b ? n : b)) columns=$((m < b ? m : b))
    lln-attend -q "$@" --double --write-p --write-heads p.safetensors
    doubles p.safetensors | tail -n $((heads * n * m)) > p
    for pool in mean max; do
        lln-attend -q "$@" --double --blocks "$b" --pool $pool \
            -o map.safetensors
        paste -d' ' <(doubles map.safetensors) \
            <(pooled $pool "$heads" "$n" "$m" $rows $columns < p) > both
        equal count "$(wc -l < both)" $((heads * rows * columns))
        near 1e-12 absolute < both
    done
}

@test "blocks of P, which need not divide it" {
    local sizes=(-n 37 -d 3 --trials 2)
    same_maps 2 37 37 5 "${sizes[@]}"
    same_maps 2 37 37 5 "${sizes[@]}" --causal
    same_maps 2 37 37 8 "${sizes[@]}" --causal --window 4 --sink 0.7
    same_maps 2 37 37 1 "${sizes[@]}" --window 4
    same_maps 2 37 37 37 "${sizes[@]}" --kernel lln:alpha=1.1:beta=0.9
    same_maps 2 37 37 64 "${sizes[@]}" --kernel elu --causal
    same_maps 2 37 37 6 "${sizes[@]}" --kernel kvt:k=3
    same_maps 2 37 37 6 "${sizes[@]}" --kernel gla --causal
    same_maps 1 1 1 512 -n 1 -d 2 --trials 1 --causal
}

# tests/data/README.md has the source of the negative entries of this kernel.
@test "negative entries" {
    same_maps 1 36 36 5 -n 36 -d 4 --trials 1 --kernel nystrom:landmarks=4
    lln-entropy -n 36 -d 4 --trials 1 --kernel nystrom:landmarks=4 \
        --columns negative_mass --no-header | awk '{ exit !($1 > 0) }'
}

@test "fewer key heads, fewer queries than keys, documents" {
    lln-attend -n 20 -d 4 --trials 4 --kernel softmax -o q.npy
    lln-attend -n 30 -d 4 --trials 2 --kernel softmax -o k.npy
    same_maps 4 20 30 7 --layout hnd --q q.npy --k k.npy
    same_maps 4 20 30 25 --layout hnd --q q.npy --k k.npy --causal
    printf '0 5 6 20' > documents
    same_maps 4 20 20 7 --layout hnd --q q.npy --k q.npy --causal \
        --documents documents
}

# Entries of padding are in no block; a block of padding alone is 0. Blocks of 2
# tokens: 6 tokens, and tokens 1 to 3 of 6.
@test "padding" {
    lln-attend -n 6 -d 2 --trials 2 --kernel softmax -o x.npy
    printf '1 1 1 1 1 1\n0 1 1 1 0 0\n' > lengths
    local heads=(--layout bnd --lengths lengths --q x.npy --k x.npy -q --double)
    lln-attend "${heads[@]}" --write-p --write-heads p.safetensors
    doubles p.safetensors | tail -n 72 > p
    lln-attend "${heads[@]}" --blocks 3 -o map.safetensors
    equal arrays "$(arrays map.safetensors)" $'map\tF64\t(2, 3, 3)'
    {
        head -n 36 p | pooled mean 1 6 6 3 3
        tail -n 36 p | awk '
            { p[NR - 1] = $1 }
            END {
                OFMT = "%.17g"
                print p[7]; print (p[8] + p[9]) / 2; print 0
                print (p[13] + p[19]) / 2
                print (p[14] + p[15] + p[20] + p[21]) / 4
                print 0; print 0; print 0; print 0
            }'
    } | paste -d' ' <(doubles map.safetensors) - | near 1e-14 absolute
    # an entry without tokens
    lln-attend --layout bnd --lengths <(echo 0) --q x.npy --k x.npy -q \
        --double --blocks 3 -o none.safetensors
    equal zeros "$(doubles none.safetensors | sort | uniq -c | tr -s ' ')" ' 18 0'
}

@test "attention weights from a file" {
    lln-attend -q -n 24 -d 4 --trials 2 --write-heads p.npz --write-p --double
    lln-attend -q -n 24 -d 4 --trials 2 --blocks 5 --double -o a.safetensors
    lln-attend -q --attention p.npz --layout hnm --blocks 5 --double \
        -o b.safetensors
    equal arrays "$(arrays b.safetensors)" $'map\tF64\t(2, 5, 5)'
    paste -d' ' <(doubles b.safetensors) <(doubles a.safetensors) | near 1e-14
    lln-attend --layout hnd "$encoder" -q --write-heads e.npz --write-p
    lln-attend -q --attention e.npz --layout hnm --blocks 5 -o e.safetensors
    equal names "$(arrays e.safetensors | cut -f1 | tr '\n' ' ')" \
        'layers.0.p.map layers.3.p.map '
}

@test "names and axes of the arrays" {
    lln-attend -q --layout hnd "$encoder" --blocks 16 -o map.npz
    equal arrays "$(arrays map.npz)" \
        "$(printf 'layers.%s.map\t<f4\t(2, 16, 16)\n' 0 3)"
    lln-attend -q --layout hnd "$encoder" --blocks 16 -o map.safetensors \
        --layers 3 --heads 1 --kernel softmax,elu --double
    equal arrays "$(arrays map.safetensors)" \
        "$(printf 'layers.3.map.%s\tF64\t(1, 16, 16)\n' softmax elu)"
    lln-attend -n 6 -d 8 --trials 6 -o x.npy
    local layout shape
    while read -r layout shape; do
        lln-attend -q --layout "$layout" --q x.npy --k x.npy --blocks 4 \
            -o map.npy
        grep -aqF "'shape': $shape" map.npy
    done <<< "hnd (6, 4, 4)
nhd (6, 4, 4)
dhn (6, 4, 4)
bdn (6, 4, 4)"
    lln-attend -q --layout bnD --split-heads 2 --q x.npy --k x.npy --blocks 5 \
        -o map.npy
    grep -aqF "'shape': (6, 2, 5, 5)" map.npy
    lln-attend -q --layout nhd --q x.npy --k x.npy --blocks 3 --heads 4 |
        cmp - <(lln-attend -q --layout nhd --q x.npy --k x.npy --blocks 3 \
            --heads 4 -o -)
    lln-attend -n 8 --trials 2 --blocks 512 -o map.npy
    grep -aqF "'shape': (2, 8, 8)" map.npy
    lln-attend -n 8 --trials 2 --blocks 512 --kernel softmax | cmp - map.npy
}

@test "a head that the kernel cannot measure is NaN" {
    run --separate-stderr lln-attend -n 96 -d 2 --trials 2 --double \
        --blocks 2 --kernel nystrom -o map.safetensors
    equal status "$status" 0
    equal stderr "$stderr" "lln-attend: gaussian: head 0: kernel 'nystrom': 96 queries and 96 keys; expected multiples of landmarks=64; the same holds for 1 more case"
    equal numbers "$(doubles map.safetensors | tr -d - | sort | uniq -c |
        tr -s ' ')" ' 8 nan'
}

# 1100 rows are in several panels, and each row of the map in two or more.
@test "the same bytes on any number of threads" {
    local option pool
    for option in '' --double --causal '--kernel elu'; do
        for pool in mean max; do
            # shellcheck disable=SC2086
            lln-attend -n 1100 -d 16 --trials 2 $option --blocks 7 \
                --pool $pool --threads 1 > one
            # shellcheck disable=SC2086
            lln-attend -n 1100 -d 16 --trials 2 $option --blocks 7 \
                --pool $pool --threads 2 | cmp one -
        done
    done
}

@test "the work that a map needs" {
    equal cases "$(lln-attend -n 4096 -d 16 --blocks 64 --plan | column cases)" 4
}

@test "bad usage" {
    refuses 2 '--pool needs --blocks' lln-attend --pool max
    refuses 2 "--pool: expected mean or max, found 'sum'" \
        lln-attend --blocks 4 --pool sum
    refuses 2 "--blocks: '0' is out of range; expected a whole number from 1 to 65536" \
        lln-attend --blocks 0
    local option
    for option in --compare=softmax --write-heads=x.npz; do
        refuses 2 "${option%%=*} cannot be used with --blocks" \
            lln-attend --blocks 4 "$option"
    done
    refuses 2 '--v cannot be used with --blocks' \
        lln-attend --blocks 4 --q x --k x --v x
    refuses 2 '--key-v cannot be used with --blocks' \
        lln-attend --blocks 4 x.npz --key-v x
    refuses 2 '--rows needs --compare, --against or --pairs' \
        lln-attend --blocks 4 --rows 3
    refuses 2 "--output: map.npy: a .npy file contains one array, but there are 2; use a .npz or .safetensors file" \
        lln-attend --blocks 4 -n 8 --kernel softmax,elu -o map.npy
    refuses 2 "--tau: expected one number, found '1,2'" \
        lln-attend --blocks 4 --tau 1,2
}

# P of 16384 tokens takes up 1 GiB in float32. Its sum is 16384; an entry of the
# map is the mean over 256 x 256 entries.
@test "memory is not that of P" {
    (
        ulimit -v 700000
        lln-attend -n 16384 -d 4 --trials 1 --threads 2 --blocks 64 --double \
            -o map.safetensors
    )
    doubles map.safetensors | awk '
        { sum += $1 }
        END { printf "%.17g %d\n", sum * 256 * 256, 16384 }' | near 1e-12
}

@test "float32 maps have the accuracy that the page states" {
    local pool
    for pool in mean max; do
        lln-attend --layout hnd "$encoder" -q --blocks 16 --pool $pool \
            -o single.safetensors
        lln-attend --layout hnd "$encoder" -q --blocks 16 --pool $pool \
            --double -o double.safetensors
        header=$(od -An -tu8 -N8 single.safetensors | tr -d ' ')
        tail -c +$((9 + header)) single.safetensors | od -An -v -w4 -tf4 |
            paste -d' ' - <(doubles double.safetensors) | near 1e-5
    done
}
