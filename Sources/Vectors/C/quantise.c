#include <math.h>

#include "CVectors.h"
#include "float.h"

// 1.5 * 2^23: adding and taking it away rounds a small float to a whole number, halves to even. A compiler turns that
// into vector code on every processor; rintf it does not.
static const float rounding = 12582912.0f;

/// Below it a vector has codes of zero: a scale near the smallest floats would be too coarse for the bounds.
static const float smallest_maximum = 0x1p-100f;

/// Factor from components to codes; 0 when all codes are to be zero.
static float code_factor(const float *vector, size_t dims) {
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
    return maximum >= smallest_maximum ? 127.0f / maximum : 0;
}

/// A whole number of -127...127, whatever the component.
static inline int32_t code(float component, float factor) {
    float value = component * factor;
    value = value < 127.0f ? value : 127.0f;
    value = value > -127.0f ? value : -127.0f;
    return (int32_t)((value + rounding) - rounding);
}

/// Doubles are added in so many lanes, for vector code; the order is the same everywhere.
enum { fit_lanes = 8 };

static double sum(const double *parts) {
    double sum = 0;
    for (size_t lane = 0; lane < fit_lanes; lane++) sum += parts[lane];
    return sum;
}

typedef struct {
    double squares[fit_lanes], products[fit_lanes], code_squares[fit_lanes], errors[fit_lanes];
} fit_sums;

static inline __attribute__((always_inline)) void add(
    fit_sums *sums, const float *vector, const size_t count, float factor) {
    for (size_t lane = 0; lane < count; lane++) {
        double x = vector[lane], c = code(vector[lane], factor);
        sums->squares[lane] += x * x;
        sums->products[lane] += x * c;
        sums->code_squares[lane] += c * c;
    }
}

static inline __attribute__((always_inline)) void add_errors(
    fit_sums *sums, const float *vector, const size_t count, float factor, double scale) {
    for (size_t lane = 0; lane < count; lane++) {
        double error = vector[lane] - scale * code(vector[lane], factor);
        sums->errors[lane] += error * error;
    }
}

/// The scale with which the codes are closest to the vector, and how close they are then.
///
/// With this scale the error is orthogonal to the codes, which the bounds of bound.c rely on.
static hearth_quantised fit(const float *vector, size_t dims, float factor) {
    fit_sums sums = {{0}, {0}, {0}, {0}};
    const size_t whole = dims / fit_lanes * fit_lanes;
    for (size_t place = 0; place < whole; place += fit_lanes) add(&sums, vector + place, fit_lanes, factor);
    add(&sums, vector + whole, dims - whole, factor);
    const double length = sqrt(sum(sums.squares)), squares = sum(sums.code_squares);
    // Without codes the error is the vector.
    if (!(squares > 0)) return (hearth_quantised){0, length, length, 0};
    const float scale = (float)(sum(sums.products) / squares);
    for (size_t place = 0; place < whole; place += fit_lanes)
        add_errors(&sums, vector + place, fit_lanes, factor, scale);
    add_errors(&sums, vector + whole, dims - whole, factor, scale);
    return (hearth_quantised){scale, sqrt(sum(sums.errors)), length, sqrt(squares)};
}

hearth_quantised hearth_quantise_row(const float *vector, size_t dims, size_t stride, uint8_t *codes) {
    float factor = code_factor(vector, dims);
    for (size_t place = 0; place < dims; place++) codes[place] = (uint8_t)(code(vector[place], factor) + 128);
    for (size_t place = dims; place < stride; place++) codes[place] = 128;
    return fit(vector, dims, factor);
}

hearth_quantised hearth_quantise_query(
    const float *vector, size_t dims, size_t stride, int8_t *codes, int16_t *wide) {
    float factor = code_factor(vector, dims);
    for (size_t place = 0; place < dims; place++) codes[place] = (int8_t)code(vector[place], factor);
    for (size_t place = dims; place < stride; place++) codes[place] = 0;
    for (size_t place = 0; place < stride; place++) wide[place] = codes[place];
    return fit(vector, dims, factor);
}

/// The larger of a bound and a number, rounded up.
static float widened(float bound, double number) {
    float above = (float)(number * (1 + 0x1p-20));
    return above > bound ? above : bound;
}

void hearth_include(hearth_bounds *bounds, hearth_quantised row) {
    // Never zero, which stands for bounds that are not known.
    bounds->error_steps = widened(bounds->error_steps, row.scale > 0 ? row.error / row.scale : 0x1p-20);
    if (bounds->error_steps < 0x1p-20f) bounds->error_steps = 0x1p-20f;
    bounds->length_steps = widened(bounds->length_steps, row.code_length);
    bounds->error = widened(bounds->error, row.error);
    bounds->length = widened(bounds->length, row.length);
}

void hearth_unite(hearth_bounds *bounds, hearth_bounds other) {
    if (other.error_steps > bounds->error_steps) bounds->error_steps = other.error_steps;
    if (other.length_steps > bounds->length_steps) bounds->length_steps = other.length_steps;
    if (other.error > bounds->error) bounds->error = other.error;
    if (other.length > bounds->length) bounds->length = other.length;
}
