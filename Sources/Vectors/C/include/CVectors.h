#pragma once
// Exact vector search at memory speed: a scan of int8 codes rules rows out, and floats decide on the rest.
//
// Every instruction set gives the same bits: the int8 products are whole numbers, and floats are added in one fixed
// order of 32 lanes, never fused (see float.h).

#include <stddef.h>
#include <stdint.h>

/// An instruction set; all of them exist on every processor as numbers, `hearth_available` says which can be run.
typedef enum {
    hearth_portable = 0,
    hearth_avx2 = 1,
    hearth_avxvnni = 2,
    hearth_avx512 = 3,
    hearth_neon = 4,
} hearth_instructions;

/// Bit i is set when instruction set i can be run here. Any thread, any time.
uint32_t hearth_available(void);

/// A search result on its way.
typedef struct {
    /// Greater is closer.
    float key;
    uint32_t row;
} hearth_candidate;

/// The best candidates so far: a heap with the worst on top. Equal keys: the lower row is better.
typedef struct {
    hearth_candidate *_Nullable entries;
    uint32_t capacity;
    uint32_t count;
    /// Candidates without a place that are as good as the worst that has one; kept only if `keeps_ties`.
    hearth_candidate *_Nullable ties;
    uint32_t tie_capacity;
    uint32_t tie_count;
    int32_t keeps_ties;
} hearth_top;

/// Offers a candidate; a key that is no number counts as the lowest.
void hearth_push(hearth_top *_Nonnull top, float key, uint32_t row);

/// Gives the memory of the ties back; there are none then.
void hearth_free_ties(hearth_top *_Nonnull top);

/// A vector as codes: code * scale is about a component.
typedef struct {
    /// Value of one step; 0 for a vector whose codes are all zero.
    float scale;
    /// Euclidean length of what the codes lack.
    double error;
    /// Of the vector.
    double length;
    /// Of the codes, in steps.
    double code_length;
} hearth_quantised;

/// What holds for every row of a matrix; all zero as long as nothing is known.
typedef struct {
    /// A row's error / its scale, at most; more than 0 when the bounds are known.
    float error_steps;
    /// Length of a row's codes in steps, at most.
    float length_steps;
    /// A row's error, at most.
    float error;
    /// A row's length, at most.
    float length;
} hearth_bounds;

/// Widens bounds so that they hold for one more row.
void hearth_include(hearth_bounds *_Nonnull bounds, hearth_quantised row);

/// Widens bounds so that they hold for the rows of others too.
void hearth_unite(hearth_bounds *_Nonnull bounds, hearth_bounds other);

/// Rows of one segment.
typedef struct {
    /// Shape `[rows, stride]`: int8 value + 128; padding bytes may hold anything.
    const uint8_t *_Nonnull codes;
    /// Shape `[rows]`: value of one step of a row's codes.
    const float *_Nonnull scales;
    /// Shape `[rows]`, added to each row's key; null for zeros.
    const float *_Nullable biases;
    /// Shape `[rows, dims]`: what the codes were made of; null when only codes are scanned.
    const float *_Nullable vectors;
    size_t rows;
    size_t dims;
    /// Bytes from one row of codes to the next: a multiple of 64.
    size_t stride;
    /// What the first row is called in candidates.
    uint32_t first_row;
    hearth_bounds bounds;
} hearth_matrix;

/// A query prepared for the scan.
typedef struct {
    /// Shape `[stride]`; the padding is zero.
    const int8_t *_Nonnull codes;
    /// The same as 16-bit numbers.
    const int16_t *_Nonnull wide;
    /// Shape `[dims]`.
    const float *_Nonnull vector;
    /// Key = dot product of the codes * factor * row's scale + row's bias.
    float factor;
    /// 128 * sum of the codes: what rows that are stored with an offset of 128 add to a product.
    int32_t correction;
    /// Exact scores are minus the squared Euclidean distance; else the dot product.
    int32_t is_euclidean;
    /// Of the vector, and of what its codes lack.
    double length;
    double error;
} hearth_query;

