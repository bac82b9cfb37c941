#pragma once
// Exact vector search at memory speed: int8 scan with ranking, float scoring, and the choice of instruction set.
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
} hearth_top;

/// Offers a candidate; a key that is no number counts as the lowest.
void hearth_push(hearth_top *_Nonnull top, float key, uint32_t row);

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
} hearth_query;

/// Makes a row's codes of its floats.
/// - Returns: the row's scale, max|x| / 127; 0 for a row whose codes are all zero.
float hearth_quantise_row(
    const float *_Nonnull vector, size_t dims, size_t stride, uint8_t *_Nonnull codes);

/// Makes a query's codes, and the same as 16-bit numbers.
/// - Returns: the scale, as for a row.
float hearth_quantise_query(
    const float *_Nonnull vector, size_t dims, size_t stride, int8_t *_Nonnull codes, int16_t *_Nonnull wide);

/// Offers the rows of [begin, end) to the heap of each query, by the ranking key of the codes.
///
/// Memory is read once for all queries.
/// - Parameter bitmap: bit r % 64 of word r / 64 says whether row r of the matrix takes part; null for all rows.
void hearth_scan(
    hearth_instructions instructions, const hearth_matrix *_Nonnull matrix, size_t begin, size_t end,
    const uint64_t *_Nullable bitmap, const hearth_query *_Nonnull queries, hearth_top *_Nonnull tops, size_t count);

/// The same by exact scores of the floats.
void hearth_scan_exact(
    hearth_instructions instructions, const hearth_matrix *_Nonnull matrix, size_t begin, size_t end,
    const uint64_t *_Nullable bitmap, const hearth_query *_Nonnull queries, hearth_top *_Nonnull tops, size_t count);

/// Exact scores of some rows, which are numbered within the matrix.
void hearth_score(
    hearth_instructions instructions, const hearth_matrix *_Nonnull matrix, const hearth_query *_Nonnull query,
    const uint32_t *_Nonnull rows, size_t count, float *_Nonnull scores);

/// Reads memory as fast as one core can with plain loads, and adds up its 64-bit words: the limit that scans are
/// measured against.
/// - Parameter bytes: a multiple of 512, at an address that is a multiple of 64.
uint64_t hearth_stream(hearth_instructions instructions, const uint8_t *_Nonnull memory, size_t bytes);
