#include <string.h>

#include "CPictures.h"

/// Adds a row of the picture, weighed.
static void add_row(const hearth_pixels *pixels, int32_t row, float weight, float *line) {
    const uint8_t *from = pixels->origin + row * pixels->down;
    if (pixels->across == 3 && pixels->band == 1) {
        // Bytes one after the other: vector code.
        for (int32_t place = 0; place < 3 * pixels->width; place++) line[place] += weight * from[place];
        return;
    }
    for (int32_t x = 0; x < pixels->width; x++, from += pixels->across) {
        line[3 * x] += weight * from[0];
        line[3 * x + 1] += weight * from[pixels->band];
        line[3 * x + 2] += weight * from[2 * pixels->band];
    }
}

static inline uint8_t rounded(float value) {
    value += 0.5f;
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)value;
}

void hearth_reduce(const hearth_pixels *pixels, const hearth_taps *across, const hearth_taps *down, float *line,
                   uint8_t *result) {
    for (int32_t row = 0; row < down->length; row++) {
        memset(line, 0, sizeof(float) * 3 * (size_t)pixels->width);
        for (int32_t tap = 0; tap < down->count[row]; tap++)
            add_row(pixels, down->first[row] + tap, down->weights[row * down->most + tap], line);
        for (int32_t column = 0; column < across->length; column++, result += 3) {
            const float *weights = across->weights + column * across->most;
            const float *from = line + 3 * across->first[column];
            float red = 0, green = 0, blue = 0;
            for (int32_t tap = 0; tap < across->count[column]; tap++, from += 3) {
                red += weights[tap] * from[0];
                green += weights[tap] * from[1];
                blue += weights[tap] * from[2];
            }
            result[0] = rounded(red);
            result[1] = rounded(green);
            result[2] = rounded(blue);
        }
    }
}
