import Foundation
import HearthCore
import HearthTesting
import Testing

@testable import HearthCommand

/// Messages are lines: of any length up to the limit, in whatever pieces they come.
@Suite(.timeLimit(.minutes(3))) struct StandardLinesTests {
    /// What is read of bytes that come in these pieces.
    private func lines(_ pieces: [String], limit: Int = 100) async throws -> [StandardLines.Line] {
        let pipe = Pipe()
        let streams = StandardLines(input: pipe.fileHandleForReading.fileDescriptor, output: -1, limit: limit)
        let found = Locked<[StandardLines.Line]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await streams.read { line in found.withLock { $0.append(line) } } }
            for piece in pieces {
                try pipe.fileHandleForWriting.write(contentsOf: Data(piece.utf8))
                await Task.yield()
            }
            try pipe.fileHandleForWriting.close()
            try await group.waitForAll()
        }
        return found.withLock { $0 }
    }

    private func text(_ text: String) -> StandardLines.Line { .text(Data(text.utf8)) }

    @Test func linesAreFoundInAnyPieces() async throws {
        #expect(try await lines(["a\nb\n"]) == [text("a"), text("b")])
        #expect(try await lines(["a", "b", "c\n", "d"]) == [text("abc"), text("d")], "the last needs no end")
        #expect(try await lines(["\n \r\n\t\na\r\n"]) == [text("a\r")], "empty lines say nothing")
        #expect(try await lines([]).isEmpty)
    }

    @Test func aLineThatIsTooLongIsDroppedAndTheNextOneIsRead() async throws {
        let long = String(repeating: "x", count: 60)
        #expect(try await lines([long, long, "\nok\n"]) == [.tooLong, text("ok")])
        #expect(try await lines([long, long]) == [.tooLong])
        #expect(try await lines([long + long + "\n"], limit: 120) == [text(long + long)])
    }

    @Test func whatTwoTasksWriteIsNotMixed() async throws {
        let pipe = Pipe()
        let streams = StandardLines(input: -1, output: pipe.fileHandleForWriting.fileDescriptor)
        let lines = (0..<8).map { Data(repeating: UInt8(0x61 + $0), count: 200_000) }
        try await withThrowingTaskGroup(of: Data?.self) { group in
            // More than a pipe holds, so that writers wait for the reader.
            group.addTask { try pipe.fileHandleForReading.read(upToCount: 8 * 200_001) }
            for line in lines {
                group.addTask {
                    await streams.write(line)
                    return nil
                }
            }
            var read = Data()
            for try await part in group { read += part ?? Data() }
            try pipe.fileHandleForWriting.close()
            #expect(Set(read.split(separator: 0x0A).map { Data($0) }) == Set(lines))
        }
    }

    @Test func writingToAReaderThatIsGoneIsNoError() async throws {
        let pipe = Pipe()
        let streams = StandardLines(input: -1, output: pipe.fileHandleForWriting.fileDescriptor)
        signal(SIGPIPE, SIG_IGN)
        try pipe.fileHandleForReading.close()
        await streams.write(Data("a".utf8))
    }
}
