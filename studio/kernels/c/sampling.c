/* What is drawn, and what is shown of a draw: one row of V logits or probabilities, read as few times as can be.
 *
 * Sums run in COLUMNS side by side, which GCC and Clang keep in vectors of any processor; nothing is reordered. */
#include <math.h>
#include <string.h>
#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "chains.h"

enum {
    COLUMNS = 8,
    PART = 1024, /* numbers added up in float32 before they go into the double */
    SAMPLE = 2048,
    FEW = 4096,
};

typedef float columns __attribute__((vector_size(4 * COLUMNS)));
typedef int32_t whole_columns __attribute__((vector_size(4 * COLUMNS)));

static float largest(const float *x, int64_t n, int *broken) {
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
static int worse(const float *logits, int32_t a, int32_t b) {
    return logits[a] < logits[b] || (logits[a] == logits[b] && a > b);
}

static void sink(const float *logits, int32_t *heap, int n, int at) {
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

static void best_of_all(const float *logits, int64_t n, int k, int32_t *top) {
    for (int i = 0; i < k; i++) top[i] = i;
    for (int i = k / 2 - 1; i >= 0; i--) sink(logits, top, k, i);
    for (int64_t i = k; i < n; i++)
        if (logits[i] > logits[top[0]]) {
            top[0] = (int32_t)i;
            sink(logits, top, k, 0);
        }
}

/* The same by looking closely at few: those above a bar that a sample says somewhat more than k are above.
 * 0 if it said wrong. */
static int best_of_few(const float *logits, int64_t n, int k, int32_t *top) {
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
    memcpy(top, few, (size_t)k * sizeof *top);
    for (int at = k / 2 - 1; at >= 0; at--) sink(logits, top, k, at);
    for (int at = k; at < count; at++)
        if (worse(logits, top[0], few[at])) {
            top[0] = few[at];
            sink(logits, top, k, 0);
        }
    return 1;
}

static void best_of(const float *logits, int64_t n, int k, int32_t *top) {
    if (!best_of_few(logits, n, k, top)) best_of_all(logits, n, k, top);
    for (int m = k; m > 1; m--) { /* the worst to the end */
        int32_t last = top[m - 1];
        top[m - 1] = top[0];
        top[0] = last;
        sink(logits, top, m - 1, 0);
    }
}

/* The k <= n tokens with the largest logits, in order; of equal ones the earlier first. */
EXPORT void studio_top(const float *logits, int64_t n, int32_t k, int32_t *top) { best_of(logits, n, k, top); }

/* numbers: log of the sum of exp(logits), entropy in nats, rank of `token` counted from 1.
 * top: the k <= n best tokens in order. 1 if a logit is no number or none is finite; then nothing is filled in. */
EXPORT int studio_describe(const float *logits, int64_t n, int64_t token, int32_t k, double *numbers, int32_t *top) {
    int broken;
    float best = largest(logits, n, &broken);
    if (broken) return 1;
    float own = logits[token];
    double total = 0.0, weighted = 0.0;
    int64_t above = 0;
    for (int64_t begin = 0; begin < n; begin += PART) {
        int m = n - begin < PART ? (int)(n - begin) : PART;
        float below[PART], e[PART];
        columns sums = {0}, products = {0}, a, b;
        int32_t count = 0;
        for (int i = 0; i < m; i++) below[i] = logits[begin + i] - best;
        for (int i = 0; i < m; i++) e[i] = exp_below(below[i]);
        /* where e is 0; infinity times that is no number */
        for (int i = 0; i < m; i++) below[i] = below[i] > -87.0f ? below[i] : -87.0f;
        for (int i = 0; i < m; i++) count += logits[begin + i] > own;
        for (int i = m; i < PART; i++) below[i] = e[i] = 0.0f;
        for (int i = 0; i < PART; i += COLUMNS) {
            memcpy(&a, e + i, sizeof a);
            memcpy(&b, below + i, sizeof b);
            sums += a;
            products += a * b;
        }
        for (int j = 0; j < COLUMNS; j++) {
            total += sums[j];
            weighted += products[j];
        }
        above += count;
    }
    numbers[0] = best + log(total);
    numbers[1] = log(total) - weighted / total;
    numbers[2] = (double)(above + 1);
    best_of(logits, n, k, top);
    return 0;
}

/* Philox 4x64 of ten rounds (Salmon et al. 2011). */
static void philox(uint64_t counter[4], uint64_t key0, uint64_t key1) {
    for (int round = 0; round < 10; round++) {
        unsigned __int128 a = (unsigned __int128)0xD2E7470EE14C6C93u * counter[0];
        unsigned __int128 b = (unsigned __int128)0xCA5A826395121157u * counter[2];
        uint64_t next0 = (uint64_t)(b >> 64) ^ counter[1] ^ key0;
        uint64_t next2 = (uint64_t)(a >> 64) ^ counter[3] ^ key1;
        counter[1] = (uint64_t)b;
        counter[3] = (uint64_t)a;
        counter[0] = next0;
        counter[2] = next2;
        key0 += 0x9E3779B97F4A7C15u;
        key1 += 0xBB67AE8584CAA73Bu;
    }
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
            double u = ((double)(bits[j] >> 11) + 0.5) * 0x1p-53;
            if (!(p[j] > 0) || !(p[j] / u >= best)) continue;
            double speed = p[j] / -log1p(-u);
            if (speed > best) {
                best = speed;
                winner = i + j;
            }
        }
    }
    return winner;
}

