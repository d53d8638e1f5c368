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

/* -- one row ----------------------------------------------------------------------------------------------- */

/* totals (64) += x (n_in) times a panel. */
INLINE void one_row(int form, const uint8_t *panel, int n_in, const float *x, float *totals) {
    v16 total[4] = {v_load(totals), v_load(totals + 16), v_load(totals + 32), v_load(totals + 48)};
    for (int begin = 0; begin < n_in; begin += BLOCK) {
        v16 acc[4] = {v_all(0), v_all(0), v_all(0), v_all(0)};
        const int n = n_in - begin < BLOCK ? n_in - begin : BLOCK;
#pragma GCC unroll 4
        for (int k = 0; k < n; k++) {
            v16 input = v_all(x[begin + k]);
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++)
                acc[v] = v_fma(weights_at(form, panel, k, v), input, acc[v]);
        }
        panel += n * PANEL * bytes_of(form);
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++)
            total[v] = v_add(total[v], acc[v]);
    }
    for (int v = 0; v < 4; v++)
        v_store(totals + v * LANES, total[v]);
}

INLINE void one_row_of(int form, const uint8_t *panels, int n_panels, int n_in, const float *x, float *totals) {
    for (int p = 0; p < n_panels; p++)
        one_row(form, panels + p * panel_bytes(form, n_in), n_in, x, totals + p * PANEL);
}

#include "few_rows.h"
#include "few_bits.h"

/* -- several rows ------------------------------------------------------------------------------------------ */

/* totals (R, 16 V) and x (R, n) times w (n, 16 V), put together as `ending` says. */
INLINE void tile(const int R, const int V, int n, const float *x, ptrdiff_t ldx, const float *w, ptrdiff_t ldw,
                 float *totals, ptrdiff_t ldt, const int ending) {
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
            v_store(at, ending == CHAIN ? acc[r][v] : v_add(v_load(at), acc[r][v]));
        }
}

#define TILE(R, ENDING)                                                                                       \
    case R:                                                                                                   \
        if (R <= TILE_ROWS)                                                                                   \
            tile(R, V, n, x, ldx, w, ldw, totals, ldt, ENDING);                                               \
        break

/* All rows and `vectors` sixteens of outputs, tile by tile. */
#define ALL_TILES(NAME, ENDING)                                                                               \
    INLINE void NAME##_rows(const int V, int R, int n, const float *x, ptrdiff_t ldx, const float *w,         \
                            ptrdiff_t ldw, float *totals, ptrdiff_t ldt) {                                    \
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
                     ptrdiff_t ldw, float *totals, ptrdiff_t ldt) {                                           \
        const int n_tiles = (n_rows + TILE_ROWS - 1) / TILE_ROWS;                                             \
        for (int t = 0, row = 0; t < n_tiles; t++) {                                                          \
            const int R = (n_rows - row) / (n_tiles - t);                                                     \
            int v = 0;                                                                                        \
            for (; v + TILE_VECTORS <= vectors; v += TILE_VECTORS)                                            \
                NAME##_rows(TILE_VECTORS, R, n, x + row * ldx, ldx, w + v * LANES, ldw,                       \
                            totals + row * ldt + v * LANES, ldt);                                             \
            for (; v < vectors; v++)                                                                          \
                NAME##_rows(1, R, n, x + row * ldx, ldx, w + v * LANES, ldw, totals + row * ldt + v * LANES,  \
                            ldt);                                                                             \
            row += R;                                                                                         \
        }                                                                                                     \
    }

ALL_TILES(tiles_add, ADD)
ALL_TILES(tiles_chain, CHAIN)

/* `n` inputs of `vectors` sixteens, `ld` apart, as float32. */
INLINE void widen(int form, const uint8_t *from, int n, int vectors, int ld, float *to) {
    for (int k = 0; k < n; k++)
        for (int v = 0; v < vectors; v++) {
            const int at = k * ld + v * LANES;
            v16 numbers = form == FLOAT16 ? v_float16((const uint16_t *)from + at) : v_bfloat16((const uint16_t *)from + at);
            v_store(to + k * vectors * LANES + v * LANES, numbers);
        }
}

INLINE void many_rows(int form, const uint8_t *panel, int n_in, const float *x, ptrdiff_t ldx, int n_rows,
                      float *totals, float *scratch) {
    for (int begin = 0; begin < n_in; begin += BLOCK) {
        const int n = n_in - begin < BLOCK ? n_in - begin : BLOCK;
        const float *w = (const float *)panel;
        if (form != FLOAT32) {
            widen(form, panel, n, 4, PANEL, scratch);
            w = scratch;
        }
        tiles_add(4, n_rows, n, x + begin, ldx, w, PANEL, totals, PANEL);
        panel += n * PANEL * bytes_of(form);
    }
}

#define EACH_FORM(call, call_for_few_bits)                                                                    \
    switch (matrix->form) {                                                                                   \
    case FLOAT32: call(FLOAT32); break;                                                                       \
    case FLOAT16: call(FLOAT16); break;                                                                       \
    case BFLOAT16: call(BFLOAT16); break;                                                                     \
    case Q8: call_for_few_bits(Q8); break;                                                                    \
    default: call_for_few_bits(Q4); break;                                                                    \
    }

static void multiply_one(const struct matrix *matrix, int panel, int n_panels, const float *x,
                         const int32_t *whole, float *totals) {
    const uint8_t *data = (const uint8_t *)matrix->data + panel * panel_bytes(matrix->form, matrix->n_in);
    const int n_groups = up(matrix->n_in, GROUP) / GROUP;
#define ONE(FORM) one_row_of(FORM, data, n_panels, matrix->n_in, x, totals)
#define ONE_WHOLE(FORM) one_whole_row(FORM, data, n_panels, n_groups, whole, totals)
    EACH_FORM(ONE, ONE_WHOLE)
}

static void multiply(const struct matrix *matrix, int panel, const float *x, ptrdiff_t ldx, const int32_t *whole,
                     ptrdiff_t ld_whole, int n_rows, float *totals, float *scratch) {
    const uint8_t *data = (const uint8_t *)matrix->data + panel * panel_bytes(matrix->form, matrix->n_in);
    const int n_groups = up(matrix->n_in, GROUP) / GROUP;
#define MANY(FORM) many_rows(FORM, data, matrix->n_in, x, ldx, n_rows, totals, scratch)
#define A_FEW(FORM) few_rows(FORM, data, matrix->n_in, x, ldx, n_rows, totals)
#define WHOLE(FORM) whole_rows(FORM, data, n_groups, whole, ld_whole, n_rows, totals)
    if (n_rows <= FEW) {
        EACH_FORM(A_FEW, WHOLE)
    } else {
        EACH_FORM(MANY, WHOLE)
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
            tiles_add(4, n_rows, width, q + begin, ldq, w, PANEL, at, ld);
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
                            ldt);
            } else {
                widen(FLOAT16, at, some, vectors, ldv, scratch);
                tiles_chain(vectors, n_rows, some, shares + first, ld, scratch, vectors * LANES, totals + begin,
                            ldt);
            }
        }
    }
}
