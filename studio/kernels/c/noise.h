/* The noise of the draw, see core/drawing.py: numpy's Philox, counted from 1 at each position. */
#ifndef STUDIO_NOISE_H
#define STUDIO_NOISE_H

#include <math.h>
#include <stdint.h>

/* Philox 4x64 of ten rounds (Salmon et al. 2011). */
static inline void philox(uint64_t counter[4], uint64_t key0, uint64_t key1) {
    for (int round = 0; round < 10; round++) {
        unsigned __int128 a = (unsigned __int128)0xD2E7470EE14C6C93u * counter[0];
        unsigned __int128 b = (unsigned __int128)0xCA5A826395121157u * counter[2];
        uint64_t next0 = (uint64_t)(b >> 64) ^ counter[1] ^ key0;
        uint64_t next2 = (uint64_t)(a >> 64) ^ counter[3] ^ key1;
        counter[1] = (uint64_t)b;
        counter[3] = (uint64_t)a;
        counter[0] = next0;
        counter[2] = next2;
        key0 += 0x9E3779B97F4A7C15u;
        key1 += 0xBB67AE8584CAA73Bu;
    }
}

/* Whether a token of probability p is faster than the best so far, which it then becomes. */
static inline int overtakes(float p, uint64_t bits, double *best) {
    double u = ((double)(bits >> 11) + 0.5) * 0x1p-53;
    if (!(p > 0) || !(p / u >= *best)) return 0; /* most have lost before a logarithm is taken */
    double speed = p / -log1p(-u);
    if (!(speed > *best)) return 0;
    *best = speed;
    return 1;
}

#endif
