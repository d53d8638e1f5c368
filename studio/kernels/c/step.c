/* One pass of GPT-2 over some tokens, layer by layer. */
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 256,     /* of a product that are worked on at a time */
    TOGETHER = 24,  /* rows whose attention is computed together */
    SCORES = 65536, /* numbers; with more than that each row is computed for itself */
};

enum purpose { STORE, ADD_TO, ACTIVATE };

/* Memory that is kept from step to step. Whoever has the pool has it. */
struct space {
    float *numbers;
    size_t n;
};
static struct space whole, own[65];

static float *room_for(struct space *space, size_t n) {
    if (n > space->n) {
        free(space->numbers);
        space->n = 0;
        space->numbers = calloc(n + 16, sizeof(float));
        if (space->numbers == NULL)
            return NULL;
        space->n = n;
    }
    return (float *)(((uintptr_t)space->numbers + 63) & ~(uintptr_t)63);
}

/* -- products -------------------------------------------------------------------------------------------- */

struct product {
    const struct matrix *matrix;
    const float *x;
    int32_t *whole; /* where x goes as whole numbers, if it has to */
    ptrdiff_t ldx, ld_whole;
    int n_rows;
    float *out;
    ptrdiff_t ld;
    int purpose, activation;
};

/* One row: totals lie panel after panel, as they go out. */
static void some_panels_of_one(const struct product *p, int first, int end, float *totals) {
    for (int n; first < end; first += n) {
        n = end - first < ROWS ? end - first : ROWS;
        const int width = p->matrix->n_out - first * PANEL < n * PANEL ? p->matrix->n_out - first * PANEL : n * PANEL;
        if (p->matrix->bias)
            memcpy(totals, p->matrix->bias + first * PANEL, (size_t)(n * PANEL) * sizeof(float));
        else
            memset(totals, 0, (size_t)(n * PANEL) * sizeof(float));
        kernels->multiply_one(p->matrix, first, n, p->x, p->whole, totals);
        if (p->purpose == ACTIVATE)
            kernels->activate(p->activation, totals, n * PANEL);
        float *to = p->out + first * PANEL;
        if (p->purpose == ADD_TO)
            for (int i = 0; i < width; i++)
                to[i] += totals[i];
        else
            memcpy(to, totals, (size_t)width * sizeof(float));
    }
}

static void some_panels(void *context, int first, int end, int who) {
    const struct product *p = context;
    float *totals = room_for(&own[who], 0), *scratch = totals + ROWS * PANEL;
    if (p->n_rows == 1) {
        some_panels_of_one(p, first, end, totals);
        return;
    }
    for (int panel = first; panel < end; panel++)
        for (int row = 0; row < p->n_rows; row += ROWS) {
            const int n = p->n_rows - row < ROWS ? p->n_rows - row : ROWS;
            for (int r = 0; r < n; r++)
                if (p->matrix->bias)
                    memcpy(totals + r * PANEL, p->matrix->bias + panel * PANEL, PANEL * sizeof(float));
                else
                    memset(totals + r * PANEL, 0, PANEL * sizeof(float));
            kernels->multiply(p->matrix, panel, p->x + row * p->ldx, p->ldx, p->whole + row * p->ld_whole,
                              p->ld_whole, n, totals, scratch);
            if (p->purpose == ACTIVATE)
                kernels->activate(p->activation, totals, n * PANEL);
            const int left = p->matrix->n_out - panel * PANEL, width = left < PANEL ? left : PANEL;
            for (int r = 0; r < n; r++) {
                float *to = p->out + (row + r) * p->ld + panel * PANEL;
                if (p->purpose == ADD_TO)
                    for (int i = 0; i < width; i++)
                        to[i] += totals[r * PANEL + i];
                else
                    memcpy(to, totals + r * PANEL, (size_t)width * sizeof(float));
            }
        }
}

static void some_whole(void *context, int first, int end, int who) {
    const struct product *p = context;
    (void)who;
    for (int row = first; row < end; row++)
        kernels->to_whole(p->matrix->form, p->x + row * p->ldx, up(p->matrix->n_in, GROUP) / GROUP,
                          p->whole + row * p->ld_whole);
}

static void multiply(struct product p) {
    if (p.matrix->form == Q8 || p.matrix->form == Q4)
        pool_run(p.n_rows, some_whole, &p);
    pool_run(up(p.matrix->n_out, PANEL) / PANEL, some_panels, &p);
}

/* -- attention --------------------------------------------------------------------------------------------- */

