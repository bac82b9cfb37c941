package import HearthCore

/// Packs answers by zlib, at its fastest level: on a network of today the last percents cost more than they save.
package struct ZlibDeflater: ContentDeflater {
    package init() {}

    /// A stream that packs by a coding.
    /// - Throws: ``HearthError`` `internal_error` when zlib has no memory for it.
    package func stream(_ coding: ContentCoding) throws(HearthError) -> any DeflateStream {
        try ZlibDeflateStream(coding)
    }
}
