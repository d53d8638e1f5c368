/* Rows times panels. A number of the result is summed input by input, whatever else is computed beside it. */

/* One input's 16 weights, as they stand in a panel. */
INLINE v16 weights_at(int form, const uint8_t *p, int input, int vector) {
    const int at = input * PANEL + vector * LANES;
    switch (form) {
    case FLOAT32: return v_load((const float *)p + at);
    case FLOAT16: return v_float16((const uint16_t *)p + at);
    default: return v_bfloat16((const uint16_t *)p + at);
    }
}

INLINE int bytes_of(int form) { return form == FLOAT32 ? 4 : 2; }

#define BYTE 0x1p-24f /* what w_byte makes of 1 becomes 1 again */

/* -- one row ----------------------------------------------------------------------------------------------- */

enum { AHEAD = 4096 }; /* bytes; measured with 8 and 4 bits, where the arithmetic leaves the memory waiting */

/* What will be read soon is asked for early: the processor does not look ahead across pages by itself. */
INLINE void ask_for(const uint8_t *p, int n_bytes) {
#pragma GCC unroll 4
    for (int i = 0; i < n_bytes; i += 64)
        __builtin_prefetch(p + AHEAD + i, 0, 3);
}

/* acc (64) of a group of 32 inputs. */
INLINE void group_of_bytes(const uint8_t *at, const float *x, v16 acc[4]) {
    for (int four = 0; four < GROUP; four += 4, at += 4 * PANEL) {
        words word[4];
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++)
            word[v] = w_load((const uint32_t *)at + v * LANES);
        ask_for(at, 4 * PANEL);
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            v16 input = v_all(x[four + k]);
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++)
                acc[v] = v_fma(w_byte(word[v], k), input, acc[v]);
        }
    }
}

INLINE void group_of_nibbles(const uint8_t *at, const float *shifted, v16 acc[4]) {
    for (int eight = 0; eight < GROUP; eight += 8, at += 4 * PANEL) {
        words word[4];
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++)
            word[v] = w_load((const uint32_t *)at + v * LANES);
        ask_for(at, 4 * PANEL + 64); /* and a part of what stands before the next group */
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) {
            v16 input = v_all(shifted[eight + k]);
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++)
                acc[v] = v_fma(w_nibble(word[v], k), input, acc[v]);
        }
    }
}

/* totals (64) += x (n_in) times a panel. `sums`: what group_sums made of x. */
INLINE void one_row(int form, const uint8_t *panel, int n_in, const float *x, const float *sums, float *totals) {
    const int width = form == Q8 || form == Q4 ? GROUP : BLOCK;
    const float *shifted = sums + up(n_in, GROUP) / GROUP;
    v16 total[4] = {v_load(totals), v_load(totals + 16), v_load(totals + 32), v_load(totals + 48)};
    for (int begin = 0; begin < n_in; begin += width) {
        v16 acc[4] = {v_all(0), v_all(0), v_all(0), v_all(0)};
        const uint16_t *scales = (const uint16_t *)panel;
        if (form == Q8) {
            group_of_bytes(panel + PANEL * 2, x + begin, acc);
            panel += PANEL * 2 + GROUP * PANEL;
        } else if (form == Q4) {
            group_of_nibbles(panel + PANEL * 4, shifted + begin, acc);
            panel += PANEL * 4 + GROUP * PANEL / 2;
        } else {
            const int n = n_in - begin < width ? n_in - begin : width;
#pragma GCC unroll 4
            for (int k = 0; k < n; k++) {
                v16 input = v_all(x[begin + k]);
#pragma GCC unroll 4
                for (int v = 0; v < 4; v++)
                    acc[v] = v_fma(weights_at(form, panel, k, v), input, acc[v]);
            }
            panel += n * PANEL * bytes_of(form);
        }
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) {
            if (form == Q8)
                total[v] = v_fma(acc[v], v_mul(v_bfloat16(scales + v * LANES), v_all(BYTE)), total[v]);
            else if (form == Q4)
                total[v] = v_fma(v_all(sums[begin / GROUP]), v_bfloat16(scales + PANEL + v * LANES),
                                 v_fma(acc[v], v_bfloat16(scales + v * LANES), total[v]));
            else
                total[v] = v_add(total[v], acc[v]);
        }
    }
    for (int v = 0; v < 4; v++)
        v_store(totals + v * LANES, total[v]);
}

