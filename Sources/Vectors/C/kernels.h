#pragma once
// What one instruction set provides; scan.c does the rest.

#include "bound.h"

/// Rows that are looked at together: one word of a bitmap.
enum { hearth_tile_rows = 64 };

/// How far ahead of the loads memory is fetched. On the machine that this was measured on (EPYC 9005, one query) a scan
/// reaches 98 % of plain reading with 4 kB, 96 % with 8 kB, 87 % with 1 kB and 91 % without.
enum { hearth_bytes_ahead = 4096 };

/// Rows on their way through the queries.
typedef struct {
    /// Codes of a full tile of neighbours, row after row; null for other tiles.
    const uint8_t *block;
    /// Without a block: each row's codes; behind the last, up to a full tile, the last row again.
    const uint8_t *codes[hearth_tile_rows];
    /// Without a block: what to fetch while a row is worked on.
    const uint8_t *ahead[hearth_tile_rows];
    /// Shape [hearth_tile_rows].
    const float *scales;
    const float *biases;
    /// Where `scales` and `biases` point unless the matrix has them side by side.
    float own_scales[hearth_tile_rows];
    float own_biases[hearth_tile_rows];
    /// Numbered within the matrix.
    uint32_t rows[hearth_tile_rows];
    size_t count;
} hearth_tile;

/// Products of the codes of a tile's rows with those of some queries.
/// - products: shape [count, hearth_tile_rows]; the offset of the rows is taken out.
typedef void hearth_products(
    const hearth_tile *tile, const hearth_query *queries, size_t count, size_t stride, int32_t *products);

/// A tile's ranking keys; bit i is set where row i passes the test (or its key is no number).
typedef uint64_t hearth_keys(
    const int32_t *products, const hearth_tile *tile, float factor, hearth_test test, float *keys);

/// Codes of a row of a tile.
static inline __attribute__((always_inline)) const uint8_t *hearth_row(
    const hearth_tile *tile, size_t row, size_t stride, int is_block) {
    return is_block ? tile->block + row * stride : tile->codes[row];
}

/// What to fetch while the row is worked on.
static inline __attribute__((always_inline)) const uint8_t *hearth_row_ahead(
    const hearth_tile *tile, size_t row, size_t stride, int is_block) {
    // As a number: it may lie behind the matrix, where a fetch does nothing.
    return is_block ? (const uint8_t *)((uintptr_t)tile->block + row * stride + hearth_bytes_ahead) : tile->ahead[row];
}

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
extern const hearth_kernels hearth_avxvnni_kernels;
extern const hearth_kernels hearth_avx512_kernels;
#endif
#if defined(__aarch64__)
extern const hearth_kernels hearth_neon_kernels;
#endif

/// The kernels of an instruction set that this processor has.
const hearth_kernels *hearth_kernels_of(hearth_instructions instructions);
