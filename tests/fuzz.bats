#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The readers of files stand what `make fuzz` starts from, without libFuzzer.
load helper

# stands FORMAT: a reader reads its seeds, of which there are enough.
stands() {
    BUILD=$LLN_BIN/..
    "$BATS_TEST_DIRNAME/fuzz/seeds" "$BUILD" seeds
    run "$BUILD/tests/fuzz/fuzz_$1" seeds/"$1"/*
    equal status "$status" 0
    echo "$output"
    [ "${output% files}" -gt 40 ]
}

@test "seeds of .npy" {
    stands npy
}

@test "seeds of .npz" {
    stands npz
}

@test "seeds of .safetensors" {
    stands safetensors
}

@test "seeds of tables" {
    stands table
}

@test "seeds of positions" {
    stands positions
}

@test "seeds of indices of shards" {
    stands shards
}
