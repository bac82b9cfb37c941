package import HearthJSON

/// The newest entry of the audit log, as a person writes it down: `1042:9f86d081…`.
package struct AuditHead: Sendable, Equatable {
    package var number: Int64
    package var hash: String

    package init(number: Int64, hash: String) {
        self.number = number
        self.hash = hash
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package init(_ text: String) throws(HearthError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[0]), number >= 0, parts[1].count == 64,
            parts[1].allSatisfy(\.isHexDigit)
        else {
            throw HearthError(
                .invalidRequest, "`\(text.prefix(80))` is no head of an audit log.",
                hint: "It is a number, a colon and 64 hexadecimal digits, as a verification shows it.")
        }
        self.init(number: number, hash: parts[1].lowercased())
    }

    /// As ``init(_:)`` reads it.
    package var text: String { "\(number):\(hash)" }
}

/// What a verification of the audit log has found.
package struct AuditReport: Sendable, Codable, Equatable, SchemaDescribed {
    /// A place where the log is not what was written.
    package struct Fault: Sendable, Codable, Equatable {
        package var number: Int64
        package var reason: String
    }

    /// Whether every entry is there, unchanged and in its place.
    package var isWhole: Bool
    package var entries: Int64
    /// Of the newest entry; absent as long as the log is empty.
    package var head: String?
    package var faults: [Fault]

    package static let fields = [
        "is_whole": FieldNote("Whether every entry is there, unchanged and in its place."),
        "head": FieldNote(
            "Number and hash of the newest entry. Kept elsewhere, it proves later that the log was not made again."),
        "faults": FieldNote("The first places where the log is not what was written."),
    ]
}

/// The chain of hashes as it is gone through.
struct AuditChain {
    private var last = AuditHead(number: 0, hash: "")
    private var entries: Int64 = 0
    private var faults: [AuditReport.Fault] = []
    private var hasKnown = false

    mutating func take(_ entry: AuditLog.Stored, known: AuditHead?) {
        entries += 1
        if entry.number > last.number + 1 {
            let count = entry.number - last.number - 1
            note(last.number + 1, count == 1 ? "The entry is missing." : "\(count) entries from here on are missing.")
        } else if entry.hash != entry.hash(after: last.hash) {
            note(entry.number, "The entry is not what was written, or not in its place.")
        }
        if let known, known.number == entry.number {
            hasKnown = true
            if known.hash != entry.hash { note(entry.number, "The entry has another hash than was written down.") }
        }
        // Compared with what the row says, so that one fault is not found again in every later entry.
        last = AuditHead(number: entry.number, hash: entry.hash)
    }

    /// - Parameter head: as the log says it by itself; nil when it says nothing.
    func report(head: AuditHead?, known: AuditHead?) -> AuditReport {
        var chain = self
        if head != last {
            let reason =
                head.map { $0.number > last.number } == true
                ? "The last entries are missing." : "The head of the log is not its newest entry."
            chain.note(last.number + 1, reason)
        }
        if let known, known.number > 0, !hasKnown { chain.note(known.number, "The entry is missing.") }
        return AuditReport(
            isWhole: chain.faults.isEmpty, entries: entries, head: last.number > 0 ? last.text : nil,
            faults: chain.faults)
    }

    private mutating func note(_ number: Int64, _ reason: String) {
        guard faults.count < Limits.auditFaults else { return }
        let fault = AuditReport.Fault(number: number, reason: reason)
        if !faults.contains(fault) { faults.append(fault) }
    }
}
