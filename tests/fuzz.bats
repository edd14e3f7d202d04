#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The readers of files and texts pass on the seeds of `make fuzz`, without
# libFuzzer.
load helper

# Unit tests write the seeds, once for all tests of this file.
setup_file() {
    "$BATS_TEST_DIRNAME/fuzz/seeds" "$LLN_BIN/.." "$BATS_FILE_TMPDIR/seeds"
}

# replay NAME: a reader reads its seeds, of which there are enough.
replay() {
    run "$LLN_BIN/../tests/fuzz/fuzz_$1" "$BATS_FILE_TMPDIR/seeds/$1"/*
    equal status "$status" 0
    echo "$output"
    [ "${output% files}" -gt 40 ]
}

@test "seeds of .npy" {
    replay npy
}

@test "seeds of .npz" {
    replay npz
}

@test "seeds of .safetensors" {
    replay safetensors
}

@test "seeds of positions" {
    replay positions
}

@test "seeds of documents" {
    replay documents
}

@test "seeds of token ids" {
    replay token_ids
}

@test "seeds of indices of shards" {
    replay shards
}

@test "seeds of tables" {
    replay table
}

@test "seeds of tables of --params" {
    replay params
}

@test "seeds of lengths and masks" {
    replay lengths
}

@test "seeds of layouts and selections" {
    replay layout
}

@test "seeds of kernels" {
    replay kernel
}

@test "seeds of lists of numbers" {
    replay number_list
}

@test "seeds of lists of columns" {
    replay columns
}

@test "seeds of configurations" {
    replay config
}
