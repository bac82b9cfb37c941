#pragma once
// How far the ranking key of a row can be from its score, and so which rows the keys alone rule out.

#include "CVectors.h"

/// What a query and the bounds of some rows say about keys; made once, used for many thresholds.
typedef struct {
    /// Width of a row = scale * (spread * spread_steps + constant_steps) + spread * spread_rows, see bound.c.
    double spread_steps;
    double constant_steps;
    double spread_rows;
    /// Of the rows, at most.
    double row_error;
    double row_error_steps;
    double row_length;
    double query_error;
    double query_length;
    /// What roundings of floats add to a width.
    double slack;
    /// Relative error of a squared distance of floats.
    double relative;
    double largest_spread;
    int32_t is_euclidean;
} hearth_limits;

/// A row whose key + allowance * scale is below the threshold is ruled out.
typedef struct {
    float threshold;
    float allowance;
} hearth_test;

/// - Returns: 0 when nothing can be said: the bounds are not known, or numbers are so large or small that floats would
///   overflow or lose digits.
int hearth_make_limits(
    const hearth_query *query, const hearth_bounds *bounds, size_t dims, hearth_limits *limits);

/// The test for rows whose score, as floats give it, can reach `floor`.
hearth_test hearth_test_for(const hearth_limits *limits, float floor);

/// What the score, as floats give it, of a row at least is whose key is `key` and whose scale is at most `scale`.
float hearth_least_score(const hearth_limits *limits, float key, float scale);
