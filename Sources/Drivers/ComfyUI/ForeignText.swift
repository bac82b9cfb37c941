/// Text that another server has sent, made fit to be shown: one line, no controls, bounded.
enum ForeignText {
    static func shown(_ text: String?, limit: Int = 300) -> String {
        var line = ""
        var count = 0
        for scalar in (text ?? "").unicodeScalars {
            guard count < limit else { return line + "…" }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || isFormat(scalar)
            if isControl {
                if !line.isEmpty, line.last != " " { line += " " }
            } else {
                line.unicodeScalars.append(scalar)
            }
            count += 1
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    /// Marks that change how a line is read without being seen.
    private static func isFormat(_ scalar: Unicode.Scalar) -> Bool {
        [.format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
}
