import Foundation
import Testing

/// The rules of this project, kept by the whole tree. Each violation is an issue of its own, with file and line.
@Suite struct RepositoryTests {
    private static func report(_ violations: [Violation]) {
        for violation in violations {
            Issue.record("\(violation)")
        }
    }

    @Test(arguments: SwiftRule.all)
    func everySwiftFileKeepsTheRule(_ rule: SwiftRule) throws {
        let files = try Repository.swiftFiles.get()
        try #require(files.contains { $0.text.path == "Sources/Core/HearthError.swift" })
        Self.report(files.flatMap(rule.violations))
    }

    @Test(arguments: TextRule.all)
    func everyTextFileKeepsTheRule(_ rule: TextRule) throws {
        let files = try Repository.textFiles.get()
        for path in ["Makefile", "Package.swift", "Scripts/bootstrap", ".ci/run"] {
            try #require(files.contains { $0.path == path })
        }
        Self.report(files.flatMap(rule.violations))
    }

    @Test func everyModuleOfTheTableExists() {
        for entry in ModuleImports.all {
            let folder = Repository.root.appendingPathComponent(entry.folder)
            #expect(FileManager.default.fileExists(atPath: folder.path), "\(entry.folder)")
        }
    }

    @Test func gitIgnoresWhatIsGenerated() throws {
        let file = Repository.root.appendingPathComponent(".gitignore")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        for name in Repository.generated {
            let pattern = name.hasSuffix("-") ? "\(name)*" : name
            #expect(lines.contains { $0 == pattern || $0 == "\(pattern)/" }, "\(pattern) is not in .gitignore")
        }
    }

    @Test(arguments: [
        ("Package.resolved", "Package.resolved", true), (".deps/openvino/version", ".deps", true),
        (".build-tsan/debug.yaml", ".build-", true), (".buildings/a", ".build", false),
        ("docs/Package.resolved.md", "Package.resolved", false), ("Sources/hearth-data/a", "hearth-data", false),
    ])
    func generatedPathsAreRecognised(_ path: String, _ name: String, _ isGenerated: Bool) {
        #expect(Repository.isGenerated(path, by: name) == isGenerated)
    }

    @Test func gitTracksNothingThatIsGenerated() throws {
        // A tree without git (an unpacked archive) tracks nothing.
        for path in try Repository.trackedPaths() ?? [] {
            let isGenerated = Repository.generated.contains { Repository.isGenerated(path, by: $0) }
            #expect(!isGenerated, "\(path) is tracked; git rm --cached it")
        }
    }
}
