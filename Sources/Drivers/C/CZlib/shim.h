#pragma once
#include <zlib.h>

/// Begins to unpack deflate without a header; `inflateInit2` is a macro, which Swift cannot call.
static inline int hearth_inflate_init_raw(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }
