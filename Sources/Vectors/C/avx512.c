// AVX-512 with VNNI: 64 products of bytes in one instruction, whose sums cannot saturate.

#if defined(__x86_64__)

#include <immintrin.h>

#include "float.h"
#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/// Lane i of the result: the sum of all lanes of sums[i].
ALWAYS_INLINE __m512i add_across(const __m512i sums[16]) {
    __m512i fours[4];
#pragma clang loop unroll(full)
    for (int four = 0; four < 4; four++) {
        const __m512i *s = sums + 4 * four;
        __m512i low = _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
        __m512i high = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
        fours[four] = _mm512_add_epi32(_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high));
    }
    // Each quarter holds the sums of four vectors over its own lanes.
    __m512i low = _mm512_add_epi32(
        _mm512_shuffle_i32x4(fours[0], fours[1], 0x88), _mm512_shuffle_i32x4(fours[0], fours[1], 0xdd));
    __m512i high = _mm512_add_epi32(
        _mm512_shuffle_i32x4(fours[2], fours[3], 0x88), _mm512_shuffle_i32x4(fours[2], fours[3], 0xdd));
    return _mm512_add_epi32(_mm512_shuffle_i32x4(low, high, 0x88), _mm512_shuffle_i32x4(low, high, 0xdd));
}

/// Adds the products of `bytes` of a row with those of one or two queries to the sums, which lie `gap` apart.
ALWAYS_INLINE void add_piece(
    const uint8_t *codes, uintptr_t ahead, const size_t place, const size_t bytes, const hearth_query *queries,
    const int width, const int fetches, __m512i *sums, const int gap) {
#pragma clang loop unroll(full)
    for (size_t line = 0; line < bytes; line += 64) {
        if (fetches) _mm_prefetch((const char *)(ahead + line), _MM_HINT_T0);
        __m512i row_codes = _mm512_loadu_si512(codes + line);
#pragma clang loop unroll(full)
        for (int query = 0; query < width; query++)
            sums[query * gap] = _mm512_dpbusd_epi32(
                sums[query * gap], row_codes, _mm512_loadu_si512(queries[query].codes + place + line));
    }
}

/// One row after the other: memory is read in its own order.
///
/// Rows are not gone through in a loop, nor are the lines of 512 bytes: on the machine that this was measured on (EPYC
/// 9005) a scan reaches 97 to 100 % of the speed of plain reading so, and 85 to 90 % where few loads take turns. It
/// seems that the processor follows the stride of each load, and fetches what is already on its way.
ALWAYS_INLINE void row_by_row(
    const hearth_tile *tile, const size_t first, const hearth_query *queries, const int width, size_t stride,
    const int is_block, const int fetches, __m512i sums[16]) {
    const int rows = 16 / width;
    const uint8_t *codes = is_block ? tile->block + first * stride : 0;
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        if (!is_block) codes = tile->codes[first + (size_t)row];
        // A distance, so that a block needs one pointer; as a number, because it may lead behind the matrix.
        uintptr_t ahead = is_block ? hearth_bytes_ahead
                                   : (uintptr_t)tile->ahead[first + (size_t)row] - (uintptr_t)codes;
        size_t place = 0;
        for (; place + 512 <= stride; place += 512, codes += 512)
            add_piece(codes, (uintptr_t)codes + ahead, place, 512, queries, width, fetches, sums + row, rows);
        if (stride & 256) {
            add_piece(codes, (uintptr_t)codes + ahead, place, 256, queries, width, fetches, sums + row, rows);
            place += 256, codes += 256;
        }
        if (stride & 128) {
            add_piece(codes, (uintptr_t)codes + ahead, place, 128, queries, width, fetches, sums + row, rows);
            place += 128, codes += 128;
        }
        if (stride & 64) {
            add_piece(codes, (uintptr_t)codes + ahead, place, 64, queries, width, fetches, sums + row, rows);
            codes += 64;
        }
    }
}

