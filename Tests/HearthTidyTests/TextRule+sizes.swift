extension TextRule {
    static let maximumLines = 500
    static let maximumColumns = 120

    /// Long files are split by concept; those that a program writes are split by what it reads.
    static let fileLength = TextRule("no file of code is longer than \(maximumLines) lines") { file in
        guard file.isCode, file.lines.count > maximumLines, !isGenerated(file) else { return [] }
        return [file.violation(line: maximumLines + 1, "\(file.lines.count) lines; split the file by concept")]
    }

    /// A program that writes a file says so in its first lines.
    private static func isGenerated(_ file: TextFile) -> Bool {
        file.lines.prefix(5).contains { $0.contains("changes by hand are lost") }
    }

    /// Two files fit side by side.
    static let lineLength = TextRule("no line of code is longer than \(maximumColumns) columns") { file in
        guard file.isCode else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            // The formatter does not count a comma at the end, which it puts there itself.
            let columns = line.hasSuffix(",") ? line.count - 1 : line.count
            guard columns > maximumColumns else { return nil }
            return file.violation(line: index + 1, "\(columns) columns; break the line")
        }
    }
}
