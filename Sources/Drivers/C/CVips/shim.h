// The part of libvips that Hearth uses, and of libwebp, which libvips reads WebP with. Swift cannot call variadic
// functions, so each operation has a fixed form here.
#ifndef HEARTH_CVIPS_H
#define HEARTH_CVIPS_H

#include <stddef.h>
#include <string.h>
#include <vips/vips.h>
#include <vips/vector.h>
#include <webp/decode.h>
#include <webp/demux.h>

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

// The bytes of a picture on their way into a decoder. A decoder that puts the whole picture together before it gives
// the first row (progressive JPEG, interlaced PNG, a row of TIFF tiles) is ended by an input that ends.
typedef struct {
    const unsigned char *bytes;
    size_t length;
    size_t position;
    // Whether a piece ends before the next scan of a JPEG: a scan of a few bytes goes over all of the picture.
    int ends_at_scans;
    // Asked before each piece of input, by one thread at a time; 0 ends the decoding.
    int (*is_wanted)(void *context);
    void *context;
    // Whether it was ended so.
    int has_ended;
} hearth_picture_input;

// How a picture is opened.
typedef struct {
    hearth_picture_format format;
    hearth_picture_input *input;
    // The size and the EXIF orientation that its header says, for WebP.
    int width;
    int height;
    int orientation;
    // 1, 2, 4 or 8: done inside the decoder by JPEG and WebP; the others ignore it.
    int shrink;
    // Whether its rows are read once, from top to bottom.
    int is_sequential;
} hearth_picture_opening;

// Most bytes that a decoder gets before it is asked again whether its picture is wanted.
enum { HEARTH_PICTURE_PIECE = 4096 };

static inline int hearth_picture_is_wanted(hearth_picture_input *input) {
    if (!input->has_ended && !input->is_wanted(input->context)) input->has_ended = 1;
    return !input->has_ended;
}

// Bytes of the piece that begins at the input's position.
static inline size_t hearth_picture_piece(const hearth_picture_input *input, size_t most) {
    size_t count = VIPS_MIN(most, input->length - input->position);
    if (!input->ends_at_scans) return count;
    const unsigned char *start = input->bytes + input->position;
    const unsigned char *end = start + count;
    for (const unsigned char *found = start + 1; found < end; found++) {
        found = (const unsigned char *)memchr(found, 0xFF, end - found);
        if (!found || found + 1 >= end) break;
        if (found[1] == 0xDA) return found - start;
    }
    return count;
}

static inline gint64 hearth_picture_read(VipsSourceCustom *source, void *buffer, gint64 length, void *user) {
    hearth_picture_input *input = (hearth_picture_input *)user;
    // 0 is the end of the file: decoders give up at once.
    if (length <= 0 || !hearth_picture_is_wanted(input)) return 0;
    // A longer read is one part of a TIFF, which has to come whole.
    size_t count = length > HEARTH_PICTURE_PIECE ? VIPS_MIN((size_t)length, input->length - input->position)
                                                 : hearth_picture_piece(input, length);
    memcpy(buffer, input->bytes + input->position, count);
    input->position += count;
    return count;
}

static inline gint64 hearth_picture_seek(VipsSourceCustom *source, gint64 offset, int whence, void *user) {
    hearth_picture_input *input = (hearth_picture_input *)user;
    gint64 start = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (gint64)input->position : (gint64)input->length;
    // Offsets come from the file: those that lie outside are refused before they are added.
    if (offset < -start || offset > (gint64)input->length - start) return -1;
    input->position = start + offset;
    return input->position;
}

// A source that reads such an input; both must outlive what is made from it. NULL on failure.
static inline VipsSource *hearth_picture_source(hearth_picture_input *input) {
    VipsSourceCustom *source = vips_source_custom_new();
    if (!source) return NULL;
    g_signal_connect(source, "read", G_CALLBACK(hearth_picture_read), input);
    g_signal_connect(source, "seek", G_CALLBACK(hearth_picture_seek), input);
    return VIPS_SOURCE(source);
}

// Decodes a WebP picture, or one frame, into `pixels`, rows `stride` bytes apart. Non-zero on failure.
// It gets more and more of the bytes, so that it can be ended between two times. What it adds grows with what there
// is: a lossless picture whose tables are not complete is read from its start each time.
static inline int hearth_webp_decode(
    hearth_picture_input *input, const unsigned char *bytes, size_t length, WebPDecoderConfig *config) {
    WebPIDecoder *decoder = WebPIDecode(NULL, 0, config);
    if (!decoder) return 1;
    VP8StatusCode status = VP8_STATUS_SUSPENDED;
    for (size_t given = 0; status == VP8_STATUS_SUSPENDED && given < length && hearth_picture_is_wanted(input);) {
        given = VIPS_MIN(length, given + VIPS_MAX((size_t)64 << 10, given / 16));
        status = WebPIUpdate(decoder, bytes, given);
    }
    WebPIDelete(decoder);
    return status != VP8_STATUS_OK;
}

