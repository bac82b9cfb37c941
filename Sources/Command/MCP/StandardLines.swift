import Foundation
import HearthCore

/// Lines of a program's standard input and output, one message each.
///
/// Reading and writing block, so each has a thread of its own. What is written by several tasks is not mixed.
final class StandardLines: Sendable {
    private let input: Int32
    private let output: Int32
    private let limit: Int
    private let reading = BlockingThreads(name: "hearth-in", threads: 1)
    private let writing: BlockingThreads

    /// What was read.
    enum Line: Sendable, Equatable {
        case text(Data)
        /// Longer than the limit; it was read to its end and dropped.
        case tooLong
    }

    /// - Parameters:
    ///   - limit: bytes of a line.
    ///   - pending: lines that wait to be written, each of another task.
    init(
        input: Int32, output: Int32, limit: Int = Limits.mcpLineBytes, pending: Int = 4 * Limits.mcpBridgedRequests
    ) {
        self.input = input
        self.output = output
        self.limit = limit
        writing = BlockingThreads(name: "hearth-out", threads: 1, queue: pending)
    }

    deinit {
        reading.stop()
        writing.stop()
    }

    /// Hands each line to `take`, until the input ends; the next one is read when it returns.
    func read(_ take: (Line) async -> Void) async throws {
        var buffer = Data()
        var isDropping = false
        let input = input
        while true {
            let piece = try await reading.run { Self.readPiece(input) }
            guard !piece.isEmpty else { break }
            for (index, part) in piece.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
                if index > 0 {
                    if isDropping { await take(.tooLong) } else { await Self.hand(buffer, to: take) }
                    buffer = Data()
                    isDropping = false
                }
                guard !isDropping else { continue }
                if buffer.count + part.count > limit {
                    isDropping = true
                    buffer = Data()
                } else {
                    buffer.append(contentsOf: part)
                }
            }
        }
        // A last line without its end is one as well.
        if isDropping { await take(.tooLong) } else { await Self.hand(buffer, to: take) }
    }

    private static func hand(_ line: Data, to take: (Line) async -> Void) async {
        let isEmpty = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if !isEmpty { await take(.text(line)) }
    }

    /// Bytes as they come; none at the end.
    private static func readPiece(_ input: Int32) -> [UInt8] {
        // As much as a pipe holds.
        [UInt8](unsafeUninitializedCapacity: 64 << 10) { piece, count in
            var got = -1
            repeat { got = Glibc.read(input, piece.baseAddress, piece.count) } while got < 0 && errno == EINTR
            count = max(got, 0)
        }
    }

    /// Writes a line whole. What the reader has closed takes nothing more, which is its right.
    func write(_ line: Data) async {
        let output = output
        let bytes = Array(line) + [0x0A]
        try? await writing.run { Self.writeAll(bytes, to: output) }
    }

    private static func writeAll(_ bytes: [UInt8], to output: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
