# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the command tests share. LLN_BIN (from tests/run) is the folder of the
# tools; each test starts in its own empty folder.
# shellcheck disable=SC2154 # bats sets status, output, stderr
bats_require_minimum_version 1.5.0

DATA=$BATS_TEST_DIRNAME/data
CASES=$DATA/cases
FOCUS=$DATA/focus
# The version that the first heading of NEWS names: the tools must print it.
VERSION=$(sed -n '/^Version /{s/^Version \([^ ]*\).*/\1/p;q}' \
    "$BATS_TEST_DIRNAME/../NEWS")
PTY=$LLN_BIN/../tests/pty # tests/pty.c: runs a command on a terminal

setup() {
    PATH=$LLN_BIN:$PATH
    mkdir "$BATS_TEST_TMPDIR/empty"
    cd "$BATS_TEST_TMPDIR/empty" || return 1
}

# focus_head CASE OPTION...: lln-entropy of a head of tests/data/focus.
focus_head() {
    local name=$1
    shift
    lln-entropy --q "$FOCUS/${name}_q.npy" --k "$FOCUS/${name}_k.npy" --quiet \
        "$@"
}

# focus_value CASE,KERNEL,QUANTITY: a value of tests/data/focus/scalars.csv.
focus_value() {
    awk -F, -v key="$1" '$1 "," $2 "," $3 == key { print $4 }' \
        "$FOCUS/scalars.csv"
}

# focus_cases FUNCTION: calls FUNCTION CASE KERNEL OPTION... for each attention
# of scalars.csv. KERNEL is the name that it has there; the options contain the
# kernel and the rule of logits.
focus_cases() {
    local name kernel options
    printf '%s\n' 0 7 8 38 60 > documents
    while read -r name kernel options; do
        [ "$kernel" != lln ] || kernel=lln:alpha=1.1:beta=0.9
        # shellcheck disable=SC2086 # words
        "$1" "$name" "$kernel" --kernel "${kernel%_sink*}" $options
    done << 'END'
none softmax
none lln
none softmax_sink_logit=0.7 --sink 0.7
causal softmax --causal
causal lln --causal
causal softmax_sink_logit=0.7 --causal --sink 0.7
window softmax --causal --window 12
window lln --causal --window 12
band softmax --window 10
short softmax --causal
short lln --causal
cross softmax
cross lln
docs softmax --causal --documents documents
ties softmax
uniform softmax --causal
grid softmax
sharp softmax --causal
END
}

# equal WHAT ACTUAL EXPECTED
equal() {
    [ "$2" = "$3" ] && return 0
    printf '%s: %s\nexpected: %s\n' "$1" "$2" "$3"
    return 1
}

# refuses STATUS MESSAGE TOOL ARGUMENT...: the command exits with STATUS, prints
# only "TOOL: MESSAGE" on stderr (the line on the contents of a file may come
# first, and a hint follows bad usage), and leaves no file.
refuses() {
    local wanted=$1 message="$3: $2"
    shift 2
    [ "$wanted" != 2 ] || message="$message
Try '$1 --help'"
    run --separate-stderr "$@"
    equal status "$status" "$wanted"
    equal stdout "$output" ''
    equal stderr "$(without_extent <<< "$stderr")" "$message"
    equal files "$(ls -A)" "${files_before:-}"
}

# without_extent < STDERR: all lines except the one on the contents of a file,
# such as "x: 1 layer, 2 query heads, 2 key heads, 4 tokens, 2 features".
without_extent() {
    grep -vE -e ': ([0-9]+ batch entr.*, )?[0-9]+ layers?, .* features?$' \
        -e ': attention weights of .* tokens?$' || true
}

# prints TEXT TOOL ARGUMENT...: the command exits with 0 and prints TEXT on
# stdout, and on stderr at most the contents of a file.
prints() {
    local text=$1
    shift
    run --separate-stderr "$@"
    equal status "$status" 0
    equal stdout "$output" "$text"
    equal stderr "$(without_extent <<< "$stderr")" ''
}

