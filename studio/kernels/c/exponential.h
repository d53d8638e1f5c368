/* exp(x) for x <= 0, to some 1e-7 of it; 0 below -87. Cody & Waite's reduction, Cephes' polynomial. */
#ifndef STUDIO_EXPONENTIAL_H
#define STUDIO_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

static inline float exp_below(float x) {
    float clipped = x > -87.0f ? x : -87.0f;
    float n = clipped * 1.44269504088896341f + 12582912.0f - 12582912.0f; /* to the nearest whole number */
    float f = clipped - n * 0.693359375f - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * f + 1.3981999507e-3f;
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * f * f + f + 1.0f;
    int32_t bits = ((int32_t)n + 127) << 23 & -(int32_t)(x > -87.0f);
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

/* exp(x) for x <= 0, to some 1e-16 of it; 0 below -700. Cody & Waite's reduction, Cephes' fraction. */
static inline double exp_exact(double x) {
    double clipped = x > -700.0 ? x : -700.0;
    double shifted = clipped * 1.4426950408889634 + 6755399441055744.0; /* the nearest whole number, in its last bits */
    double whole = shifted - 6755399441055744.0;
    double r = clipped - whole * 6.93145751953125e-1 - whole * 1.42860682030941723212e-6;
    double square = r * r;
    double p = r * ((1.26177193074810590878e-4 * square + 3.02994407707441961300e-2) * square + 1.0);
    double q = ((3.00198505138664455042e-6 * square + 2.52448340349684104192e-3) * square +
                2.27265548208155028766e-1) * square + 2.0;
    int64_t bits;
    double scale;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52 & -(int64_t)(x > -700.0);
    memcpy(&scale, &bits, sizeof scale);
    return (1.0 + 2.0 * p / (q - p)) * scale;
}

#endif
