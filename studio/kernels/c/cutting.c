/* Where many rows of logits are to be cut: found by counting into bins, not by sorting the vocabulary. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chains.h"

enum {
    BINS = 2048,
    DIGITS = 11, /* of a number's 32 bits that one round of sorting looks at */
    ROUNDS = 3,
    VALUES = 1 << DIGITS,
    PART = 64,
};

static const float WIDTH = 24.0f; /* nats: what lies further away shares the last bin */

static int compare(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->order != y->order) return x->order < y->order ? -1 : 1;
    return (x->token > y->token) - (x->token < y->token);
}

void sort_items(struct item *items, int64_t n) { qsort(items, (size_t)n, sizeof *items, compare); }

int64_t crossing(const float *order, const float *weights, int64_t n, double mass, int16_t *bins, struct item *items) {
    double sums[BINS] = {0}, total = 0.0;
    float least = INFINITY;
    int32_t bin = 0;
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) least = order[i] < least ? order[i] : least;
    for (int64_t i = 0; i < n; i++) {
        float far = (order[i] - least) * (BINS / WIDTH);
        bins[i] = (int16_t)(far < BINS - 1 ? far : BINS - 1);
    }
    for (int64_t i = 0; i < n; i++) sums[bins[i]] += weights[i];
    while (bin < BINS && total + sums[bin] < mass) total += sums[bin++];
    if (bin == BINS) return -1;
    for (int64_t begin = 0; begin < n; begin += PART) {
        const int64_t end = n - begin < PART ? n : begin + PART;
        int16_t any = 0;
        for (int64_t i = begin; i < end; i++) any |= bins[i] == bin;
        if (!any) continue;
        for (int64_t i = begin; i < end; i++) {
            items[m] = (struct item){order[i], (int32_t)i};
            m += bins[i] == bin;
        }
    }
    sort_items(items, m);
    for (int64_t i = 0; i < m; i++) {
        total += weights[items[i].token];
        if (total >= mass) return items[i].token;
    }
    return items[m - 1].token; /* the same sum in another order is less by its rounding */
}

EXPORT int studio_crossing(const float *rows, int64_t n_rows, int64_t n, const float *log_sums,
                           const float *centres, double mass, int64_t *found) {
    float *order = malloc((size_t)n * sizeof *order), *weights = malloc((size_t)n * sizeof *weights);
    int16_t *bins = malloc((size_t)n * sizeof *bins);
    struct item *items = malloc((size_t)(n + 1) * sizeof *items);
    int fits = order && weights && bins && items;
    for (int64_t r = 0; fits && r < n_rows; r++) {
        const float *row = rows + r * n;
        float whole = log_sums[r];
        if (centres)
            for (int64_t i = 0; i < n; i++) order[i] = fabsf((whole - row[i]) - centres[r]);
        else
            for (int64_t i = 0; i < n; i++) order[i] = -row[i];
        for (int64_t i = 0; i < n; i++) weights[i] = exp_below(row[i] - whole < 0.0f ? row[i] - whole : 0.0f);
        found[r] = crossing(order, weights, n, mass, bins, items);
    }
    free(order);
    free(weights);
    free(bins);
    free(items);
    return fits;
}

/* Numbers as whole ones that are the smaller the larger those are, and back. */
static inline uint32_t fallen(uint32_t bits) { return bits ^ (bits >> 31 ? 0u : 0x7FFFFFFFu); }

void fall_row(float *row, int64_t n, uint32_t *one, uint32_t *other) {
    static const int shifts[ROUNDS] = {0, DIGITS, 2 * DIGITS};
    int32_t places[ROUNDS][VALUES] = {{0}};
    memcpy(one, row, (size_t)n * sizeof *one);
    for (int64_t i = 0; i < n; i++) one[i] = fallen(one[i]);
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < ROUNDS; k++) places[k][one[i] >> shifts[k] & (VALUES - 1)]++;
    for (int k = 0; k < ROUNDS; k++) {
        int32_t place = 0;
        for (int v = 0; v < VALUES; v++) {
            int32_t count = places[k][v];
            places[k][v] = place;
            place += count;
        }
        for (int64_t i = 0; i < n; i++) other[places[k][one[i] >> shifts[k] & (VALUES - 1)]++] = one[i];
        uint32_t *swap = one;
        one = other;
        other = swap;
    }
    for (int64_t i = 0; i < n; i++) one[i] = fallen(one[i]);
    memcpy(row, one, (size_t)n * sizeof *one);
}

EXPORT int studio_fall(float *rows, int64_t n_rows, int64_t n) {
    uint32_t *one = malloc((size_t)n * sizeof *one), *other = malloc((size_t)n * sizeof *other);
    int fits = one && other;
    for (int64_t r = 0; fits && r < n_rows; r++) fall_row(rows + r * n, n, one, other);
    free(one);
    free(other);
    return fits;
}

/* Where the numbers are in rising order, of equal ones the earlier first. */
EXPORT int studio_order(const float *values, int64_t n, int64_t *order) {
    static const int shifts[ROUNDS] = {0, DIGITS, 2 * DIGITS};
    int32_t places[ROUNDS][VALUES] = {{0}};
    uint64_t *one = malloc((size_t)n * sizeof *one), *other = malloc((size_t)n * sizeof *other);
    const int fits = one && other;
    for (int64_t i = 0; fits && i < n; i++) {
        float value = values[i] + 0.0f; /* -0 is as large as 0 */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits = ~fallen(bits);
        one[i] = (uint64_t)bits << 32 | (uint32_t)i;
        for (int k = 0; k < ROUNDS; k++) places[k][bits >> shifts[k] & (VALUES - 1)]++;
    }
    for (int k = 0; fits && k < ROUNDS; k++) {
        int32_t place = 0;
        for (int v = 0; v < VALUES; v++) {
            int32_t count = places[k][v];
            places[k][v] = place;
            place += count;
        }
        for (int64_t i = 0; i < n; i++) other[places[k][one[i] >> (32 + shifts[k]) & (VALUES - 1)]++] = one[i];
        uint64_t *swap = one;
        one = other;
        other = swap;
    }
    for (int64_t i = 0; fits && i < n; i++) order[i] = (int64_t)(uint32_t)one[i];
    free(one);
    free(other);
    return fits;
}
