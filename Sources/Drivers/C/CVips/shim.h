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

// Decodes an 8-bit picture into `pixels` (`height` rows of `width * bands` bytes). Non-zero on failure.
// Works in strips on the calling thread, from top to bottom: libvips' own way hands each picture to a second thread,
// which costs a small picture a third of its time.
static inline int hearth_vips_decode(VipsImage *image, unsigned char *pixels) {
    const int strip = 16;
    size_t row = VIPS_IMAGE_SIZEOF_LINE(image);
    VipsRegion *region = vips_region_new(image);
    int failed = region == NULL;
    for (int top = 0; !failed && top < image->Ysize; top += strip) {
        VipsRect area = {0, top, image->Xsize, VIPS_MIN(strip, image->Ysize - top)};
        failed = vips_region_prepare(region, &area);
        for (int y = top; !failed && y < top + area.height; y++) {
            memcpy(pixels + (size_t)y * row, VIPS_REGION_ADDR(region, 0, y), row);
        }
    }
    if (region) g_object_unref(region);
    return failed;
}

#endif
