/* A chain of stages on many stored rows of logits, each row from its first stage to its last by one thread.
 *
 * A row is unpacked when a stage wants more than its head, and shrinks to a list as soon as a stage has left few.
 * What each stage does is written down in core/many_cuts.py and core/many_edits.py, which these are compared with. */
#include "chains.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PART = 64, MOST_DIVISORS = 8, MOST_THREADS = 64, FEW = 4 /* a list is worth it for a quarter of a row */ };

/* One row at work: n tokens, all of the vocabulary or those listed in `tokens`. */
struct line {
    const struct chain_job *job;
    struct scratch *s;
    int64_t at, n;
    int packed, listed, n_head, n_divisors;
    int sums_known, best_known;
    float best, divisors[MOST_DIVISORS];
    double total, weighted; /* of e to the power of what each is below the best, and times that */
};

static void unpack(struct line *r) {
    if (!r->packed) return;
    const struct kept_row *kept = &r->job->rows[r->at];
    unpack_row(kept, r->n, r->job->n_head, r->job->step, r->s->x);
    for (int d = 0; d < r->n_divisors; d++)
        for (int64_t i = 0; i < r->n; i++) r->s->x[i] /= r->divisors[d];
    r->packed = 0;
}

static float best_of(struct line *r) {
    if (r->n_head) return r->s->head[0];
    if (!r->best_known) {
        unpack(r);
        r->best = largest_of(r->s->x, r->n);
        r->best_known = 1;
    }
    return r->best;
}

/* From here on e, total and weighted belong to x. */
static void sum_up(struct line *r) {
    if (r->sums_known) return;
    unpack(r);
    r->best = best_of(r);
    r->best_known = r->sums_known = 1;
    sum_row(r->s->x, r->n, r->best, r->s->e, &r->total, &r->weighted);
}

static double log_sum(struct line *r) {
    sum_up(r);
    return r->best + log(r->total);
}

static void changed(struct line *r) { r->sums_known = r->best_known = 0; }

/* Only the first m of the head are left. */
static void take_head(struct line *r, int m) {
    struct scratch *s = r->s;
    memcpy(s->x, s->head, (size_t)m * sizeof *s->x);
    memcpy(s->tokens, s->head_tokens, (size_t)m * sizeof *s->tokens);
    r->n = r->n_head = m;
    r->listed = 1;
    r->packed = 0;
    changed(r);
}

/* What is left becomes a list if it is little. */
static void shrink(struct line *r) {
    struct scratch *s = r->s;
    int64_t left = count_above(s->x, r->n, -INFINITY), m = 0;
    changed(r);
    if (left == 0 || left * FEW > r->n) return;
    for (int64_t begin = 0; begin < r->n; begin += PART) {
        const int64_t end = r->n - begin < PART ? r->n : begin + PART;
        int32_t any = 0;
        for (int64_t i = begin; i < end; i++) any |= s->x[i] > -INFINITY;
        for (int64_t i = begin; any && i < end; i++) {
            const float value = s->x[i];
            s->tokens[m] = r->listed ? s->tokens[i] : (int32_t)i;
            s->x[m] = value;
            m += value > -INFINITY;
        }
    }
    r->n = m;
    r->listed = 1;
}

/* Keep what is not below a logit, and the largest. */
static void keep_from(struct line *r, float floor) {
    struct scratch *s = r->s;
    float best = best_of(r);
    int m = 0;
    floor = floor < best ? floor : best;
    while (m < r->n_head && s->head[m] >= floor) m++;
    if (m && (m < r->n_head || r->n_head == r->n)) {
        if (m < r->n) take_head(r, m);
        return;
    }
    unpack(r);
    for (int64_t i = 0; i < r->n; i++) s->x[i] = s->x[i] >= floor ? s->x[i] : -INFINITY;
    shrink(r);
}

static void divide(struct line *r, float by) {
    if (r->packed && r->n_divisors < MOST_DIVISORS)
        r->divisors[r->n_divisors++] = by;
    else {
        unpack(r);
        for (int64_t i = 0; i < r->n; i++) r->s->x[i] /= by;
    }
    for (int i = 0; i < r->n_head; i++) r->s->head[i] /= by;
    changed(r);
}

