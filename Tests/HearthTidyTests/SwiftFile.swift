/// One Swift file, with its code and its comments told apart.
struct SwiftFile {
    let text: TextFile
    /// The lines with comments and the content of strings blanked; columns stay where they were.
    let code: [String]
    /// The lines with everything but comments blanked.
    let comments: [String]

    init(path: String, text: String) {
        self.text = TextFile(path: path, text: text)
        let layers = SwiftLayers(of: text)
        code = layers.code
        comments = layers.comments
    }

    /// The code as words and single marks, without white space.
    var tokens: [Token] {
        var tokens: [Token] = []
        for (index, line) in code.enumerated() {
            var word = ""
            for character in line {
                if character.isLetter || character.isNumber || character == "_" {
                    word.append(character)
                    continue
                }
                if !word.isEmpty { tokens.append(Token(text: word, line: index + 1)) }
                word = ""
                if !character.isWhitespace { tokens.append(Token(text: String(character), line: index + 1)) }
            }
            if !word.isEmpty { tokens.append(Token(text: word, line: index + 1)) }
        }
        return tokens
    }

    /// A word or a mark of the code.
    struct Token {
        var text: String
        /// From 1.
        var line: Int
    }
}
