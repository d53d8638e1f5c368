/* What chains.c does with all numbers of one row. Sums run in COLUMNS side by side, as in sampling.c. */
#include "chains.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 8, PART = 512 };

typedef float columns __attribute__((vector_size(4 * COLUMNS)));
typedef double wide __attribute__((vector_size(8 * COLUMNS)));

static struct scratch no_memory;

int free_scratch(struct scratch *s) {
    if (!s) return 1;
    if (s == &no_memory) return 0;
    free(s->items);
    free(s->slots);
    free(s);
    return 1;
}

struct scratch *scratch_of(const struct chain_job *job, int who) {
    if (!job->scratch[who]) {
        const size_t n = (size_t)up((int)job->n, 64), m = (size_t)up(job->longest, 64) + n;
        struct scratch *s = calloc(1, sizeof *s);
        char *all = s ? malloc(n * (3 * sizeof(float) + sizeof(int32_t)) + m * (sizeof(float) + sizeof(struct item)) +
                               n * sizeof(int16_t)) : NULL;
        int32_t *zeros = all ? calloc(2 * n, sizeof *zeros) : NULL;
        if (!zeros) {
            free(all);
            free(s);
            job->scratch[who] = &no_memory;
            return NULL;
        }
        s->items = (struct item *)all;
        s->x = (float *)(s->items + m);
        s->e = s->x + n;
        s->order = s->e + n;
        s->old = s->order + n;
        s->tokens = (int32_t *)(s->old + m);
        s->bins = (int16_t *)(s->tokens + n);
        s->slots = zeros;
        s->counts = zeros + n;
        job->scratch[who] = s;
    }
    return job->scratch[who] == &no_memory ? NULL : job->scratch[who];
}

float largest_of(const float *x, int64_t n) {
    float tops[PART], best = -INFINITY;
    int64_t begin = 0;
    for (int j = 0; j < 64; j++) tops[j] = -INFINITY;
    for (; begin + 64 <= n; begin += 64)
        for (int j = 0; j < 64; j++) tops[j] = x[begin + j] > tops[j] ? x[begin + j] : tops[j];
    for (; begin < n; begin++) best = x[begin] > best ? x[begin] : best;
    for (int j = 0; j < 64; j++) best = tops[j] > best ? tops[j] : best;
    return best;
}

int64_t count_above(const float *x, int64_t n, float bar) {
    int64_t count = 0;
    for (int64_t begin = 0; begin < n; begin += PART) {
        const int m = n - begin < PART ? (int)(n - begin) : PART;
        int32_t some = 0;
        for (int i = 0; i < m; i++) some += x[begin + i] > bar;
        count += some;
    }
    return count;
}

int any_above(const float *x, int64_t n, float bar) {
    for (int64_t begin = 0; begin < n; begin += PART)
        if (count_above(x + begin, n - begin < PART ? n - begin : PART, bar)) return 1;
    return 0;
}

void sum_row(const float *x, int64_t n, float best, float *e, double *total, double *weighted) {
    *total = *weighted = 0.0;
    for (int64_t begin = 0; begin < n; begin += PART) {
        const int m = n - begin < PART ? (int)(n - begin) : PART;
        float below[PART], powers[PART];
        columns sums = {0}, products = {0}, a, b;
        for (int i = 0; i < m; i++) below[i] = x[begin + i] - best;
        for (int i = m; i < PART; i++) below[i] = -INFINITY;
        for (int i = 0; i < PART; i++) powers[i] = exp_below(below[i]);
        for (int i = 0; i < PART; i++) below[i] = below[i] > -87.0f ? below[i] : -87.0f; /* there e is 0 */
        for (int i = 0; i < PART; i += COLUMNS) {
            memcpy(&a, powers + i, sizeof a);
            memcpy(&b, below + i, sizeof b);
            sums += a;
            products += a * b;
        }
        for (int j = 0; j < COLUMNS; j++) {
            *total += sums[j];
            *weighted += products[j];
        }
        memcpy(e + begin, powers, (size_t)m * sizeof *e);
    }
}

int64_t spread_of(const float *x, int64_t n, float from, double *sum, double *square) {
    wide sums = {0}, squares = {0}, v;
    for (int64_t begin = 0; begin < n; begin += PART) {
        const int m = n - begin < PART ? (int)(n - begin) : PART;
        double apart[PART];
        for (int i = 0; i < m; i++) apart[i] = x[begin + i] > -INFINITY ? (double)x[begin + i] - from : 0.0;
        for (int i = m; i < PART; i++) apart[i] = 0.0;
        for (int i = 0; i < PART; i += COLUMNS) {
            memcpy(&v, apart + i, sizeof v);
            sums += v;
            squares += v * v;
        }
    }
    for (int j = 0; j < COLUMNS; j++) {
        *sum += sums[j];
        *square += squares[j];
    }
    return count_above(x, n, -INFINITY);
}

void raise_row(const float *x, int64_t n, double log_sum, double *probs) {
    for (int64_t i = 0; i < n; i++) {
        double below = (double)x[i] - log_sum;
        probs[i] = exp_exact(below < 0.0 ? below : 0.0);
    }
}