static void only_best(struct line *r) {
    struct scratch *s = r->s;
    float best = best_of(r);
    int32_t first = INT32_MAX;
    unpack(r);
    for (int64_t i = 0; i < r->n; i++) {
        int32_t token = r->listed ? s->tokens[i] : (int32_t)i;
        if (s->x[i] == best && token < first) first = token;
    }
    s->head[0] = best;
    s->head_tokens[0] = first;
    take_head(r, 1);
}

static void temper(struct line *r, double temperature) {
    if (temperature < 1e-6)
        only_best(r);
    else
        divide(r, (float)temperature);
}

static void temper_by_doubt(struct line *r, const struct stage *stage) {
    unpack(r);
    int64_t left = count_above(r->s->x, r->n, -INFINITY);
    if (left < 2) return;
    sum_up(r);
    double doubt = (log(r->total) - r->weighted / r->total) / log((double)left);
    doubt = doubt < 0.0 ? 0.0 : doubt > 1.0 ? 1.0 : doubt;
    temper(r, stage->b + (stage->a - stage->b) * pow(doubt, stage->c));
}

static void smooth(struct line *r, const struct stage *stage) {
    const float best = best_of(r), factor = (float)stage->a;
    const float cubic = (float)((stage->b - 1) / 2), square = (float)((3 - stage->b) / 2);
    float *parts[2] = {r->s->x, r->s->head};
    int64_t sizes[2] = {r->n, r->n_head};
    unpack(r);
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; i < sizes[k]; i++) {
            float value = parts[k][i], below = value - best;
            float bent = best + factor * (below * below * (cubic * below - square));
            parts[k][i] = value > -INFINITY ? bent : -INFINITY;
        }
    changed(r);
}

static void find_head(struct line *r) {
    if (r->n_head) return;
    struct scratch *s = r->s;
    unpack(r);
    int m = r->n < MOST_HEAD ? (int)r->n : MOST_HEAD;
    studio_top(s->x, r->n, m, s->head_tokens);
    for (int i = 0; i < m; i++) {
        s->head[i] = s->x[s->head_tokens[i]];
        if (r->listed) s->head_tokens[i] = s->tokens[s->head_tokens[i]];
    }
    r->n_head = m;
}

static void keep_k(struct line *r, int k) {
    float limit;
    if (k >= r->n) return;
    if (k <= r->n_head)
        limit = r->s->head[k - 1];
    else {
        unpack(r);
        int32_t *top = (int32_t *)r->s->items;
        studio_top(r->s->x, r->n, k, top);
        limit = r->s->x[top[k - 1]];
    }
    if (limit > -INFINITY) keep_from(r, limit);
}

static void keep_mass(struct line *r, double mass) {
    struct scratch *s = r->s;
    double sum = 0.0;
    int n = 0;
    find_head(r);
    sum_up(r);
    while (n < r->n_head && sum < mass * r->total) sum += exp_below(s->head[n++] - r->best);
    n = n ? n : 1;
    if (sum >= mass * r->total || r->n_head == r->n) {
        if (n < r->n) take_head(r, n);
        return;
    }
    for (int64_t i = 0; i < r->n; i++) s->order[i] = -s->x[i];
    int64_t last = crossing(s->order, s->e, r->n, mass * r->total, s->bins, s->items);
    if (last >= 0) keep_from(r, s->x[last]);
}

