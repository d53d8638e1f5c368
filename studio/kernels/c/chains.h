/* What chains.c and its helpers share: the stored rows, the stages, and the memory one thread works in. */
#ifndef STUDIO_CHAINS_H
#define STUDIO_CHAINS_H

#include "exponential.h"
#include "kernels.h"

enum { MOST_HEAD = 256 };

/* A row of logits as core/memory.py keeps it. */
struct kept_row {
    const uint16_t *coarse;
    const int8_t *fine;
    const float *head; /* the largest, falling */
    const int32_t *head_tokens;
    double best;
};

/* As in library.py. */
enum stage_kind {
    TEMPERATURE, DYNAMIC_TEMPERATURE, SMOOTHING, TOP_K, TOP_P, TYPICAL, TAIL_FREE, SIGMA, MIN_P, TOP_A, EPSILON, ETA,
    XTC, MIROSTAT, ADDED, BANNED, NGRAM, REPETITION, FREQUENCY, PRESENCE,
};

struct stage {
    int32_t kind, size;
    double a, b, c;
    const int64_t *offsets; /* (rows + 1): whose tokens and numbers are which row's */
    const int32_t *tokens;
    const float *numbers;
};

struct scratch;

struct chain_job {
    int64_t n, n_rows, n_stages;
    const struct stage *stages;
    const struct kept_row *rows;
    const int32_t *ids;     /* of the text */
    const int32_t *lengths; /* (rows): how many of them were read before each */
    const int32_t *targets; /* (rows) */
    double *logprobs;       /* (rows): of the targets, nats; no number where no token is left, or one is infinite */
    int32_t *removed;       /* (rows): the stage that removed the target, or -1 */
    struct scratch **scratch;
    float step;
    int32_t n_head, nothing; /* what is read where nothing is */
    int32_t longest;         /* of the lengths */
};

struct item {
    float order;
    int32_t token;
};

struct scratch {
    float *x, *e, *order, *old;
    struct item *items;
    int16_t *bins;
    int32_t *tokens, *slots, *counts; /* the last two are all 0 between two stages */
    float head[MOST_HEAD];
    int32_t head_tokens[MOST_HEAD];
};

struct scratch *scratch_of(const struct chain_job *job, int who); /* NULL: no memory */
int free_scratch(struct scratch *scratch);                        /* 0 if there was no memory for it */

void unpack_row(const struct kept_row *row, int64_t n, int n_head, float step, float *x);
float largest_of(const float *x, int64_t n);
int64_t count_above(const float *x, int64_t n, float bar);
int any_above(const float *x, int64_t n, float bar);
void sum_row(const float *x, int64_t n, float best, float *e, double *total, double *weighted);
int64_t spread_of(const float *x, int64_t n, float from, double *sum, double *square); /* of what is left */
void raise_row(const float *x, int64_t n, double log_sum, double *probs);

EXPORT void studio_top(const float *logits, int64_t n, int32_t k, int32_t *top);

/* The token at which `weights` in the order of `order`, the smallest first, have reached `mass`; -1: they do not. */
int64_t crossing(const float *order, const float *weights, int64_t n, double mass, int16_t *bins, struct item *items);
void sort_items(struct item *items, int64_t n);
void fall_row(float *row, int64_t n, uint32_t *one, uint32_t *other);

#endif
