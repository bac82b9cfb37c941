#if DEBUG
    import Synchronization
#endif

/// A text as the key of a dictionary, equal to another when their bytes are.
///
/// `String` is equal to what is canonically the same in Unicode, and for that brings both into their normal form: the
/// time of this grows with the square of a run of combining marks. Names that clients choose are compared by bytes.
package struct ByteKey: Hashable, Sendable {
    /// The text as it was given.
    package let text: String

    /// The key of a text.
    package init(_ text: String) { self.text = text }

    /// Whether the bytes of both are the same.
    package static func == (left: ByteKey, right: ByteKey) -> Bool { isSame(left.text, right.text) }

    /// Hashes the bytes as they are, without a normal form.
    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { bytes in
            #if DEBUG
                ByteKeyWork.note(bytes.count)
            #endif
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }

    /// Whether two texts have the same bytes.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        #if DEBUG
            ByteKeyWork.note(left.utf8.count)
        #endif
        let isSame = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                UnsafeRawBufferPointer(left).hasBytes(of: UnsafeRawBufferPointer(right))
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

        static func note(_ bytes: Int) { current?.count.wrappingAdd(bytes, ordering: .relaxed) }
    }
#endif