static void keep_typical(struct line *r, double mass) {
    struct scratch *s = r->s;
    sum_up(r);
    const float whole = (float)log_sum(r), entropy = (float)(log(r->total) - r->weighted / r->total);
    float limit = INFINITY;
    int found = 0;
    if (r->n_head) {
        double sum = 0.0;
        int n = 0;
        for (int i = 0; i < r->n_head; i++) s->items[i] = (struct item){fabsf((whole - s->head[i]) - entropy), i};
        sort_items(s->items, r->n_head);
        while (n < r->n_head && sum < mass * r->total)
            sum += exp_below(s->head[s->items[n++].token] - r->best);
        limit = s->items[n ? n - 1 : 0].order;
        float edge = (whole - s->head[r->n_head - 1]) - entropy; /* what follows is further away, if that is */
        found = r->n_head == r->n || (sum >= mass * r->total && limit < edge);
        if (found) { /* the others are all further away */
            int m = 0;
            for (int i = 0; i < r->n_head; i++) {
                if (!(fabsf((whole - s->head[i]) - entropy) <= limit)) continue;
                s->head[m] = s->head[i];
                s->head_tokens[m++] = s->head_tokens[i];
            }
            if (m < r->n) take_head(r, m);
            return;
        }
    }
    for (int64_t i = 0; i < r->n; i++) s->order[i] = fabsf((whole - s->x[i]) - entropy);
    int64_t last = crossing(s->order, s->e, r->n, mass * r->total, s->bins, s->items);
    if (last < 0) return;
    limit = s->order[last];
    for (int64_t i = 0; i < r->n; i++) s->x[i] = s->order[i] <= limit ? s->x[i] : -INFINITY;
    r->n_head = 0;
    shrink(r);
}

/* Where falling probabilities have had a share of their curvature; -1: all are equal, or that is not certain without
 * those that follow these. `rest`: how much these may bend at most. */
static int64_t bend_at(const double *probs, int64_t n, double share, double rest) {
    double bend = 0.0, sum = 0.0;
    int64_t at = 0, most;
    for (int64_t i = 0; i + 2 < n; i++) bend += fabs((probs[i + 2] - probs[i + 1]) - (probs[i + 1] - probs[i]));
    if (bend == 0.0 && rest == 0.0) return -1;
    while (at + 2 < n) {
        double next = sum + fabs((probs[at + 2] - probs[at + 1]) - (probs[at + 1] - probs[at]));
        if (next > share * bend) break;
        sum = next;
        at++;
    }
    if (rest == 0.0) return at;
    most = at;
    while (most + 2 < n) {
        sum += fabs((probs[most + 2] - probs[most + 1]) - (probs[most + 1] - probs[most]));
        if (sum > share * (bend + rest)) break;
        most++;
    }
    return most == at && at + 3 < n ? at : -1;
}

static void cut_tail(struct line *r, double share) {
    struct scratch *s = r->s;
    double *probs = (double *)s->items;
    const int64_t gone = r->job->n - r->n < 2 ? r->job->n - r->n : 2; /* the fall to what was removed bends too */
    if (r->n + gone < 3) return;
    find_head(r);
    const double whole = log_sum(r);
    const int complete = r->n_head == r->n;
    for (int i = 0; i < r->n_head; i++) probs[i] = exp((double)s->head[i] - whole);
    for (int i = 0; i < 2; i++) probs[r->n_head + i] = 0.0;
    int64_t at = bend_at(probs, r->n_head + (complete ? gone : 0), share, complete ? 0.0 : 2 * probs[r->n_head - 1]);
    if (at >= 0 || complete) {
        if (at >= 0 && at < r->n_head) keep_from(r, s->head[at]);
        return;
    }
    memcpy(s->order, s->x, (size_t)r->n * sizeof *s->order);
    fall_row(s->order, r->n, (uint32_t *)s->items, (uint32_t *)s->items + r->n);
    raise_row(s->order, r->n, whole, probs);
    for (int i = 0; i < 2; i++) probs[r->n + i] = 0.0;
    at = bend_at(probs, r->n + gone, share, 0.0);
    if (at >= 0 && at < r->n) keep_from(r, s->order[at]);
}

static void cut_sigma(struct line *r, double n) {
    struct scratch *s = r->s;
    const double best = best_of(r);
    double sum = 0.0, square = 0.0;
    unpack(r);
    int64_t left = spread_of(s->x, r->n, (float)best, &sum, &square);
    if (left < 2) return;
    double variance = (square - sum * sum / (double)left) / (double)(left - 1);
    keep_from(r, (float)(best - n * sqrt(variance > 0.0 ? variance : 0.0)));
}