/// Four rows side by side with four queries: what is loaded is used four times.
ALWAYS_INLINE void side_by_side(
    const hearth_tile *tile, const size_t first, const hearth_query *queries, size_t stride, const int is_block,
    const int fetches, __m512i sums[16]) {
    const uint8_t *codes[4], *ahead[4];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < 4; row++) {
        codes[row] = hearth_row(tile, first + row, stride, is_block);
        ahead[row] = hearth_row_ahead(tile, first + row, stride, is_block);
    }
    for (size_t place = 0; place < stride; place += 64) {
        __m512i row_codes[4];
#pragma clang loop unroll(full)
        for (int row = 0; row < 4; row++) {
            if (fetches) _mm_prefetch((const char *)(ahead[row] + place), _MM_HINT_T0);
            row_codes[row] = _mm512_loadu_si512(codes[row] + place);
        }
#pragma clang loop unroll(full)
        for (int query = 0; query < 4; query++) {
            __m512i query_codes = _mm512_loadu_si512(queries[query].codes + place);
#pragma clang loop unroll(full)
            for (int row = 0; row < 4; row++)
                sums[query * 4 + row] = _mm512_dpbusd_epi32(sums[query * 4 + row], row_codes[row], query_codes);
        }
    }
}

/// Sixteen products: each of 16 / width rows with each of `width` queries.
ALWAYS_INLINE void block(
    const hearth_tile *tile, const size_t first, const hearth_query *queries, const int width, size_t stride,
    const int is_block, const int fetches, int32_t *products) {
    __m512i sums[16];
#pragma clang loop unroll(full)
    for (int sum = 0; sum < 16; sum++) sums[sum] = _mm512_setzero_si512();
    if (width == 4) side_by_side(tile, first, queries, stride, is_block, fetches, sums);
    else row_by_row(tile, first, queries, width, stride, is_block, fetches, sums);
    // Lanes: the rows of the first query, those of the second, ...
    __m512i across = add_across(sums);
    if (width == 1) {
        _mm512_storeu_si512(products, _mm512_sub_epi32(across, _mm512_set1_epi32(queries[0].correction)));
    } else if (width == 2) {
        __m256i first = _mm512_castsi512_si256(across), second = _mm512_extracti64x4_epi64(across, 1);
        first = _mm256_sub_epi32(first, _mm256_set1_epi32(queries[0].correction));
        second = _mm256_sub_epi32(second, _mm256_set1_epi32(queries[1].correction));
        _mm256_storeu_si256((__m256i *)products, first);
        _mm256_storeu_si256((__m256i *)(products + hearth_tile_rows), second);
    } else {
        __m128i four[4] = {
            _mm512_castsi512_si128(across), _mm512_extracti32x4_epi32(across, 1),
            _mm512_extracti32x4_epi32(across, 2), _mm512_extracti32x4_epi32(across, 3),
        };
#pragma clang loop unroll(full)
        for (int query = 0; query < 4; query++)
            _mm_storeu_si128(
                (__m128i *)(products + query * hearth_tile_rows),
                _mm_sub_epi32(four[query], _mm_set1_epi32(queries[query].correction)));
    }
}

/// A tile with `width` queries.
ALWAYS_INLINE void columns(
    const hearth_tile *tile, const hearth_query *queries, const int width, size_t stride, const int fetches,
    int32_t *products) {
    const size_t rows = 16 / (size_t)width;
    if (tile->block) {
        for (size_t row = 0; row < hearth_tile_rows; row += rows)
            block(tile, row, queries, width, stride, 1, fetches, products + row);
    } else {
        for (size_t row = 0; row < tile->count; row += rows)
            block(tile, row, queries, width, stride, 0, fetches, products + row);
    }
}

static void products(
    const hearth_tile *tile, const hearth_query *queries, size_t count, size_t stride, int32_t *products) {
    size_t query = 0;
    while (query < count) {
        const hearth_query *these = queries + query;
        int32_t *to = products + query * hearth_tile_rows;
        if (count - query >= 4) {
            if (query == 0) columns(tile, these, 4, stride, 1, to);
            else columns(tile, these, 4, stride, 0, to);
            query += 4;
        } else if (count - query >= 2) {
            if (query == 0) columns(tile, these, 2, stride, 1, to);
            else columns(tile, these, 2, stride, 0, to);
            query += 2;
        } else {
            if (query == 0) columns(tile, these, 1, stride, 1, to);
            else columns(tile, these, 1, stride, 0, to);
            query += 1;
        }
    }
}

