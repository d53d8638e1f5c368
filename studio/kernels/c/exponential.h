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

#endif
