# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the command tests share. LLN_BIN (from tests/run) holds the tools; each
# test starts in an empty folder of its own.
bats_require_minimum_version 1.5.0

setup() {
    PATH=$LLN_BIN:$PATH
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return 1
}

# equal WHAT ACTUAL EXPECTED
equal() {
    [ "$2" = "$3" ] && return 0
    printf '%s: %s\nexpected: %s\n' "$1" "$2" "$3"
    return 1
}

# refuses STATUS MESSAGE TOOL ARGUMENT...: the command prints nothing but
# "TOOL: MESSAGE" on stderr (a hint follows bad usage) and leaves no file.
refuses() {
    local wanted=$1 message="$3: $2"
    shift 2
    [ "$wanted" != 2 ] || message="$message
Try '$1 --help'"
    run --separate-stderr "$@"
    equal status "$status" "$wanted"
    equal stdout "$output" ''
    equal stderr "$stderr" "$message"
    equal files "$(ls -A)" "${files_before:-}"
}

# prints TEXT TOOL ARGUMENT...: exit 0, TEXT on stdout and nothing on stderr.
prints() {
    local text=$1
    shift
    run --separate-stderr "$@"
    equal status "$status" 0
    equal stdout "$output" "$text"
    equal stderr "$stderr" ''
}