struct pass {
    const struct model *model;
    const struct cache *main, *other;
    const struct row *rows;
    const int32_t *paths;
    int n_rows, layer, together;
    const float *const *norm;
    float *x, *normed, *qkv, *attended, *inner;
    int32_t *whole;
    ptrdiff_t ld, ld_qkv, ld_inner, ld_whole, ld_scores;
};

static uint8_t *keys_of(const struct pass *p, const struct cache *cache, int region, int head) {
    const int d = p->model->n_embd / p->model->n_head, size = cache->form == FLOAT32 ? 4 : 2;
    const int64_t index = ((int64_t)region * p->model->n_layer + p->layer) * p->model->n_head + head;
    return cache->keys + index * cache->room * d * size;
}

static uint8_t *values_of(const struct pass *p, const struct cache *cache, int region, int head) {
    const int d = up(p->model->n_embd / p->model->n_head, LANES), size = cache->form == FLOAT32 ? 4 : 2;
    const int64_t index = ((int64_t)region * p->model->n_layer + p->layer) * p->model->n_head + head;
    return cache->values + index * cache->room * d * size;
}

static void remember(void *context, int first, int end, int who) {
    const struct pass *p = context;
    const int c = p->model->n_embd, d = c / p->model->n_head;
    float numbers[LANES];
    uint16_t halves[LANES];
    (void)who;
    for (int head = first; head < end; head++)
        for (int r = 0; r < p->n_rows; r++) {
            const struct row *row = &p->rows[r];
            const struct cache *cache = row->region < 0 ? p->main : p->other;
            const int region = row->region < 0 ? 0 : row->region, wide = cache->form == FLOAT32;
            const int64_t panel = row->slot / PANEL, lane = row->slot % PANEL;
            uint8_t *keys = keys_of(p, cache, region, head), *values = values_of(p, cache, region, head);
            const float *key = p->qkv + r * p->ld_qkv + c + head * d, *value = key + c;
            for (int i = 0; i < d; i += LANES) {
                const int n = d - i < LANES ? d - i : LANES;
                const int64_t at = (int64_t)row->slot * up(d, LANES) + i, key_at = (panel * d + i) * PANEL + lane;
                memset(numbers, 0, sizeof numbers);
                memcpy(numbers, value + i, (size_t)n * sizeof(float));
                if (wide) {
                    memcpy((float *)values + at, numbers, sizeof numbers);
                    for (int j = 0; j < n; j++)
                        ((float *)keys)[key_at + j * PANEL] = key[i + j];
                    continue;
                }
                kernels->narrow_row(numbers, LANES, (uint16_t *)values + at);
                memcpy(numbers, key + i, (size_t)n * sizeof(float));
                kernels->narrow_row(numbers, LANES, halves);
                for (int j = 0; j < n; j++)
                    ((uint16_t *)keys)[key_at + j * PANEL] = halves[j];
            }
        }
}

/* Scores of a row with the tokens of its path, behind those with the main cache. */
static void score_path(const struct pass *p, const struct row *row, int head, const float *q, float *scores,
                       float *aside, float *scratch) {
    const int d = p->model->n_embd / p->model->n_head;
    const uint8_t *keys = keys_of(p, p->other, row->region, head);
    int n = row->n_path;
    for (int i = 0; row->path >= 0 && i < row->n_path; i++)
        n = p->paths[row->path + i] >= n ? p->paths[row->path + i] + 1 : n;
    kernels->score(p->other->form, keys, d, n, q, 0, 1, aside, 0, scratch);
    for (int i = 0; i < row->n_path; i++)
        scores[i] = aside[row->path < 0 ? i : p->paths[row->path + i]];
}

static void mix_path(const struct pass *p, const struct row *row, int head, const float *shares, float *totals,
                     float *scratch) {
    const int d = p->model->n_embd / p->model->n_head, size = p->other->form == FLOAT32 ? 4 : 2;
    const uint8_t *values = values_of(p, p->other, row->region, head);
    if (row->path < 0) {
        kernels->mix(p->other->form, values, d, row->n_path, shares, 0, 1, totals, 0, scratch);
        return;
    }
    for (int i = 0; i < row->n_path; i++)
        kernels->mix(p->other->form, values + (int64_t)p->paths[row->path + i] * up(d, LANES) * size, d, 1,
                     shares + i, 0, 1, totals, 0, scratch);
}

/* Items are head by head, so many rows at a time. Either all rows see equally much of the main cache, or none
 * has a path. */
