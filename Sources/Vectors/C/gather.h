#pragma once
// What a scan of codes keeps for one query: the rows that can be among its best, and those that codes cannot rank.

#include "bound.h"

/// Tiles whose rows are judged together: see hearth_gather_judge.
enum { hearth_judged_tiles = 2 };
/// Rows for each wanted one that are scanned before any are judged: while there are few, most pass.
enum { hearth_rows_before_judging = 8 };
/// Rows that a gather keeps without being strict: 768 kB.
enum { hearth_many_found = 1 << 16 };
/// Tiles that are passed over after rows that codes could not rank; twice as many each time.
enum { hearth_first_pause = 16, hearth_longest_pause = 1 << 20 };

struct hearth_gather {
    hearth_query query;
    hearth_limits limits;
    /// Whether keys say anything about scores.
    int32_t is_limited;
    /// The best by their keys.
    hearth_top best;
    /// The largest scale of a row that was in `best`.
    float best_scale;
    /// No row with a lower score can be among the wanted ones.
    float floor;
    hearth_test test;

    hearth_found *found;
    size_t found_count, found_capacity;
    hearth_range *open;
    size_t open_count, open_capacity;
    /// Whether the last tile was left open, so that the next one belongs to the same range.
    int32_t is_opening;

    /// Where the rows that are judged together begin in `found`, and how many tiles and rows they are.
    size_t judged_begin, judged_tiles, judged_rows;
    size_t scanned;
    size_t pause, next_pause;
    /// Rows that codes could not rank, of those that were looked at.
    size_t crowded;

    /// Of a further scan: the ranges that the last one left open, and the next one of them.
    hearth_range *within;
    size_t within_count, within_next;
};

/// Whether a tile is to be scanned; rows that are to be left open are noted.
/// - Parameter is_bounded: whether the errors of the rows are known.
int hearth_gather_takes(struct hearth_gather *gather, uint32_t first, uint32_t last, int is_bounded);

/// Makes sure that the rows of a tile fit.
void hearth_gather_reserve(struct hearth_gather *gather);

/// Says that a row has entered `best`, or several have: the test may have become stricter.
void hearth_gather_tighten(struct hearth_gather *gather);

/// Ends a tile. When more than half of the rows of some tiles pass the test, the next tiles are left open instead of
/// being scanned; an eighth is enough once many rows are kept.
void hearth_gather_judge(struct hearth_gather *gather, size_t rows);

/// Whether tiles are taken without being asked about.
static inline int hearth_gather_takes_all(const struct hearth_gather *gather) {
    return gather->is_limited && gather->pause == 0 && !gather->within;
}
