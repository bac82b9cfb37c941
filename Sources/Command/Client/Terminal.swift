import Foundation
package import HearthCore
package import HearthJSON

/// What people see: calm lines on standard output, trouble on standard error, plain text when piped.
package enum Terminal {
    /// Whether standard output is a screen.
    package static let isInteractive = isatty(STDOUT_FILENO) == 1

    /// Writes a line to standard output.
    package static func line(_ text: String = "") { write(text + "\n", to: .standardOutput) }

    /// Writes JSON: in lines and indented on a screen, in one line for a program.
    package static func json(_ value: JSONValue) { line(isInteractive ? value.indentedText() : value.encodedText()) }

    /// Text without a line's end, for progress that is overwritten.
    package static func overwrite(_ text: String) {
        guard isInteractive else { return }
        write("\r\u{1B}[2K\(text)", to: .standardOutput)
    }

    /// Writes a line to standard error, for people.
    package static func note(_ text: String) { write(text + "\n", to: .standardError) }

    /// Writes what went wrong, and the hint, to standard error.
    package static func error(_ error: HearthError) {
        note("hearth: \(error.message)")
        if let hint = error.hint { note("        \(hint)") }
    }

    /// A bar of 24 places.
    package static func bar(_ fraction: Double) -> String {
        let filled = Int((min(max(fraction, 0), 1) * 24).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    }

    private static func write(_ text: String, to handle: FileHandle) {
        // A closed pipe (`hearth jobs list | head`) is the reader's right.
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
