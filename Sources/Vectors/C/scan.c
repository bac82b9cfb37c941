// The way of rows through queries: bitmaps, tiles, gathers. The products themselves come from the instruction set.

#include <stdlib.h>
#include <string.h>

#include "gather.h"
#include "kernels.h"

/// Queries whose products with a tile are made together.
enum { hearth_query_block = 16 };

const hearth_kernels *hearth_kernels_of(hearth_instructions instructions) {
    // Not asked again whether it can be run: hearth_available has said so.
    switch (instructions) {
#if defined(__x86_64__)
    case hearth_avx2: return &hearth_avx2_kernels;
    case hearth_avxvnni: return &hearth_avxvnni_kernels;
    case hearth_avx512: return &hearth_avx512_kernels;
#elif defined(__aarch64__)
    case hearth_neon: return &hearth_neon_kernels;
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

/// Whether the next tile is a full one of neighbours.
static inline int is_block_next(const hearth_walk *walk) {
    if (walk->end - walk->next < hearth_tile_rows) return 0;
    return !walk->bitmap || (walk->next % 64 == 0 && walk->word == ~0ull);
}

static const float zeros[hearth_tile_rows];

static void fill(hearth_walk *walk, hearth_tile *tile) {
    const hearth_matrix *matrix = walk->matrix;
    if (walk->next < walk->end && is_block_next(walk)) {
        size_t first = walk->next;
        tile->count = hearth_tile_rows;
        tile->block = matrix->codes + first * matrix->stride;
        tile->scales = matrix->scales + first;
        tile->biases = matrix->biases ? matrix->biases + first : zeros;
        tile->rows[0] = (uint32_t)first;
        walk->next += hearth_tile_rows;
        if (walk->bitmap && walk->next < walk->end) walk->word = word_from(walk, walk->next);
        return;
    }
    tile->block = NULL;
    tile->count = take(walk, tile->rows);
    tile->scales = tile->own_scales;
    tile->biases = matrix->biases ? tile->own_biases : zeros;
    for (size_t place = 0; place < tile->count; place++) {
        size_t row = tile->rows[place];
        tile->codes[place] = matrix->codes + row * matrix->stride;
        tile->own_scales[place] = matrix->scales[row];
        if (matrix->biases) tile->own_biases[place] = matrix->biases[row];
    }
    for (size_t place = tile->count; 0 < place && place < hearth_tile_rows; place++)
        tile->codes[place] = tile->codes[tile->count - 1];
}

/// Says what is to be fetched during each row: a row some places later, if need be of the tile that follows.
static void look_ahead(hearth_tile *tile, const hearth_tile *next, size_t stride) {
    if (tile->block) return;
    size_t distance = hearth_bytes_ahead / stride;
    distance = distance < 1 ? 1 : distance > hearth_tile_rows ? hearth_tile_rows : distance;
    for (size_t place = 0; place < hearth_tile_rows; place++) {
        size_t later = place + distance;
        if (later < tile->count || next->count == 0) tile->ahead[place] = tile->codes[later % hearth_tile_rows];
        else if (next->block) tile->ahead[place] = next->block + (later - tile->count) % hearth_tile_rows * stride;
        else tile->ahead[place] = next->codes[(later - tile->count) % hearth_tile_rows];
    }
}

/// Looks at the keys of a tile's rows, and keeps the rows that pass the query's test.
static inline void rank(
    const hearth_kernels *kernels, const hearth_tile *tile, const int32_t *products, uint32_t first_row,
    hearth_gather *gather) {
    _Alignas(64) float keys[hearth_tile_rows];
    uint64_t mask = kernels->keys(products, tile, gather->query.factor, gather->test, keys);
    if (tile->count < 64) mask &= (1ull << tile->count) - 1;
    if (mask) {
        hearth_gather_reserve(gather);
        hearth_found *found = gather->found + gather->found_count;
        hearth_top *best = &gather->best;
        int is_better = 0;
        for (; mask; mask &= mask - 1) {
            const size_t place = (size_t)__builtin_ctzll(mask);
            const float key = keys[place], scale = tile->scales[place];
            const uint32_t row = first_row + (tile->block ? tile->rows[0] + (uint32_t)place : tile->rows[place]);
            *found++ = (hearth_found){key, scale, row};
            if (best->count < best->capacity || key > best->entries[0].key) {
                hearth_push(best, key, row);
                if (scale > gather->best_scale) gather->best_scale = scale;
                is_better = 1;
            }
        }
        gather->found_count = (size_t)(found - gather->found);
        if (is_better) hearth_gather_tighten(gather);
    }
    hearth_gather_judge(gather, tile->count);
}

/// The gathers that take a tile, and their queries side by side.
typedef struct {
    hearth_query *queries;
    hearth_gather **gathers;
    size_t count;
} hearth_takers;

static void choose(
    hearth_takers *takers, hearth_gather *const *gathers, size_t count, const hearth_tile *tile,
    const hearth_matrix *matrix) {
    const uint32_t first = matrix->first_row + tile->rows[0];
    const uint32_t last = tile->block ? first + hearth_tile_rows - 1 : matrix->first_row + tile->rows[tile->count - 1];
    takers->count = 0;
    for (size_t place = 0; place < count; place++) {
        if (!hearth_gather_takes(gathers[place], first, last, matrix->bounds.error_steps > 0)) continue;
        takers->queries[takers->count] = gathers[place]->query;
        takers->gathers[takers->count++] = gathers[place];
    }
}

/// Whether all gathers take any tile, so that they need not be asked.
static int take_all(hearth_gather *const *gathers, size_t count, const hearth_matrix *matrix) {
    if (!(matrix->bounds.error_steps > 0)) return 0;
    for (size_t place = 0; place < count; place++)
        if (!hearth_gather_takes_all(gathers[place])) return 0;
    return 1;
}

void hearth_scan(
    hearth_instructions instructions, const hearth_matrix *matrix, size_t begin, size_t end, const uint64_t *bitmap,
    hearth_gather *const *gathers, size_t count) {
    const hearth_kernels *kernels = hearth_kernels_of(instructions);
    // Two tiles: while one is worked on, the rows of the other are on their way from memory.
    hearth_tile tiles[2];
    memset(tiles, 0, sizeof tiles);
    _Alignas(64) int32_t products[hearth_query_block * hearth_tile_rows];
    const size_t places = count ? count : 1;
    hearth_takers takers = {malloc(places * sizeof(hearth_query)), malloc(places * sizeof(hearth_gather *)), 0};
    if (!takers.queries || !takers.gathers) abort();
    hearth_walk walk = walk_of(matrix, begin, end, bitmap);
    size_t current = 0;
    fill(&walk, &tiles[current]);
    while (tiles[current].count > 0) {
        const hearth_tile *tile = &tiles[current];
        hearth_tile *next = &tiles[1 - current];
        fill(&walk, next);
        look_ahead(&tiles[current], next, matrix->stride);
        if (takers.count < count || !take_all(gathers, count, matrix)) choose(&takers, gathers, count, tile, matrix);
        for (size_t first = 0; first < takers.count; first += hearth_query_block) {
            size_t block = takers.count - first < hearth_query_block ? takers.count - first : hearth_query_block;
            kernels->products(tile, takers.queries + first, block, matrix->stride, products);
            for (size_t query = 0; query < block; query++)
                rank(
                    kernels, tile, products + query * hearth_tile_rows, matrix->first_row,
                    takers.gathers[first + query]);
        }
        current = 1 - current;
    }
    free(takers.queries);
    free(takers.gathers);
}
