# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-attend --write-heads: the heads as they enter the logits, and P.
# shellcheck disable=SC2154 # bats sets status, output, stderr
load helper

encoder=$DATA/encoder.safetensors

# numbers FILE.safetensors: its values, one on each line, array by array.
numbers() {
    local header
    header=$(od -An -tu8 -N8 "$1" | tr -d ' ')
    tail -c +$((9 + header)) "$1" | od -An -v -w4 -tf4 | tr -d ' '
}

# arrays FILE: the names and shapes of its arrays.
arrays() {
    lln-entropy --list "$1" --columns key,dtype,shape --format tsv --no-header
}

# same TOOL OPTION...: heads.npz gives the rows of the encoder, except for the
# column source.
same() {
    "$@" --quiet --layout hnd "$encoder" | cut -d, -f2- > before
    "$@" --quiet --layout hnd heads.npz | cut -d, -f2- > after
    cmp before after
    [ "$(wc -l < before)" -gt 4 ]
}

@test "the written heads give the same rows" {
    lln-attend --layout hnd "$encoder" --quiet --write-heads heads.npz
    equal arrays "$(arrays heads.npz)" "$(for layer in 0 3; do
        printf "layers.$layer.%s\t<f4\t(2, 256, 64)\n" q k v
    done)"
    same lln-entropy
    same lln-match
    same lln-spectral
    same lln-stats --causal
    same lln-stats --normality
    same lln-attend --compare softmax --columns id,relative_error,kl_nats
    # --scale is not multiplied into queries and keys; float64 keeps all digits.
    same lln-entropy --scale 0.3
    lln-attend --layout hnd "$encoder" --quiet --write-heads heads.npz --double
    equal dtypes "$(arrays heads.npz | cut -f2 | sort -u)" '<f8'
    same lln-entropy --double
}

@test "selected layers and heads" {
    lln-attend --layout hnd "$encoder" --quiet --write-heads h.safetensors \
        --layers 3 --heads 1
    equal arrays "$(arrays h.safetensors)" \
        "$(printf 'layers.3.%s\tF32\t(1, 256, 64)\n' q k v)"
    lln-entropy --layout hnd "$encoder" --layers 3 --heads 1 -q \
        --columns layer,kernel,tau,entropy_nats > before
    lln-entropy --layout hnd h.safetensors -q \
        --columns layer,kernel,tau,entropy_nats | cmp - before
}

@test "queries and keys have the temperature" {
    lln-attend --layout hnd "$encoder" --quiet --write-heads h.npz --tau 0.5
    lln-entropy --layout hnd "$encoder" --tau 0.5 --kernel softmax -q \
        --columns id,entropy_nats | cut -d, -f2- > before
    lln-entropy --layout hnd h.npz --kernel softmax -q \
        --columns id,entropy_nats | cut -d, -f2- > after
    paste -d' ' <(column tau < after) <(column tau < before) | near 1e-6
    paste -d' ' <(column entropy_nats < after) \
        <(column entropy_nats < before) | near 1e-6
}

@test "P, its entropy and the output" {
    local kernel
    for kernel in softmax lln elu 'window:reach=2'; do
        lln-attend -n 9 -d 2 --trials 2 --seed 3 --write-heads p.safetensors \
            --write-p --kernel "$kernel"
        equal arrays "$(arrays p.safetensors)" "$(
            printf 'layers.0.%s\tF32\t(2, 9, 2)\n' q k v
            printf 'layers.0.p\tF32\t(2, 9, 9)\n')"
        # Rows sum to 1; -p ln p; P V. v follows 72 values, p 108.
        numbers p.safetensors | awk '
            NR > 72 && NR <= 108 { v[NR - 73] = $1 }
            NR > 108 {
                at = NR - 109
                h = int(at / 81); i = int(at / 9) % 9; j = at % 9
                sum += $1
                if ($1 > 0) entropy -= $1 * log($1)
                a += $1 * v[h * 18 + j * 2]
                b += $1 * v[h * 18 + j * 2 + 1]
                if (j == 8) {
                    printf "%.9g\n%.9g\n", a, b > "output"
                    print sum, 1 > "sums"
                    a = b = sum = 0
                }
                if (i == 8 && j == 8) {
                    printf "%.9g\n", entropy / 9 > "entropy"
                    entropy = 0
                }
            }'
        near 1e-6 < sums
        lln-attend -n 9 -d 2 --trials 2 --seed 3 --kernel "$kernel" -o o.npy
        paste -d' ' output <(tail -c 144 o.npy | od -An -v -w4 -tf4 |
            tr -d ' ') | near 1e-5
        paste -d' ' entropy <(lln-entropy -n 9 -d 2 --trials 2 --seed 3 --each \
            --kernel "$kernel" | column entropy_nats) | near 1e-5
    done
}