static void leave_out_best(struct line *r, const struct stage *stage) {
    struct scratch *s = r->s;
    float least = INFINITY;
    int n_above = 0;
    if (stage->numbers[r->at] == 0.0f) return;
    sum_up(r);
    const float bar = (float)stage->a;
    const double part = 1.0 / r->total;
    for (int64_t i = 0; i < r->n; i++) {
        if (!((float)(s->e[i] * part) >= bar && s->x[i] > -INFINITY)) continue;
        least = s->x[i] < least ? s->x[i] : least;
        n_above++;
    }
    if (n_above < 2) return;
    for (int64_t i = 0; i < r->n; i++)
        for (int k = 0; k < stage->size && s->x[i] > least && (float)(s->e[i] * part) >= bar; k++)
            if ((r->listed ? s->tokens[i] : (int32_t)i) == stage->tokens[k]) return;
    for (int64_t i = 0; i < r->n; i++)
        if (s->x[i] > least && (float)(s->e[i] * part) >= bar) s->x[i] = -INFINITY;
    r->n_head = 0;
    shrink(r);
}

/* -- stages that look at what was written: they move a few tokens ------------------------------------------ */

static float *find(struct line *r, int32_t token) {
    if (token < 0 || token >= r->job->n) return NULL;
    if (!r->listed) return r->s->x + token;
    return r->s->slots[token] ? r->s->x + r->s->slots[token] - 1 : NULL;
}

static void begin_edit(struct line *r) {
    unpack(r);
    for (int64_t i = 0; r->listed && i < r->n; i++) r->s->slots[r->s->tokens[i]] = (int32_t)i + 1;
}

/* `lower`: nothing has become larger. */
static void end_edit(struct line *r, int lower) {
    struct scratch *s = r->s;
    const int complete = r->n_head == r->n;
    const float bar = r->n_head ? s->head[r->n_head - 1] : 0.0f;
    int m = 0;
    for (int i = 0; (lower || complete) && i < r->n_head; i++) {
        float value = *find(r, s->head_tokens[i]);
        int32_t token = s->head_tokens[i];
        if (!complete && value < bar) continue; /* may stand behind some that were never in it */
        int at = m++;
        for (; at > 0 && s->head[at - 1] < value; at--) {
            s->head[at] = s->head[at - 1];
            s->head_tokens[at] = s->head_tokens[at - 1];
        }
        s->head[at] = value;
        s->head_tokens[at] = token;
    }
    r->n_head = m;
    for (int64_t i = 0; r->listed && i < r->n; i++) s->slots[s->tokens[i]] = 0;
    changed(r);
}

static const int32_t *context(const struct line *r, int *n) {
    *n = r->job->lengths[r->at];
    if (*n) return r->job->ids;
    *n = 1;
    return &r->job->nothing;
}

static void penalise(struct line *r, const struct stage *stage) {
    struct scratch *s = r->s;
    const float alpha = (float)stage->a;
    int n;
    const int32_t *ids = context(r, &n);
    if (stage->kind == REPETITION && stage->size && stage->size < n) {
        ids += n - stage->size;
        n = stage->size;
    }
    begin_edit(r);
    for (int i = 0; i < n; i++) {
        float *value = find(r, ids[i]);
        s->old[i] = value ? *value : 0.0f;
        if (value) s->counts[ids[i]]++;
    }
    for (int i = 0; i < n; i++) {
        float *value = find(r, ids[i]), old = s->old[i];
        if (!value || !s->counts[ids[i]]) continue;
        if (stage->kind == REPETITION)
            *value = old < 0.0f ? old * alpha : old / alpha;
        else
            *value = old - (stage->kind == FREQUENCY ? (float)s->counts[ids[i]] * alpha : alpha);
        s->counts[ids[i]] = 0;
    }
    end_edit(r, stage->kind == REPETITION ? alpha >= 1.0f : alpha >= 0.0f);
}

static void add_numbers(struct line *r, const struct stage *stage) {
    int lower = 1;
    begin_edit(r);
    for (int64_t i = stage->offsets[r->at]; i < stage->offsets[r->at + 1]; i++) {
        float *value = find(r, stage->tokens[i]);
        if (value) *value += stage->numbers[i];
        lower &= stage->numbers[i] <= 0.0f;
    }
    end_edit(r, lower);
}

