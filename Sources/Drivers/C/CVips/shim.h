// The part of libvips that Hearth uses. Swift cannot call variadic functions, so each operation has a fixed form here.
#ifndef HEARTH_CVIPS_H
#define HEARTH_CVIPS_H

#include <stddef.h>
#include <string.h>
#include <vips/vips.h>
#include <vips/vector.h>

// How a picture is opened: only these loaders are ever named, so no other can be reached.
typedef enum {
    HEARTH_PICTURE_JPEG,
    HEARTH_PICTURE_PNG,
    HEARTH_PICTURE_WEBP,
    HEARTH_PICTURE_GIF,
    HEARTH_PICTURE_TIFF,
} hearth_picture_format;

// libvips reports oddities of a picture through GLib's log, which would go to stderr.
static inline void hearth_vips_discard_log(
    const gchar *domain, GLogLevelFlags level, const gchar *text, gpointer data) {
}

static inline void hearth_vips_silence_log(void) {
    g_log_set_handler(
        "VIPS", (GLogLevelFlags)(G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION), hearth_vips_discard_log,
        NULL);
}

// Until 8.15, libvips made code for resizing by liborc, whose list of code chunks is changed without a lock
// (github.com/libvips/libvips/pull/1211): two pictures resized at once could destroy the heap. Its plain C does the
// same work.
static inline void hearth_vips_avoid_orc(void) {
#if VIPS_MAJOR_VERSION == 8 && VIPS_MINOR_VERSION < 15
    vips_vector_set_enabled(FALSE);
#endif
}

// Opens a picture lazily: reads its header, no pixel. `bytes` must outlive the result. NULL on failure.
// `shrink` (1, 2, 4, 8) is done inside the decoder by JPEG and WebP; the others ignore it.
static inline VipsImage *hearth_vips_open(
    hearth_picture_format format, const void *bytes, size_t length, int shrink, int sequential) {
    VipsImage *image = NULL;
    VipsAccess access = sequential ? VIPS_ACCESS_SEQUENTIAL : VIPS_ACCESS_RANDOM;
    VipsFailOn fail_on = VIPS_FAIL_ON_ERROR;
    void *buffer = (void *)bytes;  // the loaders only read; their signatures lack the const
    int failed = 1;
    switch (format) {
    case HEARTH_PICTURE_JPEG:
        failed = vips_jpegload_buffer(
            buffer, length, &image, "shrink", shrink, "access", access, "fail_on", fail_on, NULL);
        break;
    case HEARTH_PICTURE_PNG:
        failed = vips_pngload_buffer(buffer, length, &image, "access", access, "fail_on", fail_on, NULL);
        break;
    case HEARTH_PICTURE_WEBP:
        failed = vips_webpload_buffer(
            buffer, length, &image, "scale", 1.0 / shrink, "access", access, "fail_on", fail_on, NULL);
        break;
    case HEARTH_PICTURE_GIF:
        failed = vips_gifload_buffer(buffer, length, &image, "access", access, "fail_on", fail_on, NULL);
        break;
    case HEARTH_PICTURE_TIFF:
        failed = vips_tiffload_buffer(buffer, length, &image, "access", access, "fail_on", fail_on, NULL);
        break;
    }
    if (failed || image->Coding == VIPS_CODING_NONE) return failed ? NULL : image;
    // Lab packed into four bytes has three channels: what asks for alpha would take the fourth byte for one.
    VipsImage *decoded = NULL;
    failed = vips_image_decode(image, &decoded);
    g_object_unref(image);
    return failed ? NULL : decoded;
}

// The rectangle of a picture. NULL on failure.
static inline VipsImage *hearth_vips_crop(VipsImage *image, int left, int top, int width, int height) {
    VipsImage *result = NULL;
    return vips_extract_area(image, &result, left, top, width, height, NULL) ? NULL : result;
}

// The picture scaled by one factor a direction. NULL on failure.
static inline VipsImage *hearth_vips_resize(VipsImage *image, double across, double down, VipsKernel kernel) {
    VipsImage *result = NULL;
    return vips_resize(image, &result, across, "vscale", down, "kernel", kernel, NULL) ? NULL : result;
}

