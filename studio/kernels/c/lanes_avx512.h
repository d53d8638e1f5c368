/* Sixteen numbers at a time: AVX-512. */
#include <immintrin.h>

#define KERNELS avx512_kernels
#define KERNELS_NAME "AVX-512"
#define TILE_ROWS 6
#define TILE_VECTORS 4

typedef __m512 v16;
typedef __m512i words;

static inline v16 v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void v_store(float *p, v16 a) { _mm512_storeu_ps(p, a); }
static inline v16 v_all(float x) { return _mm512_set1_ps(x); }
static inline v16 v_add(v16 a, v16 b) { return _mm512_add_ps(a, b); }
static inline v16 v_sub(v16 a, v16 b) { return _mm512_sub_ps(a, b); }
static inline v16 v_mul(v16 a, v16 b) { return _mm512_mul_ps(a, b); }
static inline v16 v_div(v16 a, v16 b) { return _mm512_div_ps(a, b); }
static inline v16 v_max(v16 a, v16 b) { return _mm512_max_ps(a, b); }
static inline v16 v_min(v16 a, v16 b) { return _mm512_min_ps(a, b); }
static inline v16 v_fma(v16 a, v16 b, v16 c) { return _mm512_fmadd_ps(a, b, c); }
static inline v16 v_round(v16 a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline v16 v_times_power_of_2(v16 a, v16 n) {
    __m512i shifted = _mm512_slli_epi32(_mm512_cvtps_epi32(n), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), shifted));
}
static inline v16 v_float16(const uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
static inline void v_store_float16(uint16_t *p, v16 a) {
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
static inline v16 v_bfloat16(const uint16_t *p) {
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
static inline words w_load(const uint32_t *p) { return _mm512_loadu_si512(p); }
/* Number k of the eight in each word, times 16**k; the last as it is. */
INLINE v16 w_nibble(words w, const int k) {
    return _mm512_cvtepi32_ps(k == 7 ? _mm512_srli_epi32(w, 28) : _mm512_and_epi32(w, _mm512_set1_epi32(15 << (4 * k))));
}
/* Byte k of the four in each word, times 2**24. */
INLINE v16 w_byte(words w, const int k) {
    const char o = -128;
    const __m128i to_the_top = _mm_setr_epi8(o, o, o, k, o, o, o, 4 + k, o, o, o, 8 + k, o, o, o, 12 + k);
    return _mm512_cvtepi32_ps(_mm512_shuffle_epi8(w, _mm512_broadcast_i32x4(to_the_top)));
}
static inline float v_sum(v16 a) {
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
