/* A group of 32 inputs of a panel in few bits; all 64 outputs are worked on side by side. */

typedef float outputs[PANEL];

static uint16_t nearest_bfloat16(float f) {
    union {
        float f;
        uint32_t u;
    } both = {f};
    return (uint16_t)((both.u + 0x7fff + (both.u >> 16 & 1)) >> 16);
}

/* To the nearest whole number; exact below 2**22, and the compiler can do many at once. */
INLINE float whole(float f) { return (f + 12582912.0f) - 12582912.0f; }

static void to_int8(float w[GROUP][PANEL], uint8_t *to) {
    uint16_t *scales = (uint16_t *)to;
    int8_t *numbers = (int8_t *)(to + PANEL * 2);
    outputs largest = {0}, inverse;
    for (int k = 0; k < GROUP; k++)
        for (int o = 0; o < PANEL; o++)
            largest[o] = fabsf(w[k][o]) > largest[o] ? fabsf(w[k][o]) : largest[o];
    for (int o = 0; o < PANEL; o++) {
        scales[o] = nearest_bfloat16(largest[o] / 127);
        inverse[o] = scales[o] ? 1 / bfloat16(scales[o]) : 0;
    }
    for (int k = 0; k < GROUP; k++)
        for (int o = 0; o < PANEL; o++) {
            float q = whole(w[k][o] * inverse[o]);
            q = q > 127 ? 127 : q;
            numbers[(k / 4 * PANEL + o) * 4 + k % 4] = (int8_t)(q < -127 ? -127 : q);
        }
}

/* What each output's numbers are made of: scale * q + offset, q from 0 to 15. */
struct lines {
    outputs scale, offset;
};

static void round_lines(struct lines *by) {
    for (int o = 0; o < PANEL; o++) {
        by->scale[o] = bfloat16(nearest_bfloat16(by->scale[o]));
        by->offset[o] = bfloat16(nearest_bfloat16(by->offset[o]));
    }
}

/* The nearest numbers on the lines, and the sum of the squares of what they miss. */
static void along(float w[GROUP][PANEL], const struct lines *by, float q[GROUP][PANEL], outputs error) {
    outputs inverse;
    for (int o = 0; o < PANEL; o++) {
        inverse[o] = by->scale[o] > 0 ? 1 / by->scale[o] : 0;
        error[o] = 0;
    }
    for (int k = 0; k < GROUP; k++)
        for (int o = 0; o < PANEL; o++) {
            float nearest = whole((w[k][o] - by->offset[o]) * inverse[o]);
            nearest = nearest > 15 ? 15 : nearest;
            nearest = nearest < 0 ? 0 : nearest;
            const float missed = by->scale[o] * nearest + by->offset[o] - w[k][o];
            q[k][o] = nearest;
            error[o] += missed * missed;
        }
}

/* The lines of least squares through the numbers and what they were rounded to. */
static void fit(float w[GROUP][PANEL], float q[GROUP][PANEL], struct lines *by) {
    outputs sum_q = {0}, sum_w = {0}, sum_qq = {0}, sum_qw = {0};
    for (int k = 0; k < GROUP; k++)
        for (int o = 0; o < PANEL; o++) {
            sum_q[o] += q[k][o];
            sum_w[o] += w[k][o];
            sum_qq[o] += q[k][o] * q[k][o];
            sum_qw[o] += q[k][o] * w[k][o];
        }
    for (int o = 0; o < PANEL; o++) {
        const float across = GROUP * sum_qq[o] - sum_q[o] * sum_q[o];
        const float scale = across > 0 ? (GROUP * sum_qw[o] - sum_q[o] * sum_w[o]) / across : 0;
        by->offset[o] = scale > 0 ? (sum_w[o] - scale * sum_q[o]) / GROUP : by->offset[o];
        by->scale[o] = scale > 0 ? scale : by->scale[o];
    }
    round_lines(by);
}

/* Of the lines from the least to the greatest number, cut shorter and shorter, those that fit best. */
static void to_int4(float w[GROUP][PANEL], uint8_t *to) {
    uint16_t *scales = (uint16_t *)to, *offsets = scales + PANEL;
    uint32_t *packed = (uint32_t *)(to + PANEL * 4);
    float q[GROUP][PANEL];
    outputs low, high, error, least;
    struct lines by, best = {{0}, {0}};
    memcpy(low, w[0], sizeof low);
    memcpy(high, w[0], sizeof high);
    for (int k = 1; k < GROUP; k++)
        for (int o = 0; o < PANEL; o++) {
            low[o] = w[k][o] < low[o] ? w[k][o] : low[o];
            high[o] = w[k][o] > high[o] ? w[k][o] : high[o];
        }
    for (int o = 0; o < PANEL; o++)
        least[o] = INFINITY;
    for (int cut = 0; cut < 4; cut++) {
        for (int o = 0; o < PANEL; o++) {
            const float gap = (high[o] - low[o]) * 0.03f * (float)cut;
            by.scale[o] = (high[o] - low[o] - 2 * gap) / 15;
            by.offset[o] = low[o] + gap;
        }
        round_lines(&by);
        for (int again = 0; again < 2; again++) {
            along(w, &by, q, error);
            for (int o = 0; o < PANEL; o++) {
                const int better = error[o] < least[o];
                least[o] = better ? error[o] : least[o];
                best.scale[o] = better ? by.scale[o] : best.scale[o];
                best.offset[o] = better ? by.offset[o] : best.offset[o];
            }
            if (again == 0)
                fit(w, q, &by);
        }
    }
    along(w, &best, q, error);
    memset(packed, 0, GROUP * PANEL / 2);
    for (int o = 0; o < PANEL; o++) {
        scales[o] = nearest_bfloat16(best.scale[o]);
        offsets[o] = nearest_bfloat16(best.offset[o]);
    }
    for (int k = 0; k < GROUP; k++)
        for (int o = 0; o < PANEL; o++)
            packed[k / 8 * PANEL + o] |= (uint32_t)(int32_t)q[k][o] << (k % 8 * 4);
}
