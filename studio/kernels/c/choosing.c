/* A token chosen in two calls, where the chain is a usual one: repetition penalty, temperature, top-k, top-p and min-p,
 * each if it is on, in this order, with at least one that removes tokens.
 *
 * Between the two, core/token_choice.py makes probabilities of the few that are left: with torch, so that they are the
 * bits that the stages give one by one. All that is exact (products, quotients, what is larger than what) is done here
 * as the stages do it; where a sum of probabilities decides and comes too near to say, nothing is decided here. */
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "noise.h"
#include "one_row.h"

enum {
    HEAD = 256,   /* of the best logits */
    MANY = 1536,  /* that may be left, or seen */
    SHOWN = 64,   /* candidates that are told of, at most */
    WIDEST = 1 << 20,
};

static const double CLOSE = 1e-5; /* sums of probabilities nearer than this to where they decide say nothing */

struct choice { /* as in kernels/choice.py */
    const float *logits; /* what is chosen from: n of them */
    int64_t n;
    const int64_t *ids; /* whose repetition is penalised */
    int64_t n_ids;
    float penalty, temperature; /* 1: off */
    int32_t top_k;              /* 0: off */
    int32_t n_shown;
    double top_p, min_p; /* 1 and 0: off */
    uint64_t key[2], position;
    /* what is found: */
    double log_sum, entropy; /* of the logits; nats */
    int32_t n_head, n_left;
    int32_t head[HEAD]; /* the tokens with the largest logits, in order */
    int32_t left[MANY]; /* those the first cut leaves, in the vocabulary's order */
    float values[MANY]; /* their logits after the chain, -inf for those that a later cut removes */
    int32_t token, rank;
    double logprob, prob;
    double logprobs[SHOWN], probs[SHOWN]; /* of the first n_shown of the head */
};

static inline float penalised(const struct choice *c, float logit) {
    return logit < 0 ? logit * c->penalty : logit / c->penalty;
}

static int is_marked(const uint64_t *marks, int64_t at) { return marks[at >> 6] >> (at & 63) & 1; }

/* The sum of e to the power of every logit after penalty and temperature, less `best`. */
static double whole_mass(const struct choice *c, const uint64_t *marks, float best) {
    double total = 0.0, weighted = 0.0;
    for (int64_t begin = 0; begin < c->n; begin += PART) {
        int m = c->n - begin < PART ? (int)(c->n - begin) : PART;
        float x[PART];
        memcpy(x, c->logits + begin, (size_t)m * sizeof(float));
        for (int word = 0; word < (m + 63) / 64; word++)
            for (uint64_t left = marks[begin / 64 + word]; left; left &= left - 1) {
                int at = 64 * word + __builtin_ctzll(left);
                x[at] = penalised(c, x[at]);
            }
        for (int i = 0; i < m; i++) x[i] /= c->temperature;
        add_up(x, m, best, &total, &weighted);
    }
    return total;
}

/* How many of the first n of falling values top-p keeps, the (n+1)th being `next`; 0: that cannot be told. */
static int nucleus(const struct choice *c, const float *falling, int n, float next, double total) {
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        double before = sum;
        sum += exp((double)falling[i] - falling[0]) / total;
        if (sum < c->top_p) continue;
        float after = i + 1 < n ? falling[i + 1] : next;
        int told = (i == 0 || before < c->top_p - CLOSE) && sum > c->top_p + CLOSE && falling[i] > after;
        return told ? i + 1 : 0;
    }
    return 0;
}

/* How many of n falling values min-p keeps, all others being at most `next`; 0: that cannot be told. */
static int near_best(const struct choice *c, const float *falling, int n, float next) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
        double ratio = exp((double)falling[i] - falling[0]);
        if (fabs(ratio - c->min_p) < CLOSE * c->min_p + 1e-9) return 0;
        kept += ratio > c->min_p;
    }
    return kept == n && exp((double)next - falling[0]) > c->min_p * (1 - CLOSE) - 1e-9 ? 0 : kept;
}

