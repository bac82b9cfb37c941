#pragma once
// What one instruction set provides; scan.c does the rest.

#include "CVectors.h"

/// Rows that are looked at together: one word of a bitmap.
enum { hearth_tile_rows = 64 };

/// Rows on their way through the queries: neighbours, or those that a bitmap picked.
typedef struct {
    /// Each row's codes; behind the last, up to a full tile, the last row again.
    const uint8_t *codes[hearth_tile_rows];
    float scales[hearth_tile_rows];
    float biases[hearth_tile_rows];
    /// Numbered within the matrix.
    uint32_t rows[hearth_tile_rows];
    size_t count;
} hearth_tile;

/// Products of the codes of a tile's rows with those of some queries.
/// - next: the tile that follows, to be fetched meanwhile; null when there is none.
/// - products: shape [count, hearth_tile_rows]; the offset of the rows is taken out.
typedef void hearth_products(
    const hearth_tile *tile, const hearth_tile *next, const hearth_query *queries, size_t count, size_t stride,
    int32_t *products);

/// A tile's ranking keys; bit i is set where key i is not below the threshold (or is no number).
typedef uint64_t hearth_keys(
    const int32_t *products, const hearth_tile *tile, float factor, float threshold, float *keys);

/// A sum over two vectors.
typedef float hearth_pair(const float *a, const float *b, size_t dims);

typedef struct {
    hearth_products *products;
    hearth_keys *keys;
    hearth_pair *dot;
    hearth_pair *squared_distance;
    uint64_t (*stream)(const uint8_t *memory, size_t bytes);
} hearth_kernels;

extern const hearth_kernels hearth_portable_kernels;
#if defined(__x86_64__)
extern const hearth_kernels hearth_avx2_kernels;
extern const hearth_kernels hearth_avx512_kernels;
#endif
#if defined(__aarch64__)
extern const hearth_kernels hearth_neon_kernels;
#endif
