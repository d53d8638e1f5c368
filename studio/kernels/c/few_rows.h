/* A few rows times a panel: its numbers are widened in registers, where many rows have them written out.
 * Every sum is made in the order of one_row, so its bits are the same. */

enum { FEW = 2 * TILE_ROWS };

/* R rows, and V sixteens of the outputs from `first` on. */
INLINE void few_tile(const int form, const int R, const int V, int first, const uint8_t *panel, int n_in,
                     const float *x, ptrdiff_t ldx, float *totals) {
    for (int begin = 0; begin < n_in; begin += BLOCK) {
        v16 acc[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 6
        for (int r = 0; r < R; r++)
#pragma GCC unroll 4
            for (int v = 0; v < V; v++)
                acc[r][v] = v_all(0);
        const int n = n_in - begin < BLOCK ? n_in - begin : BLOCK;
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
#pragma GCC unroll 6
        for (int r = 0; r < R; r++)
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) {
                float *at = totals + r * PANEL + (first + v) * LANES;
                v_store(at, v_add(v_load(at), acc[r][v]));
            }
    }
}

INLINE void few_rows(const int form, const uint8_t *panel, int n_in, const float *x, ptrdiff_t ldx, int n_rows,
                     float *totals) {
    const int n_tiles = (n_rows + TILE_ROWS - 1) / TILE_ROWS;
    for (int t = 0, row = 0, R = 0; t < n_tiles; t++, row += R) {
        R = (n_rows - row) / (n_tiles - t);
        for (int first = 0; first < PANEL / LANES; first += TILE_VECTORS)
            switch (R) {
#define FEW_TILE(N)                                                                                           \
    case N:                                                                                                   \
        if (N <= TILE_ROWS)                                                                                   \
            few_tile(form, N, TILE_VECTORS, first, panel, n_in, x + row * ldx, ldx, totals + row * PANEL);    \
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
