/* A few rows times a panel: its numbers are widened in registers, where many rows have them written out.
 * Every sum is made in the order of one_row, so its bits are the same. */

enum { FEW = 2 * TILE_ROWS };

/* R rows, and V sixteens of the outputs from `first` on. */
INLINE void few_tile(const int form, const int R, const int V, int first, const uint8_t *panel, int n_in,
                     const float *x, ptrdiff_t ldx, const float *sums, ptrdiff_t ld_sums, float *totals) {
    const int width = form == Q8 || form == Q4 ? GROUP : BLOCK;
    for (int begin = 0; begin < n_in; begin += width) {
        v16 acc[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 6
        for (int r = 0; r < R; r++)
#pragma GCC unroll 4
            for (int v = 0; v < V; v++)
                acc[r][v] = v_all(0);
        const uint16_t *scales = (const uint16_t *)panel + first * LANES;
        if (form == Q8 || form == Q4) {
            const int in_a_word = form == Q8 ? 4 : 8;
            const float *inputs = form == Q8 ? x + begin : sums + up(n_in, GROUP) / GROUP + begin;
            const ptrdiff_t ld = form == Q8 ? ldx : ld_sums;
            panel += form == Q8 ? PANEL * 2 : PANEL * 4;
            for (int some = 0; some < GROUP; some += in_a_word, panel += PANEL * 4) {
                words word[TILE_VECTORS];
#pragma GCC unroll 4
                for (int v = 0; v < V; v++)
                    word[v] = w_load((const uint32_t *)panel + (first + v) * LANES);
                ask_for(panel + first * LANES * 4, V * LANES * 4);
#pragma GCC unroll 8
                for (int k = 0; k < in_a_word; k++) {
                    v16 weight[TILE_VECTORS];
#pragma GCC unroll 4
                    for (int v = 0; v < V; v++)
                        weight[v] = form == Q8 ? w_byte(word[v], k) : w_nibble(word[v], k);
#pragma GCC unroll 6
                    for (int r = 0; r < R; r++) {
                        v16 input = v_all(inputs[r * ld + some + k]);
#pragma GCC unroll 4
                        for (int v = 0; v < V; v++)
                            acc[r][v] = v_fma(weight[v], input, acc[r][v]);
                    }
                }
            }
        } else {
            const int n = n_in - begin < width ? n_in - begin : width;
            for (int k = 0; k < n; k++) {
                v16 weight[TILE_VECTORS];
#pragma GCC unroll 4
                for (int v = 0; v < V; v++)
                    weight[v] = weights_at(form, panel, k, first + v);
#pragma GCC unroll 6
                for (int r = 0; r < R; r++) {
                    v16 input = v_all(x[r * ldx + begin + k]);
#pragma GCC unroll 4
                    for (int v = 0; v < V; v++)
                        acc[r][v] = v_fma(weight[v], input, acc[r][v]);
                }
            }
            panel += n * PANEL * bytes_of(form);
        }
#pragma GCC unroll 6
        for (int r = 0; r < R; r++)
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) {
                float *at = totals + r * PANEL + (first + v) * LANES;
                v16 total = v_load(at);
                if (form != Q8 && form != Q4) {
                    total = v_add(total, acc[r][v]);
                } else {
                    const v16 scale = v_bfloat16(scales + v * LANES);
                    total = v_fma(acc[r][v], form == Q8 ? v_mul(scale, v_all(BYTE)) : scale, total);
                    if (form == Q4)
                        total = v_fma(v_all(sums[r * ld_sums + begin / GROUP]),
                                      v_bfloat16(scales + PANEL + v * LANES), total);
                }
                v_store(at, total);
            }
    }
}

INLINE void few_rows(const int form, const uint8_t *panel, int n_in, const float *x, ptrdiff_t ldx,
                     const float *sums, ptrdiff_t ld_sums, int n_rows, float *totals) {
    const int n_tiles = (n_rows + TILE_ROWS - 1) / TILE_ROWS;
    for (int t = 0, row = 0, R = 0; t < n_tiles; t++, row += R) {
        R = (n_rows - row) / (n_tiles - t);
        for (int first = 0; first < PANEL / LANES; first += TILE_VECTORS)
            switch (R) {
#define FEW_TILE(N)                                                                                           \
    case N:                                                                                                   \
        if (N <= TILE_ROWS)                                                                                   \
            few_tile(form, N, TILE_VECTORS, first, panel, n_in, x + row * ldx, ldx, sums + row * ld_sums,     \
                     ld_sums, totals + row * PANEL);                                                          \
        break
                FEW_TILE(1);
                FEW_TILE(2);
                FEW_TILE(3);
                FEW_TILE(4);
                FEW_TILE(5);
                FEW_TILE(6);
            }
    }
}
