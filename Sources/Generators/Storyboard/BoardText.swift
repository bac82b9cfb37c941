import HearthCore

/// Makes texts fit, and makes them readable in fonts without pictures.
struct BoardText {
    let painter: any PicturePainter

    /// Width of the narrowest letters, as a part of the font's size.
    private static let narrowest = 0.15

    /// The largest of some sizes at which a text fits into a box; at the smallest one, the text is shortened.
    ///
    /// What is shortened ends with `…`; the whole text is in the file's data.
    func fitted(
        _ text: String, sizes: [Double], isBold: Bool = false, colour: RGBColour, width: Int, height: Int,
        wraps: Bool = true
    ) throws -> PaintedText? {
        let text = Self.readable(text)
        guard !text.isEmpty, width > 0, height > 0, let least = sizes.last else { return nil }
        func painted(_ text: String, _ fontSize: Double) -> PaintedText {
            PaintedText(text, fontSize: fontSize, isBold: isBold, colour: colour, width: wraps ? width : nil)
        }
        // More than the narrowest letters could ever fit is not measured: a line has a longest length that can be set.
        let lines = wraps ? max(1, Double(height) / least) : 1
        let most = Int(Double(width) / (least * Self.narrowest) * lines) + 1
        guard text.count <= most else { return try shortened(painted(String(text.prefix(most)), least), width, height) }
        for fontSize in sizes where try fits(painted(text, fontSize), width, height) { return painted(text, fontSize) }
        return try shortened(painted(text, least), width, height)
    }

    private func fits(_ text: PaintedText, _ width: Int, _ height: Int) throws -> Bool {
        let size = try painter.size(of: text)
        return size.width <= width && size.height <= height
    }

    /// The longest beginning that fits, between characters and rather between words.
    private func shortened(_ text: PaintedText, _ width: Int, _ height: Int) throws -> PaintedText? {
        let characters = Array(text.text)
        var (low, high) = (0, characters.count - 1)
        var best: PaintedText?
        while low <= high {
            let middle = (low + high) / 2
            var shorter = text
            shorter.text = Self.beginning(of: characters, count: middle) + "…"
            if try fits(shorter, width, height) {
                best = shorter
                low = middle + 1
            } else {
                high = middle - 1
            }
        }
        return best
    }

    private static func beginning(of characters: [Character], count: Int) -> String {
        var part = characters[..<count]
        // Back to the end of a word, unless that would take much: some scripts have no spaces.
        if let space = part.lastIndex(where: \.isWhitespace), count - space < 24, space > 0 { part = part[..<space] }
        while let last = part.last, last.isWhitespace || ",;:.–-".contains(last) { part = part.dropLast() }
        return String(part)
    }

    /// One line of characters that fonts have: emoji by their names, white space as single spaces.
    static func readable(_ text: String) -> String {
        var result = ""
        for character in text {
            if character.isWhitespace || character.isNewline {
                if result.last != " " { result.append(" ") }
            } else if let name = emojiName(character) {
                if result.last != " ", !result.isEmpty { result.append(" ") }
                result += "(\(name)) "
            } else if !character.unicodeScalars.allSatisfy({ $0.properties.generalCategory == .control }) {
                result.append(character)
            }
        }
        return result.trimmingSpaces.replacingSpaces(before: ",.;:!?")
    }

    /// The Unicode name of an emoji; nil for every other character.
    private static func emojiName(_ character: Character) -> String? {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return nil }
        let isPicture =
            first.properties.isEmojiPresentation || (first.properties.isEmoji && scalars.contains("\u{FE0F}"))
        guard isPicture, first.value > 0xFF || scalars.count > 1 else { return nil }
        let names = scalars.compactMap { scalar -> String? in
            guard scalar.properties.isEmoji, !scalar.properties.isEmojiModifier else { return nil }
            return scalar.properties.name?.lowercased()
        }
        return names.isEmpty ? "picture" : names.joined(separator: ", ")
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var part = self[...]
        while part.first == " " { part = part.dropFirst() }
        while part.last == " " { part = part.dropLast() }
        return String(part)
    }

    fileprivate func replacingSpaces(before marks: String) -> String {
        var result = ""
        for character in self {
            if marks.contains(character), result.hasSuffix(") ") { result.removeLast() }
            result.append(character)
        }
        return result
    }
}
