#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An index of shards (model.safetensors.index.json), and pointers to files.
# shellcheck disable=SC2034,SC2154 # bats sets stderr, helper uses files_before
load helper

# model: layers 0 and 3 of the encoder, each in its own shard. The values of the
# arrays follow in the order of the header.
model() {
    local file=$DATA/encoder.safetensors
    mkdir model
    cp "$file" model/a.safetensors
    cp "$file" model/b.safetensors
    printf '{"weight_map": {%s, %s,\n%s, %s}}' \
        '"layers.3.q": "b.safetensors"' '"layers.0.k": "a.safetensors"' \
        '"layers.0.q": "a.safetensors"' '"layers.3.k": "b.safetensors"' \
        > model/model.safetensors.index.json
    files_before=model
}

measure() {
    lln-entropy --layout hnd --kernel softmax --quiet \
        --columns layer,head,entropy_nats "$@"
}

@test "an index is read as one file" {
    model
    prints "$(measure "$DATA/encoder.safetensors")" \
        measure model/model.safetensors.index.json
    cd model
    mv model.safetensors.index.json any-name
    prints "$(measure "$DATA/encoder.safetensors")" measure any-name
    equal keys "$(lln-entropy --list any-name | cut -d, -f1)" 'key
layers.3.q
layers.0.k
layers.0.q
layers.3.k'
    lln-entropy --list --columns source any-name > sources
    equal sources "$(sort -u sources)" "$(printf '%s\n' a.safetensors \
        b.safetensors source)"
}

@test "only shards with chosen arrays must exist" {
    model
    rm model/b.safetensors
    local index=model/model.safetensors.index.json
    equal rows "$(measure --key-q layers.0.q --key-k layers.0.k $index |
        wc -l)" 3
    equal rows "$(measure --layers 0 $index | wc -l)" 3
    run --separate-stderr lln-entropy --list $index
    equal status "$status" 0
    equal rows "${#lines[@]}" 5
    equal stderr "$stderr" \
        'lln-entropy: model/b.safetensors: No such file or directory'
    refuses 1 "$index: key 'layers.3.q': model/b.safetensors: No such file or \
directory" lln-entropy --layout hnd $index
    echo 'version https://git-lfs.github.com/spec/v1' > model/b.safetensors
    refuses 1 "$index: key 'layers.3.q': model/b.safetensors: a Git LFS \
pointer, not the file itself; run 'git lfs pull'" lln-entropy --layout hnd $index
}

@test "messages name the shard and the key" {
    model
    local index=model/model.safetensors.index.json
    safetensors model/b.safetensors '{"layers.3.q":{"dtype":"F32","shape":'\
'[1,1,1],"data_offsets":[0,4]}}' < <(printf '\0\0\300\177')
    refuses 1 "$index: key 'layers.3.k': model/b.safetensors: no such array" \
        lln-entropy --layout hnd $index
    refuses 1 "model/b.safetensors: key 'layers.3.q': head 0, row 0, column 0: \
nan; expected finite numbers" lln-entropy --layout hnd --q $index:layers.3.q \
        --k $index:layers.3.q
}

@test "the message about a folder names the index in it" {
    model
    refuses 1 "model: Is a directory; name a file in it, such as \
model/model.safetensors.index.json" lln-entropy model
    rm model/model.safetensors.index.json
    refuses 1 'model: Is a directory; name a file in it, such as '\
'model/a.safetensors' lln-stats --q model --k model
    rm model/*.safetensors
    refuses 1 'model: Is a directory' lln-entropy model
}

@test "a shard is not overwritten" {
    model
    run --separate-stderr measure model/model.safetensors.index.json \
        -o model/b.safetensors
    equal status "$status" 1
    equal stderr "$stderr" \
        'lln-entropy: model/b.safetensors: the output would overwrite this input; use another name'
    cmp model/b.safetensors "$DATA/encoder.safetensors"
}

@test "an index through a pipe has no folder" {
    model
    local index=model/model.safetensors.index.json
    local message='an index of shards without a folder; give the name of the file instead'
    refuses 1 "standard input: $message" lln-entropy - < $index
    refuses 1 "standard input: $message" lln-entropy - < <(cat $index)
}

@test "a Git LFS pointer is recognised wherever a file is read" {
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\n' 1 > x
    files_before=x
    local message="x: a Git LFS pointer, not the file itself; run 'git lfs pull'"
    refuses 1 "$message" lln-entropy x
    refuses 1 "$message" lln-stats --q x --k x
    refuses 1 "$message" lln-match --list x
    refuses 1 "$message" lln-entropy -n 4 -d 2 --kernel linformer --arrays e=x,f=x
    refuses 1 "$message" lln-entropy --layout hnd "$DATA/encoder.safetensors" \
        --lengths x
}