/// Makes a row's codes of its floats.
hearth_quantised hearth_quantise_row(
    const float *_Nonnull vector, size_t dims, size_t stride, uint8_t *_Nonnull codes);

/// Makes a query's codes, and the same as 16-bit numbers.
hearth_quantised hearth_quantise_query(
    const float *_Nonnull vector, size_t dims, size_t stride, int8_t *_Nonnull codes, int16_t *_Nonnull wide);

/// A row that can be among the best.
typedef struct {
    float key;
    float scale;
    uint32_t row;
} hearth_found;

/// Neighbouring rows.
typedef struct {
    uint32_t begin;
    uint32_t end;
} hearth_range;

/// What scans of codes keep for one query. One thread at a time.
typedef struct hearth_gather hearth_gather;

/// - Parameters:
///   - query: its vectors must stay where they are as long as the gather is used.
///   - bounds: of all rows that will be scanned and have bounds, together.
///   - wanted: how many of the best rows are looked for.
hearth_gather *_Nonnull hearth_gather_make(
    const hearth_query *_Nonnull query, const hearth_bounds *_Nonnull bounds, size_t dims, uint32_t wanted);

void hearth_gather_free(hearth_gather *_Nonnull gather);

/// What a gather holds; pointers are valid until it is used again.
typedef struct {
    /// The wanted number of rows with the best keys, of those that were scanned.
    const hearth_top *_Nonnull best;
    /// Rows that can be among the wanted best by score: in order of their numbers after the first scan.
    const hearth_found *_Nullable found;
    size_t found_count;
    /// Rows that were not scanned, or not worth it; in order.
    const hearth_range *_Nullable open;
    size_t open_count;
    /// Rows that were scanned although it ruled out few of them.
    size_t crowded;
} hearth_gathered;

hearth_gathered hearth_gather_result(const hearth_gather *_Nonnull gather);

/// Drops what cannot reach a score, because there are enough rows that do.
void hearth_gather_raise(hearth_gather *_Nonnull gather, float floor);

/// Prepares a further scan, of what the last one has left open, with the same parts and bitmaps.
void hearth_gather_again(hearth_gather *_Nonnull gather);

/// Scans the codes of the rows of [begin, end) for some queries, whose gathers keep what the codes cannot rule out.
///
/// Memory is read once for all queries.
/// - Parameter bitmap: bit r % 64 of word r / 64 says whether row r of the matrix takes part; null for all rows.
void hearth_scan(
    hearth_instructions instructions, const hearth_matrix *_Nonnull matrix, size_t begin, size_t end,
    const uint64_t *_Nullable bitmap, hearth_gather *_Nonnull const *_Nonnull gathers, size_t count);

/// Rows that floats are to decide on: single ones, and all of some ranges that take part.
typedef struct {
    /// In order; none of them in a range.
    const uint32_t *_Nullable rows;
    size_t row_count;
    /// In order.
    const hearth_range *_Nullable open;
    size_t open_count;
} hearth_chosen;

/// Offers what is chosen among the rows of [begin, end) to the heap of each query, by exact scores of the floats.
void hearth_score_chosen(
    hearth_instructions instructions, const hearth_matrix *_Nonnull matrix, size_t begin, size_t end,
    const uint64_t *_Nullable bitmap, const hearth_query *_Nonnull queries, const hearth_chosen *_Nonnull chosen,
    hearth_top *_Nonnull tops, size_t count);

/// Exact scores of some rows, which are numbered within the matrix.
void hearth_score(
    hearth_instructions instructions, const hearth_matrix *_Nonnull matrix, const hearth_query *_Nonnull query,
    const uint32_t *_Nonnull rows, size_t count, float *_Nonnull scores);

/// Reads memory as fast as one core can with plain loads, and adds up its 64-bit words: the limit that scans are
/// measured against.
/// - Parameter bytes: a multiple of 512, at an address that is a multiple of 64.
uint64_t hearth_stream(hearth_instructions instructions, const uint8_t *_Nonnull memory, size_t bytes);