static void attend(void *context, int first, int end, int who) {
    const struct pass *p = context;
    const struct layer *layer = &p->model->layers[p->layer];
    const int d = p->model->n_embd / p->model->n_head, width = up(d, LANES);
    const int bundles = (p->n_rows + p->together - 1) / p->together;
    float *totals = room_for(&own[who], 0), *scratch = totals + p->together * width;
    float *scores = scratch + BLOCK * PANEL, *aside = scores + p->together * p->ld_scores;
    float divisor[TOGETHER];
    for (int item = first; item < end; item++) {
        const int head = item / bundles, begin = item % bundles * p->together;
        const int n_rows = p->n_rows - begin < p->together ? p->n_rows - begin : p->together;
        const float *q = p->qkv + begin * p->ld_qkv + head * d;
        int n_main = 0;
        for (int r = 0; r < n_rows; r++)
            n_main = p->rows[begin + r].n_main > n_main ? p->rows[begin + r].n_main : n_main;
        kernels->score(p->main->form, keys_of(p, p->main, 0, head), d, n_main, q, p->ld_qkv, n_rows, scores,
                       p->ld_scores, scratch);
        for (int r = 0; r < n_rows; r++) {
            const struct row *row = &p->rows[begin + r];
            float *mine = scores + r * p->ld_scores;
            if (row->n_path > 0)
                score_path(p, row, head, q + r * p->ld_qkv, mine + row->n_main, aside, scratch);
            divisor[r] = kernels->softmax(mine, row->n_main + row->n_path, layer->scale);
            for (int i = row->n_main + row->n_path; i < n_main; i++)
                mine[i] = 0;
        }
        memset(totals, 0, (size_t)(n_rows * width) * sizeof(float));
        kernels->mix(p->main->form, values_of(p, p->main, 0, head), d, n_main, scores, p->ld_scores, n_rows,
                     totals, width, scratch);
        const int silent = layer->heads_off && layer->heads_off[head];
        for (int r = 0; r < n_rows; r++) {
            const struct row *row = &p->rows[begin + r];
            if (row->n_path > 0)
                mix_path(p, row, head, scores + r * p->ld_scores + row->n_main, totals + r * width, scratch);
            float *to = p->attended + (begin + r) * p->ld + head * d;
            for (int i = 0; i < d; i++)
                to[i] = silent ? 0 : totals[r * width + i] / divisor[r];
        }
    }
}

/* -- the pass ---------------------------------------------------------------------------------------------- */

static void normalise(void *context, int first, int end, int who) {
    const struct pass *p = context;
    (void)who;
    for (int r = first; r < end; r++)
        kernels->normalise(p->x + r * p->ld, p->model->n_embd, p->norm, p->model->epsilon, p->normed + r * p->ld);
}

void unpack_output(const struct matrix *matrix, int output, float *to, ptrdiff_t stride);

static void embed(void *context, int first, int end, int who) {
    const struct pass *p = context;
    const int c = p->model->n_embd;
    (void)who;
    for (int r = first; r < end; r++) {
        float *x = p->x + r * p->ld;
        const float *position = p->model->positions + (ptrdiff_t)p->rows[r].position * c;
        memset(x, 0, (size_t)p->ld * sizeof(float));
        unpack_output(&p->model->embedding, p->rows[r].token, x, 1);
        for (int i = 0; i < c; i++)
            x[i] += position[i];
    }
}

static void one_layer(struct pass *p) {
    const struct layer *layer = &p->model->layers[p->layer];
    const int n = p->n_rows, heads = p->model->n_head;
    p->norm = layer->norm_1;
    pool_run(n, normalise, p);
    multiply((struct product){&layer->qkv, p->normed, p->whole, p->ld, p->ld_whole, n, p->qkv, p->ld_qkv, STORE, 0});
    if (n <= 4)
        remember(p, 0, heads, 0);
    else
        pool_run(heads, remember, p);
    pool_run(heads * ((n + p->together - 1) / p->together), attend, p);
    multiply((struct product){&layer->projection, p->attended, p->whole, p->ld, p->ld_whole, n, p->x, p->ld,
                              ADD_TO, 0});
    p->norm = layer->norm_2;
    pool_run(n, normalise, p);
    multiply((struct product){&layer->widen, p->normed, p->whole, p->ld, p->ld_whole, n, p->inner, p->ld_inner,
                              ACTIVATE, p->model->activation});
    multiply((struct product){&layer->narrow, p->inner, p->whole, p->ld_inner, p->ld_whole, n, p->x, p->ld,
                              ADD_TO, 0});
}