# signalled SIGNAL TICKS COMMAND...: runs the command, sends it the signal when
# it has used TICKS hundredths of a second of processor time, however busy the
# machine is, and exits with its status.
signalled() {
    local signal=$1 ticks=$2 used
    shift 2
    env --default-signal "$@" &
    while used=$(awk '{ print $14 + $15 }' "/proc/$!/stat" 2> /dev/null) &&
        [ "${used:-$ticks}" -lt "$ticks" ]; do
        sleep 0.02
    done
    kill "-$signal" $! 2> /dev/null || true # unless it has ended
    wait $!
}

# column NAME < TABLE: the cells of one column of a csv table; if there is no
# such column, a text that is not a number.
column() {
    awk -F, -v name="$1" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
        at { print $at }
        END { if (!at) print "no column " name }'
}

# near TOLERANCE [absolute] < NUMBERS: each line has a number and its expected
# value. They differ by at most TOLERANCE times the expected value or, with
# `absolute`, by at most TOLERANCE. Empty input is a failure. Carriage returns,
# which the reference tables have, are removed: awk would compare texts.
near() {
    awk -v tolerance="$1" -v kind="${2:-relative}" '
        BEGIN { number = "^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$" }
        { sub(/\r$/, "") }
        NF != 2 || $1 !~ number || $2 !~ number {
            print "not two numbers: " $0
            failed = 1
            next
        }
        {
            error = $1 - $2
            size = kind == "absolute" ? 1 : $2 + 0
            if (error < 0) error = -error
            if (size < 0) size = -size
            if (!(error <= tolerance * size)) {
                print $1 " is not " $2
                failed = 1
            }
        }
        END {
            if (NR == 0) print "no numbers"
            exit failed || NR == 0
        }'
}

# text_of PICTURE: the texts in an svg file of lln-plot, a line each.
text_of() {
    sed -n '/<text>/{s/<[^>]*>//g; s/^[[:space:]]*//; s/ *$//; /./p}' "$1"
}

# alike EXPECTED ACTUAL: the files have the same lines of fields, which white
# space and the marks of csv and JSON separate; numbers may differ by 1 in 1000.
alike() {
    awk '
        function off(x, y) {
            return (x > y ? x - y : y - x) > (y > 0 ? y : -y) / 1000
        }
        { gsub(/[][{},:"|]/, " & ") }
        FILENAME == ARGV[1] { expected[++count] = $0; next }
        {
            fields = split(expected[FNR], want)
            bad = fields != NF
            for (i = 1; i <= NF && !bad; i++)
                bad = $i != want[i] && ($i !~ /^[-0-9.e]+$/ || off($i, want[i]))
            if (bad) { print "printed:  " $0; print "expected: " expected[FNR] }
            failed = failed || bad
            lines++
        }
        END { exit failed || lines != count }' "$1" "$2"
}

# case_near TOLERANCE CASE ATTENTION COLUMN=QUANTITY... < TABLE: the first row
# of the table agrees with tests/data/cases/cases_scalars.csv.
case_near() {
    local tolerance=$1 row="$2,$3" pair
    shift 3
    cat > table
    for pair in "$@"; do
        echo "$(column "${pair%%=*}" < table | head -n 1)" \
            "$(grep "^$row,${pair#*=}," "$CASES/cases_scalars.csv" |
                cut -d, -f4)"
    done | near "$tolerance"
}

# npy FILE DTYPE SHAPE < NUMBERS: writes a .npy file, version 1.
npy() {
    {
        printf '\223NUMPY\1\0\166\0%-117s\n' \
            "{'descr': '$2', 'fortran_order': False, 'shape': $3, }"
        cat
    } > "$1"
}

# safetensors FILE HEADER < NUMBERS: writes a .safetensors file.
safetensors() {
    {
        printf '%b' "\\0$(printf %o $((${#2} % 256)))" \
            "\\0$(printf %o $((${#2} / 256)))" '\0\0\0\0\0\0'
        printf %s "$2"
        cat
    } > "$1"
}
