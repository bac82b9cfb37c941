import Foundation
import HearthCore

/// Performs a ``FileDownload``: asks the source, appends to the part file, pauses, verifies, renames.
package struct FileTransfer {
    /// How far it is.
    package struct Progress: Sendable, Equatable {
        /// What is being done.
        package enum Stage: Sendable, Equatable {
            case receiving
            /// The next attempt comes after this.
            case pausing(Duration)
            case verifying
            case done
        }

        package var name: String
        package var stage: Stage
        package var received: Int
        /// nil: unknown.
        package var total: Int?
    }

    private let source: any FileSource
    private let sleep: @Sendable (Duration) async throws -> Void
    private let progress: (Progress) -> Void

    /// - Parameters:
    ///   - sleep: how pauses are spent; tests do not.
    ///   - progress: called for every chunk, on the caller's task.
    package init(
        source: any FileSource,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        progress: @escaping (Progress) -> Void = { _ in }
    ) {
        self.source = source
        self.sleep = sleep
        self.progress = progress
    }

    /// What has arrived.
    package struct Arrival: Sendable, Equatable {
        package var sha256: String
        package var bytes: Int
    }

    /// Downloads to `path`, going on with what an earlier process has left beside it.
    /// - Throws: ``HearthError``; the part stays when a later attempt can go on with it.
    package func run(_ expectation: FileDownload.Expectation, to path: String) async throws -> Arrival {
        let part = try PartFile(of: path)
        var download = FileDownload(expectation)
        let left = part.state(for: expectation.address)
        var action = download.begin(onDisk: left.bytes, validator: left.validator)
        var answer: FileAnswer?
        var sha256 = ""
        while true {
            switch action {
            case .ask(let request, let fresh):
                if fresh { try part.truncate() }
                answer = nil
                do {
                    let opened = try await source.open(request)
                    answer = opened
                    action = download.answered(opened.head)
                } catch let failure as FileSourceFailure {
                    action = download.broke(failure)
                }
            case .receive(let fresh):
                if fresh { try part.truncate() }
                try part.note(address: expectation.address, validator: download.validator)
                action = try await receive(answer, into: part, &download)
            case .pause(let duration):
                answer = nil
                report(download, .pausing(duration))
                try await sleep(duration)
                action = download.paused()
            case .verify:
                answer = nil
                report(download, .verifying)
                sha256 = try digest(of: part.path)
                action = download.verified(sha256)
            case .finish:
                try part.finish(as: path)
                report(download, .done)
                return Arrival(sha256: sha256, bytes: download.position)
            case .fail(let error, let discarding):
                if discarding { part.discard() }
                throw error
            case .proceed:
                throw HearthError(.internalError, "The download of \(expectation.name) does not continue.")
            }
        }
    }

    /// Appends the body to the part.
    private func receive(
        _ answer: FileAnswer?, into part: borrowing PartFile, _ download: inout FileDownload
    ) async throws -> FileDownload.Action {
        guard let answer else { return download.broke(.cut) }
        do {
            for try await chunk in answer.body {
                try part.append(chunk)
                let action = download.received(chunk.count)
                guard case .proceed = action else { return action }
                report(download, .receiving)
            }
            return download.ended()
        } catch let failure as FileSourceFailure {
            return download.broke(failure)
        }
    }

    private func report(_ download: FileDownload, _ stage: Progress.Stage) {
        progress(
            Progress(
                name: download.expectation.name, stage: stage, received: download.position, total: download.total))
    }

    private func digest(of path: String) throws -> String {
        do {
            return try FileDigest.sha256(of: path)
        } catch {
            throw HearthError(.storageUnavailable, "The download cannot be read back.", cause: error)
        }
    }
}
