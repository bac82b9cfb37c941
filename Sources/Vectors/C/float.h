#pragma once
// The order in which floats are added, the same for all instruction sets.
//
// Lane i of 32 adds the products of the components i, i + 32, i + 64, ...; then lane i takes in lane i + 16, i + 8,
// i + 4, i + 2 and i + 1. Wider registers hold more lanes, but every lane sees the same additions.

#include <stddef.h>

// A fused multiplication rounds once where others round twice, and not every processor has it.
#pragma STDC FP_CONTRACT OFF

enum { hearth_lanes = 32 };

static inline float hearth_add_lanes(float *lanes) {
    for (size_t half = hearth_lanes / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
    return lanes[0];
}
