package import struct Foundation.Data

extension Data {
    /// `withUnsafeBytes` that keeps the type of the error.
    package func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(HearthError) -> Result
    ) throws(HearthError) -> Result {
        try withUnsafeBytes { bytes -> Swift.Result<Result, HearthError> in
            do throws(HearthError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }.get()
    }
}
