#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Masks: keys that a mask hides are in no value of any command.
# shellcheck disable=SC2034 # helper.bash reads it
load helper

# windowed TOOL OPTION...: case A, softmax and lln, within 5 keys.
windowed() {
    local tool=$1
    shift
    "lln-$tool" --q "$CASES/case_A_Q.npy" --k "$CASES/case_A_K.npy" --double \
        --kernel softmax,lln:alpha=1.1:beta=1.4 --window 5 "$@"
}

# agrees COLUMN SOFTMAX LLN < TABLE
agrees() {
    column "$1" | paste -d ' ' - <(printf '%s\n' "$2" "$3") | near 1e-12
}

# numpy, float64: seen = abs(i - j) < 5 (and j <= i), A = exp(Q K' / sqrt(8))
# or exp(1.1 Q) exp(1.4 K)'; P = A seen / row sums; mean over rows of
# -sum P ln P and of var(ln P[seen], ddof=1), norm(P - P.mean(0)), and the
# second of sorted |eigvals(P)|
@test "--window" {
    windowed entropy | agrees entropy_nats 1.7089112156894655 1.910343919924969
    windowed stats |
        agrees log_variance_row 1.3066864963280267 0.5502555052439002
    windowed spectral > table
    agrees lambda2 0.9894470131299136 0.9908015585826507 < table
    agrees unbiased_norm 3.815834232463383 3.2710141560539725 < table
}

@test "--window --causal" {
    windowed entropy --causal |
        agrees entropy_nats 1.1851081870189382 1.3800832042638542
    windowed stats --causal |
        agrees log_variance_row 1.3936301716537298 0.5016987291671758
    windowed spectral --causal > table
    agrees lambda2 0.7820109540472746 0.6943893521647473 < table
    agrees unbiased_norm 4.845366339642693 4.2377686462694335 < table
    equal method "$(column method < table | uniq)" diagonal
}

@test "lln-match meets the log-variance within the window" {
    lln-match --q "$CASES/case_A_Q.npy" --k "$CASES/case_A_K.npy" --double \
        --window 5 --method measured > table
    column target_value < table | sed 's/$/ 1.3066864963280267/' | near 1e-12
    column achieved < table | sed 's/$/ 1.3066864963280267/' | near 1e-9
}

@test "--tau within a window" {
    windowed stats --tau 0.7 > table
    # 0.7^-2
    column log_variance_row < table | sed 's/$/ 2.0408163265306123/;1q' |
        near 1e-12
}

@test "--tau on trained heads" {
    for mask in '' --causal '--window 30' '--causal --window 30'; do
        for tau in 0.5 2; do
            # shellcheck disable=SC2086
            lln-stats "$DATA/encoder.safetensors" --layout hnd --quiet \
                --kernel softmax --tau $tau $mask > table
            equal rows "$(wc -l < table)" 5
            # tau^-2
            column log_variance_row < table |
                awk -v tau=$tau '{ print $1, 1 / (tau * tau) }' | near 1e-6
        done
    done
}

@test "no theory within a window" {
    lln-entropy -n 8 -d 2 --window 3 | column entropy_theory_nats |
        grep -cx nan | grep -x 2
    lln-stats -n 8 -d 2 --window 3 | column log_variance_row_theory |
        grep -cx nan | grep -x 2
    lln-spectral -n 8 -d 2 --window 3 | column lambda2_theory |
        grep -cx nan | grep -x 2
}

@test "a window as wide as the keys hides nothing" {
    local model='-n 40 -d 4 --trials 1 --kernel softmax,lln:alpha=1:beta=1'
    for columns in 'entropy 10-16' 'spectral 10,14,15'; do
        # shellcheck disable=SC2086
        lln-${columns% *} $model | cut -d, -f"${columns#* }" > without
        # shellcheck disable=SC2086
        lln-${columns% *} $model --window 40 | cut -d, -f"${columns#* }" > with
        paste -d, without with | tail -n +2 | awk -F, '{
            for (i = 1; i <= NF / 2; i++) print $i, $(i + NF / 2) }' |
            grep -v nan | near 1e-6
    done
}

@test "a window needs keys for all queries" {
    head -c 2080 /dev/zero | npy q.npy '<f4' '(65, 8)'
    cp "$CASES/case_A_K.npy" k.npy
    files_before=$(ls -A)
    refuses 1 'k.npy: 64 keys; a window needs at least 65, one for each query of q.npy' \
        lln-entropy --q q.npy --k k.npy --window 3
    refuses 2 "--window: '0' is out of range; expected a whole number from 1 to 1073741824" \
        lln-entropy --window 0
}

# A batch of two sequences. The second one ends after 40 tokens, and the rest is
# NaN.
@test "--lengths" {
    local case=$CASES/case_A bytes=$((40 * 8 * 8))
    for which in Q K; do
        tail -c +129 "${case}_$which.npy" > all
        head -c $bytes all | npy "short_$which.npy" '<f8' '(40, 8)'
        {
            cat all
            head -c $bytes all
            tail -c +$((bytes + 1)) all | tr '\0-\377' '\377'
        } | npy "batch_$which.npy" '<f8' '(2, 64, 8)'
    done
    printf '64\n40\n' > lengths
    for mask in '' --causal '--window 7'; do
        for tool in entropy stats spectral; do
            # shellcheck disable=SC2086
            "lln-$tool" --q batch_Q.npy --k batch_K.npy --layout bnd \
                --lengths lengths $mask | tail -n +2 | cut -d, -f2- > padded
            for name in "${case}" short; do
                # shellcheck disable=SC2086
                "lln-$tool" --q "${name}_Q.npy" --k "${name}_K.npy" $mask |
                    tail -n +2 | cut -d, -f2-
            done > alone
            cmp padded alone
        done
    done
    refuses_padding 1 'batch_Q.npy: batch 1, row 40, column 0: nan; expected finite numbers' 64
    refuses_padding 2 'lengths: line 1: 65 queries and 65 keys; expected at most 64 and 64, as in batch_Q.npy' 65
    refuses_padding 1 "lengths: line 1: '-1'; expected one length, two lengths (queries and keys), or a 0 or 1 for each token" -1
    refuses_padding 2 'lengths: 3 lengths; expected one, or one for each of the 2 batch entries of batch_Q.npy' '1\n2\n3'
}

# refuses_padding STATUS MESSAGE LENGTHS
refuses_padding() {
    printf '%b\n' "$3" > lengths
    files_before=$(ls -A)
    refuses "$1" "$2" lln-entropy --q batch_Q.npy --k batch_K.npy --layout bnd \
        --lengths lengths
}
