// The way of rows through queries: bitmaps, tiles, heaps. The products themselves come from the instruction set.

#include <math.h>
#include <string.h>

#include "kernels.h"

/// Queries whose products with a tile are made together.
enum { hearth_query_block = 16 };

static const hearth_kernels *kernels_of(hearth_instructions instructions) {
    // Not asked again whether it can be run: hearth_available has said so.
    switch (instructions) {
#if defined(__x86_64__)
    case hearth_avx2:
    case hearth_avx512: return &hearth_portable_kernels;
#endif
#if defined(__aarch64__)
    case hearth_neon: return &hearth_portable_kernels;
#endif
    default: return &hearth_portable_kernels;
    }
}

/// A walk over the rows that take part.
typedef struct {
    const hearth_matrix *matrix;
    const uint64_t *bitmap;
    size_t next;
    size_t end;
    /// Rows of the word that `next` is in that are still to come.
    uint64_t word;
} hearth_walk;

/// The word that a row is in, without what lies in front of the row or behind the end.
static inline uint64_t word_from(const hearth_walk *walk, size_t row) {
    uint64_t word = walk->bitmap[row / 64] & (~0ull << (row % 64));
    size_t rest = walk->end - row / 64 * 64;
    return rest < 64 ? word & ((1ull << rest) - 1) : word;
}

static hearth_walk walk_of(const hearth_matrix *matrix, size_t begin, size_t end, const uint64_t *bitmap) {
    hearth_walk walk = {matrix, bitmap, begin, end < matrix->rows ? end : matrix->rows, 0};
    if (bitmap && walk.next < walk.end) walk.word = word_from(&walk, walk.next);
    return walk;
}

/// Takes up to a tile of rows, in their order.
static size_t take(hearth_walk *walk, uint32_t *rows) {
    size_t count = 0;
    if (!walk->bitmap) {
        for (; count < hearth_tile_rows && walk->next < walk->end; walk->next++) rows[count++] = (uint32_t)walk->next;
        return count;
    }
    while (walk->next < walk->end) {
        size_t base = walk->next / 64 * 64;
        for (; walk->word; walk->word &= walk->word - 1) {
            if (count == hearth_tile_rows) return count;
            rows[count++] = (uint32_t)(base + (size_t)__builtin_ctzll(walk->word));
        }
        // Words without a row are passed over here, and nothing of their rows is read.
        walk->next = base + 64;
        if (walk->next < walk->end) walk->word = word_from(walk, walk->next);
    }
    return count;
}

static void fill(hearth_walk *walk, hearth_tile *tile) {
    const hearth_matrix *matrix = walk->matrix;
    tile->count = take(walk, tile->rows);
    if (tile->count == 0) return;
    size_t first = tile->rows[0];
    int are_neighbours = tile->rows[tile->count - 1] - first == tile->count - 1;
    if (are_neighbours) {
        memcpy(tile->scales, matrix->scales + first, tile->count * sizeof(float));
        if (matrix->biases) memcpy(tile->biases, matrix->biases + first, tile->count * sizeof(float));
    } else {
        for (size_t place = 0; place < tile->count; place++) {
            tile->scales[place] = matrix->scales[tile->rows[place]];
            if (matrix->biases) tile->biases[place] = matrix->biases[tile->rows[place]];
        }
    }
    for (size_t place = 0; place < tile->count; place++)
        tile->codes[place] = matrix->codes + tile->rows[place] * matrix->stride;
    for (size_t place = tile->count; place < hearth_tile_rows; place++)
        tile->codes[place] = tile->codes[tile->count - 1];
}

static inline float threshold_of(const hearth_top *top) {
    return top->count < top->capacity ? -INFINITY : top->capacity ? top->entries[0].key : INFINITY;
}

static inline void rank(
    const hearth_kernels *kernels, const hearth_tile *tile, const int32_t *products, const hearth_query *query,
    uint32_t first_row, hearth_top *top) {
    float keys[hearth_tile_rows];
    uint64_t mask = kernels->keys(products, tile, query->factor, threshold_of(top), keys);
    if (tile->count < 64) mask &= (1ull << tile->count) - 1;
    for (; mask; mask &= mask - 1) {
        size_t place = (size_t)__builtin_ctzll(mask);
        hearth_push(top, keys[place], first_row + tile->rows[place]);
    }
}

void hearth_scan(
    hearth_instructions instructions, const hearth_matrix *matrix, size_t begin, size_t end, const uint64_t *bitmap,
    const hearth_query *queries, hearth_top *tops, size_t count) {
    const hearth_kernels *kernels = kernels_of(instructions);
    // Two tiles: while one is worked on, the rows of the other are on their way from memory.
    hearth_tile tiles[2];
    memset(tiles, 0, sizeof tiles);
    int32_t products[hearth_query_block * hearth_tile_rows];
    hearth_walk walk = walk_of(matrix, begin, end, bitmap);
    size_t current = 0;
    fill(&walk, &tiles[current]);
    while (tiles[current].count > 0) {
        const hearth_tile *tile = &tiles[current];
        hearth_tile *next = &tiles[1 - current];
        fill(&walk, next);
        for (size_t first = 0; first < count; first += hearth_query_block) {
            size_t block = count - first < hearth_query_block ? count - first : hearth_query_block;
            kernels->products(
                tile, first == 0 && next->count > 0 ? next : NULL, queries + first, block, matrix->stride, products);
            for (size_t query = 0; query < block; query++)
                rank(
                    kernels, tile, products + query * hearth_tile_rows, queries + first + query, matrix->first_row,
                    tops + first + query);
        }
        current = 1 - current;
    }
}

static inline float score(
    const hearth_kernels *kernels, const hearth_matrix *matrix, const hearth_query *query, size_t row) {
    const float *vector = matrix->vectors + row * matrix->dims;
    return query->is_euclidean ? -kernels->squared_distance(query->vector, vector, matrix->dims)
                               : kernels->dot(query->vector, vector, matrix->dims);
}

void hearth_scan_exact(
    hearth_instructions instructions, const hearth_matrix *matrix, size_t begin, size_t end, const uint64_t *bitmap,
    const hearth_query *queries, hearth_top *tops, size_t count) {
    const hearth_kernels *kernels = kernels_of(instructions);
    hearth_walk walk = walk_of(matrix, begin, end, bitmap);
    uint32_t rows[hearth_tile_rows];
    size_t taken;
    while ((taken = take(&walk, rows)) > 0)
        for (size_t place = 0; place < taken; place++)
            for (size_t query = 0; query < count; query++) {
                float key = score(kernels, matrix, queries + query, rows[place]);
                if (!(key < threshold_of(tops + query)))
                    hearth_push(tops + query, key, matrix->first_row + rows[place]);
            }
}

void hearth_score(
    hearth_instructions instructions, const hearth_matrix *matrix, const hearth_query *query, const uint32_t *rows,
    size_t count, float *scores) {
    const hearth_kernels *kernels = kernels_of(instructions);
    for (size_t place = 0; place < count; place++) scores[place] = score(kernels, matrix, query, rows[place]);
}

uint64_t hearth_stream(hearth_instructions instructions, const uint8_t *memory, size_t bytes) {
    return kernels_of(instructions)->stream(memory, bytes);
}