@test "P is that of softmax unless another kernel is named" {
    lln-attend -n 9 -d 2 --write-heads p.npz --write-p
    lln-attend -n 9 -d 2 --write-heads softmax.npz --write-p --kernel softmax
    lln-attend -n 9 -d 2 --write-heads lln.npz --write-p --kernel lln
    cmp p.npz softmax.npz
    run cmp -s p.npz lln.npz
    equal status "$status" 1
    # Entries outside the mask are 0.
    lln-attend -n 4 -d 2 --trials 1 --causal --window 2 --write-p \
        --write-heads causal.safetensors
    equal zeros "$(numbers causal.safetensors | tail -n 16 | awk '
        { printf "%s", $1 == 0 ? 0 : 1 }')" 1000110001100011
}

@test "padding is zero, batch entries are an axis" {
    lln-attend -n 6 -d 2 --trials 2 --kernel softmax -o x.npy
    printf '6\n4\n' > lengths
    heads=(--layout bnd --lengths lengths --q x.npy --k x.npy)
    lln-attend "${heads[@]}" --v x.npy --write-p --write-heads b.safetensors
    equal arrays "$(arrays b.safetensors)" "$(
        printf 'layers.0.%s\tF32\t(2, 1, 6, 2)\n' q k v
        printf 'layers.0.p\tF32\t(2, 1, 6, 6)\n')"
    equal zeros "$(numbers b.safetensors | awk '
        { at = NR <= 72 ? int((NR - 1) % 12 / 2) : int((NR - 73) % 36 / 6)
          entry = NR <= 72 ? int((NR - 1) % 24 / 12) : int((NR - 73) / 36)
          column = NR <= 72 ? 0 : (NR - 73) % 6
          padding = entry == 1 && (at > 3 || column > 3)
          if (padding != ($1 == 0)) print NR }')" ''
    lln-entropy "${heads[@]}" --columns kernel,n,entropy_nats > before
    lln-entropy --layout bhnd --lengths lengths b.safetensors -q \
        --columns kernel,n,entropy_nats | cmp - before
}

# 3 of 6 tokens of one entry are not padding, 4 of the other one, in the middle
# and at the end: P has values where those of a hook are.
@test "padding stays where it is in the file" {
    lln-attend -n 6 -d 2 --trials 2 --kernel softmax -o x.npy
    heads=(--layout bnd --q x.npy --k x.npy)
    printf '0 1 1 1 0 0\n0 0 1 1 1 1\n' > lengths
    lln-attend "${heads[@]}" --lengths lengths --v x.npy --write-p \
        --write-heads b.safetensors
    equal arrays "$(arrays b.safetensors)" "$(
        printf 'layers.0.%s\tF32\t(2, 1, 6, 2)\n' q k v
        printf 'layers.0.p\tF32\t(2, 1, 6, 6)\n')"
    equal zeros "$(numbers b.safetensors | awk '
        { at = NR <= 72 ? int((NR - 1) % 12 / 2) : int((NR - 73) % 36 / 6)
          entry = NR <= 72 ? int((NR - 1) % 24 / 12) : int((NR - 73) / 36)
          column = NR <= 72 ? at : (NR - 73) % 6
          first = entry ? 2 : 1; end = entry ? 6 : 4
          token = at >= first && at < end && column >= first && column < end
          if (token != ($1 != 0)) print NR }')" ''
    # shellcheck disable=SC2086 # words
    for options in '--lengths lengths' '--lengths left --padding left' \
        '--lengths none'; do
        printf '3\n4\n' > left
        printf '0\n4\n' > none
        lln-attend "${heads[@]}" -q $options --causal --write-heads b.npz
        lln-entropy "${heads[@]}" -q $options --causal \
            --columns kernel,n,entropy_nats > before
        lln-entropy --layout bhnd -q $options --causal b.npz \
            --columns kernel,n,entropy_nats | cmp - before
    done
    # An entry of padding alone has zeros.
    lln-attend "${heads[@]}" -q --lengths <(echo 0) --write-p \
        --write-heads z.safetensors
    equal numbers "$(numbers z.safetensors | sort | uniq -c | tr -s ' ')" \
        ' 120 0'
}