#if !defined(__F16C__)
/* Rounded to the nearest float16, to the even one of two as near. */
static uint16_t half_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
    bits &= 0x7fffffffu;
    if (bits >= 0x47800000u) return sign | (bits > 0x7f800000u ? 0x7e00u : 0x7c00u);
    if (bits < 0x38800000u) { /* below the smallest normal number */
        float scaled;
        memcpy(&scaled, &bits, sizeof scaled);
        return sign | (uint16_t)lrintf(scaled * 0x1p24f);
    }
    return sign | (uint16_t)((bits - 0x38000000u + 0xfffu + (bits >> 13 & 1u)) >> 13);
}

static float float_of(uint16_t half) {
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float x = exponent == 31 ? (fraction ? NAN : INFINITY)
              : exponent     ? ldexpf((float)(1024 + fraction), exponent - 25)
                             : ldexpf((float)fraction, -24);
    return half & 0x8000 ? -x : x;
}
#endif

/* What core/memory.py keeps of logits: each less the best as float16, and by how many `step`s of that it is larger. */
EXPORT void studio_keep(const float *logits, int64_t n, float best, float step, uint16_t *coarse, int8_t *fine) {
    int64_t i = 0;
#if defined(__F16C__)
    const __m256 one = _mm256_set1_ps(1.0f), limit = _mm256_set1_ps(127.0f), down = _mm256_set1_ps(-127.0f);
    for (; i + 8 <= n; i += 8) {
        __m256 x = _mm256_sub_ps(_mm256_loadu_ps(logits + i), _mm256_set1_ps(best));
        __m128i half = _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
        __m256 error = _mm256_div_ps(_mm256_sub_ps(_mm256_div_ps(x, _mm256_cvtph_ps(half)), one), _mm256_set1_ps(step));
        error = _mm256_and_ps(error, _mm256_cmp_ps(error, error, _CMP_ORD_Q)); /* 0 where it is no number */
        __m256i whole = _mm256_cvtps_epi32(_mm256_max_ps(_mm256_min_ps(error, limit), down));
        __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
        _mm_storeu_si128((__m128i *)(coarse + i), half);
        _mm_storel_epi64((__m128i *)(fine + i), _mm_packs_epi16(words, words));
    }
#endif
    for (; i < n; i++) {
        float x = logits[i] - best;
#if defined(__F16C__)
        coarse[i] = _cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT);
        float error = (x / _cvtsh_ss(coarse[i]) - 1.0f) / step;
#else
        coarse[i] = half_of(x);
        float error = (x / float_of(coarse[i]) - 1.0f) / step;
#endif
        error = error > 127.0f ? 127.0f : error < -127.0f ? -127.0f : error;
        fine[i] = error == error ? (int8_t)lrintf(error) : 0;
    }
}

/* The same row back, with its head as it was. */
void unpack_row(const struct kept_row *row, int64_t n, int n_head, float step, float *x) {
    const float best = (float)row->best;
    int64_t i = 0;
#if defined(__F16C__)
    const __m256 one = _mm256_set1_ps(1.0f), all = _mm256_set1_ps(best), steps = _mm256_set1_ps(step);
    for (; i + 8 <= n; i += 8) {
        __m256 half = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(row->coarse + i)));
        __m256 fine = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(row->fine + i))));
        fine = _mm256_mul_ps(_mm256_add_ps(_mm256_mul_ps(fine, steps), one), half);
        _mm256_storeu_ps(x + i, _mm256_add_ps(fine, all));
    }
#endif
    for (; i < n; i++) {
#if defined(__F16C__)
        float half = _cvtsh_ss(row->coarse[i]);
#else
        float half = float_of(row->coarse[i]);
#endif
        x[i] = ((float)row->fine[i] * step + 1.0f) * half + best;
    }
    for (int k = 0; k < n_head; k++) x[row->head_tokens[k]] = row->head[k];
}

EXPORT void studio_unkeep(const struct kept_row *row, int64_t n, int n_head, float step, float *x) {
    unpack_row(row, n, n_head, step, x);
}
