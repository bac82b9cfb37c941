package import HearthCore

/// The life of one download: a pure machine. Its driver performs the ``Action`` that each event returns.
///
///     idle ─begin→ asking ─answered→ receiving ─ended→ verifying ─verified→ done
///                    ↑ └──────────────┴─ broke → pausing ─┐   └─ mismatch → failed
///                    └────────────────────────────────────┘
package struct FileDownload: Sendable {
    /// What is known of the file beforehand.
    package struct Expectation: Sendable, Equatable {
        /// What the file is called in the folder.
        package var name: String
        /// Where it is asked for.
        package var address: String
        /// nil: the server says it.
        package var bytes: Int?
        /// nil: what arrives the first time is pinned.
        package var sha256: String?
        /// More is never taken.
        package var limit: Int

        /// What is not known is nil.
        package init(
            name: String, address: String, bytes: Int? = nil, sha256: String? = nil, limit: Int = Limits.modelBytes
        ) {
            self.name = name
            self.address = address
            self.bytes = bytes
            self.sha256 = sha256
            self.limit = limit
        }
    }

    /// Where the download is.
    package enum State: Sendable, Equatable {
        /// Nothing has happened. → asking, verifying
        case idle
        /// A request is out. → receiving, pausing, verifying, failed
        case asking
        /// Bytes arrive. → verifying, pausing, failed
        case receiving
        /// An attempt has failed, the next one comes after the pause. → asking
        case pausing
        /// All bytes are there and are hashed. → done, asking (a resumed file may be spoilt), failed
        case verifying
        /// The file is what was wanted. Final.
        case done
        /// No attempt can help, or too many did not. Final.
        case failed
    }

    /// What the driver does next.
    package enum Action: Sendable {
        /// Send the request; before that, throw away the part when `fresh`.
        case ask(FileRequest, fresh: Bool)
        /// Append what arrives; before that, throw away the part when `fresh`. Write down what the part is of.
        case receive(fresh: Bool)
        case pause(Duration)
        /// Hash the part.
        case verify
        /// Give the part its name.
        case finish
        /// Stop; throw away the part when it is worth nothing.
        case fail(HearthError, discarding: Bool)
        /// Nothing but go on.
        case proceed
    }

    /// What was known beforehand.
    package let expectation: Expectation
    /// Where it is now.
    package internal(set) var state = State.idle
    /// Bytes of the part.
    package internal(set) var position = 0
    /// Length of the whole file; nil until it is known.
    package internal(set) var total: Int?
    /// What the bytes of the part are of; nil: unknown, so that they cannot be continued unless a digest proves them.
    package internal(set) var validator: String?
    /// The longest that the part has been, which is what counts as getting on.
    private var furthest = 0
    private var fruitless = 0
    /// Whether the server has ever answered: an address that leads nowhere is not tried for long.
    private var hasAnswered = false
    var attempts = 0
    /// Whether the part holds bytes of an earlier answer.
    private var isResumed = false
    private var hasStartedOver = false

    /// A download that has not begun.
    package init(_ expectation: Expectation) {
        self.expectation = expectation
        total = expectation.bytes
    }

    /// Begins, with what an earlier process has left.
    /// - Parameters:
    ///   - onDisk: bytes of the part; 0: there is none.
    ///   - validator: what the part is of.
    package mutating func begin(onDisk: Int, validator: String? = nil) -> Action {
        guard state == .idle else { return .proceed }
        guard onDisk > 0, onDisk <= (expectation.bytes ?? expectation.limit),
            validator != nil || expectation.sha256 != nil
        else { return ask(fresh: true) }
        position = onDisk
        furthest = onDisk
        self.validator = validator
        isResumed = true
        if onDisk == expectation.bytes { return verify() }
        return ask(fresh: false)
    }

    /// Bytes were appended.
    package mutating func received(_ count: Int) -> Action {
        guard state == .receiving else { return .proceed }
        position += count
        if position > furthest {
            furthest = position
            fruitless = 0
        }
        let most = total ?? expectation.limit
        guard position <= most else {
            return fail("The server sends more than the \(most) bytes that \(expectation.name) has.", discarding: true)
        }
        return .proceed
    }

    /// The body has ended as HTTP ends bodies.
    package mutating func ended() -> Action {
        guard state == .receiving else { return .proceed }
        if let total, position < total { return again(.cut) }
        return verify()
    }

    /// The connection failed.
    package mutating func broke(_ failure: FileSourceFailure) -> Action {
        guard state == .asking || state == .receiving else { return .proceed }
        return again(failure)
    }

    /// The pause is over.
    package mutating func paused() -> Action {
        guard state == .pausing else { return .proceed }
        return ask(fresh: position == 0)
    }

    /// The part was hashed.
    package mutating func verified(_ sha256: String) -> Action {
        guard state == .verifying else { return .proceed }
        guard let wanted = expectation.sha256, wanted != sha256 else {
            state = .done
            return .finish
        }
        // Bytes from an earlier process or another answer may be the ones that are wrong: once more from the start.
        if isResumed, !hasStartedOver {
            hasStartedOver = true
            return ask(fresh: true)
        }
        return fail(
            "\(expectation.name) is not the file that was expected: its SHA-256 is \(sha256), expected was \(wanted).",
            hint: "Nothing was installed. The file at \(expectation.address) has changed or was manipulated.",
            discarding: true)
    }
}

extension FileDownload {
    mutating func ask(fresh: Bool) -> Action {
        if fresh {
            position = 0
            validator = nil
            isResumed = false
            total = expectation.bytes
        }
        state = .asking
        return .ask(
            FileRequest(address: expectation.address, offset: position, validator: position > 0 ? validator : nil),
            fresh: fresh)
    }

