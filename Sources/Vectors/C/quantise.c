#include <math.h>

#include "CVectors.h"

// 1.5 * 2^23: adding and taking it away rounds a small float to a whole number, halves to even. A compiler turns that
// into vector code on every processor; rintf it does not.
static const float rounding = 12582912.0f;

/// Factor from components to codes; `scale` gets what leads back.
static float code_factor(const float *vector, size_t dims, float *scale) {
    // Sixteen maxima side by side, for vector code.
    float maxima[16] = {0};
    size_t place = 0;
    for (; place + 16 <= dims; place += 16)
        for (size_t lane = 0; lane < 16; lane++) {
            float size = fabsf(vector[place + lane]);
            maxima[lane] = size > maxima[lane] ? size : maxima[lane];
        }
    float maximum = 0;
    for (; place < dims; place++) maximum = fabsf(vector[place]) > maximum ? fabsf(vector[place]) : maximum;
    for (size_t lane = 0; lane < 16; lane++) maximum = maxima[lane] > maximum ? maxima[lane] : maximum;
    float factor = 127.0f / maximum;
    // Also when the maximum is so small that the factor is no number.
    if (!(maximum > 0) || isinf(factor)) {
        *scale = 0;
        return 0;
    }
    *scale = maximum / 127.0f;
    return factor;
}

/// A whole number of -127...127, whatever the component.
static inline int32_t code(float component, float factor) {
    float value = component * factor;
    value = value < 127.0f ? value : 127.0f;
    value = value > -127.0f ? value : -127.0f;
    return (int32_t)((value + rounding) - rounding);
}

float hearth_quantise_row(const float *vector, size_t dims, size_t stride, uint8_t *codes) {
    float scale;
    float factor = code_factor(vector, dims, &scale);
    for (size_t place = 0; place < dims; place++) codes[place] = (uint8_t)(code(vector[place], factor) + 128);
    for (size_t place = dims; place < stride; place++) codes[place] = 128;
    return scale;
}

float hearth_quantise_query(const float *vector, size_t dims, size_t stride, int8_t *codes, int16_t *wide) {
    float scale;
    float factor = code_factor(vector, dims, &scale);
    for (size_t place = 0; place < dims; place++) codes[place] = (int8_t)code(vector[place], factor);
    for (size_t place = dims; place < stride; place++) codes[place] = 0;
    for (size_t place = 0; place < stride; place++) wide[place] = codes[place];
    return scale;
}
