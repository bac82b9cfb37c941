// arm64 with dot products of bytes (Armv8.2 DotProd): both sides signed, so the rows' offset is taken out first.

#if defined(__aarch64__)

#include <arm_neon.h>

#include "float.h"
#include "kernels.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

/// Products of four rows with `width` queries, at most four.
ALWAYS_INLINE void block(
    const hearth_tile *tile, const size_t first, const hearth_query *queries, const int width, size_t stride,
    const int is_block, const int fetches, int32_t *products) {
    const uint8_t *codes[4], *ahead[4];
#pragma clang loop unroll(full)
    for (size_t row = 0; row < 4; row++) {
        codes[row] = hearth_row(tile, first + row, stride, is_block);
        ahead[row] = hearth_row_ahead(tile, first + row, stride, is_block);
    }
    int32x4_t sums[16];
#pragma clang loop unroll(full)
    for (int sum = 0; sum < 4 * width; sum++) sums[sum] = vdupq_n_s32(0);
    for (size_t place = 0; place < stride; place += 64) {
        if (fetches)
#pragma clang loop unroll(full)
            for (int row = 0; row < 4; row++) __builtin_prefetch(ahead[row] + place);
#pragma clang loop unroll(full)
        for (size_t part = place; part < place + 64; part += 16) {
            int8x16_t row_codes[4];
#pragma clang loop unroll(full)
            for (int row = 0; row < 4; row++)
                row_codes[row] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(codes[row] + part), vdupq_n_u8(128)));
#pragma clang loop unroll(full)
            for (int query = 0; query < width; query++) {
                int8x16_t other = vld1q_s8(queries[query].codes + part);
#pragma clang loop unroll(full)
                for (int row = 0; row < 4; row++)
                    sums[4 * query + row] = vdotq_s32(sums[4 * query + row], row_codes[row], other);
            }
        }
    }
#pragma clang loop unroll(full)
    for (int query = 0; query < width; query++) {
        const int32x4_t *of_query = sums + 4 * query;
        int32x4_t four = vpaddq_s32(vpaddq_s32(of_query[0], of_query[1]), vpaddq_s32(of_query[2], of_query[3]));
        vst1q_s32(products + query * hearth_tile_rows, four);
    }
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
    const uint32x4_t bits = {1, 2, 4, 8};
    uint64_t mask = 0;
    for (size_t row = 0; row < tile->count; row += 4) {
        float32x4_t key = vmulq_n_f32(vcvtq_f32_s32(vld1q_s32(products + row)), factor);
        float32x4_t scales = vld1q_f32(tile->scales + row);
        key = vaddq_f32(vmulq_f32(key, scales), vld1q_f32(tile->biases + row));
        vst1q_f32(keys + row, key);
        float32x4_t reach = vaddq_f32(key, vmulq_n_f32(scales, test.allowance));
        // Not below, rather than at least: what is no number passes.
        uint32x4_t passes = vmvnq_u32(vcltq_f32(reach, vdupq_n_f32(test.threshold)));
        mask |= (uint64_t)vaddvq_u32(vandq_u32(passes, bits)) << row;
    }
    return mask;
}

/// The term of each lane: a product, or a squared difference.
ALWAYS_INLINE float32x4_t terms(float32x4_t a, float32x4_t b, int is_distance) {
    if (!is_distance) return vmulq_f32(a, b);
    float32x4_t difference = vsubq_f32(a, b);
    return vmulq_f32(difference, difference);
}

ALWAYS_INLINE float sum_of_terms(const float *a, const float *b, size_t dims, const int is_distance) {
    float32x4_t sums[8];
#pragma clang loop unroll(full)
    for (int part = 0; part < 8; part++) sums[part] = vdupq_n_f32(0);
    size_t place = 0;
    for (; place + hearth_lanes <= dims; place += hearth_lanes)
#pragma clang loop unroll(full)
        for (int part = 0; part < 8; part++)
            sums[part] = vaddq_f32(
                sums[part], terms(vld1q_f32(a + place + 4 * part), vld1q_f32(b + place + 4 * part), is_distance));
    float lanes[hearth_lanes];
#pragma clang loop unroll(full)
    for (int part = 0; part < 8; part++) vst1q_f32(lanes + 4 * part, sums[part]);
    for (size_t lane = 0; place + lane < dims; lane++) {
        float left = a[place + lane], right = b[place + lane];
        float difference = left - right;
        float term = is_distance ? difference * difference : left * right;
        lanes[lane] += term;
    }
    return hearth_add_lanes(lanes);
}

static float dot(const float *a, const float *b, size_t dims) { return sum_of_terms(a, b, dims, 0); }

static float squared_distance(const float *a, const float *b, size_t dims) { return sum_of_terms(a, b, dims, 1); }

static uint64_t stream(const uint8_t *memory, size_t bytes) {
    uint64x2_t sums[8];
    for (int sum = 0; sum < 8; sum++) sums[sum] = vdupq_n_u64(0);
    for (size_t place = 0; place < bytes; place += 128)
#pragma clang loop unroll(full)
        for (int sum = 0; sum < 8; sum++)
            sums[sum] = vaddq_u64(sums[sum], vreinterpretq_u64_u8(vld1q_u8(memory + place + 16 * sum)));
    for (int sum = 1; sum < 8; sum++) sums[0] = vaddq_u64(sums[0], sums[sum]);
    return vaddvq_u64(sums[0]);
}

#pragma clang attribute pop

const hearth_kernels hearth_neon_kernels = {products, keys, dot, squared_distance, stream};

#endif
