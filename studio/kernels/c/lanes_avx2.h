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
/* Number k of the eight in each word, times 16**k; the last as it is. */
INLINE __m256 half_nibble(__m256i w, const int k) {
    return _mm256_cvtepi32_ps(k == 7 ? _mm256_srli_epi32(w, 28) : _mm256_and_si256(w, _mm256_set1_epi32(15 << (4 * k))));
}
INLINE v16 w_nibble(words w, const int k) { return (v16){half_nibble(w.a, k), half_nibble(w.b, k)}; }
/* Byte k of the four in each word, times 2**24. */
INLINE v16 w_byte(words w, const int k) {
    const char o = -128;
    const __m256i to_the_top =
        _mm256_setr_epi8(o, o, o, k, o, o, o, 4 + k, o, o, o, 8 + k, o, o, o, 12 + k, o, o, o, k, o, o, o, 4 + k, o,
                         o, o, 8 + k, o, o, o, 12 + k);
    return (v16){_mm256_cvtepi32_ps(_mm256_shuffle_epi8(w.a, to_the_top)),
                 _mm256_cvtepi32_ps(_mm256_shuffle_epi8(w.b, to_the_top))};
}
static inline float v_sum(v16 x) {
    __m256 half = _mm256_add_ps(x.a, x.b);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