INLINE void one_row_of(int form, const uint8_t *panels, int n_panels, int n_in, const float *x, const float *sums,
                       float *totals) {
    for (int p = 0; p < n_panels; p++)
        one_row(form, panels + p * panel_bytes(form, n_in), n_in, x, sums, totals + p * PANEL);
}

#include "few_rows.h"

/* -- several rows ------------------------------------------------------------------------------------------ */

/* totals (R, 16 V) and x (R, n) times w (n, 16 V), put together as `ending` says. */
INLINE void tile(const int R, const int V, int n, const float *x, ptrdiff_t ldx, const float *w, ptrdiff_t ldw,
                 float *totals, ptrdiff_t ldt, const int ending, const uint16_t *scales, const float *sums,
                 ptrdiff_t ld_sums) {
    v16 acc[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++)
            acc[r][v] = ending == CHAIN ? v_load(totals + r * ldt + v * LANES) : v_all(0);
    for (int k = 0; k < n; k++) {
        v16 weight[TILE_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < V; v++)
            weight[v] = v_load(w + k * ldw + v * LANES);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            v16 input = v_all(x[r * ldx + k]);
#pragma GCC unroll 4
            for (int v = 0; v < V; v++)
                acc[r][v] = v_fma(weight[v], input, acc[r][v]);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) {
            float *at = totals + r * ldt + v * LANES;
            if (ending == CHAIN) {
                v_store(at, acc[r][v]);
            } else if (ending == ADD) {
                v_store(at, v_add(v_load(at), acc[r][v]));
            } else {
                v16 total = v_fma(acc[r][v], v_bfloat16(scales + v * LANES), v_load(at));
                if (ending == SCALE_AND_OFFSET)
                    total = v_fma(v_all(sums[r * ld_sums]), v_bfloat16(scales + PANEL + v * LANES), total);
                v_store(at, total);
            }
        }
}

#define TILE(R, ENDING)                                                                                       \
    case R:                                                                                                   \
        if (R <= TILE_ROWS)                                                                                   \
            tile(R, V, n, x, ldx, w, ldw, totals, ldt, ENDING, scales, sums, ld_sums);                        \
        break

/* All rows and `vectors` sixteens of outputs, tile by tile. */
#define ALL_TILES(NAME, ENDING)                                                                               \
    INLINE void NAME##_rows(const int V, int R, int n, const float *x, ptrdiff_t ldx, const float *w,         \
                            ptrdiff_t ldw, float *totals, ptrdiff_t ldt, const uint16_t *scales,              \
                            const float *sums, ptrdiff_t ld_sums) {                                           \
        switch (R) {                                                                                          \
            TILE(1, ENDING);                                                                                  \
            TILE(2, ENDING);                                                                                  \
            TILE(3, ENDING);                                                                                  \
            TILE(4, ENDING);                                                                                  \
            TILE(5, ENDING);                                                                                  \
            TILE(6, ENDING);                                                                                  \
        }                                                                                                     \
    }                                                                                                         \
    static void NAME(int vectors, int n_rows, int n, const float *x, ptrdiff_t ldx, const float *w,           \
                     ptrdiff_t ldw, float *totals, ptrdiff_t ldt, const uint16_t *scales, const float *sums,  \
                     ptrdiff_t ld_sums) {                                                                     \
        const int n_tiles = (n_rows + TILE_ROWS - 1) / TILE_ROWS;                                             \
        for (int t = 0, row = 0; t < n_tiles; t++) {                                                          \
            const int R = (n_rows - row) / (n_tiles - t);                                                     \
            int v = 0;                                                                                        \
            for (; v + TILE_VECTORS <= vectors; v += TILE_VECTORS)                                            \
                NAME##_rows(TILE_VECTORS, R, n, x + row * ldx, ldx, w + v * LANES, ldw,                       \
                            totals + row * ldt + v * LANES, ldt, scales + v * LANES, sums + row * ld_sums,    \
                            ld_sums);                                                                         \
            for (; v < vectors; v++)                                                                          \
                NAME##_rows(1, R, n, x + row * ldx, ldx, w + v * LANES, ldw, totals + row * ldt + v * LANES,  \
                            ldt, scales + v * LANES, sums + row * ld_sums, ld_sums);                          \
            row += R;                                                                                         \
        }                                                                                                     \
    }

