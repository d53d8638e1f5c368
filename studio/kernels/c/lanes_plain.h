/* Sixteen numbers at a time in plain C: the compiler makes NEON of it, or whatever there is. */
#define KERNELS plain_kernels
#define KERNELS_NAME "plain C"
#if defined(__x86_64__)
#define TILE_ROWS 2 /* here it is only compared with: small is quick to compile */
#else
#define TILE_ROWS 6
#endif
#define TILE_VECTORS 1

typedef struct {
    float f[LANES];
} v16;
typedef struct {
    uint32_t u[LANES];
} words;

#define EACH(expression)                  \
    v16 out;                              \
    for (int i = 0; i < LANES; i++)       \
        out.f[i] = (expression);          \
    return out

static inline v16 v_load(const float *p) { EACH(p[i]); }
static inline void v_store(float *p, v16 a) { memcpy(p, a.f, sizeof a.f); }
static inline v16 v_all(float x) { EACH(x); }
static inline v16 v_add(v16 a, v16 b) { EACH(a.f[i] + b.f[i]); }
static inline v16 v_sub(v16 a, v16 b) { EACH(a.f[i] - b.f[i]); }
static inline v16 v_mul(v16 a, v16 b) { EACH(a.f[i] * b.f[i]); }
static inline v16 v_div(v16 a, v16 b) { EACH(a.f[i] / b.f[i]); }
static inline v16 v_max(v16 a, v16 b) { EACH(a.f[i] > b.f[i] ? a.f[i] : b.f[i]); }
static inline v16 v_min(v16 a, v16 b) { EACH(a.f[i] < b.f[i] ? a.f[i] : b.f[i]); }
static inline v16 v_fma(v16 a, v16 b, v16 c) { EACH(__builtin_fmaf(a.f[i], b.f[i], c.f[i])); }
static inline v16 v_round(v16 a) { EACH(__builtin_rintf(a.f[i])); }

static inline float with_bits(uint32_t bits) {
    float f;
    memcpy(&f, &bits, 4);
    return f;
}
static inline uint32_t bits_of(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return bits;
}
static inline v16 v_times_power_of_2(v16 a, v16 n) {
    EACH(with_bits(bits_of(a.f[i]) + ((uint32_t)(int32_t)n.f[i] << 23)));
}
static inline v16 v_bfloat16(const uint16_t *p) { EACH(with_bits((uint32_t)p[i] << 16)); }

static inline float from_float16(uint16_t h) {
#if defined(__aarch64__)
    __fp16 half;
    memcpy(&half, &h, 2);
    return (float)half;
#else
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7fff;
    if (rest >= 0x7c00)
        return with_bits(sign | 0x7f800000u | (rest & 0x3ff) << 13);
    float size = with_bits(rest << 13) * 0x1p112f; /* also right where the exponent is 0 */
    return with_bits(sign | bits_of(size));
#endif
}
static inline uint16_t to_float16(float f) {
#if defined(__aarch64__)
    __fp16 half = (__fp16)f;
    uint16_t h;
    memcpy(&h, &half, 2);
    return h;
#else
    uint32_t bits = bits_of(f), sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size > 0x7f800000)
        return (uint16_t)(sign | 0x7e00);
    if (size >= 0x477ff000)
        return (uint16_t)(sign | 0x7c00);
    if (size < 0x38800000) /* below 2**-14: a sum with 0.5 rounds to steps of 2**-24 */
        return (uint16_t)(sign | (bits_of(with_bits(size) + 0.5f) - 0x3f000000));
    return (uint16_t)(sign | (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13);
#endif
}
static inline v16 v_float16(const uint16_t *p) { EACH(from_float16(p[i])); }
static inline void v_store_float16(uint16_t *p, v16 a) {
    for (int i = 0; i < LANES; i++)
        p[i] = to_float16(a.f[i]);
}
static inline words w_load(const uint32_t *p) {
    words w;
    memcpy(w.u, p, sizeof w.u);
    return w;
}
static inline float v_sum(v16 a) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            a.f[i] += a.f[i + half];
    return a.f[0];
}
static inline float v_largest(v16 a) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            a.f[i] = a.f[i] > a.f[i + half] ? a.f[i] : a.f[i + half];
    return a.f[0];
}

/* -- sums of products of whole numbers --------------------------------------------------------------------- */

#define OPERANDS 16 /* of a group, two numbers of each output */
enum { WORDS_TOGETHER = 1 };
#define WHOLE_ROWS TILE_ROWS
#define WHOLE_VECTORS 1
#define FEWER_ROWS 0
#define FEWER_VECTORS 1
#define ALONE_VECTORS 1

typedef struct {
    int32_t i[LANES];
} dots;

/* The two that a word of weights gives at a time: bytes 0 and 2, 1 and 3; nibbles 0 and 4, 1 and 5 ... */
static inline void d_arrange(int form, v16 a, v16 b, int32_t *to) {
    int16_t *out = (int16_t *)to;
    for (int i = 0; i < GROUP; i++) {
        const int place = form == Q8 ? i % 2 * 2 + i / 2 % 2 : i % 4 * 2 + i / 4 % 2;
        out[form == Q8 ? i / 4 * 4 + place : i / 8 * 8 + place] = (int16_t)(i < LANES ? a.f[i] : b.f[i - LANES]);
    }
}
INLINE words d_operand(const int form, words w, const int k) {
    for (int i = 0; i < LANES; i++)
        if (form == Q8) {
            const uint32_t high = (uint32_t)((int32_t)(w.u[i] << (8 - 8 * k)) >> 8) & 0xffff0000u;
            w.u[i] = high | (uint16_t)(int16_t)(int8_t)(w.u[i] >> (8 * k));
        } else {
            w.u[i] = w.u[i] >> (4 * k) & 0x000f000fu;
        }
    return w;
}
INLINE dots d_from(const int form, int32_t start) {
    (void)form, (void)start;
    return (dots){{0}};
}
INLINE dots d_add(dots sum, words operand, const int32_t *numbers, const int at) {
    const int32_t first = (int16_t)(uint16_t)numbers[at], second = numbers[at] >> 16;
    for (int i = 0; i < LANES; i++)
        sum.i[i] += (int16_t)operand.u[i] * first + ((int32_t)operand.u[i] >> 16) * second;
    return sum;
}
static inline v16 d_sum(dots sum) { EACH((float)sum.i[i]); }
