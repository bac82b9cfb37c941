// Rows that can be among the best, and how they become fewer while a scan learns of better ones.

#include "gather.h"

#include <math.h>
#include <stdlib.h>

#include "kernels.h"

static void *resized(void *memory, size_t bytes) {
    void *larger = realloc(memory, bytes);
    if (!larger) abort();
    return larger;
}

hearth_gather *hearth_gather_make(
    const hearth_query *query, const hearth_bounds *bounds, size_t dims, uint32_t wanted) {
    hearth_gather *gather = resized(NULL, sizeof *gather);
    *gather = (hearth_gather){
        .query = *query,
        .best = {.entries = resized(NULL, (wanted ? wanted : 1) * sizeof(hearth_candidate)), .capacity = wanted},
        .floor = -INFINITY,
        .test = {-INFINITY, 0},
        .next_pause = hearth_first_pause,
    };
    gather->is_limited = hearth_make_limits(query, bounds, dims, &gather->limits);
    return gather;
}

void hearth_gather_free(hearth_gather *gather) {
    free(gather->best.entries);
    free(gather->found);
    free(gather->open);
    free(gather->within);
    free(gather);
}

hearth_gathered hearth_gather_result(const hearth_gather *gather) {
    return (hearth_gathered){
        .best = &gather->best,
        .found = gather->found,
        .found_count = gather->found_count,
        .open = gather->open,
        .open_count = gather->open_count,
        .crowded = gather->crowded,
    };
}

/// Keeps of the found rows from `begin` on those that pass the test.
static void compact(hearth_gather *gather, size_t begin) {
    const float threshold = gather->test.threshold, allowance = gather->test.allowance;
    size_t kept = begin, judged = gather->judged_begin;
    for (size_t place = begin; place < gather->found_count; place++) {
        if (place == gather->judged_begin) judged = kept;
        hearth_found found = gather->found[place];
        if (!(found.key + allowance * found.scale < threshold)) gather->found[kept++] = found;
    }
    if (gather->judged_begin >= gather->found_count) judged = kept;
    gather->judged_begin = judged;
    gather->found_count = kept;
}

void hearth_gather_raise(hearth_gather *gather, float floor) {
    if (!gather->is_limited || !(floor > gather->floor)) return;
    gather->floor = floor;
    gather->test = hearth_test_for(&gather->limits, floor);
    compact(gather, 0);
}

void hearth_gather_again(hearth_gather *gather) {
    free(gather->within);
    gather->within = gather->open;
    gather->within_count = gather->open_count;
    gather->within_next = 0;
    gather->open = NULL;
    gather->open_count = gather->open_capacity = 0;
    gather->is_opening = 0;
    gather->judged_begin = gather->found_count;
    gather->judged_tiles = gather->judged_rows = 0;
    gather->pause = 0;
    gather->next_pause = hearth_first_pause;
}

/// Leaves the rows of a tile open.
static void leave_open(hearth_gather *gather, uint32_t begin, uint32_t end) {
    if (gather->is_opening && gather->open_count > 0) {
        gather->open[gather->open_count - 1].end = end;
        return;
    }
    if (gather->open_count == gather->open_capacity) {
        gather->open_capacity = gather->open_capacity ? 2 * gather->open_capacity : 16;
        gather->open = resized(gather->open, gather->open_capacity * sizeof *gather->open);
    }
    gather->open[gather->open_count++] = (hearth_range){begin, end};
}

int hearth_gather_takes(hearth_gather *gather, uint32_t first, uint32_t last, int is_bounded) {
    if (gather->within) {
        // Tiles are the same in all scans: each lies in a range or outside of all.
        while (gather->within_next < gather->within_count && gather->within[gather->within_next].end <= first)
            gather->within_next++;
        if (gather->within_next == gather->within_count || gather->within[gather->within_next].begin > first) {
            gather->is_opening = 0;
            return 0;
        }
    }
    const int takes = gather->is_limited && is_bounded && gather->pause == 0;
    if (takes) {
        gather->is_opening = 0;
        return 1;
    }
    if (gather->pause > 0) gather->pause--;
    leave_open(gather, first, last + 1);
    gather->is_opening = 1;
    return 0;
}

void hearth_gather_reserve(hearth_gather *gather) {
    if (gather->found_count + hearth_tile_rows <= gather->found_capacity) return;
    compact(gather, 0);
    // Not once more after a few tiles.
    if (2 * (gather->found_count + hearth_tile_rows) <= gather->found_capacity) return;
    gather->found_capacity = gather->found_capacity ? 2 * gather->found_capacity : 1024;
    gather->found = resized(gather->found, gather->found_capacity * sizeof *gather->found);
}

void hearth_gather_tighten(hearth_gather *gather) {
    if (gather->best.count < gather->best.capacity || gather->best.count == 0) return;
    const float floor = hearth_least_score(&gather->limits, gather->best.entries[0].key, gather->best_scale);
    if (!(floor > gather->floor)) return;
    gather->floor = floor;
    gather->test = hearth_test_for(&gather->limits, floor);
}

void hearth_gather_judge(hearth_gather *gather, size_t rows) {
    gather->scanned += rows;
    gather->judged_rows += rows;
    if (++gather->judged_tiles < hearth_judged_tiles) return;
    compact(gather, gather->judged_begin);
    const size_t passed = gather->found_count - gather->judged_begin;
    const int is_judged = gather->scanned >= hearth_rows_before_judging * (size_t)gather->best.capacity;
    const size_t share = gather->found_count < hearth_many_found ? 2 : 8;
    if (is_judged && share * passed > gather->judged_rows) {
        gather->crowded += gather->judged_rows;
        gather->pause = gather->next_pause;
        if (gather->next_pause < hearth_longest_pause) gather->next_pause *= 2;
    } else {
        gather->next_pause = hearth_first_pause;
    }
    gather->judged_begin = gather->found_count;
    gather->judged_tiles = gather->judged_rows = 0;
}