static uint64_t keys(
    const int32_t *products, const hearth_tile *tile, float factor, hearth_test test, float *keys) {
    __m512 factors = _mm512_set1_ps(factor), thresholds = _mm512_set1_ps(test.threshold);
    __m512 allowances = _mm512_set1_ps(test.allowance);
    uint64_t mask = 0;
    for (size_t row = 0; row < tile->count; row += 16) {
        __m512 key = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(products + row)), factors);
        __m512 scales = _mm512_loadu_ps(tile->scales + row);
        key = _mm512_add_ps(_mm512_mul_ps(key, scales), _mm512_loadu_ps(tile->biases + row));
        _mm512_storeu_ps(keys + row, key);
        __m512 reach = _mm512_add_ps(key, _mm512_mul_ps(allowances, scales));
        mask |= (uint64_t)_mm512_cmp_ps_mask(reach, thresholds, _CMP_NLT_UQ) << row;
    }
    return mask;
}

/// Adds lanes in the order of float.h; `low` holds lanes 0...15.
ALWAYS_INLINE float add_lanes(__m512 low, __m512 high) {
    __m512 sixteen = _mm512_add_ps(low, high);
    __m256 upper = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(sixteen), 1));
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sixteen), upper);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/// The term of each lane: a product, or a squared difference.
ALWAYS_INLINE __m512 terms(__m512 a, __m512 b, int is_distance) {
    if (!is_distance) return _mm512_mul_ps(a, b);
    __m512 difference = _mm512_sub_ps(a, b);
    return _mm512_mul_ps(difference, difference);
}

ALWAYS_INLINE float sum_of_terms(const float *a, const float *b, size_t dims, const int is_distance) {
    __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    size_t place = 0;
    for (; place + hearth_lanes <= dims; place += hearth_lanes) {
        low = _mm512_add_ps(low, terms(_mm512_loadu_ps(a + place), _mm512_loadu_ps(b + place), is_distance));
        high = _mm512_add_ps(
            high, terms(_mm512_loadu_ps(a + place + 16), _mm512_loadu_ps(b + place + 16), is_distance));
    }
    size_t rest = dims - place;
    if (rest > 0) {
        __mmask16 in_low = (__mmask16)(rest < 16 ? (1u << rest) - 1 : 0xffff);
        __mmask16 in_high = (__mmask16)(rest < 16 ? 0 : (1u << (rest - 16)) - 1);
        low = _mm512_add_ps(
            low,
            terms(_mm512_maskz_loadu_ps(in_low, a + place), _mm512_maskz_loadu_ps(in_low, b + place), is_distance));
        high = _mm512_add_ps(
            high, terms(
                      _mm512_maskz_loadu_ps(in_high, a + place + 16), _mm512_maskz_loadu_ps(in_high, b + place + 16),
                      is_distance));
    }
    return add_lanes(low, high);
}

static float dot(const float *a, const float *b, size_t dims) { return sum_of_terms(a, b, dims, 0); }

static float squared_distance(const float *a, const float *b, size_t dims) { return sum_of_terms(a, b, dims, 1); }

static uint64_t stream(const uint8_t *memory, size_t bytes) {
    __m512i sums[8];
    for (int sum = 0; sum < 8; sum++) sums[sum] = _mm512_setzero_si512();
    for (size_t place = 0; place < bytes; place += 512)
#pragma clang loop unroll(full)
        for (int sum = 0; sum < 8; sum++)
            sums[sum] = _mm512_add_epi64(sums[sum], _mm512_load_si512(memory + place + 64 * sum));
    for (int sum = 1; sum < 8; sum++) sums[0] = _mm512_add_epi64(sums[0], sums[sum]);
    return (uint64_t)_mm512_reduce_add_epi64(sums[0]);
}

#pragma clang attribute pop

const hearth_kernels hearth_avx512_kernels = {products, keys, dot, squared_distance, stream};

#endif