@test "keys that heads share are repeated, values may be missing" {
    lln-attend -n 6 -d 2 --trials 4 --kernel softmax -o q.npy
    lln-attend -n 6 -d 2 --trials 2 --kernel softmax -o k.npy
    heads=(--layout hnd --q q.npy --k k.npy)
    run --separate-stderr lln-attend "${heads[@]}" --write-heads g.npz
    equal status "$status" 0
    equal stderr "$(without_extent <<< "$stderr")" \
        'lln-attend: q.npy: no values, so no array of values is written; name the values with --v or --key-v'
    equal arrays "$(arrays g.npz)" \
        "$(printf 'layers.0.%s\t<f4\t(4, 6, 2)\n' q k)"
    lln-entropy "${heads[@]}" --columns head,kernel,entropy_nats > before
    lln-entropy --layout hnd g.npz -q --columns head,kernel,entropy_nats |
        cmp - before
}

@test "a head that cannot be written as asked is NaN" {
    lln-attend -n 96 -d 2 --trials 2 --kernel softmax -o x.npy
    run --separate-stderr lln-attend --layout hnd --q x.npy --k x.npy -q \
        --write-heads p.safetensors --write-p --kernel nystrom
    equal status "$status" 0
    equal stderr "$stderr" "lln-attend: x.npy: head 0: kernel 'nystrom': 96 queries and 96 keys; expected multiples of landmarks=64; the same holds for 1 more case"
    equal numbers "$(numbers p.safetensors | tail -n +769 | tr -d - | sort |
        uniq -c | tr -d ' ')" 18432nan
    for options in '' --write-p; do
        run --separate-stderr lln-attend -n 4 --tau 1e-100 --trials 2 \
            --write-heads t.npz $options
        equal status "$status" 0
        [[ $stderr == 'lln-attend: gaussian: head 0, tau 1e-100: '*'; the same holds for 1 more case' ]]
    done
}

@test "bad usage, which leaves no file" {
    local ends='expected a name that ends in .npz or .safetensors'
    refuses 2 "--write-heads: x.npy: $ends" lln-attend --write-heads x.npy
    refuses 2 "--write-heads: -: $ends" lln-attend --write-heads -
    refuses 2 '--write-p needs --write-heads' lln-attend --write-p
    refuses 2 '--output cannot be used with --write-heads' \
        lln-attend --write-heads x.npz -o y.npz
    refuses 2 '--compare cannot be used with --write-heads' \
        lln-attend --write-heads x.npz --compare softmax
    refuses 2 '--kernel needs --write-p: only P depends on the kernel' \
        lln-attend --write-heads x.npz --kernel lln
    refuses 2 "--write-p: expected one kernel, found 'lln,softmax'" \
        lln-attend --write-heads x.npz --write-p --kernel lln,softmax
    refuses 2 '--rows needs --compare, --against or --pairs' \
        lln-attend --write-heads x.npz --rows 3
    refuses 2 "--tau: expected one number, found '1,2'" \
        lln-attend --write-heads x.npz --tau 1,2
    refuses 1 'no/x.npz: No such file or directory' \
        lln-attend --write-heads no/x.npz
    run --separate-stderr lln-attend -n 100000000 --write-heads x.npz --write-p
    equal status "$status" 1
    [[ $stderr =~ 'x.npz: the arrays need 149'[0-9.]*' GiB, but '[0-9.]*' GiB are free' ]]
    run --separate-stderr signalled INT 50 lln-attend -n 20000 --trials 8 \
        --write-heads x.npz --write-p
    equal stderr "$stderr" \
        'lln-attend: interrupted: incomplete arrays are not kept'
    equal files "$(ls -A)" ''
    lln-attend -n 8 --trials 1 --write-heads x.npz
    cp x.npz before
    files_before=$(ls -A)
    refuses 1 'x.npz: the output would overwrite this input; use another name' \
        lln-attend --layout hnd x.npz --write-heads x.npz
    cmp x.npz before
}

@test "heads of one layer with different sizes" {
    {
        printf '{'
        printf '"l0.h0.q":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},'
        printf '"l0.h0.k":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},'
        printf '"l0.h1.q":{"dtype":"F32","shape":[3,1],"data_offsets":[16,28]},'
        printf '"l0.h1.k":{"dtype":"F32","shape":[3,1],"data_offsets":[28,40]}}'
    } > header
    printf '\0\0\200\77%.0s' {1..10} | safetensors x "$(cat header)"
    rm header
    # shellcheck disable=SC2034 # for refuses
    files_before=x
    refuses 1 '--write-heads: the heads of layer 0 differ in size and do not fit in one array; select heads of one size with --heads' \
        lln-attend -q x --key-q 'l{layer}.h{head}.q' \
        --key-k 'l{layer}.h{head}.k' --write-heads y.npz
    lln-attend -q x --key-q 'l{layer}.h{head}.q' --key-k 'l{layer}.h{head}.k' \
        --heads 1 --write-heads y.npz
    equal arrays "$(arrays y.npz)" \
        "$(printf 'layers.0.%s\t<f4\t(1, 3, 1)\n' q k)"
}
