// AVX2: bytes are widened and multiplied as 16-bit numbers. The instruction that multiplies bytes is left aside: its
// sums saturate at 16 bits. AVX-VNNI, which needs no widening, shares the rest.

#if defined(__x86_64__)

#include <immintrin.h>

#include "float.h"
#include "kernels.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

/// Lane i of the result: the sum of all lanes of sums[i].
ALWAYS_INLINE __m128i add_across(const __m256i sums[4]) {
    __m256i four = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
    return _mm_add_epi32(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
}

/// Products of four rows with one or two queries.
ALWAYS_INLINE void widened_block(
    const hearth_tile *tile, const size_t first, const hearth_query *queries, const int width, size_t stride,
    const int is_block, const int fetches, int32_t *products) {
    const uint8_t *codes[4], *ahead[4];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < 4; row++) {
        codes[row] = hearth_row(tile, first + row, stride, is_block);
        ahead[row] = hearth_row_ahead(tile, first + row, stride, is_block);
    }
    __m256i sums[8];
#pragma clang loop unroll(full)
    for (int sum = 0; sum < 4 * width; sum++) sums[sum] = _mm256_setzero_si256();
    for (size_t place = 0; place < stride; place += 64) {
        if (fetches)
#pragma clang loop unroll(full)
            for (int row = 0; row < 4; row++) _mm_prefetch((const char *)(ahead[row] + place), _MM_HINT_T0);
#pragma clang loop unroll(full)
        for (size_t part = place; part < place + 64; part += 16)
#pragma clang loop unroll(full)
            for (int row = 0; row < 4; row++) {
                __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(codes[row] + part)));
#pragma clang loop unroll(full)
                for (int query = 0; query < width; query++) {
                    __m256i other = _mm256_loadu_si256((const __m256i *)(queries[query].wide + part));
                    sums[4 * query + row] =
                        _mm256_add_epi32(sums[4 * query + row], _mm256_madd_epi16(wide, other));
                }
            }
    }
#pragma clang loop unroll(full)
    for (int query = 0; query < width; query++)
        _mm_storeu_si128(
            (__m128i *)(products + query * hearth_tile_rows),
            _mm_sub_epi32(add_across(sums + 4 * query), _mm_set1_epi32(queries[query].correction)));
}

/// A tile with `width` queries.
ALWAYS_INLINE void widened_columns(
    const hearth_tile *tile, const hearth_query *queries, const int width, size_t stride, const int fetches,
    int32_t *products) {
    if (tile->block) {
        for (size_t row = 0; row < hearth_tile_rows; row += 4)
            widened_block(tile, row, queries, width, stride, 1, fetches, products + row);
    } else {
        for (size_t row = 0; row < tile->count; row += 4)
            widened_block(tile, row, queries, width, stride, 0, fetches, products + row);
    }
}

static void widened_products(
    const hearth_tile *tile, const hearth_query *queries, size_t count, size_t stride, int32_t *products) {
    size_t query = 0;
    while (query < count) {
        const hearth_query *these = queries + query;
        int32_t *to = products + query * hearth_tile_rows;
        if (count - query >= 2) {
            if (query == 0) widened_columns(tile, these, 2, stride, 1, to);
            else widened_columns(tile, these, 2, stride, 0, to);
            query += 2;
        } else {
            if (query == 0) widened_columns(tile, these, 1, stride, 1, to);
            else widened_columns(tile, these, 1, stride, 0, to);
            query += 1;
        }
    }
}

static uint64_t keys(
    const int32_t *products, const hearth_tile *tile, float factor, hearth_test test, float *keys) {
    __m256 factors = _mm256_set1_ps(factor), thresholds = _mm256_set1_ps(test.threshold);
    __m256 allowances = _mm256_set1_ps(test.allowance);
    uint64_t mask = 0;
    for (size_t row = 0; row < tile->count; row += 8) {
        __m256 product = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)(products + row)));
        __m256 scales = _mm256_loadu_ps(tile->scales + row);
        __m256 key = _mm256_mul_ps(_mm256_mul_ps(product, factors), scales);
        key = _mm256_add_ps(key, _mm256_loadu_ps(tile->biases + row));
        _mm256_storeu_ps(keys + row, key);
        __m256 reach = _mm256_add_ps(key, _mm256_mul_ps(allowances, scales));
        mask |= (uint64_t)_mm256_movemask_ps(_mm256_cmp_ps(reach, thresholds, _CMP_NLT_UQ)) << row;
    }
    return mask;
}

/// The term of each lane: a product, or a squared difference.
ALWAYS_INLINE __m256 terms(__m256 a, __m256 b, int is_distance) {
    if (!is_distance) return _mm256_mul_ps(a, b);
    __m256 difference = _mm256_sub_ps(a, b);
    return _mm256_mul_ps(difference, difference);
}

/// All bits of the first `count` lanes.
ALWAYS_INLINE __m256i first_lanes(size_t count) {
    __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lanes);
}

