import HearthCore
package import HearthJSON

/// One line of a job's progress log; numbers rise by one from 1, so any client can go on from any of them.
package struct JobEvent: Sendable, Codable, SchemaDescribed {
    package var jobID: String
    package var number: Int
    package var status: JobState
    package var stage: String?
    /// 0…1 over all stages.
    package var progress: Double
    /// 0…100, for people and older clients.
    package var percentage: Double
    /// 0…1 of the stage; nil where that is not known.
    package var current: Double?
    package var step: Int?
    package var steps: Int?
    /// Seconds that were left at ``at``, as measured; nil while that is not known.
    package var eta: Double?
    package var message: String?
    /// Reference of a preview picture.
    package var preview: String?
    package var errorCode: String?
    /// Milliseconds since 1970.
    package var at: Int64

    /// What the description says of the fields.
    package static let fields: [String: FieldNote] = [
        "number": FieldNote("Rises by one from 1: a client goes on from any of them."),
        "progress": FieldNote("0 to 1 over all stages."), "percentage": FieldNote("`progress` from 0 to 100."),
        "current": FieldNote("0 to 1 of the stage; absent where that is not known."),
        "step": FieldNote("Of the stage."), "steps": FieldNote("How many the stage has."),
        "eta": FieldNote(
            "Seconds that were left at `at`, by the progress that was measured; absent while that is not known."),
        "preview": FieldNote("A `data:` URL of a small picture of what is being made."),
        "at": FieldNote("Milliseconds since 1970."),
    ]
}

/// A job's events, replayed and then live; ends after the final one, or when the server stops.
package struct JobEventSequence: AsyncSequence, Sendable {
    package typealias Element = JobEvent

    let jobID: String
    let since: Int
    let wakes: AsyncStream<Void>
    let store: any Store
    let table: JobTable

    /// Begins to read after the event that the sequence was asked from.
    package func makeAsyncIterator() -> Iterator {
        Iterator(sequence: self, wakes: wakes.makeAsyncIterator(), number: since)
    }

    /// Reads the log a page at a time.
    package struct Iterator: AsyncIteratorProtocol {
        let sequence: JobEventSequence
        var wakes: AsyncStream<Void>.AsyncIterator
        var number: Int
        var page: ArraySlice<JobEvent> = []
        var pageWasFull = false
        var hasEnded = false

        /// The next event, once there is one; nil after the final one, or when the server stops.
        /// - Throws: what reading the rows throws.
        package mutating func next() async throws -> JobEvent? {
            while !hasEnded {
                if let event = page.popFirst() {
                    number = event.number
                    // After a full page there may be more: a job that ended and was tried again.
                    hasEnded = event.status.isFinal && page.isEmpty && !pageWasFull
                    return event
                }
                try await readPage()
                if page.isEmpty, !hasEnded, await wakes.next(isolation: #isolation) == nil { return nil }
            }
            return nil
        }

        private mutating func readPage() async throws {
            let (sequence, number) = (sequence, number)
            let (events, isOver) = try await sequence.store.read { db in
                let events = try sequence.table.events(sequence.jobID, since: number, in: db)
                let isOver = try events.isEmpty && sequence.table.isOver(sequence.jobID, in: db)
                return (events, isOver)
            }
            page = events[...]
            pageWasFull = events.count == Limits.eventPage
            hasEnded = isOver
        }
    }
}
