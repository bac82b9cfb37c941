import HearthCore

/// A character that a prompt names by its handle.
package struct Mention: Sendable, Equatable {
    package let characterID: String
    /// Without the at sign.
    package let handle: String
    /// The character's name: what a generator understands in place of the handle.
    package let name: String
}

/// The handles in a prompt: `@sarah walks with @otto_2`.
///
/// A handle begins behind anything but a letter, a digit or one of `_.+-`, so an address such as `sarah@example.com`
/// has none. `@@` stands for an at sign.
struct PromptHandles {
    private enum Piece {
        case text(Substring)
        case handle(String, asWritten: Substring)
    }

    private var pieces: [Piece] = []

    init(_ prompt: String) {
        var rest = prompt[...]
        while let at = rest.firstIndex(of: "@") {
            if at > rest.startIndex { pieces.append(.text(rest[..<at])) }
            let behind = rest[rest.index(after: at)...]
            let name = behind.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            let goesOn = at > prompt.startIndex && Self.goesOn(prompt[prompt.index(before: at)])
            if behind.first == "@" {
                pieces.append(.text("@"))
                rest = behind.dropFirst()
            } else if name.isEmpty || goesOn {
                pieces.append(.text(rest[at..<name.endIndex]))
                rest = behind[name.endIndex...]
            } else {
                pieces.append(.handle(name.lowercased(), asWritten: rest[at..<name.endIndex]))
                rest = behind[name.endIndex...]
            }
        }
        if !rest.isEmpty { pieces.append(.text(rest)) }
    }

    /// Each once, in the order in which they come.
    var handles: [String] {
        var seen: Set<String> = []
        return pieces.compactMap { piece in
            guard case .handle(let handle, _) = piece, seen.insert(handle).inserted else { return nil }
            return handle
        }
    }

    /// The prompt with names in place of handles.
    func text(naming names: [String: String]) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): String(text)
            case .handle(let handle, let written): names[handle] ?? String(written)
            }
        }.joined()
    }

    private static func goesOn(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_.+-".contains(character)
    }
}