// The picture as 8-bit sRGB, one or three colour bands beside alpha. NULL on failure.
static inline VipsImage *hearth_vips_srgb(VipsImage *image) {
    VipsImage *colour = NULL;
    if (vips_colourspace(image, &colour, VIPS_INTERPRETATION_sRGB, NULL)) return NULL;
    VipsImage *result = NULL;
    int failed = vips_cast(colour, &result, VIPS_FORMAT_UCHAR, NULL);
    g_object_unref(colour);
    return failed ? NULL : result;
}

// The picture in front of a colour (0…255 each), without alpha; the input is 8-bit sRGB. NULL on failure.
static inline VipsImage *hearth_vips_flatten(VipsImage *image, double red, double green, double blue) {
    double colour[3] = {red, green, blue};
    VipsArrayDouble *background = vips_array_double_new(colour, 3);
    VipsImage *result = NULL;
    int failed = vips_flatten(image, &result, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return failed ? NULL : result;
}

// The picture turned as its orientation says, and without one. NULL on failure.
static inline VipsImage *hearth_vips_upright(VipsImage *image) {
    VipsImage *result = NULL;
    return vips_autorot(image, &result, NULL) ? NULL : result;
}

// The picture no larger than a square of `side` pixels; never enlarged. NULL on failure.
static inline VipsImage *hearth_vips_fit(VipsImage *image, int side) {
    VipsImage *result = NULL;
    return vips_thumbnail_image(image, &result, side, "height", side, "size", VIPS_SIZE_DOWN, NULL) ? NULL : result;
}

// The picture with left and right exchanged. NULL on failure.
static inline VipsImage *hearth_vips_mirror(VipsImage *image) {
    VipsImage *result = NULL;
    return vips_flip(image, &result, VIPS_DIRECTION_HORIZONTAL, NULL) ? NULL : result;
}

// Colours times a factor, alpha as it is; the input is 8-bit sRGB. NULL on failure.
static inline VipsImage *hearth_vips_brighten(VipsImage *image, double factor) {
    double factors[4] = {factor, factor, factor, 1};
    double offsets[4] = {0, 0, 0, 0};
    VipsImage *result = NULL;
    return vips_linear(image, &result, factors, offsets, image->Bands, "uchar", TRUE, NULL) ? NULL : result;
}

// The picture in shades of grey, as sRGB again. NULL on failure.
static inline VipsImage *hearth_vips_grey(VipsImage *image) {
    VipsImage *grey = NULL;
    if (vips_colourspace(image, &grey, VIPS_INTERPRETATION_B_W, NULL)) return NULL;
    VipsImage *result = hearth_vips_srgb(grey);
    g_object_unref(grey);
    return result;
}

// The picture turned clockwise by an angle in degrees; new corners are transparent, or of a colour without alpha. NULL
// on failure.
static inline VipsImage *hearth_vips_turn(VipsImage *image, double angle, double red, double green, double blue) {
    double colour[4] = {red, green, blue, 0};
    VipsArrayDouble *background = vips_array_double_new(colour, image->Bands);
    VipsImage *result = NULL;
    int failed = vips_rotate(image, &result, angle, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return failed ? NULL : result;
}

// Three bands of noise, smooth over an eighth of the picture and the same for the same size. NULL on failure.
static inline VipsImage *hearth_vips_spots(int width, int height) {
    int cell = VIPS_MAX(1, VIPS_MAX(width, height) / 8);
    VipsImage *bands[3] = {NULL, NULL, NULL};
    VipsImage *joined = NULL, *strong = NULL, *result = NULL;
    int failed = 0;
    for (int band = 0; !failed && band < 3; band++) {
        failed = vips_perlin(&bands[band], width, height, "cell_size", cell, "uchar", TRUE, "seed", band + 1, NULL);
    }
    // The noise lies close to the middle of 0..255.
    failed = failed || vips_bandjoin(bands, &joined, 3, NULL)
        || vips_linear1(joined, &strong, 3, -2 * 127.5, "uchar", TRUE, NULL)
        || vips_copy(strong, &result, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    for (int band = 0; band < 3; band++) {
        if (bands[band]) g_object_unref(bands[band]);
    }
    if (joined) g_object_unref(joined);
    if (strong) g_object_unref(strong);
    return failed ? NULL : result;
}

// A picture with alpha in front of such spots. NULL on failure.
static inline VipsImage *hearth_vips_over_spots(VipsImage *image) {
    VipsImage *spots = hearth_vips_spots(image->Xsize, image->Ysize);
    if (!spots) return NULL;
    VipsImage *joined = NULL, *result = NULL;
    int failed = vips_composite2(spots, image, &joined, VIPS_BLEND_MODE_OVER, NULL);
    g_object_unref(spots);
    // What covers all of it has no transparent part.
    failed = failed || vips_extract_band(joined, &result, 0, "n", 3, NULL);
    if (joined) g_object_unref(joined);
    return failed ? NULL : result;
}

// The picture as a PNG file; its bytes are freed by g_free. NULL on failure.
static inline void *hearth_vips_png(VipsImage *image, size_t *length) {
    void *bytes = NULL;
    return vips_pngsave_buffer(image, &bytes, length, "compression", 1, NULL) ? NULL : bytes;
}

// The picture as a JPEG file, transparent parts on white; its bytes are freed by g_free. NULL on failure.
static inline void *hearth_vips_jpeg(VipsImage *image, int quality, size_t *length) {
    double white[3] = {255, 255, 255};
    VipsArrayDouble *background = vips_array_double_new(white, 3);
    void *bytes = NULL;
    int failed = vips_jpegsave_buffer(image, &bytes, length, "Q", quality, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return failed ? NULL : bytes;
}

// MARK: Painting

// Lets libvips draw SVG, which it counts among the formats that can do harm: Hearth draws only what it has written
// itself, and no other loader is found by content (see hearth_vips_open).
static inline void hearth_vips_allow_svg(void) { vips_operation_block_set("VipsForeignLoadSvgBuffer", FALSE); }

// The picture in memory, so that it is computed once. Takes over the reference; NULL on failure, and for NULL.
static inline VipsImage *hearth_vips_kept(VipsImage *image) {
    if (!image) return NULL;
    VipsImage *result = vips_image_copy_memory(image);
    g_object_unref(image);
    return result;
}

// An opaque black picture in memory, which other pictures are drawn on. NULL on failure.
static inline VipsImage *hearth_vips_canvas(int width, int height) {
    VipsImage *black = NULL, *result = NULL;
    if (vips_black(&black, width, height, "bands", 3, NULL)) return NULL;
    int failed = vips_copy(black, &result, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    g_object_unref(black);
    return hearth_vips_kept(failed ? NULL : result);
}

// A drawing in SVG, with alpha. `text` must outlive the result. NULL on failure.
static inline VipsImage *hearth_vips_svg(const void *text, size_t length) {
    VipsImage *result = NULL;
    return vips_svgload_buffer((void *)text, length, &result, NULL) ? NULL : result;
}

// The shape of a text: one band, white where there is ink. Its place relative to the upper left corner of the text is
// in Xoffset and Yoffset. `markup` is Pango's. `width` 0: one line. NULL on failure.
static inline VipsImage *hearth_vips_text(const char *markup, const char *font, int width) {
    VipsImage *result = NULL;
    if (width > 0) {
        return vips_text(
            &result, markup, "font", font, "dpi", 72, "width", width, "wrap", VIPS_TEXT_WRAP_WORD_CHAR, NULL)
            ? NULL : result;
    }
    return vips_text(&result, markup, "font", font, "dpi", 72, NULL) ? NULL : result;
}

// Three bands of one colour with a one-band picture as alpha. NULL on failure.
static inline VipsImage *hearth_vips_tinted(VipsImage *mask, double red, double green, double blue, double opacity) {
    double colour[3] = {red, green, blue};
    VipsImage *flat = NULL, *bytes = NULL, *alpha = NULL, *joined = NULL, *result = NULL;
    int failed = vips_black(&flat, mask->Xsize, mask->Ysize, "bands", 3, NULL)
        || vips_linear(flat, &bytes, colour, colour, 3, "uchar", TRUE, NULL)
        || vips_linear1(mask, &alpha, opacity, 0, "uchar", TRUE, NULL)
        || vips_bandjoin2(bytes, alpha, &joined, NULL)
        || vips_copy(joined, &result, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    if (flat) g_object_unref(flat);
    if (bytes) g_object_unref(bytes);
    if (alpha) g_object_unref(alpha);
    if (joined) g_object_unref(joined);
    return failed ? NULL : result;
}

// Draws a picture with alpha on a canvas, as much of it as lies on the canvas. Non-zero on failure.
static inline int hearth_vips_draw(VipsImage *canvas, VipsImage *over, int x, int y) {
    int left = VIPS_MAX(x, 0), top = VIPS_MAX(y, 0);
    int right = VIPS_MIN(x + over->Xsize, canvas->Xsize), bottom = VIPS_MIN(y + over->Ysize, canvas->Ysize);
    if (right <= left || bottom <= top) return 0;
    int width = right - left, height = bottom - top;
    VipsImage *below = NULL, *part = NULL, *joined = NULL, *flat = NULL, *plain = NULL;
    int failed = vips_extract_area(canvas, &below, left, top, width, height, NULL)
        || vips_extract_area(over, &part, left - x, top - y, width, height, NULL)
        || vips_composite2(below, part, &joined, VIPS_BLEND_MODE_OVER, NULL)
        || vips_extract_band(joined, &flat, 0, "n", 3, NULL)
        || vips_cast(flat, &plain, VIPS_FORMAT_UCHAR, NULL);
    // What is drawn must not depend on what it is drawn on while that changes.
    VipsImage *kept = failed ? NULL : vips_image_copy_memory(plain);
    failed = !kept || vips_draw_image(canvas, kept, left, top, NULL);
    if (below) g_object_unref(below);
    if (part) g_object_unref(part);
    if (joined) g_object_unref(joined);
    if (flat) g_object_unref(flat);
    if (plain) g_object_unref(plain);
    if (kept) g_object_unref(kept);
    return failed;
}

// Adds noise to all of a canvas. `sigma` is in steps of 255. Non-zero on failure.
static inline int hearth_vips_grain(VipsImage *canvas, double sigma, int seed) {
    VipsImage *noise = NULL, *sum = NULL, *bytes = NULL, *plain = NULL;
    int failed = vips_gaussnoise(&noise, canvas->Xsize, canvas->Ysize, "sigma", sigma, "mean", 0.0, "seed", seed, NULL)
        || vips_add(canvas, noise, &sum, NULL)
        || vips_linear1(sum, &bytes, 1, 0.5, "uchar", TRUE, NULL)
        || vips_copy(bytes, &plain, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    VipsImage *kept = failed ? NULL : vips_image_copy_memory(plain);
    failed = !kept || vips_draw_image(canvas, kept, 0, 0, NULL);
    if (noise) g_object_unref(noise);
    if (sum) g_object_unref(sum);
    if (bytes) g_object_unref(bytes);
    if (plain) g_object_unref(plain);
    if (kept) g_object_unref(kept);
    return failed;
}

// The picture with three colours and alpha; the input is 8-bit grey or sRGB. NULL on failure.
static inline VipsImage *hearth_vips_four_bands(VipsImage *image) {
    VipsImage *colour = NULL, *joined = NULL, *result = NULL;
    int bands = image->Bands;
    if (bands == 1 || bands == 2) {
        VipsImage *grey = NULL, *three[3];
        if (vips_extract_band(image, &grey, 0, NULL)) return NULL;
        three[0] = three[1] = three[2] = grey;
        int failed = vips_bandjoin(three, &joined, 3, NULL);
        g_object_unref(grey);
        if (failed) return NULL;
        if (bands == 2) {
            VipsImage *alpha = NULL;
            failed = vips_extract_band(image, &alpha, 1, NULL) || vips_bandjoin2(joined, alpha, &colour, NULL);
            if (alpha) g_object_unref(alpha);
        } else {
            failed = vips_bandjoin_const1(joined, &colour, 255, NULL);
        }
        g_object_unref(joined);
        if (failed) return NULL;
    } else if (bands == 3) {
        if (vips_bandjoin_const1(image, &colour, 255, NULL)) return NULL;
    } else if (vips_extract_band(image, &colour, 0, "n", 4, NULL)) {
        return NULL;
    }
    int failed = vips_copy(colour, &result, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    g_object_unref(colour);
    return failed ? NULL : result;
}

// The picture scaled until it covers a rectangle, and cut evenly to it. NULL on failure.
static inline VipsImage *hearth_vips_cover(VipsImage *image, int width, int height) {
    VipsImage *result = NULL;
    return vips_thumbnail_image(
        image, &result, width, "height", height, "size", VIPS_SIZE_BOTH, "crop", VIPS_INTERESTING_CENTRE, NULL)
        ? NULL : result;
}

// The alpha of a picture that has one. NULL on failure.
static inline VipsImage *hearth_vips_alpha(VipsImage *image) {
    VipsImage *result = NULL;
    return vips_extract_band(image, &result, image->Bands - 1, NULL) ? NULL : result;
}

// The mean of all values of a one-band picture, 0...255. Non-zero on failure.
static inline int hearth_vips_mean(VipsImage *image, double *mean) { return vips_avg(image, mean, NULL); }

// The rectangle of a one-band picture outside which all is black. Non-zero on failure.
static inline int hearth_vips_ink(VipsImage *image, int *left, int *top, int *width, int *height) {
    VipsArrayDouble *black = vips_array_double_newv(1, 0.0);
    int failed = vips_find_trim(image, left, top, width, height, "background", black, "threshold", 12.0, NULL);
    vips_area_unref(VIPS_AREA(black));
    return failed;
}

// A picture with alpha, more transparent where a one-band picture is dark. NULL on failure.
static inline VipsImage *hearth_vips_masked(VipsImage *image, VipsImage *mask) {
    VipsImage *colour = NULL, *alpha = NULL, *product = NULL, *scaled = NULL, *joined = NULL, *result = NULL;
    int failed = vips_extract_band(image, &colour, 0, "n", 3, NULL) || vips_extract_band(image, &alpha, 3, NULL)
        || vips_multiply(alpha, mask, &product, NULL)
        || vips_linear1(product, &scaled, 1 / 255.0, 0.5, "uchar", TRUE, NULL)
        || vips_bandjoin2(colour, scaled, &joined, NULL)
        || vips_copy(joined, &result, "interpretation", VIPS_INTERPRETATION_sRGB, NULL);
    if (colour) g_object_unref(colour);
    if (alpha) g_object_unref(alpha);
    if (product) g_object_unref(product);
    if (scaled) g_object_unref(scaled);
    if (joined) g_object_unref(joined);
    return failed ? NULL : result;
}

// The soft shape of a one-band picture, larger by a margin on all sides. NULL on failure.
static inline VipsImage *hearth_vips_softened(VipsImage *mask, int margin, double sigma) {
    VipsImage *wide = NULL, *result = NULL;
    int failed = vips_embed(
        mask, &wide, margin, margin, mask->Xsize + 2 * margin, mask->Ysize + 2 * margin, NULL)
        || vips_gaussblur(wide, &result, sigma, NULL);
    if (wide) g_object_unref(wide);
    return failed ? NULL : result;
}

// The picture as a small PNG file; its bytes are freed by g_free. NULL on failure.
static inline void *hearth_vips_small_png(VipsImage *image, size_t *length) {
    void *bytes = NULL;
    return vips_pngsave_buffer(image, &bytes, length, "compression", 6, NULL) ? NULL : bytes;
}

// Decodes `count` rows of an 8-bit picture from `top` on to their place in `pixels` (rows of `width * bands` bytes).
// Non-zero on failure.
// Works on the calling thread: libvips' own way hands each picture to a second thread, which costs a small picture a
// third of its time. Callers go from top to bottom, in strips, and may stop between two of them.
static inline int hearth_vips_decode_rows(VipsRegion *region, unsigned char *pixels, int top, int count) {
    VipsImage *image = region->im;
    size_t row = VIPS_IMAGE_SIZEOF_LINE(image);
    VipsRect area = {0, top, image->Xsize, count};
    if (vips_region_prepare(region, &area)) return 1;
    for (int y = top; y < top + count; y++) {
        memcpy(pixels + (size_t)y * row, VIPS_REGION_ADDR(region, 0, y), row);
    }
    return 0;
}

#endif