// Decodes the first frame of a WebP file as libvips does, but so that it can be ended. NULL on failure.
// The file must have the size that was checked before.
static inline VipsImage *hearth_webp_frame(const hearth_picture_opening *opening) {
    hearth_picture_input *input = opening->input;
    WebPDecoderConfig config;
    WebPData data = {input->bytes, input->length};
    WebPDemuxer *file = WebPInitDecoderConfig(&config) ? WebPDemux(&data) : NULL;
    if (!file) return NULL;
    WebPIterator frame;
    VipsImage *image = NULL;
    if (WebPDemuxGetFrame(file, 1, &frame)) {
        double scale = 1.0 / opening->shrink;
        int width = WebPDemuxGetI(file, WEBP_FF_CANVAS_WIDTH), height = WebPDemuxGetI(file, WEBP_FF_CANVAS_HEIGHT);
        // What no frame covers is transparent.
        int fills = frame.width == width && frame.height == height;
        int bands = WebPDemuxGetI(file, WEBP_FF_FORMAT_FLAGS) & ALPHA_FLAG || !fills ? 4 : 3;
        int failed = width != opening->width || height != opening->height;
        VipsRect canvas = {0, 0, VIPS_MAX(1, VIPS_RINT(width * scale)), VIPS_MAX(1, VIPS_RINT(height * scale))};
        VipsRect area = {
            0, 0, VIPS_MAX(1, VIPS_RINT(frame.width * scale)), VIPS_MAX(1, VIPS_RINT(frame.height * scale))};
        // Rounded, a frame may reach a pixel too far.
        area.width = VIPS_MIN(area.width, canvas.width);
        area.height = VIPS_MIN(area.height, canvas.height);
        area.left = VIPS_MIN(VIPS_RINT(frame.x_offset * scale), canvas.width - area.width);
        area.top = VIPS_MIN(VIPS_RINT(frame.y_offset * scale), canvas.height - area.height);
        image = vips_image_new_memory();
        vips_image_init_fields(
            image, canvas.width, canvas.height, bands, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
            VIPS_INTERPRETATION_sRGB, 1, 1);
        vips_image_set_int(image, VIPS_META_ORIENTATION, opening->orientation);
        failed = failed || vips_image_pipelinev(image, VIPS_DEMAND_STYLE_THINSTRIP, NULL)
            || vips_image_write_prepare(image);
        if (!failed) {
            if (!fills) memset(VIPS_IMAGE_ADDR(image, 0, 0), 0, VIPS_IMAGE_SIZEOF_IMAGE(image));
            config.options.use_scaling = opening->shrink > 1;
            config.options.scaled_width = area.width;
            config.options.scaled_height = area.height;
            config.output.colorspace = bands == 4 ? MODE_RGBA : MODE_RGB;
            config.output.is_external_memory = 1;
            config.output.u.RGBA.rgba = VIPS_IMAGE_ADDR(image, area.left, area.top);
            config.output.u.RGBA.stride = VIPS_IMAGE_SIZEOF_LINE(image);
            config.output.u.RGBA.size = VIPS_IMAGE_SIZEOF_LINE(image) * (size_t)(area.height - 1)
                + VIPS_IMAGE_SIZEOF_PEL(image) * (size_t)area.width;
            failed = hearth_webp_decode(input, frame.fragment.bytes, frame.fragment.size, &config);
        }
        if (failed) {
            g_object_unref(image);
            image = NULL;
        }
        WebPDemuxReleaseIterator(&frame);
    }
    WebPDemuxDelete(file);
    return image;
}

// The same for the way in which its rows are read. NULL on failure.
static inline VipsImage *hearth_webp_open(const hearth_picture_opening *opening) {
    VipsImage *image = hearth_webp_frame(opening);
    if (!image || !opening->is_sequential) return image;
    // Said of a picture in memory too: then rows that scaling needs twice are kept, not computed again.
    VipsImage *result = NULL;
    int failed = vips_sequential(image, &result, NULL);
    g_object_unref(image);
    return failed ? NULL : result;
}

// Opens a picture: reads its header and, except of WebP, no pixel. The input must outlive the result. NULL on failure.
static inline VipsImage *hearth_vips_open(const hearth_picture_opening *opening) {
    hearth_picture_format format = opening->format;
    if (format == HEARTH_PICTURE_WEBP) return hearth_webp_open(opening);
    hearth_picture_input *input = opening->input;
    VipsImage *image = NULL;
    VipsAccess access = opening->is_sequential ? VIPS_ACCESS_SEQUENTIAL : VIPS_ACCESS_RANDOM;
    VipsFailOn fail_on = VIPS_FAIL_ON_ERROR;
    // libnsgif reads memory only. A frame of the size that is accepted takes less than a second.
    if (format == HEARTH_PICTURE_GIF) {
        void *buffer = (void *)input->bytes;  // it only reads; its signature lacks the const
        return vips_gifload_buffer(buffer, input->length, &image, "access", access, "fail_on", fail_on, NULL)
            ? NULL : image;
    }
    input->ends_at_scans = format == HEARTH_PICTURE_JPEG;
    VipsSource *source = hearth_picture_source(input);
    if (!source) return NULL;
    int failed = 1;
    switch (format) {
    case HEARTH_PICTURE_JPEG:
        failed = vips_jpegload_source(
            source, &image, "shrink", opening->shrink, "access", access, "fail_on", fail_on, NULL);
        break;
    case HEARTH_PICTURE_PNG:
        failed = vips_pngload_source(source, &image, "access", access, "fail_on", fail_on, NULL);
        break;
    case HEARTH_PICTURE_TIFF:
        failed = vips_tiffload_source(source, &image, "access", access, "fail_on", fail_on, NULL);
        break;
    default: break;
    }
    // What was loaded holds it.
    g_object_unref(source);
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
