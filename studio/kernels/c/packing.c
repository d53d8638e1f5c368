/* Numbers into the forms of weights, and back. */
#include "kernels.h"

#include <string.h>

static uint32_t bits_of(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return bits;
}

static float with_bits(uint32_t bits) {
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static uint16_t to_bfloat16(float f) {
    uint32_t bits = bits_of(f);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* To the nearest float16; beyond the largest, the largest. */
static uint16_t to_float16(float f) {
    uint32_t bits = bits_of(f), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size >= 0x477ff000)
        return (uint16_t)(sign | 0x7bff);
    if (size < 0x38800000) /* below 2**-14: a sum with 0.5 rounds to steps of 2**-24 */
        return (uint16_t)(sign | (bits_of(with_bits(size) + 0.5f) - 0x3f000000));
    return (uint16_t)(sign | (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13);
}

static float from_float16(uint16_t half) {
    return with_bits((uint32_t)(half & 0x8000) << 16 | bits_of(with_bits((uint32_t)(half & 0x7fff) << 13) * 0x1p112f));
}

/* -- in ---------------------------------------------------------------------------------------------------- */

struct packing {
    int form, n_in, n_out;
    const float *from;
    ptrdiff_t stride_in, stride_out;
    uint8_t *to;
};

static void pack_panels(void *context, int first, int end, int who) {
    const struct packing *p = context;
    float w[GROUP][PANEL];
    (void)who;
    for (int panel = first; panel < end; panel++) {
        uint8_t *to = p->to + panel * panel_bytes(p->form, p->n_in);
        const int left = p->n_out - panel * PANEL, n_out = left < PANEL ? left : PANEL;
        for (int begin = 0; begin < p->n_in; begin += GROUP) {
            const int n = p->n_in - begin < GROUP ? p->n_in - begin : GROUP;
            const float *from = p->from + begin * p->stride_in + (ptrdiff_t)panel * PANEL * p->stride_out;
            memset(w, 0, sizeof w);
            if (p->stride_out == 1)
                for (int k = 0; k < n; k++)
                    memcpy(w[k], from + k * p->stride_in, (size_t)n_out * sizeof(float));
            else
                for (int o = 0; o < n_out; o++)
                    for (int k = 0; k < n; k++)
                        w[k][o] = from[o * p->stride_out + k * p->stride_in];
            const float *all = w[0];
            switch (p->form) {
            case FLOAT32:
                memcpy(to, w, (size_t)n * PANEL * 4);
                to += n * PANEL * 4;
                break;
            case FLOAT16:
                for (int i = 0; i < n * PANEL; i++)
                    ((uint16_t *)to)[i] = to_float16(all[i]);
                to += n * PANEL * 2;
                break;
            case BFLOAT16:
                for (int i = 0; i < n * PANEL; i++)
                    ((uint16_t *)to)[i] = to_bfloat16(all[i]);
                to += n * PANEL * 2;
                break;
            case Q8:
                kernels->to_int8(w, to);
                to += PANEL * 2 + GROUP * PANEL;
                break;
            default:
                kernels->to_int4(w, to);
                to += PANEL * 4 + GROUP * PANEL / 2;
            }
        }
    }
}

/* Pack `n_out` outputs, beginning with a panel's first, into `to`. The number for input i and output o is at
 * from[i * stride_in + o * stride_out]. */
EXPORT void studio_pack(int form, int n_in, int n_out, const float *from, int64_t stride_in, int64_t stride_out,
                        uint8_t *to) {
    struct packing p = {form, n_in, n_out, from, (ptrdiff_t)stride_in, (ptrdiff_t)stride_out, to};
    pool_begin();
    pool_run(up(n_out, PANEL) / PANEL, pack_panels, &p);
    pool_end();
}

/* -- and back ---------------------------------------------------------------------------------------------- */

/* All weights of one output, `stride` apart, as the kernels multiply with them. */
void unpack_output(const struct matrix *matrix, int output, float *to, ptrdiff_t stride) {
    const int o = output % PANEL, quantised = matrix->form == Q8 || matrix->form == Q4;
    const uint8_t *panel =
        (const uint8_t *)matrix->data + output / PANEL * panel_bytes(matrix->form, matrix->n_in);
    const int64_t group_bytes = quantised ? panel_bytes(matrix->form, GROUP) : 0;
    for (int k = 0; k < matrix->n_in; k++) {
        const uint8_t *group = panel + k / GROUP * group_bytes;
        const uint16_t *scales = (const uint16_t *)group;
        const int within = k % GROUP;
        float number;
        switch (matrix->form) {
        case FLOAT32: number = ((const float *)panel)[k * PANEL + o]; break;
        case FLOAT16: number = from_float16(((const uint16_t *)panel)[k * PANEL + o]); break;
        case BFLOAT16: number = bfloat16(((const uint16_t *)panel)[k * PANEL + o]); break;
        case Q8:
            number = bfloat16(scales[o]) * (float)((const int8_t *)group)[PANEL * 2 + (within / 4 * PANEL + o) * 4 + within % 4];
            break;
        default: {
            const uint32_t word = ((const uint32_t *)(group + PANEL * 4))[within / 8 * PANEL + o];
            number = bfloat16(scales[o]) * (float)(word >> (within % 8 * 4) & 15) + bfloat16(scales[PANEL + o]);
        }
        }
        to[k * stride] = number;
    }
}

struct unpacking {
    const struct matrix *matrix;
    float *to;
    ptrdiff_t stride_in, stride_out;
};

static void unpack_panels(void *context, int first, int end, int who) {
    const struct unpacking *u = context;
    (void)who;
    for (int o = first * PANEL; o < end * PANEL && o < u->matrix->n_out; o++)
        unpack_output(u->matrix, o, u->to + o * u->stride_out, u->stride_in);
}

/* The whole matrix as float32; the number for input i and output o goes to to[i * stride_in + o * stride_out]. */
EXPORT void studio_unpack(const struct matrix *matrix, float *to, int64_t stride_in, int64_t stride_out) {
    struct unpacking u = {matrix, to, (ptrdiff_t)stride_in, (ptrdiff_t)stride_out};
    pool_begin();
    pool_run(up(matrix->n_out, PANEL) / PANEL, unpack_panels, &u);
    pool_end();
}

/* The weights of one output, one after the other. */
EXPORT void studio_unpack_output(const struct matrix *matrix, int output, float *to) {
    unpack_output(matrix, output, to, 1);
}