/* Remove tokens, unless that were all. */
static void ban(struct line *r, const int32_t *tokens, int n) {
    struct scratch *s = r->s;
    if (!n) return;
    begin_edit(r);
    for (int i = 0; i < n; i++) {
        float *value = find(r, tokens[i]);
        s->old[i] = value ? *value : 0.0f;
        if (value) *value = -INFINITY;
    }
    if (!any_above(s->x, r->n, -INFINITY))
        for (int i = n - 1; i >= 0; i--) { /* of a token named twice the first is what it was */
            float *value = find(r, tokens[i]);
            if (value) *value = s->old[i];
        }
    end_edit(r, 1);
}

static void ban_repeats(struct line *r, int size) {
    int n, m = 0;
    const int32_t *ids = context(r, &n);
    int32_t *banned = (int32_t *)r->s->items;
    for (int i = 0; i + size <= n; i++)
        if (memcmp(ids + i, ids + n + 1 - size, (size_t)(size - 1) * sizeof *ids) == 0) banned[m++] = ids[i + size - 1];
    ban(r, banned, m);
}

static void apply(struct line *r, const struct stage *stage) {
    const double a = stage->a;
    switch (stage->kind) {
    case TEMPERATURE: temper(r, a); break;
    case DYNAMIC_TEMPERATURE: temper_by_doubt(r, stage); break;
    case SMOOTHING: smooth(r, stage); break;
    case TOP_K: keep_k(r, stage->size); break;
    case TOP_P: keep_mass(r, a); break;
    case TYPICAL: keep_typical(r, a); break;
    case TAIL_FREE: cut_tail(r, a); break;
    case SIGMA: cut_sigma(r, a); break;
    case MIN_P: keep_from(r, best_of(r) + (float)log(a)); break;
    case TOP_A: keep_from(r, (float)(2.0 * best_of(r) - log_sum(r) + log(a))); break;
    case EPSILON: keep_from(r, (float)(log_sum(r) + log(a))); break;
    case ETA: {
        double whole = log_sum(r), entropy = log(r->total) - r->weighted / r->total;
        keep_from(r, (float)(whole + fmin(0.5 * log(a) - entropy, log(a))));
        break;
    }
    case XTC: leave_out_best(r, stage); break;
    case MIROSTAT: keep_from(r, (float)(log_sum(r) - (double)stage->numbers[r->at] * 0.6931471805599453)); break;
    case ADDED: add_numbers(r, stage); break;
    case BANNED: {
        int64_t first = stage->offsets[r->at];
        ban(r, stage->tokens + first, (int)(stage->offsets[r->at + 1] - first));
        break;
    }
    case NGRAM: ban_repeats(r, stage->size); break;
    default: penalise(r, stage); break;
    }
}

static float own_of(const struct line *r) {
    const int32_t token = r->job->targets[r->at];
    if (!r->listed) return r->s->x[token];
    for (int64_t i = 0; i < r->n; i++)
        if (r->s->tokens[i] == token) return r->s->x[i];
    return -INFINITY;
}

static void run_rows(void *context_, int first, int end, int who) {
    struct chain_job *job = context_;
    struct scratch *s = scratch_of(job, who);
    for (int at = first; at < end; at++) {
        struct line r = {.job = job, .s = s, .at = at, .n = job->n, .packed = 1, .n_head = job->n_head};
        job->removed[at] = -1;
        job->logprobs[at] = NAN;
        if (!s) continue;
        memcpy(s->head, job->rows[at].head, (size_t)job->n_head * sizeof *s->head);
        memcpy(s->head_tokens, job->rows[at].head_tokens, (size_t)job->n_head * sizeof *s->head_tokens);
        for (int k = 0; k < job->n_stages; k++) {
            apply(&r, &job->stages[k]);
            if (job->removed[at] < 0 && !r.packed && own_of(&r) == -INFINITY) job->removed[at] = k;
        }
        double whole = log_sum(&r);
        if (whole < INFINITY && whole > -INFINITY) job->logprobs[at] = (double)own_of(&r) - whole;
    }
}

EXPORT int studio_run_chain(struct chain_job *job) {
    struct scratch *scratch[MOST_THREADS] = {NULL};
    int fits = 1;
    job->scratch = scratch;
    pool_begin();
    pool_run((int)job->n_rows, run_rows, job);
    pool_end();
    for (int k = 0; k < MOST_THREADS; k++) fits &= free_scratch(scratch[k]);
    return fits;
}
