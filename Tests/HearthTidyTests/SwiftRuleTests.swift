import Testing

/// Each rule finds what it forbids, where it is, and lets pass what only looks like it.
@Suite struct SwiftRuleTests {
    private func lines(_ rule: SwiftRule, _ source: String, path: String = "Sources/Core/Thing.swift") -> [Int] {
        rule.violations(in: SwiftFile(path: path, text: source)).map(\.line)
    }

    // MARK: Imports

    @Test(arguments: [
        ("Sources/Core/A.swift", "GRDB"), ("Sources/Core/A.swift", "NIOCore"), ("Sources/Core/A.swift", "Hummingbird"),
        ("Sources/Features/Studio/A.swift", "HearthSQLite"), ("Sources/Features/Studio/A.swift", "HearthDoors"),
        ("Sources/HTTP/A.swift", "GRDB"), ("Sources/WorkerLink/A.swift", "HearthDoors"),
        ("Sources/HTTP/A.swift", "HearthDoors"), ("Sources/Drivers/SQLite/A.swift", "CVips"),
        ("Sources/Drivers/Vips/A.swift", "COpenVINO"), ("Sources/ModelRuntime/A.swift", "COpenVINO"),
        ("Sources/Command/A.swift", "HearthModelRuntime"), ("Sources/Command/A.swift", "HearthOpenVINO"),
        ("Sources/Command/A.swift", "HearthVips"), ("Sources/Worker/A.swift", "HearthSupervisor"),
        ("Sources/Worker/A.swift", "ArgumentParser"), ("Sources/Vectors/A.swift", "HearthCore"),
        ("Sources/Command/A.swift", "HearthTesting"),
    ])
    func importsAgainstTheDirectionsAreFound(_ path: String, _ module: String) {
        #expect(lines(.imports, "import Foundation\nimport \(module)\n", path: path) == [2])
    }

    @Test(arguments: [
        ("Sources/Drivers/SQLite/A.swift", "GRDB"), ("Sources/Drivers/OpenVINO/A.swift", "COpenVINO"),
        ("Sources/Drivers/Vips/A.swift", "CVips"), ("Sources/Doors/REST/A.swift", "Hummingbird"),
        ("Sources/Command/A.swift", "ArgumentParser"), ("Sources/Worker/A.swift", "HearthOpenVINO"),
        ("Sources/VectorStore/A.swift", "HearthVectors"), ("Tests/HearthDoorsTests/A.swift", "NIOEmbedded"),
    ])
    func importsInTheDirectionsPass(_ path: String, _ module: String) {
        #expect(lines(.imports, "package import \(module)\n", path: path).isEmpty)
    }

    @Test func aFolderWithoutARowInTheTableIsFound() {
        #expect(lines(.imports, "let a = 1", path: "Sources/Cellar/A.swift") == [1])
    }

    @Test(arguments: [
        ("import A", "A"), ("package import A", "A"), ("@preconcurrency import A", "A"), ("import struct A.B", "A"),
        ("@_exported public import class A.B.C", "A"), ("    import A", "A"), ("import A;", "A"),
    ])
    func importsAreReadInAllTheirForms(_ line: String, _ module: String) {
        #expect(SwiftRule.importedModule(line) == module)
    }

    @Test(arguments: ["", "importer.run()", "let import_ = 1", "reads import A"])
    func otherLinesImportNothing(_ line: String) {
        #expect(SwiftRule.importedModule(line) == nil)
    }

    // MARK: Functions

    private func function(_ head: String, lines: Int) -> String {
        "\(head) {\n" + String(repeating: "    work(\"}\") // {\n", count: lines - 2) + "}\n"
    }

    @Test(arguments: [
        "func work()", "init(from decoder: any Decoder) throws", "init?<T>(_ value: T)", "deinit",
        "subscript(index: Int) -> Int", "var size: Int", "func a(_ body: () -> Void = {}) async throws -> [Int]",
        "static func == (a: A, b: A) -> Bool", "func `a long name`()",
    ])
    func functionsOverTheLimitAreFound(_ head: String) {
        let maximum = SwiftRule.maximumFunctionLines
        #expect(lines(.functionLength, "\n" + function(head, lines: maximum + 1)) == [2])
        #expect(lines(.functionLength, "\n" + function(head, lines: maximum)).isEmpty)
    }

    @Test func functionsInsideOthersAreMeasuredToo() {
        let inner = function("func inner()", lines: SwiftRule.maximumFunctionLines + 1)
        #expect(lines(.functionLength, "struct A {\n    func outer() {\n\(inner)}\n}\n") == [2, 3])
    }

    @Test(arguments: ["struct A", "extension A", "protocol A", "enum A: Int"])
    func typesMayBeLonger(_ head: String) {
        #expect(lines(.functionLength, function(head, lines: 200)).isEmpty)
    }

    @Test func requirementsAndStoredPropertiesHaveNoBody() {
        let source = """
            protocol A {
                init(a: Int)
                func b() throws -> Int
                subscript(c: Int) -> Int { get }
            }
            struct B {
                var d: Int
                var e = [1].map { $0 }
                func f() { if var g = h { g() } }
            }
            """
        let names = SwiftRule.functions(in: SwiftFile(path: "A.swift", text: source).tokens).map(\.name)
        #expect(names == ["subscript", "f"])
    }

    // MARK: Calls

    @Test(arguments: [
        "let a = try! b()", "let a = b as! C", "fatalError(\"no\")", "Thread.sleep(forTimeInterval: 1)", "usleep(10)",
        "DispatchQueue.main.async {}", "import XCTest", "print(a)", "debugPrint(a)", "dump(a)", "public let a = 1",
        "log(\"\\(print(a))\")",
    ])
    func bannedCallsAreFound(_ line: String) {
        #expect(lines(.bannedCalls, "\n\(line)") == [2])
    }