ALL_TILES(tiles_add, ADD)
ALL_TILES(tiles_scale, SCALE)
ALL_TILES(tiles_offset, SCALE_AND_OFFSET)
ALL_TILES(tiles_chain, CHAIN)

static const uint16_t NO_SCALES[2 * PANEL];

/* `n` inputs of `vectors` sixteens, `ld` apart, as float32. */
INLINE void widen(int form, const uint8_t *from, int n, int vectors, int ld, float *to) {
    for (int k = 0; k < n; k++)
        for (int v = 0; v < vectors; v++) {
            const int at = k * ld + v * LANES;
            v16 numbers = form == FLOAT16 ? v_float16((const uint16_t *)from + at) : v_bfloat16((const uint16_t *)from + at);
            v_store(to + k * vectors * LANES + v * LANES, numbers);
        }
}

INLINE void widen_int4(const uint8_t *from, float *to) {
    for (int eight = 0; eight < GROUP; eight += 8)
        for (int v = 0; v < 4; v++) {
            words word = w_load((const uint32_t *)from + eight / 8 * PANEL + v * LANES);
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++)
                v_store(to + (eight + k) * PANEL + v * LANES, v_mul(w_nibble(word, k), v_all(SIXTEENTH[k])));
        }
}

INLINE void widen_int8(const uint8_t *from, float *to) {
    for (int four = 0; four < GROUP; four += 4)
        for (int v = 0; v < 4; v++) {
            words word = w_load((const uint32_t *)(from + four * PANEL) + v * LANES);
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++)
                v_store(to + (four + k) * PANEL + v * LANES, v_mul(w_byte(word, k), v_all(BYTE)));
        }
}

INLINE void many_rows(int form, const uint8_t *panel, int n_in, const float *x, ptrdiff_t ldx, const float *sums,
                      ptrdiff_t ld_sums, int n_rows, float *totals, float *scratch) {
    const int width = form == Q8 || form == Q4 ? GROUP : BLOCK;
    for (int begin = 0; begin < n_in; begin += width) {
        if (form == Q8) {
            const uint16_t *scales = (const uint16_t *)panel;
            widen_int8(panel + PANEL * 2, scratch);
            tiles_scale(4, n_rows, GROUP, x + begin, ldx, scratch, PANEL, totals, PANEL, scales, sums, 0);
            panel += PANEL * 2 + GROUP * PANEL;
        } else if (form == Q4) {
            const uint16_t *scales = (const uint16_t *)panel;
            widen_int4(panel + PANEL * 4, scratch);
            tiles_offset(4, n_rows, GROUP, x + begin, ldx, scratch, PANEL, totals, PANEL, scales,
                         sums + begin / GROUP, ld_sums);
            panel += PANEL * 4 + GROUP * PANEL / 2;
        } else {
            const int n = n_in - begin < BLOCK ? n_in - begin : BLOCK;
            const float *w = (const float *)panel;
            if (form != FLOAT32) {
                widen(form, panel, n, 4, PANEL, scratch);
                w = scratch;
            }
            tiles_add(4, n_rows, n, x + begin, ldx, w, PANEL, totals, PANEL, NO_SCALES, sums, 0);
            panel += n * PANEL * bytes_of(form);
        }
    }
}

#define EACH_FORM(call)                                                                                       \
    switch (matrix->form) {                                                                                   \
    case FLOAT32: call(FLOAT32); break;                                                                       \
    case FLOAT16: call(FLOAT16); break;                                                                       \
    case BFLOAT16: call(BFLOAT16); break;                                                                     \
    case Q8: call(Q8); break;                                                                             \
    default: call(Q4); break;                                                                               \
    }

static void multiply_one(const struct matrix *matrix, int panel, int n_panels, const float *x, const float *sums,
                         float *totals) {
    const uint8_t *data = (const uint8_t *)matrix->data + panel * panel_bytes(matrix->form, matrix->n_in);
#define ONE(FORM) one_row_of(FORM, data, n_panels, matrix->n_in, x, sums, totals)
    EACH_FORM(ONE)
}

