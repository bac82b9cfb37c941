#pragma once
// What a graph sees of a decoded picture: pixels under an affine map, as floats.
//
// Places are of corners: the middle of the first pixel is at (0.5, 0.5).

#include <stddef.h>
#include <stdint.h>

/// Eight-bit pixels as people see them, wherever they lie in memory.
typedef struct {
    /// The pixel that is seen top left.
    const uint8_t *_Nonnull origin;
    int32_t width;
    int32_t height;
    /// Bytes from a pixel to the one right of it.
    ptrdiff_t across;
    /// Bytes from a pixel to the one below it.
    ptrdiff_t down;
    /// Bytes from red to green and from green to blue; 0 for a grey picture.
    ptrdiff_t band;
} hearth_pixels;

/// From a place in what is drawn to the place in the picture that is seen there:
/// (xx * x + xy * y + x0, yx * x + yy * y + y0).
typedef struct {
    double xx, xy, x0;
    double yx, yy, y0;
} hearth_affine;

/// Where floats are written.
typedef struct {
    /// Where red, green and blue of the first pixel go.
    float *_Nonnull red;
    float *_Nonnull green;
    float *_Nonnull blue;
    int32_t width;
    int32_t height;
    /// Floats from a pixel to the next one; rows follow each other without a gap.
    ptrdiff_t step;
    /// Red, green, blue: a value of 0 to 255 becomes value * factor + offset.
    float factor[3];
    float offset[3];
    /// What is written, as it is, where the picture has no pixel.
    float outside[3];
} hearth_canvas;

/// Draws pixels on a canvas, each weighed from the four that lie around its place.
void hearth_draw(const hearth_pixels *_Nonnull pixels, const hearth_affine *_Nonnull map,
                 const hearth_canvas *_Nonnull canvas);

/// Which values in a row make each of fewer ones, and how much each counts.
typedef struct {
    /// Values that are made.
    int32_t length;
    /// The first that counts for each, and how many.
    const int32_t *_Nonnull first;
    const int32_t *_Nonnull count;
    /// Of each `most` in a row, of which `count` are used; their sum is 1.
    const float *_Nonnull weights;
    int32_t most;
} hearth_taps;

/// The picture with fewer pixels, red, green, blue of each, rows one after the other.
/// - line: Room for three floats of each of the picture's columns.
void hearth_reduce(const hearth_pixels *_Nonnull pixels, const hearth_taps *_Nonnull across,
                   const hearth_taps *_Nonnull down, float *_Nonnull line, uint8_t *_Nonnull result);

/// Means over blocks of pixels, red, green, blue of each, rows one after the other.
///
/// The blocks begin at (left, top); what of the last ones lies beyond the picture does not count.
/// - across, down: Pixels of a block, 1 to 64.
/// - columns, rows: Blocks; each has at least one pixel of the picture.
void hearth_average(const hearth_pixels *_Nonnull pixels, int32_t left, int32_t top, int32_t across, int32_t down,
                    int32_t columns, int32_t rows, uint8_t *_Nonnull means);
