#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Files larger than the address space, and standard input that is a file.
# shellcheck disable=SC2154 # bats sets stderr
load helper

measure() {
    lln-entropy --quiet --kernel softmax --columns id,entropy_nats "$@"
}

# limited COMMAND...: runs it with a limit that is large enough for everything.
limited() {
    (ulimit -v $((1 << 50)) && "$@")
}

# narrow COMMAND...: runs it within 2 GB of address space.
narrow() {
    (ulimit -v 2000000 && "$@")
}

# The keys are equal, so that the entropy is ln n.
@test "a head of a file larger than the address space" {
    narrow lln-entropy --version || skip 'no room for the sanitizers'
    for shape in '(64, 16, 4096, 256)' '(64, 4096, 16, 256)'; do
        npy q.npy '<f4' "$shape" < /dev/null
        truncate -s $((128 + 4 * 64 * 16 * 4096 * 256)) q.npy
        layout=lhnd
        [ "${shape:5:2}" = 16 ] || layout=lnhd
        narrow measure --layout $layout --layers 63 --heads 15 \
            --q q.npy --k q.npy > table
        echo "$(column entropy_nats < table) 8.317766166719343" | near 1e-6
    done
}

# like_unlimited ARGUMENT...: the output and messages are the same with a limit.
like_unlimited() {
    measure "$@" > table 2> errors || true
    limited measure "$@" > limited_table 2> limited_errors || true
    cmp table limited_table
    cmp errors limited_errors
}

@test "a limit on the address space changes no result" {
    local file=$DATA/encoder.safetensors
    like_unlimited --layout hnd "$file"
    equal rows "$(wc -l < table)" 5
    lln-attend --quiet --layout hnd --kernel softmax -o o.npz "$file"
    lln-attend --list o.npz
    like_unlimited --layout hnd --key-q layers.0.o --key-k layers.3.o o.npz
    echo '{"weight_map": {"layers.0.q": "o", "layers.0.k": "o"}}' > index
    cp "$file" o
    like_unlimited --layout hnd index
    # Interleaved heads, and an infinite value at the end of one.
    { yes abcdefgh | head -c 15996; printf '\0\0\200\177'; } > numbers
    for order in False True; do
        npy q.npy '<f4' '(2, 100, 4, 5)' < numbers
        printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '<f4', \
'fortran_order': $order, 'shape': (2, 100, 4, 5), }" |
            cat - numbers > q.npy
        like_unlimited --layout lnhd --q q.npy --k q.npy
        grep 'layer 1, head 3, row 99, column 4: inf' errors
        like_unlimited --layout lnhd --heads 0-2 --q q.npy --k q.npy
        equal rows "$(wc -l < table)" 7
    done
}

@test "a file on standard input is read from its current offset" {
    local file=$DATA/encoder.safetensors
    measure --layout hnd - < "$file" > expected
    { echo some other text; cat "$file"; } > all
    (read -r _; measure --layout hnd - > table) < all
    cmp table expected
    (read -r _; limited measure --layout hnd - > table) < all
    cmp table expected
    { echo 'lengths:'; echo 16; } > lengths
    (read -r _; measure --layout hnd --lengths - "$file" > table) < lengths
    equal n "$(column n < table | sort -u)" 16
}

@test "standard input is at its end after it was read" {
    local file=$DATA/encoder.safetensors
    (measure --layout hnd - > table; wc -c > rest) < "$file"
    equal rest "$(< rest)" 0
    run --separate-stderr bash -c 'cat > rest; lln-entropy -' < "$file"
    equal status "$status" 1
    equal stderr "$stderr" 'lln-entropy: standard input: already read to its end'
}