static void multiply(const struct matrix *matrix, int panel, const float *x, ptrdiff_t ldx, const float *sums,
                     ptrdiff_t ld_sums, int n_rows, float *totals, float *scratch) {
    const uint8_t *data = (const uint8_t *)matrix->data + panel * panel_bytes(matrix->form, matrix->n_in);
#define MANY(FORM) many_rows(FORM, data, matrix->n_in, x, ldx, sums, ld_sums, n_rows, totals, scratch)
#define A_FEW(FORM) few_rows(FORM, data, matrix->n_in, x, ldx, sums, ld_sums, n_rows, totals)
    if (n_rows <= FEW) {
        EACH_FORM(A_FEW)
    } else {
        EACH_FORM(MANY)
    }
}

/* -- attention --------------------------------------------------------------------------------------------- */

static void score(int form, const void *keys, int d, int n, const float *q, ptrdiff_t ldq, int n_rows,
                  float *scores, ptrdiff_t ld, float *scratch) {
    if (n_rows == 1) {
        const struct matrix panels = {form, d, up(n, PANEL), 0, keys, NULL};
        memset(scores, 0, (size_t)up(n, PANEL) * sizeof(float));
        multiply_one(&panels, 0, up(n, PANEL) / PANEL, q, NULL, scores);
        return;
    }
    for (int first = 0; first < n; first += PANEL) {
        float *at = scores + first;
        for (int r = 0; r < n_rows; r++)
            memset(at + r * ld, 0, PANEL * sizeof(float));
        const uint8_t *panel = (const uint8_t *)keys + first / PANEL * panel_bytes(form, d);
        for (int begin = 0; begin < d; begin += BLOCK) {
            const int width = d - begin < BLOCK ? d - begin : BLOCK;
            const float *w = (const float *)panel + begin * PANEL;
            if (form == FLOAT16) {
                widen(FLOAT16, panel + begin * PANEL * 2, width, 4, PANEL, scratch);
                w = scratch;
            }
            tiles_add(4, n_rows, width, q + begin, ldq, w, PANEL, at, ld, NO_SCALES, q, 0);
        }
    }
}

/* One row: up to 64 numbers of a head at a time, the values streaming by. */
INLINE void mix_one(int form, const int V, const uint8_t *values, int ldv, int n, const float *shares,
                    float *totals) {
    v16 acc[4];
#pragma GCC unroll 4
    for (int v = 0; v < V; v++)
        acc[v] = v_load(totals + v * LANES);
#pragma GCC unroll 2
    for (int k = 0; k < n; k++) {
        v16 share = v_all(shares[k]);
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) {
            const int at = k * ldv + v * LANES;
            v16 value = form == FLOAT32 ? v_load((const float *)values + at) : v_float16((const uint16_t *)values + at);
            acc[v] = v_fma(value, share, acc[v]);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < V; v++)
        v_store(totals + v * LANES, acc[v]);
}

static void mix(int form, const void *values, int d, int n, const float *shares, ptrdiff_t ld, int n_rows,
                float *totals, ptrdiff_t ldt, float *scratch) {
    const int ldv = up(d, LANES), size = bytes_of(form);
    for (int begin = 0; begin < ldv; begin += PANEL) {
        const int vectors = (ldv - begin < PANEL ? ldv - begin : PANEL) / LANES;
        const uint8_t *from = (const uint8_t *)values + begin * size;
        if (n_rows == 1) {
#define MIX(V)                                                                                                \
    case V:                                                                                                   \
        if (form == FLOAT32)                                                                                  \
            mix_one(FLOAT32, V, from, ldv, n, shares, totals + begin);                                        \
        else                                                                                                  \
            mix_one(FLOAT16, V, from, ldv, n, shares, totals + begin);                                        \
        break
            switch (vectors) {
                MIX(1);
                MIX(2);
                MIX(3);
                MIX(4);
            }
            continue;
        }
        for (int first = 0; first < n; first += BLOCK) {
            const int some = n - first < BLOCK ? n - first : BLOCK;
            const uint8_t *at = from + (ptrdiff_t)first * ldv * size;
            if (form == FLOAT32) {
                tiles_chain(vectors, n_rows, some, shares + first, ld, (const float *)at, ldv, totals + begin,
                            ldt, NO_SCALES, shares, 0);
            } else {
                widen(FLOAT16, at, some, vectors, ldv, scratch);
                tiles_chain(vectors, n_rows, some, shares + first, ld, scratch, vectors * LANES,
                            totals + begin, ldt, NO_SCALES, shares, 0);
            }
        }
    }
}
