// The proof that a search by codes is exact.
//
// Notation: q the query, x a row, both as floats; q^ = f c and x^ = s d what their codes stand for; a = q - q^ and
// b = x - x^ the errors. Scales are fitted (quantise.c), so a is orthogonal to q^, and b to x^. All of the following is
// without rounding; the roundings of floats are collected in `slack`.
//
//     <q, x> - <q^, x^> = <q^, b> + <a, b> + <a, x^>
//
// Dot product: b is orthogonal to x^, so only the part of q^ that is orthogonal to x^ counts in <q^, b>, and likewise
// for <a, x^>. With t the angle between q^ and x^:
//
//     |<q, x> - <q^, x^>| <= (|q| |b| + |a| |x|) sin t + |a| |b|
//
// The key is <q^, x^>, so cos t >= key / (|q| |x|): rows with large keys, which are those that matter, have small
// angles and small errors. Among vectors that are nearly the same, this keeps the rows that codes cannot rank few.
//
// Euclidean distance: the key is 2 <q^, x^> - |x|^2. With <q^, b> = <q^ - x^, b> and <a, x^> = <a, x^ - q^>:
//
//     |2 <q, x> - 2 <q^, x^>| <= 2 (|a| + |b|) |q^ - x^| + 2 |a| |b|,    |q^ - x^|^2 <= |q|^2 - key
//
// Both have one form, with `spread` for sin t or |q^ - x^|, which gets smaller as the key grows. |b| <= error_steps * s
// holds for all rows of the matrix, so the scale of a row bounds its error, and no further number has to be read.
//
//     width = s (spread * spread_steps + constant_steps) + spread * spread_rows
//
// A row whose score reaches a floor has a key of at least floor - width(its key). So does a row with the largest width
// there is, which gives a lower limit of such keys; the spread there gives a smaller width, and a higher limit.

#include "bound.h"

#include <math.h>

// Half a unit in the last place of a float between 1 and 2.
static const double unit = 0x1p-24;

int hearth_make_limits(
    const hearth_query *query, const hearth_bounds *bounds, size_t dims, hearth_limits *limits) {
    const double q = query->length, a = query->error, x = bounds->length;
    const double smallest = 1e-15, largest = 1e36;
    if (!(bounds->error_steps > 0) || !(q >= smallest) || !(x >= smallest)) return 0;
    // A sum of products has no part larger than this, so no float overflows.
    if (!((q + x) * (q + x) <= largest)) return 0;
    // A lane of a sum of floats (float.h) adds so many terms; five additions of lanes follow.
    const double additions = (double)((dims + 31) / 32) + 5;
    const double steps = bounds->error_steps, b = bounds->error;
    *limits = (hearth_limits){
        .row_error = b,
        .row_error_steps = steps,
        .row_length = x,
        .query_error = a,
        .query_length = q,
        .is_euclidean = query->is_euclidean,
    };
    if (query->is_euclidean) {
        limits->spread_steps = 2 * steps;
        limits->spread_rows = 2 * a;
        limits->constant_steps = 2 * a * steps;
        limits->largest_spread = (q + x) * (1 + 0x1p-20);
        limits->relative = (additions + 8) * unit * 1.01;
        // 18 units of q^2 + x^2: scales that are floats 8, the key 6, the comparison 4.
        limits->slack = 32 * unit * (q * q + x * x);
        return 1;
    }
    limits->spread_steps = q * steps;
    limits->constant_steps = a * steps;
    limits->largest_spread = 1;
    // Rows of one length share |a| |x|. Otherwise the scale tells short rows from long ones.
    if (x <= 1.0001) limits->spread_rows = a * x;
    else limits->spread_steps += a * bounds->length_steps;
    // 16 units of q x as above, and what the score of the floats may be off.
    limits->slack = (32 + additions + 8) * unit * 1.01 * q * x;
    return 1;
}

/// The spread of rows whose keys are at least `key`.
static double spread(const hearth_limits *limits, double key) {
    const double q = limits->query_length, x = limits->row_length;
    if (limits->is_euclidean) {
        const double squared = q * q - key + 32 * unit * (q * q + x * x);
        return fmin(limits->largest_spread, sqrt(fmax(squared, 0)));
    }
    if (!(key > 0)) return 1;
    const double cosine = key / (q * x);
    return sqrt(fmax(1 - cosine * cosine * (1 - 32 * unit), 0));
}

/// The width of a row with such an error at most.
static double width(const hearth_limits *limits, double error, double spread) {
    const double q = limits->query_length, a = limits->query_error;
    if (limits->is_euclidean) return 2 * (error + a) * spread + 2 * a * error;
    return (q * error + a * limits->row_length) * spread + a * error;
}

hearth_test hearth_test_for(const hearth_limits *limits, float floor) {
    if (!(floor > -INFINITY)) return (hearth_test){-INFINITY, 0};
    double least = floor;
    // A key is short of the score by the square of the query's length.
    if (limits->is_euclidean)
        least = least * (1 + 2 * limits->relative) + limits->query_length * limits->query_length;
    least -= limits->slack;
    double spread_there = limits->largest_spread;
    for (int round = 0; round < 3; round++)
        spread_there = spread(limits, least - width(limits, limits->row_error, spread_there));
    const double threshold = least - spread_there * limits->spread_rows;
    const double allowance = spread_there * limits->spread_steps + limits->constant_steps;
    // Towards the side on which more rows pass.
    return (hearth_test){nextafterf((float)threshold, -INFINITY), nextafterf((float)allowance, INFINITY)};
}

float hearth_least_score(const hearth_limits *limits, float key, float scale) {
    const double error = fmin(limits->row_error, limits->row_error_steps * scale);
    double score = key - width(limits, error, spread(limits, key)) - limits->slack;
    if (limits->is_euclidean) {
        score -= limits->query_length * limits->query_length;
        // A squared distance is never negative.
        score = fmin(score * (1 + 2 * limits->relative), 0);
    }
    return nextafterf((float)score, -INFINITY);
}
