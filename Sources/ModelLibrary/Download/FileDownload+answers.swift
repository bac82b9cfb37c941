import HearthCore

extension FileDownload {
    /// The server has answered; its body follows.
    package mutating func answered(_ head: FileHead) -> Action {
        guard state == .asking else { return .proceed }
        if let encoding = head.encoding {
            return fail(
                "The server sends \(expectation.name) compressed (\(encoding.prefix(20))), though it was asked not to.",
                hint: "Use another mirror, or download it by hand and run `hearth models add`.", discarding: false)
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
                    hint: "Download it by hand, accept its licence there, then run `hearth models add`."),
                discarding: false)
        default:
            return fail(
                "The server answers with status \(status) for \(expectation.name).", hint: "The address is \(address).",
                discarding: false)
        }
    }
}
