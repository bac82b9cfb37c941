/// One target of `Package.swift`: where its files lie and which modules it may import.
///
/// Read off the manifest's text as the formatter writes it: each target begins a line of its own, eight spaces in.
struct PackageTarget {
    let name: String
    /// With its last slash.
    let folder: String
    /// Modules of this package and of others, by the names they are imported by.
    let dependencies: [String]

    /// The Swift targets of a manifest, in its order; system libraries and targets without dependencies have nothing
    /// to check and are left out.
    static func all(in manifest: String) -> [PackageTarget] {
        let products = products(in: manifest)
        let list = manifest.split(separator: "    targets: [\n", maxSplits: 1).last ?? ""
        let beginning = #/^ {8}(?:library|tests|\.target|\.executableTarget)\(/#.anchorsMatchLineEndings()
        let starts = list.ranges(of: beginning).map(\.lowerBound)
        return zip(starts, starts.dropFirst() + [list.endIndex]).compactMap { start, end in
            target(String(list[start..<end]), products: products)
        }
    }

    private static func target(_ text: String, products: [String: String]) -> PackageTarget? {
        let dependencies = #/(?:dependencies: |path: "[^"]*",\s*|tests\(\s*"\w+",\s*)\[([^\]]*)\]/#
        guard let name = text.firstMatch(of: #/"([\w-]+)"/#)?.1, let list = text.firstMatch(of: dependencies)?.1 else {
            return nil
        }
        let path = text.firstMatch(of: #/path: "([^"]+)"/#)?.1 ?? "Tests/\(name)"
        // "Module", nio("Module"), or the constant of a product.
        let names = list.matches(of: #/"(\w+)"|\b([a-z]\w*)\b(?!\()/#).compactMap { match in
            match.1.map(String.init) ?? match.2.map { products[String($0)] ?? String($0) }
        }
        return PackageTarget(name: String(name), folder: "\(path)/", dependencies: names)
    }

    /// The products that the manifest has constants for, by the constants' names.
    private static func products(in manifest: String) -> [String: String] {
        let constant = #/let (\w+) = Target\.Dependency\.product\(\s*name: "(\w+)"/#
        return Dictionary(
            manifest.matches(of: constant).map { (String($0.1), String($0.2)) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// What is wrong between the manifest and the imports of the target's files.
    ///
    /// - Parameter known: every module that some target declares; others come with the language.
    func problems(in files: [SwiftFile], known: Set<String>) -> [String] {
        let imports = Set(
            files.filter { $0.text.isIn(folder) }.flatMap { $0.code.compactMap(SwiftRule.importedModule) })
        let unused = dependencies.filter { !imports.contains($0) }.map { "\(name) imports \($0) nowhere; remove it" }
        let missing = imports.intersection(known).subtracting(dependencies).sorted().map {
            "\(name) imports \($0) and does not declare it"
        }
        return unused + missing
    }
}
