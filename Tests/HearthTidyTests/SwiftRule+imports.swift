extension SwiftRule {
    /// Modules import only what the table allows them.
    static let imports = SwiftRule("imports follow the directions of the design") { file in
        guard file.text.isIn("Sources/") else { return [] }
        guard let entry = ModuleImports.containing(file.text) else {
            return [file.text.violation(line: 1, "this folder is not in the table of modules (ModuleImports.swift)")]
        }
        return file.code.enumerated().compactMap { index, line in
            guard let module = importedModule(line), !ModuleImports.everywhere.contains(module),
                !entry.modules.contains(module)
            else { return nil }
            return file.text.violation(line: index + 1, "\(entry.folder) must not import \(module)")
        }
    }

    /// The module that a line imports; nil for other lines.
    static func importedModule(_ line: String) -> String? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let position = words.firstIndex(of: "import") else { return nil }
        let access: Set<Substring> = ["fileprivate", "internal", "package", "private", "public"]
        guard words[..<position].allSatisfy({ $0.hasPrefix("@") || access.contains($0) }) else { return nil }
        let kinds: Set<Substring> = ["actor", "class", "enum", "func", "let", "protocol", "struct", "typealias", "var"]
        let path = words[(position + 1)...].drop { kinds.contains($0) }.first
        return path.map { String($0.prefix { $0 != "." && $0 != ";" }) }
    }
}
