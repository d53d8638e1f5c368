/* The kernels for one kind of processor. Compiled once for each, with LANES_FILE naming its instructions. */
#include "kernels.h"

#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#include LANES_FILE

/* -- numbers one by one ---------------------------------------------------------------------------------- */

/* exp to about one unit in the last place: 2**n times a polynomial (Cody and Waite's reduction). */
INLINE v16 v_exp(v16 x) {
    x = v_max(v_min(x, v_all(88.0f)), v_all(-87.0f));
    v16 n = v_round(v_mul(x, v_all(1.44269504f)));
    v16 r = v_fma(n, v_all(-0.693359375f), x);
    r = v_fma(n, v_all(2.12194440e-4f), r);
    v16 p = v_all(1.9875691500e-4f);
    p = v_fma(p, r, v_all(1.3981999507e-3f));
    p = v_fma(p, r, v_all(8.3334519073e-3f));
    p = v_fma(p, r, v_all(4.1665795894e-2f));
    p = v_fma(p, r, v_all(1.6666665459e-1f));
    p = v_fma(p, r, v_all(5.0000001201e-1f));
    p = v_add(v_fma(p, v_mul(r, r), r), v_all(1.0f));
    return v_times_power_of_2(p, n);
}

/* Numbers n and beyond of the last sixteen become `other`. */
INLINE v16 v_load_some(const float *p, int n, float other) {
    float some[LANES];
    for (int i = 0; i < LANES; i++)
        some[i] = i < n ? p[i] : other;
    return v_load(some);
}

/* `x` and `out` have room for whole sixteens, filled with zeros. */
static void normalise(const float *x, int n, const float *const norm[2], float epsilon, float *out) {
    v16 sum = v_all(0);
    for (int i = 0; i < n; i += LANES)
        sum = v_add(sum, v_load(x + i));
    const float mean = v_sum(sum) / (float)n;
    v16 squares = v_all(0);
    for (int i = 0; i < n; i += LANES) {
        v16 part = v_sub(n - i < LANES ? v_load_some(x + i, n - i, mean) : v_load(x + i), v_all(mean));
        squares = v_fma(part, part, squares);
    }
    const float factor = 1.0f / sqrtf(v_sum(squares) / (float)n + epsilon);
    for (int i = 0; i < n; i += LANES) {
        v16 part = v_mul(v_sub(v_load(x + i), v_all(mean)), v_all(factor));
        v_store(out + i, v_fma(part, v_load(norm[0] + i), v_load(norm[1] + i)));
    }
}

/* Hendrycks and Gimpel 2016: x times the logistic of what the two factors make of it. */
INLINE v16 gelu_tanh(v16 x) {
    v16 inner = v_mul(v_fma(v_mul(v_mul(x, x), x), v_all(0.044715f), x), v_all(-1.5957691216f));
    return v_div(x, v_add(v_all(1.0f), v_exp(inner)));
}

static void activate(int which, float *x, int n) {
    for (int i = 0; i < n; i += LANES) {
        if (which == GELU_TANH)
            v_store(x + i, gelu_tanh(v_load(x + i)));
        else if (which == RELU)
            v_store(x + i, v_max(v_load(x + i), v_all(0)));
        else
            for (int j = i; j < i + LANES; j++)
                x[j] = 0.5f * x[j] * (1.0f + erff(x[j] * 0.70710678f));
    }
}

static float softmax(float *scores, int n, float scale) {
    v16 best = v_all(-INFINITY);
    for (int i = 0; i < n; i += LANES) {
        v16 part = n - i < LANES ? v_load_some(scores + i, n - i, -INFINITY) : v_load(scores + i);
        part = v_mul(part, v_all(scale));
        v_store(scores + i, part);
        best = v_max(best, part);
    }
    float of_lane[LANES], top = -INFINITY;
    v_store(of_lane, best);
    for (int i = 0; i < LANES; i++)
        top = of_lane[i] > top ? of_lane[i] : top;
    v16 sum = v_all(0);
    for (int i = 0; i < n; i += LANES) {
        v16 share = v_exp(v_sub(v_load(scores + i), v_all(top)));
        v_store(scores + i, share);
        if (n - i < LANES) {
            share = v_load_some(scores + i, n - i, 0);
            v_store(scores + i, share);
        }
        sum = v_add(sum, share);
    }
    return v_sum(sum);
}

static void narrow_row(const float *x, int n, uint16_t *out) {
    for (int i = 0; i < n; i += LANES)
        v_store_float16(out + i, v_load(x + i));
}

static int64_t touch(const uint8_t *bytes, int64_t n) {
    v16 sum[4] = {v_all(0), v_all(0), v_all(0), v_all(0)};
    for (int64_t i = 0; i < n; i += 4 * LANES * 4)
        for (int j = 0; j < 4; j++)
            sum[j] = v_add(sum[j], v_load((const float *)(bytes + i) + j * LANES));
    return (int64_t)v_sum(v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3])));
}

/* -- products -------------------------------------------------------------------------------------------- */

#include "products.h"
#include "quantising.h"

const struct kernels KERNELS = {
    KERNELS_NAME, normalise, activate, to_whole, multiply_one, multiply, score, softmax, mix, narrow_row, to_int8,
    to_int4, touch,
};
