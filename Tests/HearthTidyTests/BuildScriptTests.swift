import Foundation
import Testing

/// `Scripts/build` asks SwiftPM only when something has changed: `make run` starts at once otherwise.
///
/// The script runs in a small tree of its own, where SwiftPM is a script that writes down that it was called.
@Suite struct BuildScriptTests {
    private let tree: URL

    init() throws {
        tree = FileManager.default.temporaryDirectory.appending(path: "hearth-build-\(UUID().uuidString)")
        for folder in ["Scripts", "Sources/Core", ".build/release"] {
            try FileManager.default.createDirectory(
                at: tree.appending(path: folder), withIntermediateDirectories: true)
        }
        let script = Repository.root.appending(path: "Scripts/build")
        try FileManager.default.copyItem(at: script, to: tree.appending(path: "Scripts/build"))
        try write("Scripts/bootstrap", "#!/bin/sh\n")
        // The last argument is the product.
        try write(
            "Scripts/swiftpm",
            """
            #!/bin/bash
            echo "${!#}" >>calls
            if [[ -e fails ]]; then exit 1; fi
            echo program >".build/release/${!#}"
            """)
        try write("Package.swift", "// package\n")
        try write("Sources/Core/One.swift", "let one = 1\n")
    }

    private func write(_ path: String, _ text: String) throws {
        let file = tree.appending(path: path)
        try Data(text.utf8).write(to: file)
        if path.hasPrefix("Scripts/") {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
    }

    /// Runs the script.
    /// - Returns: the products that SwiftPM was asked for.
    private func build(_ environment: [String: String] = [:]) throws -> [String] {
        let calls = tree.appending(path: "calls")
        try? FileManager.default.removeItem(at: calls)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [tree.appending(path: "Scripts/build").path]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let text = (try? String(contentsOf: calls, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    @Test func whatHasNotChangedIsNotBuiltAgain() throws {
        defer { try? FileManager.default.removeItem(at: tree) }
        let both = ["hearth", "hearth-worker"]
        #expect(try build() == both)
        #expect(try build().isEmpty)
        try write("Sources/Core/One.swift", "let one = 2\n")
        #expect(try build() == both, "a source has changed")
        try write("Sources/Core/Two.swift", "let two = 2\n")
        #expect(try build() == both, "a source has come")
        try FileManager.default.removeItem(at: tree.appending(path: "Sources/Core/Two.swift"))
        #expect(try build() == both, "a source has gone")
        #expect(try build(["SYMBOLS": "1"]) == both, "other flags")
        #expect(try build() == both, "the first flags again")
        try FileManager.default.removeItem(at: tree.appending(path: ".build/release/hearth-worker"))
        #expect(try build() == ["hearth-worker"], "a program is missing")
        try write(".build/release/hearth", "another program")
        #expect(try build() == ["hearth"], "a program is not the one that was built")
        #expect(try build().isEmpty)
    }

    /// SwiftPM is called after what was built elsewhere is gone, and what was built here stays.
    @Test(arguments: [true, false]) func whatWasBuiltInAnotherFolderIsRemoved(isMoved: Bool) throws {
        defer { try? FileManager.default.removeItem(at: tree) }
        let script = Repository.root.appending(path: "Scripts/swiftpm")
        try FileManager.default.removeItem(at: tree.appending(path: "Scripts/swiftpm"))
        try FileManager.default.copyItem(at: script, to: tree.appending(path: "Scripts/swiftpm"))
        // In place of the compiler.
        try write("Scripts/swift", "#!/bin/sh\ntest -e .build/release/old; echo $? >found\n")
        try write(".build/release/old", "")
        let place = isMoved ? "/elsewhere" : tree.resolvingSymlinksInPath().path
        try write(".build/debug.yaml", "inputs: [\"\(place)/.build/debug/a.o\"]\n")
        let process = Process()
        process.executableURL = tree.appending(path: "Scripts/swiftpm")
        process.arguments = ["test"]
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        process.environment = ["PATH": "\(tree.appending(path: "Scripts").path):\(path)"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let found = try String(contentsOf: tree.appending(path: "found"), encoding: .utf8)
        #expect(found == (isMoved ? "1\n" : "0\n"))
    }

    @Test func aBuildThatFailedIsTriedAgain() throws {
        defer { try? FileManager.default.removeItem(at: tree) }
        _ = try build()
        try write("Sources/Core/One.swift", "let one =\n")
        try write("fails", "")
        #expect(try build() == ["hearth"])
        try FileManager.default.removeItem(at: tree.appending(path: "fails"))
        #expect(try build() == ["hearth", "hearth-worker"])
    }
}
