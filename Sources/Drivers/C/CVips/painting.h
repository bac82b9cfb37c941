// What painting needs of libvips, librsvg and Pango, in fixed forms like those of shim.h.
#ifndef HEARTH_CVIPS_PAINTING_H
#define HEARTH_CVIPS_PAINTING_H

#include <vips/vips.h>

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

// The rectangle of a picture outside which it is transparent; all of it where it has no alpha. Computes the picture.
// Non-zero on failure.
static inline int hearth_vips_visible(VipsImage *image, VipsRect *area) {
    *area = (VipsRect){0, 0, image->Xsize, image->Ysize};
    if (image->BandFmt != VIPS_FORMAT_UCHAR || image->Bands != 4) return 0;
    if (vips_image_wio_input(image)) return 1;
    int left = image->Xsize, right = 0, top = image->Ysize, bottom = 0;
    for (int y = 0; y < image->Ysize; y++) {
        const VipsPel *row = VIPS_IMAGE_ADDR(image, 0, y);
        int first = 0, last = image->Xsize;
        while (first < last && row[4 * first + 3] == 0) first++;
        if (first == last) continue;
        while (row[4 * last - 1] == 0) last--;
        left = VIPS_MIN(left, first);
        right = VIPS_MAX(right, last);
        top = VIPS_MIN(top, y);
        bottom = y + 1;
    }
    *area = (VipsRect){left, top, VIPS_MAX(right - left, 0), VIPS_MAX(bottom - top, 0)};
    return 0;
}

// Draws a picture on a canvas, as much of it as lies on the canvas. Non-zero on failure.
static inline int hearth_vips_draw(VipsImage *canvas, VipsImage *over, int x, int y) {
    // One without alpha hides what is below: blending would give the same and take longer than decoding it.
    if (over->Bands == canvas->Bands) return vips_draw_image(canvas, over, x, y, NULL);
    // Most drawings are transparent almost everywhere, and blending takes ten times as long as looking.
    VipsRect visible;
    if (hearth_vips_visible(over, &visible)) return 1;
    int left = VIPS_MAX(x + visible.left, 0), top = VIPS_MAX(y + visible.top, 0);
    int right = VIPS_MIN(x + visible.left + visible.width, canvas->Xsize);
    int bottom = VIPS_MIN(y + visible.top + visible.height, canvas->Ysize);
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

// The square part of a picture that libvips finds the most interesting. NULL on failure.
static inline VipsImage *hearth_vips_attention(VipsImage *image, int side) {
    VipsImage *result = NULL;
    return vips_smartcrop(image, &result, side, side, "interesting", VIPS_INTERESTING_ATTENTION, NULL) ? NULL : result;
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

// The picture as a PNG file that is not compressed; its bytes are freed by g_free. NULL on failure.
static inline void *hearth_vips_stored_png(VipsImage *image, size_t *length) {
    void *bytes = NULL;
    return vips_pngsave_buffer(
        image, &bytes, length, "compression", 0, "filter", VIPS_FOREIGN_PNG_FILTER_NONE, NULL) ? NULL : bytes;
}

#endif
