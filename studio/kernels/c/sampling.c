/* What is drawn, and what is shown of a draw: one row of V logits or probabilities. */
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "noise.h"
#include "one_row.h"

/* The k <= n tokens with the largest logits, in order; of equal ones the earlier first. */
EXPORT void studio_top(const float *logits, int64_t n, int32_t k, int32_t *top) { best_of(logits, n, k, top); }

/* numbers: log of the sum of exp(logits), entropy in nats, rank of `token` counted from 1.
 * top: the k <= n best tokens in order. 1 if a logit is no number or none is finite; then nothing is filled in. */
EXPORT int studio_describe(const float *logits, int64_t n, int64_t token, int32_t k, double *numbers, int32_t *top) {
    int broken;
    float best = largest(logits, n, &broken);
    if (broken) return 1;
    double total = 0.0, weighted = 0.0;
    for (int64_t begin = 0; begin < n; begin += PART)
        add_up(logits + begin, n - begin < PART ? (int)(n - begin) : PART, best, &total, &weighted);
    numbers[0] = best + log(total);
    numbers[1] = log(total) - weighted / total;
    numbers[2] = (double)(1 + how_many_above(logits, n, logits[token]));
    best_of(logits, n, k, top);
    return 0;
}

/* The winner of the race in core/drawing.py, whose noise this is: numpy's Philox, counted from 1 at each position. */
EXPORT int64_t studio_draw(const float *probs, int64_t n, uint64_t key0, uint64_t key1, uint64_t position) {
    int64_t winner = 0;
    double best = 0.0;
    for (int64_t i = 0; i < n; i += 4) {
        if (i % COLUMNS == 0 && i + COLUMNS <= n) { /* as a rule nearly all are removed */
            int32_t any = 0;
            for (int j = 0; j < COLUMNS; j++) any |= probs[i + j] > 0;
            if (!any) {
                i += COLUMNS - 4;
                continue;
            }
        }
        int m = n - i < 4 ? (int)(n - i) : 4;
        float p[4] = {0};
        memcpy(p, probs + i, (size_t)m * sizeof(float));
        if (!(p[0] > 0 || p[1] > 0 || p[2] > 0 || p[3] > 0)) continue;
        uint64_t bits[4] = {(uint64_t)i / 4 + 1, position, 0, 0};
        philox(bits, key0, key1);
        for (int j = 0; j < m; j++) {
            if (overtakes(p[j], bits[j], &best)) winner = i + j;
        }
    }
    return winner;
}