ALWAYS_INLINE float sum_of_terms(const float *a, const float *b, size_t dims, const int is_distance) {
    __m256 sums[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t place = 0;
    for (; place + hearth_lanes <= dims; place += hearth_lanes)
#pragma clang loop unroll(full)
        for (size_t part = 0; part < 4; part++) {
            __m256 left = _mm256_loadu_ps(a + place + 8 * part), right = _mm256_loadu_ps(b + place + 8 * part);
            sums[part] = _mm256_add_ps(sums[part], terms(left, right, is_distance));
        }
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) {
        size_t begin = place + 8 * part;
        if (begin >= dims) break;
        __m256i mask = first_lanes(dims - begin);
        __m256 left = _mm256_maskload_ps(a + begin, mask), right = _mm256_maskload_ps(b + begin, mask);
        sums[part] = _mm256_add_ps(sums[part], terms(left, right, is_distance));
    }
    // In the order of float.h.
    __m256 eight = _mm256_add_ps(_mm256_add_ps(sums[0], sums[2]), _mm256_add_ps(sums[1], sums[3]));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static float dot(const float *a, const float *b, size_t dims) { return sum_of_terms(a, b, dims, 0); }

static float squared_distance(const float *a, const float *b, size_t dims) { return sum_of_terms(a, b, dims, 1); }

static uint64_t stream(const uint8_t *memory, size_t bytes) {
    __m256i sums[8];
    for (int sum = 0; sum < 8; sum++) sums[sum] = _mm256_setzero_si256();
    for (size_t place = 0; place < bytes; place += 256)
#pragma clang loop unroll(full)
        for (int sum = 0; sum < 8; sum++)
            sums[sum] =
                _mm256_add_epi64(sums[sum], _mm256_load_si256((const __m256i *)(memory + place + 32 * sum)));
    for (int sum = 1; sum < 8; sum++) sums[0] = _mm256_add_epi64(sums[0], sums[sum]);
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)lanes, sums[0]);
    return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

#pragma clang attribute pop

const hearth_kernels hearth_avx2_kernels = {widened_products, keys, dot, squared_distance, stream};

#pragma clang attribute push(__attribute__((target("avx2,avxvnni"))), apply_to = function)

/// Lane i of the result: the sum of all lanes of sums[i].
ALWAYS_INLINE __m128i add_all_across(const __m256i sums[4]) {
    __m256i four = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
    return _mm_add_epi32(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
}

/// Products of four rows with one or two queries.
ALWAYS_INLINE void block(
    const hearth_tile *tile, const size_t first, const hearth_query *queries, const int width, size_t stride,
    const int is_block, const int fetches, int32_t *products) {
    const uint8_t *codes[4], *ahead[4];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < 4; row++) {
        codes[row] = hearth_row(tile, first + row, stride, is_block);
        ahead[row] = hearth_row_ahead(tile, first + row, stride, is_block);
    }
    __m256i sums[8];
#pragma clang loop unroll(full)
    for (int sum = 0; sum < 4 * width; sum++) sums[sum] = _mm256_setzero_si256();
    for (size_t place = 0; place < stride; place += 64) {
        if (fetches)
#pragma clang loop unroll(full)
            for (int row = 0; row < 4; row++) _mm_prefetch((const char *)(ahead[row] + place), _MM_HINT_T0);
#pragma clang loop unroll(full)
        for (size_t part = place; part < place + 64; part += 32)
#pragma clang loop unroll(full)
            for (int row = 0; row < 4; row++) {
                __m256i row_codes = _mm256_loadu_si256((const __m256i *)(codes[row] + part));
#pragma clang loop unroll(full)
                for (int query = 0; query < width; query++) {
                    __m256i other = _mm256_loadu_si256((const __m256i *)(queries[query].codes + part));
                    sums[4 * query + row] = _mm256_dpbusd_avx_epi32(sums[4 * query + row], row_codes, other);
                }
            }
    }
#pragma clang loop unroll(full)
    for (int query = 0; query < width; query++)
        _mm_storeu_si128(
            (__m128i *)(products + query * hearth_tile_rows),
            _mm_sub_epi32(add_all_across(sums + 4 * query), _mm_set1_epi32(queries[query].correction)));
}

/// A tile with `width` queries.
ALWAYS_INLINE void columns(
    const hearth_tile *tile, const hearth_query *queries, const int width, size_t stride, const int fetches,
    int32_t *products) {
    if (tile->block) {
        for (size_t row = 0; row < hearth_tile_rows; row += 4)
            block(tile, row, queries, width, stride, 1, fetches, products + row);
    } else {
        for (size_t row = 0; row < tile->count; row += 4)
            block(tile, row, queries, width, stride, 0, fetches, products + row);
    }
}

static void products(
    const hearth_tile *tile, const hearth_query *queries, size_t count, size_t stride, int32_t *products) {
    size_t query = 0;
    while (query < count) {
        const hearth_query *these = queries + query;
        int32_t *to = products + query * hearth_tile_rows;
        if (count - query >= 2) {
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

#pragma clang attribute pop

const hearth_kernels hearth_avxvnni_kernels = {products, keys, dot, squared_distance, stream};

#endif
