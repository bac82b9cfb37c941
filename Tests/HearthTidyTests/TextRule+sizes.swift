extension TextRule {
    static let maximumLines = 500
    static let maximumColumns = 120

    /// Long files are split by concept.
    static let fileLength = TextRule("no file of code is longer than \(maximumLines) lines") { file in
        guard file.isCode, file.lines.count > maximumLines else { return [] }
        return [file.violation(line: maximumLines + 1, "\(file.lines.count) lines; split the file by concept")]
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
