#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif
#if DEBUG
    import Synchronization
#endif

/// A text as the key of a dictionary, equal to another when their bytes are.
///
/// `String` is equal to what is canonically the same in Unicode, and for that brings both into their normal form: the
/// time of this grows with the square of a run of combining marks. Rows of a database differ where bytes do, and what
/// is derived from them must do so too. So names that clients choose are compared by bytes.
package struct ByteKey: Hashable, Sendable {
    /// The text as it was given.
    package let text: String

    /// The key of a text.
    @inlinable package init(_ text: String) { self.text = text }

    /// Whether the bytes of both are the same.
    @inlinable package static func == (left: ByteKey, right: ByteKey) -> Bool { isSame(left.text, right.text) }

    /// Hashes the bytes as they are, without a normal form.
    @inlinable package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { bytes in
            #if DEBUG
                ByteKeyWork.note(bytes.count)
            #endif
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }

    /// Whether two texts have the same bytes.
    @inlinable package static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && hasSameBytes(left, right)
    }

    /// The same for two texts of as many bytes.
    @usableFromInline static func hasSameBytes(_ left: String, _ right: String) -> Bool {
        #if DEBUG
            ByteKeyWork.note(left.utf8.count)
        #endif
        let isSame = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return memcmp(first, second, left.count) == 0
            }
        }
        return (isSame ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }
}

#if DEBUG
    /// Counts the bytes of keys that are hashed and compared, so that tests can prove a bound without a clock.
    package final class ByteKeyWork: Sendable {
        @TaskLocal private static var current: ByteKeyWork?
        private let count = Atomic(0)

        private init() {}

        /// The bytes that `body` hashes and compares.
        package static func bytes(in body: () throws -> Void) rethrows -> Int {
            let work = ByteKeyWork()
            try $current.withValue(work, operation: body)
            return work.count.load(ordering: .relaxed)
        }

        /// The same for work of many tasks that `body` starts, with what has been counted until now.
        package static func counting<Result>(
            _ body: (_ bytes: @escaping @Sendable () -> Int) async throws -> Result
        ) async rethrows -> Result {
            let work = ByteKeyWork()
            return try await $current.withValue(work) { try await body { work.count.load(ordering: .relaxed) } }
        }

        @usableFromInline static func note(_ bytes: Int) { current?.count.wrappingAdd(bytes, ordering: .relaxed) }
    }
#endif
