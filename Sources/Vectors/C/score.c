// Scores of floats: of some rows, or of all rows that a scan of codes has left.

#include <math.h>
#include <stdlib.h>

#include "kernels.h"

/// Rows whose floats are read for one query after the other: so few that they stay in the nearest cache meanwhile.
static size_t span_rows(const hearth_matrix *matrix, size_t queries) {
    const size_t rows = queries == 1 ? 256 : 32768 / (matrix->dims * sizeof(float));
    return rows < 4 ? 4 : rows;
}

static inline float score(
    const hearth_kernels *kernels, const hearth_matrix *matrix, const hearth_query *query, size_t row) {
    const float *vector = matrix->vectors + row * matrix->dims;
    return query->is_euclidean ? -kernels->squared_distance(query->vector, vector, matrix->dims)
                               : kernels->dot(query->vector, vector, matrix->dims);
}

static inline float threshold_of(const hearth_top *top) {
    return top->count < top->capacity ? -INFINITY : top->capacity ? top->entries[0].key : INFINITY;
}

/// How far a query's rows have been scored.
typedef struct {
    size_t row;
    size_t range;
} hearth_cursor;

/// The first of some rows, in order, that is not below a number.
static size_t first_from(const uint32_t *rows, size_t count, uint32_t least) {
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (rows[middle] < least) low = middle + 1;
        else high = middle;
    }
    return low;
}

/// The next row that a query is to be scored with, at least `least`; the largest number when there is none.
static uint32_t next_row(const hearth_chosen *chosen, hearth_cursor *cursor, uint32_t least) {
    uint32_t next = UINT32_MAX;
    if (cursor->row < chosen->row_count) next = chosen->rows[cursor->row];
    while (cursor->range < chosen->open_count && chosen->open[cursor->range].end <= least) cursor->range++;
    if (cursor->range < chosen->open_count) {
        const uint32_t begin = chosen->open[cursor->range].begin;
        const uint32_t open = begin > least ? begin : least;
        next = open < next ? open : next;
    }
    return next;
}

/// The first row from `row` on, up to the end of its word, that takes part; else the row behind that word.
static inline uint32_t next_of_word(const uint64_t *bitmap, const hearth_matrix *matrix, uint32_t row) {
    const uint32_t local = row - matrix->first_row;
    const uint64_t word = bitmap[local / 64] >> (local % 64);
    return word ? row + (uint32_t)__builtin_ctzll(word) : row + 64 - local % 64;
}

/// Whether a row takes part; true without a bitmap.
static inline int takes_part(const uint64_t *bitmap, const hearth_matrix *matrix, uint32_t row) {
    const uint32_t local = row - matrix->first_row;
    return !bitmap || (bitmap[local / 64] >> (local % 64) & 1);
}

static inline void offer(
    const hearth_kernels *kernels, const hearth_matrix *matrix, const hearth_query *query, uint32_t row,
    hearth_top *top) {
    const float key = score(kernels, matrix, query, row - matrix->first_row);
    if (!(key < threshold_of(top))) hearth_push(top, key, row);
}

/// Scores a query's rows that lie in [begin, end).
static void score_span(
    const hearth_kernels *kernels, const hearth_matrix *matrix, const uint64_t *bitmap, const hearth_query *query,
    const hearth_chosen *chosen, hearth_cursor *cursor, uint32_t begin, uint32_t end, hearth_top *top) {
    for (; cursor->row < chosen->row_count && chosen->rows[cursor->row] < end; cursor->row++)
        offer(kernels, matrix, query, chosen->rows[cursor->row], top);
    for (size_t range = cursor->range; range < chosen->open_count && chosen->open[range].begin < end; range++) {
        const uint32_t first = chosen->open[range].begin > begin ? chosen->open[range].begin : begin;
        const uint32_t last = chosen->open[range].end < end ? chosen->open[range].end : end;
        for (uint32_t row = first; row < last;) {
            if (takes_part(bitmap, matrix, row)) offer(kernels, matrix, query, row++, top);
            else row = next_of_word(bitmap, matrix, row);
        }
    }
}

void hearth_score_chosen(
    hearth_instructions instructions, const hearth_matrix *matrix, size_t begin, size_t end, const uint64_t *bitmap,
    const hearth_query *queries, const hearth_chosen *chosen, hearth_top *tops, size_t count) {
    const hearth_kernels *kernels = hearth_kernels_of(instructions);
    const uint32_t first = matrix->first_row + (uint32_t)begin;
    const uint32_t last = matrix->first_row + (uint32_t)(end < matrix->rows ? end : matrix->rows);
    hearth_cursor *cursors = malloc((count ? count : 1) * sizeof *cursors);
    if (!cursors) abort();
    for (size_t query = 0; query < count; query++)
        cursors[query] = (hearth_cursor){first_from(chosen[query].rows, chosen[query].row_count, first), 0};
    const size_t rows = span_rows(matrix, count);
    uint32_t done = first;
    while (done < last) {
        uint32_t span = last;
        for (size_t query = 0; query < count; query++) {
            const uint32_t next = next_row(&chosen[query], &cursors[query], done);
            span = next < span ? next : span;
        }
        const uint32_t end_of_span = last - span > rows ? span + (uint32_t)rows : last;
        for (size_t query = 0; query < count; query++)
            score_span(
                kernels, matrix, bitmap, &queries[query], &chosen[query], &cursors[query], span, end_of_span,
                &tops[query]);
        done = end_of_span;
    }
    free(cursors);
}

void hearth_score(
    hearth_instructions instructions, const hearth_matrix *matrix, const hearth_query *query, const uint32_t *rows,
    size_t count, float *scores) {
    const hearth_kernels *kernels = hearth_kernels_of(instructions);
    for (size_t place = 0; place < count; place++) scores[place] = score(kernels, matrix, query, rows[place]);
}

uint64_t hearth_stream(hearth_instructions instructions, const uint8_t *memory, size_t bytes) {
    return hearth_kernels_of(instructions)->stream(memory, bytes);
}
