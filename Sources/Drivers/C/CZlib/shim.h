#pragma once
#include <zlib.h>

/// Begins to unpack deflate without a header; `inflateInit2` is a macro, which Swift cannot call.
static inline int hearth_inflate_init_raw(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }

/// Begins to pack at the fastest level, with the header of gzip or of zlib; `deflateInit2` is a macro as well.
static inline int hearth_deflate_init(z_stream *stream, int isGzip) {
    return deflateInit2(stream, Z_BEST_SPEED, Z_DEFLATED, isGzip ? MAX_WBITS + 16 : MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