    @Test(arguments: [
        "let a = try !b()", "let a = b as? C", "// print(a)", "log(\"fatalError(no)\")", "blueprint(a)",
        "page.print(a)",
        "func print(_ page: Page) {}", "publicKey.verify()", "Task.sleep(for: .seconds(1))",
    ])
    func whatOnlyLooksLikeABannedCallPasses(_ line: String) {
        #expect(lines(.bannedCalls, line).isEmpty)
    }

    @Test func exceptionsHoldInTheirFoldersOnly() {
        #expect(lines(.bannedCalls, "usleep(10)", path: "Sources/Drivers/SQLite/A.swift").isEmpty)
        #expect(lines(.bannedCalls, "usleep(10)", path: "Tests/HearthCoreTests/A.swift") == [1])
        #expect(lines(.bannedCalls, "print(a)", path: "Sources/Command/A.swift").isEmpty)
        #expect(lines(.bannedCalls, "print(a)", path: "Tests/HearthCoreTests/A.swift").isEmpty)
    }

    @Test(arguments: ["final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1"])
    func unsafetyNeedsAComment(_ line: String) {
        #expect(lines(.explainedUnsafety, line) == [1])
        #expect(lines(.explainedUnsafety, "// Why.\n\n\n\n\(line)") == [5])
        #expect(lines(.explainedUnsafety, "// Why.\n\n\n\(line)").isEmpty)
        #expect(lines(.explainedUnsafety, "\(line)  // Why.").isEmpty)
    }

    // MARK: Comments

    @Test func unfinishedWorkInCommentsIsFound() {
        for word in TextRule.leftoverWords {
            #expect(lines(.leftovers, "let a = 1  // \(word): later") == [1])
            #expect(lines(.leftovers, "/* \(word) */") == [1])
            #expect(lines(.leftovers, "let a = \"\(word)\"  // \(word)S").isEmpty)
        }
    }

    @Test(arguments: [
        "// let a = 1", "// var a: Int", "//     if a {", "// }", "// return a(b)", "// func a() -> Int",
        "// import Core",
        "// queue.close(now: true)", "// a.b = 1;", "// try await store.read()", "// private func a(b: Int)",
    ])
    func commentedOutCodeIsFound(_ comment: String) {
        #expect(lines(.commentedOutCode, "let a = 1\n\(comment)") == [2])
    }

    @Test(arguments: [
        "// Let it be: one day it is needed.", "// Returns nothing (see below)", "/// return a(b)",
        "// if a caller waits",
        "// the sum is a(b) + c", "// why: otherwise the bytes are copied", "// `queue.close()` does it",
        "// 1/2 (half)",
        "// import what is needed here", "// MARK: Calls",
    ])
    func proseIsNotCode(_ comment: String) {
        #expect(lines(.commentedOutCode, comment).isEmpty)
    }

    // MARK: Types

    @Test(arguments: [
        "package struct A {", "package final class A: B {", "package enum A<T> {", "    package actor A {",
        "package protocol A: Sendable {", "package typealias A = B", "package indirect enum A {",
    ])
    func undocumentedTypesAreFound(_ line: String) {
        #expect(lines(.documentedTypes, "let a = 1\n\(line)") == [2])
        #expect(lines(.documentedTypes, "// A thing.\n\(line)") == [2])
        #expect(lines(.documentedTypes, "/// A thing.\n\(line)").isEmpty)
        #expect(lines(.documentedTypes, "/// A thing.\n@available(*, noasync)\n\(line)").isEmpty)
    }

    @Test(arguments: [
        "package func a() {", "package let a: A", "package static func a() {", "extension A {",
        "package class func a() {",
    ])
    func otherDeclarationsAreNotTypes(_ line: String) {
        #expect(SwiftRule.declaredType(line) == nil)
    }

    @Test func typesThatNobodyElseSeesNeedNoComment() {
        #expect(lines(.documentedTypes, "struct A {}\nprivate enum B {}\n").isEmpty)
        #expect(lines(.documentedTypes, "struct A {\n    package typealias Element = Int\n}\n").isEmpty)
    }

    @Test(arguments: [
        "package func a() {", "    package static func a<T>(", "package mutating func a() -> Int",
        "package class func a()",
    ])
    func undocumentedFunctionsAreFound(_ line: String) {
        #expect(lines(.documentedFunctions, "// A thing.\n\(line)") == [2])
        #expect(lines(.documentedFunctions, "/// Does it.\n@discardableResult\n\(line)").isEmpty)
    }

    @Test(arguments: ["func a() {", "private func a() {", "package let a: A", "package init() {"])
    func whatIsNoPackageFunctionNeedsNoComment(_ line: String) {
        #expect(lines(.documentedFunctions, "let b = 1\n\(line)").isEmpty)
    }

    @Test func aLargeTypeInTheFileOfAnotherIsFound() {
        func type(_ name: String, lines: Int) -> String {
            "package struct \(name) {\n" + String(repeating: "    let a: Int\n", count: lines - 2) + "}\n"
        }
        let maximum = SwiftRule.maximumCompanionLines
        #expect(lines(.typesInTheirFiles, type("Thing", lines: 99) + type("Other", lines: maximum)).isEmpty)
        #expect(lines(.typesInTheirFiles, type("Thing", lines: 99) + type("Other", lines: maximum + 1)) == [100])
        #expect(lines(.typesInTheirFiles, "struct Other {}\n" + type("Thing", lines: 99)).isEmpty)
        let extended = "Sources/Core/Other+topic.swift"
        #expect(lines(.typesInTheirFiles, type("Other", lines: maximum + 1), path: extended).isEmpty)
    }
}
