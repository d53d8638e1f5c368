/* What one stage of a chain does to one distribution, summed in double: see core/xray.py. */
#include <math.h>
#include <string.h>

#include "exponential.h"
#include "kernels.h"

enum { PART = 64, COLUMNS = 8 };

typedef double wide __attribute__((vector_size(8 * COLUMNS)));

static inline double sum_of(const wide *v) {
    double sum = 0.0;
    for (int j = 0; j < COLUMNS; j++) sum += (*v)[j];
    return sum;
}

/* Up to PART numbers from `begin` on, filled up with what counts for nothing. */
static inline void take_floats(const float *from, int64_t begin, int64_t n, float x[PART]) {
    for (int i = 0; n - begin < PART && i < PART; i++) x[i] = -INFINITY;
    memcpy(x, from + begin, (size_t)(n - begin < PART ? n - begin : PART) * sizeof *x);
}

static inline void take_doubles(const double *from, int64_t begin, int64_t n, double p[PART]) {
    memset(p, 0, n - begin < PART ? PART * sizeof *p : 0);
    memcpy(p, from + begin, (size_t)(n - begin < PART ? n - begin : PART) * sizeof *p);
}

static inline int count_left(const float x[PART]) {
    int32_t left = 0;
    for (int i = 0; i < PART; i++) left += x[i] > -INFINITY;
    return left;
}

/* What is left of a distribution: how many, how much, how much is not; and the largest logit. 1 if one is infinite
 * or no number, or none is left. */
static int look(const float *logits, int64_t n, const double *before, double *numbers, float *best) {
    int64_t n_left = 0;
    int32_t broken = 0;
    float tops[PART];
    wide kept = {0}, removed = {0};
    for (int i = 0; i < PART; i++) tops[i] = -INFINITY;
    for (int64_t begin = 0; begin < n; begin += PART) {
        float x[PART];
        double old[PART], left[PART];
        take_floats(logits, begin, n, x);
        n_left += count_left(x);
        for (int i = 0; i < PART; i++) tops[i] = x[i] > tops[i] ? x[i] : tops[i];
        for (int i = 0; i < PART; i++) broken |= x[i] != x[i];
        if (!before) continue;
        take_doubles(before, begin, n, old);
        for (int i = 0; i < PART; i++) left[i] = x[i] > -INFINITY ? old[i] : 0.0;
        for (int i = 0; i < PART; i += COLUMNS) {
            wide all, some;
            memcpy(&all, old + i, sizeof all);
            memcpy(&some, left + i, sizeof some);
            kept += some;
            removed += all - some;
        }
    }
    *best = -INFINITY;
    for (int i = 0; i < PART; i++) *best = tops[i] > *best ? tops[i] : *best;
    numbers[0] = (double)n_left;
    numbers[1] = sum_of(&kept);
    numbers[2] = sum_of(&removed);
    return broken || !(*best > -INFINITY && *best < INFINITY);
}

/* after: e to the power of each logit less the best. The log of their sum and the entropy, in nats. */
static double raise(const float *logits, int64_t n, float best, double *after, double *entropy) {
    wide total = {0}, weighted = {0};
    for (int64_t begin = 0; begin < n; begin += PART) {
        const size_t m = (size_t)(n - begin < PART ? n - begin : PART);
        float x[PART];
        double below[PART], e[PART];
        take_floats(logits, begin, n, x);
        if (!count_left(x)) {
            memset(after + begin, 0, m * sizeof *after);
            continue;
        }
        for (int i = 0; i < PART; i++) below[i] = (double)x[i] - best;
        for (int i = 0; i < PART; i++) e[i] = exp_exact(below[i]);
        for (int i = 0; i < PART; i++) below[i] = below[i] > -700.0 ? below[i] : 0.0; /* there e is 0 */
        for (int i = 0; i < PART; i += COLUMNS) {
            wide a, b;
            memcpy(&a, e + i, sizeof a);
            memcpy(&b, below + i, sizeof b);
            total += a;
            weighted += a * b;
        }
        memcpy(after + begin, e, m * sizeof *after);
    }
    *entropy = log(sum_of(&total)) - sum_of(&weighted) / sum_of(&total);
    return sum_of(&total);
}

/* logits: of n tokens after a stage. before: their probabilities before it, or NULL. after: filled with those after it.
 * numbers: tokens left; of `before`, the sum over these and over the others; total variation distance between
 * `after` and `before` without the others; entropy in nats.
 * Where no token is left, or a logit is infinite or no number, all of `after` is 0. */
EXPORT void studio_weigh(const float *logits, int64_t n, const double *before, double *after, double *numbers) {
    float best;
    const int broken = look(logits, n, before, numbers, &best);
    wide apart = {0};
    numbers[4] = 0.0;
    if (broken) memset(after, 0, (size_t)n * sizeof *after);
    const double total = broken ? 1.0 : raise(logits, n, best, after, &numbers[4]);
    const double share = numbers[1] > 0.0 ? 1.0 / numbers[1] : 0.0, part = 1.0 / total;
    for (int64_t begin = 0; begin < n; begin += PART) {
        float x[PART];
        double old[PART] = {0}, now[PART];
        take_floats(logits, begin, n, x);
        if (!count_left(x)) continue;
        take_doubles(after, begin, n, now);
        for (int i = 0; i < PART; i++) now[i] *= part;
        memcpy(after + begin, now, (size_t)(n - begin < PART ? n - begin : PART) * sizeof *after);
        if (!before) continue;
        take_doubles(before, begin, n, old);
        for (int i = 0; i < PART; i++) old[i] = fabs(now[i] - (x[i] > -INFINITY ? old[i] * share : 0.0));
        for (int i = 0; i < PART; i += COLUMNS) {
            wide a;
            memcpy(&a, old + i, sizeof a);
            apart += a;
        }
    }
    numbers[3] = numbers[1] > 0.0 ? sum_of(&apart) / 2 : 1.0;
}