static int prepare(struct pass *p) {
    const struct model *m = p->model;
    const size_t n = (size_t)p->n_rows;
    const int widest = m->n_inner > m->n_embd ? m->n_inner : m->n_embd;
    int most = 0;
    for (int r = 0; r < p->n_rows; r++) {
        const int sees = p->rows ? p->rows[r].n_main + p->rows[r].n_path : 0;
        most = sees > most ? sees : most;
    }
    p->ld = up(m->n_embd, PANEL);
    p->ld_qkv = up(3 * m->n_embd, PANEL);
    p->ld_inner = up(m->n_inner, PANEL);
    p->ld_whole = whole_words(widest);
    p->ld_scores = up(most, PANEL) + PANEL;
    p->together = (int)(SCORES / p->ld_scores);
    p->together = p->together < 1 ? 1 : p->together > TOGETHER ? TOGETHER : p->together;
    const size_t of_a_row = (size_t)(2 * p->ld + p->ld_qkv + p->ld_inner + p->ld_whole);
    float *numbers = room_for(&whole, n * of_a_row);
    if (numbers == NULL)
        return -1;
    p->normed = numbers;
    p->attended = p->normed + n * (size_t)p->ld;
    p->qkv = p->attended + n * (size_t)p->ld;
    p->inner = p->qkv + n * (size_t)p->ld_qkv;
    p->whole = (int32_t *)(p->inner + n * (size_t)p->ld_inner);
    if (m->n_embd % PANEL || m->n_inner % PANEL) /* what fills up the rows is multiplied as well */
        memset(numbers, 0, n * of_a_row * sizeof(float));
    const size_t other = p->other ? (size_t)p->other->room : 0;
    const size_t attending = (size_t)p->together * (size_t)(up(m->n_embd / m->n_head, LANES) + p->ld_scores);
    const size_t multiplying = ROWS * PANEL;
    const size_t most_own = (attending > multiplying ? attending : multiplying) + BLOCK * PANEL + other;
    for (int who = 0; who < pool_threads(); who++)
        if (room_for(&own[who], most_own) == NULL)
            return -1;
    return 0;
}

/* Read `n` tokens: layers `first` to `last` - 1 turn `x` (n, n_embd filled up to 64) into what comes after
 * them; `first` = 0 begins with the embeddings. Where wanted, the states after the last norm of the last
 * `n_out` rows go to `normed` (n_out, n_embd), and their logits to `logits` (n_out, vocab_size). -1: no memory. */
EXPORT int studio_step(const struct model *model, const struct cache *main, const struct cache *other,
                       const struct row *rows, const int32_t *paths, int n, float *x, int first, int last,
                       int n_out, float *normed, float *logits) {
    struct pass p = {.model = model, .main = main, .other = other, .rows = rows, .paths = paths, .n_rows = n, .x = x};
    pool_begin();
    int failed = prepare(&p);
    if (!failed) {
        if (first == 0)
            pool_run(n, embed, &p);
        for (p.layer = first; p.layer < last; p.layer++)
            if (!model->layers[p.layer].off)
                one_layer(&p);
        if (normed || logits) {
            p.x += (n - n_out) * p.ld;
            p.norm = model->norm;
            pool_run(n_out, normalise, &p);
            for (int r = 0; normed && r < n_out; r++)
                memcpy(normed + (ptrdiff_t)r * model->n_embd, p.normed + r * p.ld,
                       (size_t)model->n_embd * sizeof(float));
            if (logits)
                multiply((struct product){&model->head, p.normed, p.whole, p.ld, p.ld_whole, n_out, logits,
                                          model->vocab_size, STORE, 0});
        }
    }
    pool_end();
    return failed;
}

/* out (n, n_out) = x (n, n_in filled up to 64) times a matrix, with its bias. -1: no memory. */
EXPORT int studio_multiply(const struct matrix *matrix, const float *x, int n, float *out) {
    pool_begin();
    const ptrdiff_t ld = up(matrix->n_in, PANEL), ld_whole = whole_words(matrix->n_in);
    float *room = room_for(&whole, (size_t)(n * ld_whole));
    int failed = room == NULL;
    for (int who = 0; who < pool_threads(); who++)
        failed |= room_for(&own[who], ROWS * PANEL + BLOCK * PANEL) == NULL;
    if (!failed)
        multiply((struct product){matrix, x, (int32_t *)room, ld, ld_whole, n, out, matrix->n_out, STORE, 0});
    pool_end();
    return failed ? -1 : 0;
}