/* Fill in what is left. 0: it cannot be told here. */
static int cut(struct choice *c) {
    const int64_t n = c->n;
    if (n > WIDEST) return 0;
    uint64_t marks[WIDEST / 64];
    int32_t tokens[MANY], order[MANY];
    float values[MANY], falling[MANY];
    int count = 0;
    memset(marks, 0, (size_t)((n + 63) / 64) * sizeof *marks);
    for (int64_t i = 0; i < c->n_ids; i++) {
        int64_t id = c->ids[i];
        if (id < 0 || id >= n || is_marked(marks, id)) continue;
        if (count == MANY - HEAD) return 0;
        marks[id >> 6] |= (uint64_t)1 << (id & 63);
        tokens[count] = (int32_t)id;
        values[count++] = penalised(c, c->logits[id]);
    }
    for (int i = 0; i < c->n_head; i++)
        if (!is_marked(marks, c->head[i])) {
            tokens[count] = c->head[i];
            values[count++] = c->logits[c->head[i]];
        }
    /* all others are at most as large as this */
    float rest = c->n_head < n ? c->logits[c->head[c->n_head - 1]] : -INFINITY;
    if (c->temperature < 1e-6f) { /* as Temperature does: the first of the largest, as it is */
        int best = 0;
        for (int i = 1; i < count; i++)
            if (values[i] > values[best] || (values[i] == values[best] && tokens[i] < tokens[best])) best = i;
        if (!(values[best] > rest)) return 0;
        c->n_left = 1;
        c->left[0] = tokens[best];
        c->values[0] = values[best];
        return 1;
    }
    for (int i = 0; i < count; i++) values[i] /= c->temperature;
    rest /= c->temperature;
    const int by_number = c->top_k > 0 && c->top_k < n;
    if (!by_number && !(c->top_p < 1.0) && !(c->min_p > 0.0)) return 0; /* nothing is cut */
    int m = by_number && c->top_k < count ? c->top_k + 1 : count; /* to be put in order */
    best_of_all(values, count, m, order);
    put_in_order(values, order, m);
    for (int i = 0; i < m; i++) falling[i] = values[order[i]];
    if (!(falling[0] < INFINITY)) return 0;
    int first, kept; /* what the first cut keeps, and all of them */
    if (by_number) {
        first = c->top_k;
        if (m <= first || !(falling[first - 1] > falling[first] && falling[first - 1] > rest)) return 0;
        rest = -INFINITY;
    } else {
        first = m;
        while (first && !(falling[first - 1] > rest)) first--;
        if (!first) return 0;
        if (first < m) rest = falling[first];
    }
    kept = first;
    if (c->top_p < 1.0) {
        double total = 0.0;
        if (by_number)
            for (int i = 0; i < first; i++) total += exp((double)falling[i] - falling[0]);
        else
            total = whole_mass(c, marks, falling[0]);
        kept = nucleus(c, falling, first, rest, total);
        if (!kept) return 0;
        if (!by_number) first = kept;
        rest = -INFINITY;
    }
    if (c->min_p > 0.0) {
        kept = near_best(c, falling, kept, rest);
        if (!kept) return 0;
        if (!by_number && c->top_p == 1.0) first = kept;
    }
    for (int i = kept; i < first; i++) values[order[i]] = -INFINITY;
    c->n_left = first;
    for (int i = 0; i < first; i++) { /* in the vocabulary's order */
        int at = i;
        for (; at > 0 && c->left[at - 1] > tokens[order[i]]; at--) {
            c->left[at] = c->left[at - 1];
            c->values[at] = c->values[at - 1];
        }
        c->left[at] = tokens[order[i]];
        c->values[at] = values[order[i]];
    }
    return 1;
}

/* Look at the logits, and apply the chain. 0: done. 1: the logits are broken, nothing is filled in.
 * 2: the logits are described, but what is left must be found out otherwise. */
EXPORT int studio_cut(struct choice *c) {
    int broken;
    float best = largest(c->logits, c->n, &broken);
    if (broken) return 1;
    double total = 0.0, weighted = 0.0;
    for (int64_t begin = 0; begin < c->n; begin += PART)
        add_up(c->logits + begin, c->n - begin < PART ? (int)(c->n - begin) : PART, best, &total, &weighted);
    c->log_sum = best + log(total);
    c->entropy = log(total) - weighted / total;
    c->n_head = c->n < HEAD ? (int32_t)c->n : HEAD;
    best_of(c->logits, c->n, c->n_head, c->head);
    return cut(c) ? 0 : 2;
}

static float prob_of(const struct choice *c, const float *probs, int32_t token) {
    int low = 0, high = c->n_left;
    while (low < high) {
        int middle = (low + high) / 2;
        if (c->left[middle] < token) low = middle + 1;
        else high = middle;
    }
    return low < c->n_left && c->left[low] == token ? probs[low] : 0.0f;
}

/* Draw among those that are left, of these probabilities, and describe what is drawn. */
EXPORT void studio_settle(struct choice *c, const float *probs) {
    double best = 0.0;
    uint64_t bits[4];
    int32_t drawn = -1;
    c->token = 0;
    for (int i = 0; i < c->n_left; i++) {
        int32_t token = c->left[i];
        if (!(probs[i] > 0)) continue;
        if (drawn != token / 4) {
            drawn = token / 4;
            bits[0] = (uint64_t)drawn + 1, bits[1] = c->position, bits[2] = 0, bits[3] = 0;
            philox(bits, c->key[0], c->key[1]);
        }
        if (overtakes(probs[i], bits[token & 3], &best)) c->token = token;
    }
    float own = c->logits[c->token];
    int rank = 0;
    while (rank < c->n_head && c->logits[c->head[rank]] > own) rank++;
    c->rank = 1 + (rank < c->n_head ? rank : (int32_t)how_many_above(c->logits, c->n, own));
    c->logprob = own - c->log_sum;
    c->prob = prob_of(c, probs, c->token);
    for (int i = 0; i < c->n_shown; i++) {
        c->logprobs[i] = c->logits[c->head[i]] - c->log_sum;
        c->probs[i] = prob_of(c, probs, c->head[i]);
    }
}
