#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-plot: numbers at axes, names of files, rows that nothing tells apart, and
# tables from other programs.
# shellcheck disable=SC2154 # variables that run sets
load helper

# refused MESSAGE COMMAND: a command of sh that lln-plot fails in.
refused() {
    run sh -c "$2"
    equal status "$status" 1
    equal output "$output" "lln-plot: $1"
}

@test "a logarithmic axis of less than a factor of 2 has numbers" {
    printf '%s\n' kernel,tau,method,alpha,beta,target,target_value \
        lln,0.5,paper,2.86,0.0262,log_variance_row,4 \
        lln,1,paper,2.19,0.0201,log_variance_row,1 > a.csv
    lln-plot a.csv > a.svg
    for number in 2.2 2.4 2.6 2.8 0.02 0.022 0.024 0.026; do
        text_of a.svg | grep -qx $number
    done
}

@test "panels have the numbers of their own logarithmic axes" {
    printf '%s\n' source,kernel,rank,sigma,centered_sigma a,softmax,1,1,1 \
        a,softmax,2,0.25,1e-15 > a.csv
    for columns in sigma,centered_sigma centered_sigma,sigma; do
        lln-plot a.csv --y $columns > a.svg
        text_of a.svg | grep -qx 0.5
        text_of a.svg | grep -qx '10−14'
        equal "$columns" "$(text_of a.svg | grep -cx '10−1')" 0
    done
}

@test "the method of a spectrum makes no panels" {
    printf '%s\n' source,kernel,rank,sigma,method a,softmax,1,1,dense \
        a,softmax,2,0.25,dense a,lln,1,1,lowrank a,lln,2,0.5,lowrank > a.csv
    lln-plot a.csv > a.svg
    equal panels "$(text_of a.svg | grep -c -e dense -e lowrank)" 0
    # Nor does it hide that tau varies.
    printf '%s\n' source,kernel,tau,gap,method a,softmax,1,0.25,dense \
        a,softmax,2,0.5,lanczos > a.csv
    lln-plot a.csv > a.svg
    text_of a.svg | grep -qx 'temperature τ = 1 / standard deviation of the logits'
}

@test "two layers are an axis" {
    printf '%s\n' source,layer,head,kernel,entropy_nats a,0,nan,softmax,1 \
        a,3,nan,softmax,2 > a.csv
    lln-plot a.csv > a.svg
    text_of a.svg | grep -qx layer
}

@test "the last range of a distribution, which has no end, is drawn" {
    printf '%s\n' source,kernel,keys_low,keys_high,k50 a,softmax,1,1,0.25 \
        a,softmax,2,3,0.25 a,softmax,4,nan,0.5 > a.csv
    lln-plot a.csv > a.svg
    # Numbers of a table are at its axis.
    text_of a.svg | grep -qx 4
    text_of a.svg | grep -qx 'number of keys, at least'
}

@test "files of the same name are told apart by their folders" {
    printf '%s\n' source,layer,head,kernel,entropy_nats \
        runs/a/model.npz,0,0,softmax,1 runs/a/model.npz,1,1,softmax,1.5 \
        runs/b/model.npz,0,0,softmax,2 runs/b/model.npz,1,1,softmax,2.5 > a.csv
    lln-plot a.csv > a.svg
    text_of a.svg | grep -qx a/model.npz
    text_of a.svg | grep -qx b/model.npz
    lln-plot a.csv --x layer > a.svg
    text_of a.svg | grep -qx b/model.npz
    # Names that differ need none.
    sed 's|b/model|b/other|' a.csv | lln-plot > a.svg
    text_of a.svg | grep -qx model.npz
    text_of a.svg | grep -qx other.npz
}

@test "lines do not join rows that nothing tells apart" {
    printf '%s\n' tau,entropy_nats 0.5,1 0.5,1.5 1,2 1,2.5 > a.csv
    lln-plot a.csv > a.svg
    equal curves "$(grep -c "<path stroke='rgb(  0, 114, 178)'" a.svg)" 0
    sed 2~2d a.csv | lln-plot > a.svg
    equal curve "$(grep -c "<path stroke='rgb(  0, 114, 178)'" a.svg)" 1
    printf '%s\n' layer,head,top1_mass 0,0,0.5 0,0,0.75 0,1,0.25 1,1,1 > a.csv
    run lln-plot a.csv -o a.png
    equal stderr "$output" \
        'lln-plot: 1 rows are hidden by rows of the same layer and head'
}

