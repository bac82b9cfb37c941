/// What the headers of a request want of a file, as RFC 9110 reads them (sections 13 and 14).
struct FileRequest: Sendable, Equatable {
    var ifNoneMatch: String?
    var ifMatch: String?
    var range: String?
    var ifRange: String?

    /// What the answer has in it.
    enum Answer: Sendable, Equatable {
        case whole
        case part(Range<Int>)
        /// 304: the client has this version.
        case notModified
        /// 412: the client wants another version.
        case preconditionFailed
        /// 416: the file has none of the bytes that are wanted.
        case unsatisfiable
    }

    /// - Parameters:
    ///   - size: bytes of the file.
    ///   - tag: the file's entity tag, with its quotation marks; a strong one.
    func answer(size: Int, tag: String) -> Answer {
        if let ifMatch, !Self.names(ifMatch, tag, isWeak: false) { return .preconditionFailed }
        if let ifNoneMatch, Self.names(ifNoneMatch, tag, isWeak: true) { return .notModified }
        guard let range, ifRange == nil || ifRange == tag else { return .whole }
        return Self.part(range, size: size)
    }

    /// Whether a list of entity tags names one; `*` names any.
    private static func names(_ list: String, _ tag: String, isWeak: Bool) -> Bool {
        list.split(separator: ",").contains { entry in
            var entry = entry[...]
            while entry.first == " " || entry.first == "\t" { entry = entry.dropFirst() }
            while entry.last == " " || entry.last == "\t" { entry = entry.dropLast() }
            if isWeak, entry.hasPrefix("W/") { entry = entry.dropFirst(2) }
            return entry == "*" || entry == tag
        }
    }

    /// Reads one range of bytes. What is no such range, or several of them, is answered by the whole file, as the RFC
    /// allows.
    private static func part(_ text: String, size: Int) -> Answer {
        let unit = "bytes="
        guard text.lowercased().hasPrefix(unit) else { return .whole }
        let ends = text.dropFirst(unit.count).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]) else { return .whole }
        switch (first, last) {
        case (nil, nil): return .whole
        case (nil, let count?):
            guard count > 0, size > 0 else { return .unsatisfiable }
            return .part(max(size - count, 0)..<size)
        case (let first?, let last):
            if let last, last < first { return .whole }
            guard first < size else { return .unsatisfiable }
            return .part(first..<(min(last ?? size - 1, size - 1) + 1))
        }
    }

    /// The number of some digits; `.some(nil)` for no digits, nil for what is no number. One too great for `Int` counts
    /// as the greatest, which is beyond the end of every file.
    private static func number(_ text: Substring) -> Int?? {
        let digits = text.utf8.drop { $0 == 0x20 }
        guard !digits.isEmpty else { return .some(nil) }
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return .some(Int(Substring(digits)) ?? Int.max)
    }
}
