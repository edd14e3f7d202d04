#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# libgsl depends on a slow cblas with the same symbols as OpenBLAS.
load helper

@test "matrix products come from OpenBLAS" {
    LD_DEBUG=bindings lln-entropy -n 64 -d 8 2> messages > /dev/null
    grep 'lln-entropy.*symbol .cblas_[sd]gemm' messages > products
    cat products
    [ -s products ]
    ! grep -v openblas products || return 1
}
