import CVips
import Glibc
import HearthCore

/// libvips, started once a process and set up for hostile input.
enum VipsLibrary {
    /// The outcome of the only start; later calls read it.
    private static let outcome: Result<Void, HearthError> = start()

    /// Starts libvips when it is not yet running.
    /// - Throws: ``HearthError`` `internal_error` when the library does not start.
    static func startOnce() throws(HearthError) { try outcome.get() }

    private static func start() -> Result<Void, HearthError> {
        // libvips looks for plug-in decoders (ImageMagick, PDF, HEIF, slides) beside its home. Hearth accepts none of
        // their formats: a home without plug-ins keeps that code out of the process and saves 20 ms of the start.
        setenv("VIPSHOME", "/nonexistent", 1)
        guard vips_init("hearth") == 0 else {
            return .failure(
                HearthError(.internalError, "The picture library did not start.", cause: VipsError(step: "vips_init")))
        }
        hearth_vips_silence_log()
        hearth_vips_avoid_orc()
        // Pictures are decoded side by side, one thread each; the same picture hardly ever comes twice.
        vips_concurrency_set(1)
        vips_cache_set_max(0)
        vips_block_untrusted_set(1)
        hearth_vips_allow_svg()
        return .success(())
    }
}
