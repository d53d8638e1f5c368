/* Sixteen numbers at a time: two registers of AVX2, with FMA and F16C. */
#include <immintrin.h>

#define KERNELS avx2_kernels
#define KERNELS_NAME "AVX2"
#define TILE_ROWS 6
#define TILE_VECTORS 1

typedef struct {
    __m256 a, b;
} v16;
typedef struct {
    __m256i a, b;
} words;

static inline v16 v_load(const float *p) { return (v16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
static inline void v_store(float *p, v16 x) {
    _mm256_storeu_ps(p, x.a);
    _mm256_storeu_ps(p + 8, x.b);
}
static inline v16 v_all(float x) { return (v16){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
static inline v16 v_add(v16 x, v16 y) { return (v16){_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
static inline v16 v_sub(v16 x, v16 y) { return (v16){_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)}; }
static inline v16 v_mul(v16 x, v16 y) { return (v16){_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
static inline v16 v_div(v16 x, v16 y) { return (v16){_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
static inline v16 v_max(v16 x, v16 y) { return (v16){_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)}; }
static inline v16 v_min(v16 x, v16 y) { return (v16){_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)}; }
static inline v16 v_fma(v16 x, v16 y, v16 z) {
    return (v16){_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}
static inline v16 v_round(v16 x) {
    enum { NEAREST = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };
    return (v16){_mm256_round_ps(x.a, NEAREST), _mm256_round_ps(x.b, NEAREST)};
}
static inline __m256 half_times_power_of_2(__m256 a, __m256 n) {
    __m256i shifted = _mm256_slli_epi32(_mm256_cvtps_epi32(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), shifted));
}
static inline v16 v_times_power_of_2(v16 x, v16 n) {
    return (v16){half_times_power_of_2(x.a, n.a), half_times_power_of_2(x.b, n.b)};
}
static inline __m256 half_float16(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
static inline v16 v_float16(const uint16_t *p) { return (v16){half_float16(p), half_float16(p + 8)}; }
static inline void v_store_float16(uint16_t *p, v16 x) {
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128((__m128i *)(p + 8), _mm256_cvtps_ph(x.b, _MM_FROUND_TO_NEAREST_INT));
}
static inline __m256 half_bfloat16(const uint16_t *p) {
    __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
static inline v16 v_bfloat16(const uint16_t *p) { return (v16){half_bfloat16(p), half_bfloat16(p + 8)}; }
static inline words w_load(const uint32_t *p) {
    return (words){_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 8))};
}
static inline float v_sum(v16 x) {
    __m256 half = _mm256_add_ps(x.a, x.b);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
static inline float v_largest(v16 x) {
    __m256 eight = _mm256_max_ps(x.a, x.b);
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

/* -- sums of products of whole numbers --------------------------------------------------------------------- */

#define OPERANDS 16 /* of a group, two numbers of each output */
enum { WORDS_TOGETHER = 1 }; /* else the compiler puts all the sums off, and the registers run out */
#define WHOLE_ROWS 4
#define WHOLE_VECTORS 1
#define FEWER_ROWS 0
#define FEWER_VECTORS 1
#define ALONE_VECTORS 4

typedef words dots;

/* The two that a word of weights gives at a time: bytes 0 and 2, 1 and 3; nibbles 0 and 4, 1 and 5 ... */
static inline void d_arrange(int form, v16 a, v16 b, int32_t *to) {
    const __m256i bytes = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
    const __m256i nibbles = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    for (int half = 0; half < 2; half++) {
        const v16 x = half ? b : a;
        __m256i whole = _mm256_packs_epi32(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b));
        whole = _mm256_permute4x64_epi64(whole, 0xd8);
        _mm256_storeu_si256((__m256i *)(to + 8 * half), _mm256_shuffle_epi8(whole, form == Q8 ? bytes : nibbles));
    }
}
INLINE __m256i half_operand(const int form, __m256i w, const int k) {
    if (form == Q8)
        return _mm256_srai_epi16(k ? w : _mm256_slli_epi16(w, 8), 8);
    return _mm256_and_si256(_mm256_srli_epi32(w, 4 * k), _mm256_set1_epi16(15));
}
INLINE words d_operand(const int form, words w, const int k) {
    return (words){half_operand(form, w.a, k), half_operand(form, w.b, k)};
}
INLINE dots d_from(const int form, int32_t start) {
    (void)form, (void)start;
    return (dots){_mm256_setzero_si256(), _mm256_setzero_si256()};
}
INLINE dots d_add(dots sum, words operand, const int32_t *numbers, const int at) {
    const __m256i both = _mm256_set1_epi32(numbers[at]);
    return (dots){_mm256_add_epi32(sum.a, _mm256_madd_epi16(operand.a, both)),
                  _mm256_add_epi32(sum.b, _mm256_madd_epi16(operand.b, both))};
}
static inline v16 d_sum(dots sum) { return (v16){_mm256_cvtepi32_ps(sum.a), _mm256_cvtepi32_ps(sum.b)}; }
