#include <math.h>

#include "CPictures.h"

static inline int32_t smaller(int32_t left, int32_t right) { return left < right ? left : right; }

/// Writes one row where nothing of the picture is seen.
static void leave_out(const hearth_canvas *canvas, ptrdiff_t place, int32_t count) {
    for (int32_t x = 0; x < count; x++, place += canvas->step) {
        canvas->red[place] = canvas->outside[0];
        canvas->green[place] = canvas->outside[1];
        canvas->blue[place] = canvas->outside[2];
    }
}

/// Writes pixels as they are.
static void copy(const hearth_canvas *canvas, ptrdiff_t place, int32_t count, const uint8_t *from, ptrdiff_t across,
                 ptrdiff_t band) {
    const float *factor = canvas->factor, *offset = canvas->offset;
    for (int32_t x = 0; x < count; x++, place += canvas->step, from += across) {
        canvas->red[place] = from[0] * factor[0] + offset[0];
        canvas->green[place] = from[band] * factor[1] + offset[1];
        canvas->blue[place] = from[2 * band] * factor[2] + offset[2];
    }
}

/// Draws under a map that only moves, by whole pixels.
static void draw_moved(const hearth_pixels *pixels, int64_t left, int64_t top, const hearth_canvas *canvas) {
    for (int32_t y = 0; y < canvas->height; y++) {
        ptrdiff_t place = (ptrdiff_t)y * canvas->width * canvas->step;
        int64_t row = y + top;
        if (row < 0 || row >= pixels->height) {
            leave_out(canvas, place, canvas->width);
            continue;
        }
        int64_t first = left < 0 ? -left : 0, end = (int64_t)pixels->width - left;
        first = first < canvas->width ? first : canvas->width;
        end = end < canvas->width ? end : canvas->width;
        end = end > first ? end : first;
        leave_out(canvas, place, (int32_t)first);
        if (end > first) {
            const uint8_t *from = pixels->origin + row * pixels->down + (first + left) * pixels->across;
            copy(canvas, place + first * canvas->step, (int32_t)(end - first), from, pixels->across, pixels->band);
        }
        leave_out(canvas, place + end * canvas->step, (int32_t)(canvas->width - end));
    }
}

/// Whether a map only moves, by whole pixels that fit.
static int is_move(const hearth_affine *map) {
    const double slight = 1e-9, far = 1e9;
    return fabs(map->xx - 1) < slight && fabs(map->yy - 1) < slight && fabs(map->xy) < slight
        && fabs(map->yx) < slight && fabs(map->x0) < far && fabs(map->y0) < far
        && fabs(map->x0 - rint(map->x0)) < 1e-6 && fabs(map->y0 - rint(map->y0)) < 1e-6;
}

void hearth_draw(const hearth_pixels *pixels, const hearth_affine *map, const hearth_canvas *canvas) {
    if (is_move(map)) {
        draw_moved(pixels, (int64_t)rint(map->x0), (int64_t)rint(map->y0), canvas);
        return;
    }
    const ptrdiff_t band = pixels->band;
    const double last_column = pixels->width - 1, last_row = pixels->height - 1;
    for (int32_t y = 0; y < canvas->height; y++) {
        ptrdiff_t place = (ptrdiff_t)y * canvas->width * canvas->step;
        double line_x = map->xy * (y + 0.5) + map->x0 - 0.5, line_y = map->yy * (y + 0.5) + map->y0 - 0.5;
        for (int32_t x = 0; x < canvas->width; x++, place += canvas->step) {
            double from_x = map->xx * (x + 0.5) + line_x, from_y = map->yx * (x + 0.5) + line_y;
            // Not the other way round: a map that is no number shows nothing.
            if (!(from_x >= -0.5 && from_x <= last_column + 0.5 && from_y >= -0.5 && from_y <= last_row + 0.5)) {
                leave_out(canvas, place, 1);
                continue;
            }
            from_x = from_x < 0 ? 0 : from_x > last_column ? last_column : from_x;
            from_y = from_y < 0 ? 0 : from_y > last_row ? last_row : from_y;
            int32_t column = (int32_t)from_x, row = (int32_t)from_y;
            float right = (float)(from_x - column), below = (float)(from_y - row);
            const uint8_t *upper = pixels->origin + row * pixels->down + column * pixels->across;
            const uint8_t *lower = row < pixels->height - 1 ? upper + pixels->down : upper;
            ptrdiff_t next = column < pixels->width - 1 ? pixels->across : 0;
            float value[3];
            for (int32_t colour = 0; colour < 3; colour++) {
                const uint8_t *a = upper + colour * band, *b = lower + colour * band;
                float over = a[0] + right * (float)(a[next] - a[0]), under = b[0] + right * (float)(b[next] - b[0]);
                value[colour] = (over + below * (under - over)) * canvas->factor[colour] + canvas->offset[colour];
            }
            canvas->red[place] = value[0];
            canvas->green[place] = value[1];
            canvas->blue[place] = value[2];
        }
    }
}

void hearth_average(const hearth_pixels *pixels, int32_t left, int32_t top, int32_t across, int32_t down,
                    int32_t columns, int32_t rows, uint8_t *means) {
    for (int32_t row = 0; row < rows; row++) {
        int32_t first_row = top + row * down, end_row = smaller(first_row + down, pixels->height);
        for (int32_t column = 0; column < columns; column++, means += 3) {
            int32_t first = left + column * across, end = smaller(first + across, pixels->width);
            uint32_t red = 0, green = 0, blue = 0;
            for (int32_t y = first_row; y < end_row; y++) {
                const uint8_t *from = pixels->origin + y * pixels->down + first * pixels->across;
                for (int32_t x = first; x < end; x++, from += pixels->across) {
                    red += from[0];
                    green += from[pixels->band];
                    blue += from[2 * pixels->band];
                }
            }
            uint32_t count = (uint32_t)(end - first) * (uint32_t)(end_row - first_row), half = count / 2;
            means[0] = (uint8_t)((red + half) / count);
            means[1] = (uint8_t)((green + half) / count);
            means[2] = (uint8_t)((blue + half) / count);
        }
    }
}
