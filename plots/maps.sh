# SPDX-License-Identifier: GPL-3.0-or-later
#
# sh maps.sh FILE: lists the maps in a .npy or .safetensors file of lln-attend
# --blocks, as a table for blocks.awk: title, first byte, format of gnuplot,
# order of bytes, rows and columns. Status 1 and one line on standard output if
# the file has no maps; status 3 if it is a text.
# shellcheck shell=sh
plots=${0%/*}
file=$1
size=$(wc -c < "$file")

# bytes FIRST COUNT: these bytes as decimal numbers.
bytes() {
    od -An -v -tu1 -j "$1" -N "$2" "$file"
}

# integer BYTE...: the integer with these bytes, the smallest part first.
integer() {
    echo "$@" | awk '{ for (i = NF; i > 0; i--) n = 256 * n + $i
        printf "%.0f\n", n }'
}

# list KIND FIRST LENGTH: the maps of a header of LENGTH bytes.
list() {
    tail -c +$(($2 + 1)) "$file" | head -c "$3" | tr -d '\000' |
        tr '\n\t' '  ' | iconv -c -f UTF-8 -t UTF-8 2> /dev/null |
        LC_ALL=C awk -v kind="$1" -v first="$(($2 + $3))" -v size="$size" \
            -f "$plots/maps.awk"
    exit
}

truncated() {
    echo "truncated in the header: $size bytes"
    exit 1
}

case $(od -An -v -tx1 -N 9 "$file" 2> /dev/null | tr -d ' \n') in
934e554d5059*)
    [ "$size" -ge 12 ] || truncated
    # shellcheck disable=SC2046 # words
    case $(bytes 6 1 | tr -d ' ') in
    1) start=10 length=$(integer $(bytes 8 2)) ;;
    2 | 3) start=12 length=$(integer $(bytes 8 4)) ;;
    *)
        echo 'this version of .npy is unknown; expected 1, 2 or 3'
        exit 1
        ;;
    esac
    [ $((start + length)) -le "$size" ] || truncated
    list npy $start "$length"
    ;;
504b0304*)
    echo "is a .npz file; let lln-attend --blocks write .npy or .safetensors"
    exit 1
    ;;
??????????0000007b)
    # The length is below 2^40.
    # shellcheck disable=SC2046 # words
    length=$(integer $(bytes 0 8))
    [ $((8 + length)) -le "$size" ] || truncated
    list safetensors 8 "$length"
    ;;
esac
exit 3
