/* Sixteen numbers at a time: AVX-512, with VNNI where the compiler may use it. */
#include <immintrin.h>

#ifdef __AVX512VNNI__
#define KERNELS avx512vnni_kernels
#define KERNELS_NAME "AVX-512 VNNI"
#else
#define KERNELS avx512_kernels
#define KERNELS_NAME "AVX-512"
#endif
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
static inline float v_sum(v16 a) {
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}
static inline float v_largest(v16 a) { return _mm512_reduce_max_ps(a); }

/* -- sums of products of whole numbers --------------------------------------------------------------------- */

#ifdef __AVX512VNNI__

#define OPERANDS 8 /* of a group, four bytes of each output */
enum { WORDS_TOGETHER = 8 };
#define WHOLE_ROWS 6
#define WHOLE_VECTORS 2
#define FEWER_ROWS 3
#define FEWER_VECTORS 4
#define ALONE_VECTORS 4

typedef struct {
    __m512i high, low; /* of the inputs' upper and lower bytes */
} dots;

/* Bytes that do not lie as the weights do: of 8, first those at 0, 2, 4 and 6. */
static inline void d_arrange(int form, v16 a, v16 b, int32_t *to) {
    const __m128i as_nibbles = _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15);
    for (int half = 0; half < 2; half++) {
        const __m512i whole = _mm512_cvtps_epi32(half ? b : a);
        __m128i low = _mm512_cvtepi32_epi8(whole);
        __m128i high = _mm512_cvtepi32_epi8(_mm512_srai_epi32(_mm512_add_epi32(whole, _mm512_set1_epi32(128)), 8));
        if (form == Q4) {
            low = _mm_shuffle_epi8(low, as_nibbles);
            high = _mm_shuffle_epi8(high, as_nibbles);
        }
        _mm_storeu_si128((__m128i *)(to + 4 * half), high);
        _mm_storeu_si128((__m128i *)(to + 8 + 4 * half), low);
    }
}
INLINE words d_operand(const int form, words w, const int k) {
    if (form == Q8)
        return _mm512_xor_si512(w, _mm512_set1_epi8(-128)); /* 128 larger, and without a sign */
    return _mm512_and_si512(k ? _mm512_srli_epi32(w, 4) : w, _mm512_set1_epi8(15));
}
INLINE dots d_from(const int form, int32_t start) {
    return (dots){_mm512_setzero_si512(), _mm512_set1_epi32(form == Q8 ? start : 0)};
}
INLINE dots d_add(dots sum, words operand, const int32_t *numbers, const int at) {
    return (dots){_mm512_dpbusd_epi32(sum.high, operand, _mm512_set1_epi32(numbers[at])),
                  _mm512_dpbusd_epi32(sum.low, operand, _mm512_set1_epi32(numbers[8 + at]))};
}
static inline v16 d_sum(dots sum) {
    return _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(sum.high, 8), sum.low));
}

#else

#define OPERANDS 16 /* of a group, two numbers of each output */
enum { WORDS_TOGETHER = 1 }; /* else the compiler puts all the sums off, and the registers run out */
#define WHOLE_ROWS 6
#define WHOLE_VECTORS 4
#define FEWER_ROWS 0
#define FEWER_VECTORS 4
#define ALONE_VECTORS 4

typedef __m512i dots;

/* The two that a word of weights gives at a time: bytes 0 and 2, 1 and 3; nibbles 0 and 4, 1 and 5 ... */
static inline void d_arrange(int form, v16 a, v16 b, int32_t *to) {
    const __m256i bytes = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
    const __m256i nibbles = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    for (int half = 0; half < 2; half++) {
        const __m256i whole = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(half ? b : a));
        _mm256_storeu_si256((__m256i *)(to + 8 * half), _mm256_shuffle_epi8(whole, form == Q8 ? bytes : nibbles));
    }
}
INLINE words d_operand(const int form, words w, const int k) {
    if (form == Q8)
        return _mm512_srai_epi16(k ? w : _mm512_slli_epi16(w, 8), 8);
    return _mm512_and_si512(_mm512_srli_epi32(w, 4 * k), _mm512_set1_epi16(15));
}
INLINE dots d_from(const int form, int32_t start) {
    (void)form, (void)start;
    return _mm512_setzero_si512();
}
INLINE dots d_add(dots sum, words operand, const int32_t *numbers, const int at) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(operand, _mm512_set1_epi32(numbers[at])));
}
static inline v16 d_sum(dots sum) { return _mm512_cvtepi32_ps(sum); }

#endif
