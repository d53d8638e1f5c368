/* Which kernels this processor can use, and what Python asks before it trusts the library. */
#include "kernels.h"

#include <string.h>

const struct kernels *kernels = &plain_kernels;

#if defined(__x86_64__)
#include <cpuid.h>

/* The registers the operating system saves when it switches between programs. */
static uint32_t saved_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int has_avx2(void) {
    uint32_t a, b, c, d;
    const uint32_t needed = 1u << 12 | 1u << 27 | 1u << 28 | 1u << 29; /* FMA, OSXSAVE, AVX, F16C */
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & needed) != needed || (saved_registers() & 0x06) != 0x06)
        return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 5);
}

static int has_avx512(void) {
    uint32_t a, b, c, d;
    const uint32_t needed = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
    return has_avx2() && (saved_registers() & 0xe6) == 0xe6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) &&
           (b & needed) == needed;
}

static int has_avx512_vnni(void) {
    uint32_t a, b, c, d;
    return has_avx512() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 1u << 11);
}
#endif

/* Choose the kernels called `wish`, or the best there are for ""; their name, or NULL without such ones. */
EXPORT const char *studio_choose(const char *wish) {
    const struct kernels *usable[4];
    int n = 0;
#if defined(__x86_64__)
    if (has_avx512_vnni())
        usable[n++] = &avx512vnni_kernels;
    if (has_avx512())
        usable[n++] = &avx512_kernels;
    if (has_avx2())
        usable[n++] = &avx2_kernels;
    if (n > 0 || *wish) /* without FMA torch is faster than plain C */
        usable[n++] = &plain_kernels;
#else
    usable[n++] = &plain_kernels;
#endif
    for (int i = 0; i < n; i++)
        if (!*wish || strcmp(wish, usable[i]->name) == 0) {
            kernels = usable[i];
            return kernels->name;
        }
    return NULL;
}

/* Changes with the structures that Python fills in. */
EXPORT int studio_version(void) { return 1; }
EXPORT int64_t studio_panel_bytes(int form, int n_in) { return panel_bytes(form, n_in); }

struct reading {
    const uint8_t *bytes;
    int64_t n;
    int64_t sums[256];
};

static void read_some(void *context, int first, int end, int who) {
    struct reading *r = context;
    (void)who;
    for (int i = first; i < end; i++)
        r->sums[i] = kernels->touch(r->bytes + r->n / 256 * i, r->n / 256);
}

/* Read `n` bytes (a multiple of 65,536) with all threads, as a measure of the memory. */
EXPORT int64_t studio_read(const uint8_t *bytes, int64_t n) {
    struct reading r = {bytes, n, {0}};
    int64_t sum = 0;
    pool_begin();
    pool_run(256, read_some, &r);
    pool_end();
    for (int i = 0; i < 256; i++)
        sum += r.sums[i];
    return sum;
}
