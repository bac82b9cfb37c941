import CLinux
import Foundation
package import HearthCore
package import Logging

/// Makes new files durable together: what many callers write is appended to one file and synchronised once.
///
/// A file stands in its own place, not yet synchronised, before it is appended; so after a crash of the process the
/// next one finds it there, and after a crash of the machine the next start writes it again from the journal. Segments
/// are written over and over, which spares the file system most of its work: a disk takes 100 kB in place about five
/// times as fast as in a new file. When a segment is full, or two seconds old, one `syncfs` brings all of its files to
/// disk, and it is free again. See docs/decisions/0005-blob-journal.md.
///
/// `@unchecked Sendable`: `state` is touched under `condition` only, and the rest does not change.
package final class BlobJournal: @unchecked Sendable {
    private struct Entry {
        let file: NewFile
        let completion: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct State {
        var waiting: [Entry] = []
        var current: JournalSegment
        /// Full or old; their files are not known to be on disk.
        var retired: [JournalSegment] = []
        var clean: [JournalSegment] = []
        /// Segments that held files when the disk refused to take them: the system tells such a failure once and
        /// forgets what it could not write, so their files are written again before they count as on disk.
        var suspects: Set<ObjectIdentifier> = []
        var epoch: UInt64
        /// When the first record since the last rest was written to `current`.
        var dirtySince: ContinuousClock.Instant?
        /// Whether one of the callers writes what waits.
        var isWriting = false
        var isResting = true
        var isStopped = false

        var segmentCount: Int { 1 + retired.count + clean.count }

        /// Puts another segment in the place of a full or old one.
        /// - Returns: false when none is free.
        mutating func rotate() -> Bool {
            guard let next = clean.popLast() else { return false }
            retired.append(current)
            current = next
            epoch += 1
            current.begin(epoch: epoch)
            dirtySince = nil
            return true
        }
    }

    private let folder: String
    /// Files that were missing or not whole when the journal was opened, and were written again. Some of them may have
    /// been deleted before, so that no row names them: see ``FileSweeper/removeUnnamed(_:)``.
    package let restored: [String]
    /// Any file of the file system that is synchronised.
    private let root: Int32
    private let replay: JournalReplay
    private let condition = MonotonicCondition()
    private var state: State
    private let age: Duration
    private let logger: Logger

    /// Opens the journal, and first brings back what a crash of the machine has taken from the files.
    /// - Parameters:
    ///   - folder: where its segments are; made when missing.
    ///   - files: the folder that the paths of `append` begin at.
    ///   - age: a segment's files are brought to disk after this at the latest.
    /// - Throws: ``HearthError`` `storage_unavailable`, `insufficient_storage`.
    package init(
        folder: String, files: String, age: Duration = Limits.journalAge, logger: Logger
    ) throws {
        self.age = age
        self.folder = folder
        self.logger = logger
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var segments = try Self.segments(in: folder)
        root = open(files, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw SystemFailure.storage("opening the folder") }
        replay = JournalReplay(root: files, descriptor: root, logger: logger)
        let last: UInt64
        do {
            (last, restored) = try replay.run(segments)
            while segments.count < 2 { segments.append(try Self.makeSegment(beside: segments, in: folder)) }
        } catch {
            close(root)
            throw error
        }
        // Behind the clock as well, so that what a cleared segment still holds is of another epoch.
        let epoch = max(last + 1, UInt64(Date().timeIntervalSince1970 * 1e6))
        state = State(current: segments.removeLast(), clean: segments, epoch: epoch)
        state.current.begin(epoch: state.epoch)
        let thread = Thread { [self] in restSegments() }
        thread.name = "hearth-journal"
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit { close(root) }

    /// A folder that cannot be listed is not one without segments: they would be written over.
    private static func segments(in folder: String) throws -> [JournalSegment] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw HearthError(
                .storageUnavailable, "The folder \(folder) cannot be read.",
                hint: "Check its permissions and the disk.", cause: error)
        }
        return try names.filter { $0.hasSuffix(".log") }.sorted().map { try JournalSegment(path: "\(folder)/\($0)") }
    }

    private static func makeSegment(beside others: [JournalSegment], in folder: String) throws -> JournalSegment {
        let taken = Set(others.map(\.path))
        let paths = (0...others.count).map { "\(folder)/\($0).log" }
        return try JournalSegment(path: paths.first { !taken.contains($0) } ?? "\(folder)/\(others.count).log")
    }

    /// Makes a file durable that stands in its place already.
    ///
    /// The first caller writes, on its own thread, until nothing waits; what others add meanwhile shares its next write
    /// to disk.
    /// - Parameter completion: called once, from some caller's thread. A failure, ``HearthError``
    ///   `insufficient_storage`, `storage_unavailable` or `overloaded`, says that the file may be lost.
    package func append(
        _ file: NewFile, completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        append([Entry(file: file, completion: completion)])
    }

    /// Makes files durable together that stand in their places already, and waits for it.
    /// - Returns: a result for each, in their order; failures are those of the other `append`.
    package func append(_ files: [NewFile]) -> [Result<Void, any Error>] {
        let results = JournalResults(count: files.count)
        append(
            files.enumerated().map { index, file in
                Entry(file: file) { results.set($0, at: index) }
            })
        return results.wait()
    }

    private func append(_ entries: [Entry]) {
        condition.lock()
        let free = state.isStopped ? 0 : max(0, Limits.journalQueue - state.waiting.count)
        let accepted = entries.prefix(free)
        let isWriter = !accepted.isEmpty && !state.isWriting
        state.waiting += accepted
        if isWriter { state.isWriting = true }
        condition.unlock()
        for entry in entries.dropFirst(free) {
            entry.completion(.failure(HearthError(.overloaded, "Too many files are being written.", retryAfter: 1)))
        }
        if isWriter { writeGroups() }
    }

    /// Writes what waits, brings all files to disk and ends; nothing is appended any more.
    package func stop() {
        condition.lock()
        state.isStopped = true
        condition.broadcast()
        while state.isWriting || state.isResting { condition.wait() }
        let segments = [state.current] + state.retired
        let suspects = state.suspects
        condition.unlock()
        do {
            for segment in segments where suspects.contains(ObjectIdentifier(segment)) { try replay.rewrite(segment) }
            guard syncfs(root) == 0 else { throw SystemFailure.storage("bringing files to disk") }
            for segment in segments { segment.clear() }
        } catch {
            logger.error(
                "Files could not be brought to disk; the next start finds them in the journal",
                metadata: ["error": "\(error)"])
        }
    }

    // MARK: The writer

    private func writeGroups() {
        while let (group, segment) = nextGroup() {
            let result = Result { try segment.get().append(group.map(\.file)) }
            noteWritten()
            for entry in group { entry.completion(result) }
        }
    }

    /// Takes what waits; nil when nothing does, and then the caller is no longer the writer.
    private func nextGroup() -> (entries: [Entry], segment: Result<JournalSegment, any Error>)? {
        condition.lock()
        defer { condition.unlock() }
        guard !state.waiting.isEmpty else {
            state.isWriting = false
            // Only `stop` waits for this; otherwise each file would wake the thread that brings segments to rest.
            if state.isStopped { condition.broadcast() }
            return nil
        }
        var length = 0
        var count = 0
        for entry in state.waiting {
            let next = length + JournalRecord.length(ofFile: entry.file.bytes.count)
            // One file always fits into a segment.
            guard count == 0 || next <= Limits.journalGroupBytes else { break }
            length = next
            count += 1
        }
        let group = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        return (group, Result { try segment(for: length) })
    }

    /// The segment for the next bytes, once one has space; called under the lock, which it gives up while it waits.
    private func segment(for length: Int) throws -> JournalSegment {
        let end = Self.time(in: Limits.storeBusy)
        while state.current.end + length > Limits.journalSegmentBytes {
            if state.rotate() {
                condition.broadcast()
            } else if state.segmentCount < Limits.journalSegments {
                state.clean.append(try Self.makeSegment(beside: [state.current] + state.retired, in: folder))
            } else if state.isStopped || !condition.wait(until: end) {
                throw HearthError(
                    .storageUnavailable, "The disk does not keep up with the files.", hint: "Check the disk.",
                    retryAfter: 10)
            }
        }
        return state.current
    }

    private func noteWritten() {
        condition.lock()
        defer { condition.unlock() }
        guard state.dirtySince == nil else { return }
        state.dirtySince = .now
        condition.broadcast()
    }

    // MARK: Rest

    /// Brings the files of retired segments to disk and frees them.
    private func restSegments() {
        defer {
            condition.lock()
            state.isResting = false
            condition.broadcast()
            condition.unlock()
        }
        while let segment = nextRetired() {
            do {
                if isSuspect(segment) { try replay.rewrite(segment) }
                guard syncfs(root) == 0 else { throw SystemFailure.storage("bringing files to disk") }
                segment.clear()
                free(segment)
            } catch {
                suspectAll()
                logger.error(
                    "Files could not be brought to disk; they stay in the journal", metadata: ["error": "\(error)"])
                condition.lock()
                if !state.isStopped { _ = condition.wait(until: Self.time(in: .seconds(1))) }
                condition.unlock()
            }
        }
    }

    /// Waits until a segment is full or old; nil when the journal has stopped.
    private func nextRetired() -> JournalSegment? {
        condition.lock()
        defer { condition.unlock() }
        while !state.isStopped {
            if let segment = state.retired.first { return segment }
            guard let since = state.dirtySince else {
                condition.wait()
                continue
            }
            let left = age - (ContinuousClock.now - since)
            if left > .zero {
                _ = condition.wait(until: Self.time(in: left))
            } else if !state.rotate() {
                condition.wait()
            }
        }
        return nil
    }

    /// On the clock that conditions wait by.
    private static func time(in duration: Duration) -> Int64 { MonotonicClock.nanoseconds() + duration.nanoseconds }

    private func isSuspect(_ segment: JournalSegment) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        return state.suspects.contains(ObjectIdentifier(segment))
    }

    /// The disk has refused files, and does not say which.
    private func suspectAll() {
        condition.lock()
        state.suspects.formUnion(([state.current] + state.retired).map { ObjectIdentifier($0) })
        condition.unlock()
    }

    private func free(_ segment: JournalSegment) {
        condition.lock()
        state.suspects.remove(ObjectIdentifier(segment))
        state.retired.removeAll { $0 === segment }
        state.clean.append(segment)
        condition.broadcast()
        condition.unlock()
    }
}