    mutating func verify() -> Action {
        state = .verifying
        return .verify
    }

    mutating func fail(_ message: String, hint: String? = nil, discarding: Bool) -> Action {
        fail(HearthError(.downloadFailed, message, hint: hint), discarding: discarding)
    }

    mutating func fail(_ error: HearthError, discarding: Bool) -> Action {
        state = .failed
        return .fail(error, discarding: discarding)
    }

    /// Another attempt, unless too many have brought nothing.
    mutating func again(_ failure: FileSourceFailure, after wish: Int? = nil) -> Action {
        attempts += 1
        fruitless += 1
        let most = hasAnswered ? Limits.downloadFruitlessAttempts : Limits.downloadFirstAttempts
        guard fruitless < most, attempts < Limits.downloadAttempts else {
            return fail(gaveUp(failure), discarding: false)
        }
        // Bytes of an unknown version of the file are not worth keeping.
        if validator == nil, expectation.sha256 == nil { position = 0 }
        isResumed = position > 0
        state = .pausing
        let backoff = Limits.downloadBackoff
        let wished = wish.map { Duration.seconds(min(max($0, 0), 3_600)) } ?? .zero
        return .pause(min(max(backoff.pause(after: fruitless), wished), backoff.longest))
    }

    private func gaveUp(_ failure: FileSourceFailure) -> HearthError {
        let trouble =
            switch failure {
            case .unreachable(let reason): reason
            case .stalled: "the server sends nothing for \(Limits.downloadStall.components.seconds) s"
            case .cut:
                total.map { "the server announces \(counted($0, "byte")) and ends the connection after \(position)" }
                    ?? "the server ends the connection after \(counted(position, "byte"))"
            }
        return HearthError(
            .downloadFailed, "\(expectation.name) could not be downloaded: \(trouble).",
            hint: "The same command goes on where this one stopped. The address is \(expectation.address).")
    }
}

extension FileDownload {
    /// The server has answered; its body follows.
    package mutating func answered(_ head: FileHead) -> Action {
        guard state == .asking else { return .proceed }
        hasAnswered = true
        if let encoding = head.encoding {
            return fail(
                "The server sends \(expectation.name) compressed (\(encoding.prefix(20))), though it was asked not to.",
                hint: "Use another mirror, or download it yourself and run `hearth models add`.", discarding: false)
        }
        switch head.status {
        case 200: return whole(head)
        case 206: return part(head)
        case 416: return beyond(head)
        case 408, 425, 429, 500...599:
            return again(.unreachable("the server answers with status \(head.status)"), after: head.retryAfter)
        default: return refusal(head.status)
        }
    }

    /// The whole file: the server ignores ranges, or the file has changed since.
    private mutating func whole(_ head: FileHead) -> Action {
        position = 0
        isResumed = false
        return receive(head, announced: head.length, fresh: true)
    }

    /// The rest of the file, if it is that.
    private mutating func part(_ head: FileHead) -> Action {
        let isSame = validator == nil || head.validator == nil || validator == head.validator
        let announced = head.rangeTotal ?? head.length.map { position + $0 }
        let isAsLong = total == nil || announced == nil || announced == total
        guard head.rangeStart == position, isSame, isAsLong else { return startOver("another part than was asked for") }
        if let length = head.length, let total = head.rangeTotal, position + length != total {
            return startOver("a part that does not reach the end")
        }
        return receive(head, announced: announced, fresh: false)
    }

    /// Nothing is left to send, or the part is longer than the file.
    private mutating func beyond(_ head: FileHead) -> Action {
        guard position > 0 else { return refusal(head.status) }
        let isComplete = head.rangeTotal == position && (expectation.bytes ?? position) == position
        let isSame = validator == nil || head.validator == nil || validator == head.validator
        if isComplete, isSame { return verify() }
        return startOver("nothing at byte \(position)")
    }

    private mutating func startOver(_ answer: String) -> Action {
        validator = nil
        position = 0
        isResumed = false
        total = expectation.bytes
        return again(.unreachable("the server sends \(answer)"))
    }

    private mutating func receive(_ head: FileHead, announced: Int?, fresh: Bool) -> Action {
        if let announced {
            if let bytes = expectation.bytes, announced != bytes {
                return fail(
                    "The server announces \(announced) bytes for \(expectation.name), expected were \(bytes).",
                    hint: "Nothing was installed. The file at \(expectation.address) is another one.", discarding: true)
            }
            guard announced <= expectation.limit else {
                return fail(
                    "\(expectation.name) has \(announced) bytes; \(expectation.limit) are allowed.", discarding: true)
            }
        } else if !head.isDelimited, expectation.bytes == nil, expectation.sha256 == nil {
            return fail(
                "The server does not say how long \(expectation.name) is, so that a cut would not show.",
                hint: "Give its SHA-256, or use another mirror.", discarding: false)
        }
        total = announced ?? expectation.bytes
        validator = head.validator
        state = .receiving
        return .receive(fresh: fresh)
    }

    private mutating func refusal(_ status: Int) -> Action {
        let address = expectation.address
        switch status {
        case 404, 410:
            return fail(
                HearthError(
                    .notFound, "There is no \(expectation.name) at \(address) (status \(status)).",
                    hint: "Check the address and the revision; with a mirror, whether it has this file."),
                discarding: false)
        case 401, 403:
            return fail(
                HearthError(
                    .forbidden, "\(address) may not be read without a login (status \(status)).",
                    hint: "Accept its licence there, download it yourself, then run `hearth models add`."),
                discarding: false)
        default:
            return fail(
                "The server answers with status \(status) for \(expectation.name).", hint: "The address is \(address).",
                discarding: false)
        }
    }
}
