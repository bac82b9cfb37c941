// Plain C: what every processor runs, and what the other instruction sets are tested against.

#include "float.h"
#include "kernels.h"

static void products(
    const hearth_tile *tile, const hearth_query *queries, size_t count, size_t stride, int32_t *products) {
    for (size_t row = 0; row < tile->count; row++) {
        const uint8_t *codes = hearth_row(tile, row, stride, tile->block != 0);
        for (size_t query = 0; query < count; query++) {
            const int16_t *wide = queries[query].wide;
            int32_t sum = 0;
            for (size_t place = 0; place < stride; place++) sum += (int32_t)codes[place] * wide[place];
            products[query * hearth_tile_rows + row] = sum - queries[query].correction;
        }
    }
}

static uint64_t keys(
    const int32_t *products, const hearth_tile *tile, float factor, hearth_test test, float *keys) {
    uint64_t mask = 0;
    for (size_t row = 0; row < tile->count; row++) {
        keys[row] = (float)products[row] * factor * tile->scales[row] + tile->biases[row];
        float reach = keys[row] + test.allowance * tile->scales[row];
        mask |= (uint64_t)!(reach < test.threshold) << row;
    }
    return mask;
}

static float dot(const float *a, const float *b, size_t dims) {
    float lanes[hearth_lanes] = {0};
    size_t place = 0;
    for (; place + hearth_lanes <= dims; place += hearth_lanes)
        for (size_t lane = 0; lane < hearth_lanes; lane++) lanes[lane] += a[place + lane] * b[place + lane];
    for (size_t lane = 0; place + lane < dims; lane++) lanes[lane] += a[place + lane] * b[place + lane];
    return hearth_add_lanes(lanes);
}

static float squared_distance(const float *a, const float *b, size_t dims) {
    float lanes[hearth_lanes] = {0};
    size_t place = 0;
    for (; place + hearth_lanes <= dims; place += hearth_lanes)
        for (size_t lane = 0; lane < hearth_lanes; lane++) {
            float difference = a[place + lane] - b[place + lane];
            lanes[lane] += difference * difference;
        }
    for (size_t lane = 0; place + lane < dims; lane++) {
        float difference = a[place + lane] - b[place + lane];
        lanes[lane] += difference * difference;
    }
    return hearth_add_lanes(lanes);
}

static uint64_t stream(const uint8_t *memory, size_t bytes) {
    const uint64_t *words = (const uint64_t *)(const void *)memory;
    uint64_t sums[8] = {0};
    for (size_t word = 0; word < bytes / 8; word += 8)
        for (size_t lane = 0; lane < 8; lane++) sums[lane] += words[word + lane];
    return sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
}

const hearth_kernels hearth_portable_kernels = {products, keys, dot, squared_distance, stream};
