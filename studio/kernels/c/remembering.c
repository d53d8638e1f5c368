/* Rows of logits as core/memory.py keeps them: n_head float32 of the best logits, falling, and int32 of whose they are;
 * then n float16 and n int8. Below the head a logit is best + coarse * (1 + step * fine). */
#include <math.h>
#include <string.h>
#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "chains.h"
#include "kernels.h"
#include "one_row.h"

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

/* Each less the best as float16, and by how many `step`s of that it is larger. */
static void narrow(const float *logits, int64_t n, float best, float step, uint16_t *coarse, int8_t *fine) {
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

/* `head`: the n_head best tokens in order if they are known, or NULL. */
EXPORT void studio_remember(const float *logits, int64_t n, const int32_t *head, int32_t n_head, float step,
                            uint8_t *row) {
    float *values = (float *)row;
    int32_t *tokens = (int32_t *)(row + 4 * (int64_t)n_head);
    uint16_t *coarse = (uint16_t *)(row + 8 * (int64_t)n_head);
    if (head) memcpy(tokens, head, (size_t)n_head * sizeof *head);
    else best_of(logits, n, n_head, tokens);
    for (int i = 0; i < n_head; i++) values[i] = logits[tokens[i]];
    narrow(logits, n, values[0], step, coarse, (int8_t *)(coarse + n));
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

/* The logits of rows at these addresses: (n_rows, n). */
EXPORT void studio_recall(const uint8_t *const *rows, int64_t n_rows, int64_t n, int32_t n_head, float step,
                          float *logits) {
    for (int64_t at = 0; at < n_rows; at++) {
        const float *head = (const float *)rows[at];
        const uint16_t *coarse = (const uint16_t *)(head + 2 * (int64_t)n_head);
        const struct kept_row row = {coarse, (const int8_t *)(coarse + n), head, (const int32_t *)head + n_head, head[0]};
        unpack_row(&row, n, n_head, step, logits + at * n);
    }
}

/* Their heads alone: (n_rows, n_head) twice. */
EXPORT void studio_recall_heads(const uint8_t *const *rows, int64_t n_rows, int32_t n_head, float *values,
                                int64_t *tokens) {
    for (int64_t at = 0; at < n_rows; at++)
        for (int j = 0; j < n_head; j++) {
            *values++ = ((const float *)rows[at])[j];
            *tokens++ = ((const int32_t *)rows[at])[n_head + j];
        }
}
