#include <math.h>
#include <stdlib.h>

#include "CVectors.h"

static inline int is_better(hearth_candidate left, hearth_candidate right) {
    return left.key != right.key ? left.key > right.key : left.row < right.row;
}

static void sift_up(hearth_candidate *entries, size_t place) {
    hearth_candidate moving = entries[place];
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!is_better(entries[parent], moving)) break;
        entries[place] = entries[parent];
        place = parent;
    }
    entries[place] = moving;
}

static void sift_down(hearth_candidate *entries, size_t count) {
    hearth_candidate moving = entries[0];
    size_t place = 0;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= count) break;
        if (child + 1 < count && is_better(entries[child], entries[child + 1])) child++;
        if (!is_better(moving, entries[child])) break;
        entries[place] = entries[child];
        place = child;
    }
    entries[place] = moving;
}

static void tie(hearth_top *top, hearth_candidate candidate) {
    if (top->tie_count == top->tie_capacity) {
        size_t capacity = top->tie_capacity ? 2 * (size_t)top->tie_capacity : 64;
        top->ties = realloc(top->ties, capacity * sizeof *top->ties);
        if (!top->ties) abort();
        top->tie_capacity = (uint32_t)capacity;
    }
    top->ties[top->tie_count++] = candidate;
}

void hearth_free_ties(hearth_top *top) {
    free(top->ties);
    top->ties = NULL;
    top->tie_count = top->tie_capacity = 0;
}

void hearth_push(hearth_top *top, float key, uint32_t row) {
    hearth_candidate candidate = {key == key ? key : -INFINITY, row};
    if (top->count < top->capacity) {
        top->entries[top->count] = candidate;
        sift_up(top->entries, top->count);
        top->count++;
        return;
    }
    if (top->count == 0) return;
    hearth_candidate worst = top->entries[0];
    if (is_better(candidate, worst)) {
        top->entries[0] = candidate;
        sift_down(top->entries, top->count);
        candidate = worst;
    }
    // What has no place is kept while it equals the worst that has one.
    if (!top->keeps_ties) return;
    float last = top->entries[0].key;
    if (top->tie_count > 0 && top->ties[0].key != last) top->tie_count = 0;
    if (candidate.key == last) tie(top, candidate);
}
