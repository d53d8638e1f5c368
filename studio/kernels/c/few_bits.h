/* Rows times panels of 8 or 4 bits, in whole numbers.
 *
 * The inputs of a row become 16 bits as well, with a factor for each group of 32: what that loses is less than a
 * float16 would. Products of whole numbers add up to the same in any order, so every processor may take the
 * instructions it has for them, and the sum of a group is exact until it is turned into a float32.
 *
 * A row in this form, its groups one after the other: the factors; what the sum of the inputs is good for (see
 * `to_whole`); and the inputs in the order in which `d_add` wants them, 16 words a group.
 */

#define MOST 32639.0f /* is 127 * 256 + 127: two signed bytes */

/* The sums: Q4's offset is to be taken as often as all inputs together say; where Q8's weights are made 128 larger
 * to be without a sign, -128 times the sum is where its products begin. */
static void to_whole(int form, const float *x, int n_groups, int32_t *to) {
    float *factors = (float *)to;
    int32_t *sums = to + n_groups, *numbers = sums + n_groups;
    for (int g = 0; g < n_groups; g++, x += GROUP, numbers += GROUP / 2) {
        v16 a = v_load(x), b = v_load(x + LANES);
        const float largest = v_largest(v_max(v_max(a, v_sub(v_all(0), a)), v_max(b, v_sub(v_all(0), b))));
        const float broken = v_sum(v_mul(v_add(a, b), v_all(0))); /* not 0 if one of them is no finite number */
        const int some = largest > 1e-30f && broken == 0;
        const v16 inverse = v_all(some ? MOST / largest : 0);
        a = some ? v_round(v_mul(a, inverse)) : v_all(0);
        b = some ? v_round(v_mul(b, inverse)) : v_all(0);
        const float sum = v_sum(v_add(a, b)); /* exact: below 2**24 */
        factors[g] = (some ? largest / MOST : 0) + broken;
        if (form == Q8)
            sums[g] = -128 * (int32_t)sum;
        else
            ((float *)sums)[g] = factors[g] * sum;
        d_arrange(form, a, b, numbers);
    }
}

/* With more rows than these the arithmetic takes longer than the memory, and both take turns unless the next panel
 * is asked for while this one is multiplied; with fewer the processor looks ahead by itself, and asking disturbs it. */
enum { STREAMING = 3 };

/* A group of R rows, and V sixteens of the outputs from `first` on. */
INLINE void whole_group(const int form, const int R, const int V, int first, const uint8_t *group, int g,
                        int n_groups, const int32_t *rows, ptrdiff_t ld, float *totals) {
    const int n_words = form == Q8 ? GROUP / 4 : GROUP / 8, of_a_word = OPERANDS / n_words;
    const uint16_t *scales = (const uint16_t *)group + first * LANES;
    const uint32_t *packed = (const uint32_t *)(group + (form == Q8 ? PANEL * 2 : PANEL * 4)) + first * LANES;
    const int32_t *numbers = rows + 2 * n_groups + g * (GROUP / 2);
    const int64_t next = panel_bytes(form, n_groups * GROUP);
    dots acc[WHOLE_ROWS][4];
#pragma GCC unroll 6
    for (int r = 0; r < R; r++)
#pragma GCC unroll 4
        for (int v = 0; v < V; v++)
            acc[r][v] = d_from(form, rows[r * ld + n_groups + g]);
#pragma GCC unroll WORDS_TOGETHER
    for (int i = 0; i < n_words; i++, packed += PANEL) {
        words word[4];
#pragma GCC unroll 4
        for (int v = 0; v < V; v++)
            word[v] = w_load(packed + v * LANES);
        if (R > STREAMING)
#pragma GCC unroll 4
            for (int v = 0; v < V; v++)
                __builtin_prefetch((const uint8_t *)(packed + v * LANES) + next, 0, 2);
#pragma GCC unroll 4
        for (int k = 0; k < of_a_word; k++) {
            words operand[4];
#pragma GCC unroll 4
            for (int v = 0; v < V; v++)
                operand[v] = d_operand(form, word[v], k);
#pragma GCC unroll 6
            for (int r = 0; r < R; r++)
#pragma GCC unroll 4
                for (int v = 0; v < V; v++)
                    acc[r][v] = d_add(acc[r][v], operand[v], numbers + r * ld, i * of_a_word + k);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < R; r++) {
        const v16 factor = v_all(((const float *)rows)[r * ld + g]);
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) {
            float *at = totals + r * PANEL + (first + v) * LANES;
            v16 total = v_fma(d_sum(acc[r][v]), v_mul(v_bfloat16(scales + v * LANES), factor), v_load(at));
            if (form == Q4)
                total = v_fma(v_all(((const float *)rows)[r * ld + n_groups + g]),
                              v_bfloat16(scales + PANEL + v * LANES), total);
            v_store(at, total);
        }
    }
}

/* totals (R, 64) += R rows times a panel. */
INLINE void whole_tile(const int form, const int R, const uint8_t *panel, int n_groups, const int32_t *rows,
                       ptrdiff_t ld, float *totals) {
    const int V = R == 1 ? ALONE_VECTORS : R <= FEWER_ROWS ? FEWER_VECTORS : WHOLE_VECTORS;
    for (int g = 0; g < n_groups; g++, panel += panel_bytes(form, GROUP))
#pragma GCC unroll 4
        for (int first = 0; first < PANEL / LANES; first += V)
            whole_group(form, R, V, first, panel, g, n_groups, rows, ld, totals);
}

INLINE void one_whole_row(const int form, const uint8_t *panels, int n_panels, int n_groups, const int32_t *row,
                          float *totals) {
    for (int p = 0; p < n_panels; p++)
        whole_tile(form, 1, panels + p * panel_bytes(form, n_groups * GROUP), n_groups, row, 0, totals + p * PANEL);
}

INLINE void whole_rows(const int form, const uint8_t *panel, int n_groups, const int32_t *rows, ptrdiff_t ld,
                       int n_rows, float *totals) {
    const int n_tiles = (n_rows + WHOLE_ROWS - 1) / WHOLE_ROWS;
    for (int t = 0, row = 0, R = 0; t < n_tiles; t++, row += R) {
        R = (n_rows - row) / (n_tiles - t);
        switch (R) {
#define WHOLE_TILE(N)                                                                                         \
    case N:                                                                                                   \
        if (N <= WHOLE_ROWS)                                                                                  \
            whole_tile(form, N, panel, n_groups, rows + row * ld, ld, totals + row * PANEL);                  \
        break
            WHOLE_TILE(1);
            WHOLE_TILE(2);
            WHOLE_TILE(3);
            WHOLE_TILE(4);
            WHOLE_TILE(5);
            WHOLE_TILE(6);
        }
    }
}
