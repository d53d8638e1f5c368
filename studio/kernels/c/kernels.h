/* What the parts of the library share: the forms of weights, the model, the cache and the rows of one step.
 *
 * Every number of a result is computed by one thread, in an order that depends on nothing but the row itself:
 * not on the rows beside it, the number of threads, the kind of processor, or on how a text was cut into
 * pieces. So a token's logits are the same bits however they were asked for.
 */
#ifndef STUDIO_KERNELS_H
#define STUDIO_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum {
    LANES = 16, /* numbers that are worked on together */
    PANEL = 64, /* outputs of a matrix that lie side by side in memory */
    BLOCK = 64, /* inputs after which a sum of products is added to the total */
    GROUP = 32, /* inputs that share a scale in the quantised forms */
};

/* A matrix (n_in, n_out) lies as panels of 64 outputs; within one, input after input.
 * FLOAT32, FLOAT16, BFLOAT16: 64 numbers an input.
 * Q8: for each group of 32 inputs 64 scales (bfloat16), then 8 x 64 words of 4 inputs of 8 bits each.
 * Q4: for each group 64 scales and 64 offsets (bfloat16), then 4 x 64 words of 8 inputs of 4 bits each.
 * A quantised matrix is filled up to a whole group of inputs; all are to a whole panel of outputs. */
enum form { FLOAT32, FLOAT16, BFLOAT16, Q8, Q4, N_FORMS };

struct matrix {
    int32_t form, n_in, n_out, unused;
    const void *data;
    const float *bias; /* n_out filled up to a whole panel, or NULL */
};

struct layer {
    struct matrix qkv, projection, widen, narrow;
    const float *norm_1[2], *norm_2[2]; /* factor and offset */
    const uint8_t *heads_off;           /* n_head flags, or NULL */
    float scale;                        /* of the attention scores */
    int32_t off;                        /* the layer passes on what it gets */
};

enum activation { GELU_TANH, GELU, RELU };

struct model {
    int32_t n_embd, n_head, n_inner, n_layer, vocab_size, n_positions;
    int32_t activation;
    float epsilon;
    struct matrix embedding, head;
    const float *positions; /* (n_positions, n_embd) */
    const float *norm[2];
    const struct layer *layers;
};

/* Keys and values, float32 or float16. Of each region, layer and head: the keys in panels of 64 tokens, each
 * (D, 64); the values (room, D filled up to 16). D: numbers of a head. `room` is a multiple of 64. */
struct cache {
    int32_t form;
    int32_t room; /* tokens of each region */
    uint8_t *keys, *values;
};

/* One token that is read. It sees the first `n_main` tokens of the main cache and then `n_path` of its region
 * of the other cache; it is itself the last of them, and is written to `slot`. */
struct row {
    int32_t token, position;
    int32_t n_main;
    int32_t region; /* -1: it belongs to the main cache */
    int32_t slot;
    int32_t n_path;
    int32_t path; /* where in `paths` its slots are listed; -1: they are 0, 1, ... */
    int32_t unused;
};

/* Work on some of the items; `who` counts the threads from 0. */
typedef void work(void *context, int first, int end, int who);

void pool_run(int n_items, work *what, void *context);
void pool_begin(void); /* only one thread at a time may have the pool */
void pool_end(void);
int pool_threads(void);  /* `who` is always below */

enum ending { ADD, CHAIN };

/* The part that exists once for every kind of processor. */
struct kernels {
    const char *name;
    void (*normalise)(const float *x, int n, const float *const norm[2], float epsilon, float *out);
    void (*activate)(int which, float *x, int n);
    /* for Q8 and Q4: a row (whole groups) as they are multiplied with */
    void (*to_whole)(int form, const float *x, int n_groups, int32_t *to);
    /* totals (panels, 64) += x (n_in) times panels that follow each other */
    void (*multiply_one)(const struct matrix *matrix, int panel, int n_panels, const float *x,
                         const int32_t *whole, float *totals);
    /* totals (rows, 64) += x (rows, n_in) times one panel */
    void (*multiply)(const struct matrix *matrix, int panel, const float *x, ptrdiff_t ldx, const int32_t *whole,
                     ptrdiff_t ld_whole, int n_rows, float *totals, float *scratch);
    /* scores (rows, n) of queries (rows, D) with n keys in panels; room for whole panels is needed */
    void (*score)(int form, const void *keys, int d, int n, const float *q, ptrdiff_t ldq, int n_rows,
                  float *scores, ptrdiff_t ld, float *scratch);
    /* the scores of one row become shares that sum to 1 when divided by what is returned */
    float (*softmax)(float *scores, int n, float scale);
    /* totals (rows, D) += shares (rows, n) times n values, one after the other */
    void (*mix)(int form, const void *values, int d, int n, const float *shares, ptrdiff_t ld, int n_rows,
                float *totals, ptrdiff_t ldt, float *scratch);
    void (*narrow_row)(const float *x, int n, uint16_t *out); /* to float16 */
    void (*to_int8)(float w[GROUP][PANEL], uint8_t *to); /* a group of a panel in its form */
    void (*to_int4)(float w[GROUP][PANEL], uint8_t *to);
    int64_t (*touch)(const uint8_t *bytes, int64_t n); /* reads all of it: measures the memory */
};

extern const struct kernels plain_kernels, avx2_kernels, avx512_kernels, avx512vnni_kernels;
extern const struct kernels *kernels;

static inline int up(int n, int to) { return (n + to - 1) / to * to; }

/* Words that `to_whole` writes for a row. */
static inline int whole_words(int n_in) { return up(n_in, GROUP) / GROUP * (2 + GROUP / 2); }

static inline float bfloat16(uint16_t bits) {
    union {
        uint32_t u;
        float f;
    } both = {(uint32_t)bits << 16};
    return both.f;
}

/* Bytes of one panel, and of one group of inputs within it. */
static inline int64_t panel_bytes(int form, int n_in) {
    switch (form) {
    case FLOAT32: return (int64_t)n_in * PANEL * 4;
    case Q8: return (int64_t)up(n_in, GROUP) / GROUP * (PANEL * 2 + GROUP * PANEL);
    case Q4: return (int64_t)up(n_in, GROUP) / GROUP * (PANEL * 4 + GROUP * PANEL / 2);
    default: return (int64_t)n_in * PANEL * 2;
    }
}

#endif
