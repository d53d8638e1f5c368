/* Looking at one row of V logits: its largest, its best tokens, what it adds up to. Each reads it as few times as can be.
 *
 * Sums run in COLUMNS side by side, which GCC and Clang keep in vectors of any processor; nothing is reordered. */
#ifndef STUDIO_ONE_ROW_H
#define STUDIO_ONE_ROW_H

#include <math.h>
#include <string.h>

#include "exponential.h"
#include "kernels.h"

enum {
    COLUMNS = 8,
    PART = 1024, /* numbers added up in float32 before they go into the double */
    SAMPLE = 2048,
    FEW = 4096,
};

typedef float columns __attribute__((vector_size(4 * COLUMNS)));
typedef int32_t whole_columns __attribute__((vector_size(4 * COLUMNS)));

static inline float largest(const float *x, int64_t n, int *broken) {
    float tops[COLUMNS], best = -INFINITY;
    columns top = {0}, v;
    whole_columns nan = {0};
    int64_t i = 0;
    top = top - INFINITY;
    *broken = 0;
    for (; i + COLUMNS <= n; i += COLUMNS) {
        memcpy(&v, x + i, sizeof v);
        whole_columns more = v > top;
        top = (columns)((more & (whole_columns)v) | (~more & (whole_columns)top));
        nan |= v != v;
    }
    memcpy(tops, &top, sizeof tops);
    for (int k = 0; k < COLUMNS; k++) {
        best = tops[k] > best ? tops[k] : best;
        *broken |= nan[k];
    }
    for (; i < n; i++) {
        best = x[i] > best ? x[i] : best;
        *broken |= x[i] != x[i];
    }
    *broken |= !(best < INFINITY && best > -INFINITY);
    return best;
}

/* A heap of the k best so far, the worst on top; of equal logits the earlier token is better. */
static inline int worse(const float *logits, int32_t a, int32_t b) {
    return logits[a] < logits[b] || (logits[a] == logits[b] && a > b);
}

static inline void sink(const float *logits, int32_t *heap, int n, int at) {
    int32_t item = heap[at];
    for (;;) {
        int child = 2 * at + 1;
        if (child >= n) break;
        if (child + 1 < n && worse(logits, heap[child + 1], heap[child])) child++;
        if (!worse(logits, heap[child], item)) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

static inline void best_of_all(const float *logits, int64_t n, int k, int32_t *top) {
    for (int i = 0; i < k; i++) top[i] = i;
    for (int i = k / 2 - 1; i >= 0; i--) sink(logits, top, k, i);
    for (int64_t i = k; i < n; i++)
        if (logits[i] > logits[top[0]]) {
            top[0] = (int32_t)i;
            sink(logits, top, k, 0);
        }
}

/* Put count <= FEW tokens, in the vocabulary's order, into that of their logits, the best first: a radix sort. */
static inline void fall(const float *logits, int32_t *tokens, int count) {
    struct item {
        uint32_t key;
        int32_t token;
    } items[2][FEW], *from = items[0], *to = items[1];
    for (int i = 0; i < count; i++) {
        float value = logits[tokens[i]] + 0.0f; /* -0 is 0 */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        from[i].key = bits & 0x80000000u ? bits : ~bits & 0x7fffffffu; /* counts up as the values fall */
        from[i].token = tokens[i];
    }
    for (int shift = 0; shift < 32; shift += 8) {
        int at[256] = {0}, sum = 0;
        for (int i = 0; i < count; i++) at[from[i].key >> shift & 255]++;
        for (int digit = 0; digit < 256; digit++) {
            int n = at[digit];
            at[digit] = sum;
            sum += n;
        }
        for (int i = 0; i < count; i++) to[at[from[i].key >> shift & 255]++] = from[i];
        struct item *other = from;
        from = to;
        to = other;
    }
    for (int i = 0; i < count; i++) tokens[i] = from[i].token;
}

/* The k best in order by looking closely at few: those above a bar that a sample says somewhat more than k are above.
 * 0 if it said wrong. */
static inline int best_of_few(const float *logits, int64_t n, int k, int32_t *top) {
    float sample[SAMPLE];
    int32_t order[SAMPLE], few[FEW];
    const int64_t stride = n / SAMPLE;
    const int m = (int)(SAMPLE * (int64_t)k / n) * 3 / 2 + 12; /* of the sample are above it */
    if (stride < 4 || m > SAMPLE / 4) return 0;
    for (int i = 0; i < SAMPLE; i++) sample[i] = logits[i * stride];
    best_of_all(sample, SAMPLE, m, order);
    const float bar = sample[order[0]];
    int count = 0;
    int64_t i = 0;
    for (; i + COLUMNS <= n; i += COLUMNS) {
        int32_t over = 0;
        for (int j = 0; j < COLUMNS; j++) over |= logits[i + j] > bar;
        if (!over) continue;
        if (count > FEW - COLUMNS) return 0;
        for (int j = 0; j < COLUMNS; j++) {
            few[count] = (int32_t)(i + j);
            count += logits[i + j] > bar;
        }
    }
    for (; i < n && count < FEW; i++) {
        few[count] = (int32_t)i;
        count += logits[i] > bar;
    }
    if (count < k || count >= FEW) return 0;
    fall(logits, few, count);
    memcpy(top, few, (size_t)k * sizeof *top);
    return 1;
}

/* From a heap to the best first. */
static inline void put_in_order(const float *logits, int32_t *top, int k) {
    for (int m = k; m > 1; m--) { /* the worst to the end */
        int32_t last = top[m - 1];
        top[m - 1] = top[0];
        top[0] = last;
        sink(logits, top, m - 1, 0);
    }
}

/* The k <= n best in order. */
static inline void best_of(const float *logits, int64_t n, int k, int32_t *top) {
    if (best_of_few(logits, n, k, top)) return;
    best_of_all(logits, n, k, top);
    put_in_order(logits, top, k);
}

/* e to the power of each of m <= PART numbers less `best`: the sum goes to `total`, that of each times its power to
 * `weighted`. */
static inline void add_up(const float *x, int m, float best, double *total, double *weighted) {
    float below[PART], e[PART];
    columns sums = {0}, products = {0}, a, b;
    for (int i = 0; i < m; i++) below[i] = x[i] - best;
    for (int i = 0; i < m; i++) e[i] = exp_below(below[i]);
    /* where e is 0; infinity times that is no number */
    for (int i = 0; i < m; i++) below[i] = below[i] > -87.0f ? below[i] : -87.0f;
    for (int i = m; i < PART; i++) below[i] = e[i] = 0.0f;
    for (int i = 0; i < PART; i += COLUMNS) {
        memcpy(&a, e + i, sizeof a);
        memcpy(&b, below + i, sizeof b);
        sums += a;
        products += a * b;
    }
    for (int j = 0; j < COLUMNS; j++) {
        *total += sums[j];
        *weighted += products[j];
    }
}

static inline int64_t how_many_above(const float *x, int64_t n, float own) {
    int64_t above = 0;
    for (int64_t begin = 0; begin < n; begin += PART) {
        int m = n - begin < PART ? (int)(n - begin) : PART;
        int32_t count = 0;
        for (int i = 0; i < m; i++) count += x[begin + i] > own;
        above += count;
    }
    return above;
}

#endif