@test "tables with few columns, a byte order mark, and jq" {
    printf 'entropy_nats\n1\n2\n' | lln-plot > a.svg
    text_of a.svg | grep -qx 'mean row entropy (nats)'
    printf 'size,speed\n1,2\n2,3\n' > a.csv
    lln-plot a.csv --x size --y speed > a.svg
    text_of a.svg | grep -qx speed
    printf 'source,n,entropy_nats\na.npz,8,1\n' > a.csv
    lln-plot a.csv > a.svg
    printf '\357\273\277' | cat - a.csv | lln-plot > b.svg
    cmp a.svg b.svg
    rm ./*.svg
    export files_before=a.csv
    refused 'standard input: line 1: an array inside of an object' \
        "echo '[{\"n\":[1]}]' | lln-plot"
    refuses 1 "a.csv: column 'source' contains no numbers" \
        lln-plot a.csv --x source
}

@test "closed and full outputs, no folder for temporary files" {
    refused 'standard output: Bad file descriptor' 'lln-plot --version >&-'
    refused 'standard output: No space left on device' \
        'lln-plot --help > /dev/full'
    refused 'standard input: Bad file descriptor' 'lln-plot <&-'
    export TMPDIR=$PWD/none
    refused "no temporary folder in $TMPDIR; set TMPDIR to another place" \
        'lln-plot a.csv'
    unset TMPDIR
    printf 'entropy_nats\n1\n2\n' > a.csv
    sh -c 'lln-plot a.csv -o a.svg >&-'
    grep -q '</svg>' a.svg
}

@test "a map has no other axes" {
    for other in x y by; do
        refuses 2 "--map cannot be used with --$other" \
            lln-plot --map gap --$other layer
        refuses 2 "--map cannot be used with --$other" \
            lln-plot --$other layer --map gap
    done
}

@test "names of .tex files with any character" {
    printf 'entropy_nats\n1\n2\n' > a.csv
    lln-plot a.csv -o 'b&|c.tex'
    grep -q 'includegraphics.*{b&|c}' 'b&|c.tex'
}

@test "no colours on a terminal that has none" {
    printf 'entropy_nats\n1\n2\n' > a.csv
    TERM=dumb "$PTY" lln-plot a.csv > screen
    equal escapes "$(grep -c $'\033' screen)" 0
    TERM=xterm NO_COLOR='' "$PTY" lln-plot a.csv > screen
    [ "$(grep -c $'\033' screen)" -gt 0 ]
}

@test "titles of panels fit over them" {
    name=performer:features=256:seed=12:projection=orthogonal
    printf '%s\n' source,layer,head,kernel,entropy_nats a,0,0,$name,1 \
        a,1,1,$name,2 a,0,0,lln,1 a,1,1,lln,2 > a.csv
    lln-plot a.csv > a.svg
    text_of a.svg | grep -qx 'performer:features=256:s….*projection=orthogonal'
    lln-plot a.csv --x layer --by head > a.svg
    text_of a.svg | grep -qx 'performer:features=256:s….*projection=orthogonal'
}

@test "seeds of a training are curves of their own" {
    printf '%s\n' source,step,layer,kernel,n,samples,tau,seed,epoch,accuracy \
        r,0,0,lln,8,1,1.1,1,nan,0.1 r,0,1,lln,8,1,1.2,1,nan,0.1 \
        r,0,0,lln,8,1,1.3,2,nan,0.2 r,0,1,lln,8,1,1.4,2,nan,0.2 \
        r,9,0,lln,8,1,1.5,1,nan,0.3 r,9,1,lln,8,1,1.6,1,nan,0.3 \
        r,9,0,lln,8,1,1.7,2,nan,0.4 r,9,1,lln,8,1,1.8,2,nan,0.4 > each.csv
    lln-plot each.csv --by layer --y accuracy > each.svg
    # The lines of both seeds, once for each layer.
    local line='M[0-9.,]* L[0-9.,]*'
    equal lines "$(grep -c "d='$line $line *'" each.svg)" 2
    text_of each.svg | grep -qx 'N = 8 tokens, models of 2 seeds, task r'
    sed -n '1p; /,1,nan,/p' each.csv | grep -v ',1,lln' > one.csv
    lln-plot one.csv --y accuracy > one.svg
    text_of one.svg | grep -qx 'N = 8 tokens, model of seed 1, task r'
    refused "each.csv: column 'epoch' contains no numbers" \
        'lln-plot each.csv --x epoch'
}
