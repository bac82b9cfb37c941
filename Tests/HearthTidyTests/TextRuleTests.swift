import Testing

@Suite struct TextRuleTests {
    private func lines(_ rule: TextRule, _ text: String, path: String = "Sources/Core/Thing.swift") -> [Int] {
        rule.violations(in: TextFile(path: path, text: text)).map(\.line)
    }

    @Test func longFilesAreFound() {
        let line = "a\n"
        let maximum = TextRule.maximumLines
        #expect(lines(.fileLength, String(repeating: line, count: maximum)).isEmpty)
        #expect(lines(.fileLength, String(repeating: line, count: maximum + 1)) == [maximum + 1])
        #expect(lines(.fileLength, String(repeating: line, count: maximum + 1), path: "docs/a.md").isEmpty)
    }

    @Test(arguments: ["Sources/A.swift", "Tools/a.py", "Scripts/a", "Makefile", ".ci/run", "Sources/C/shim.h"])
    func longLinesAreFound(path: String) {
        let line = String(repeating: "é", count: TextRule.maximumColumns)
        #expect(lines(.lineLength, "a\n\(line)\n", path: path).isEmpty)
        #expect(lines(.lineLength, "a\n\(line)é\n", path: path) == [2])
        #expect(lines(.lineLength, "\(line),\n\(line)é,\n", path: path) == [2])
    }

    @Test func proseAndDataMayHaveLongLines() {
        let line = String(repeating: "a", count: 500)
        #expect(lines(.lineLength, line, path: "README.md").isEmpty)
        #expect(lines(.lineLength, line, path: "ModelFolders/a/model.json").isEmpty)
    }

    @Test(arguments: [
        "Sources/Core/StringUtils.swift", "Sources/Core/Helpers/A.swift", "Sources/NewQueue.swift", "Tools/helper.py",
        "Sources/QueueV2.swift", "Sources/Legacy/A.swift", "Sources/Queue+utilities.swift", "Tools/new_scenes.py",
    ])
    func namesThatSayNothingAreFound(path: String) {
        #expect(lines(.names, "", path: path) == [1])
    }

    @Test(arguments: [
        "Sources/Core/NewsTable.swift", "Sources/Renewal.swift", "docs/newcomers.md", "Sources/TV2Tuner.swift",
        "Sources/UtilisationReport.swift", "ModelFolders/mobilenet-v2/model.json", "docs/models/mobilenet-v2.md",
    ])
    func namesThatOnlyContainThemAndNamesOfDataPass(path: String) {
        #expect(lines(.names, "", path: path).isEmpty)
    }

    @Test func unfinishedWorkIsFoundOutsideOfSwift() {
        for word in TextRule.leftoverWords {
            #expect(lines(.leftovers, "a\n# \(word): later", path: "Tools/a.py") == [2])
            #expect(lines(.leftovers, "mktemp a.\(word)\(word)\n\(word)S", path: "Scripts/a").isEmpty)
        }
    }

    @Test func wordsThatAreRiddlesAreFound() {
        for (word, _) in TextRule.riddles {
            let name = word.prefix(1).uppercased() + word.dropFirst()
            #expect(lines(.plainWords, "a\n/// \(name) waits.", path: "docs/a.md") == [2])
            #expect(lines(.plainWords, "let model\(name) = 1\n\(word)(1)") == [1, 2])
            #expect(lines(.plainWords, "\(word)ing\nlet \(word)s", path: "Tools/a.py").isEmpty)
            #expect(lines(.plainWords, word, path: "Tests/HearthCoreTests/A.swift").isEmpty)
        }
    }

    @Test(arguments: ["/wo" + "rk/", "/ro" + "ot/"])
    func pathsOfOneMachineAreFound(folder: String) {
        #expect(lines(.machinePaths, "a\nlet a = \"\(folder)main\"") == [2])
        #expect(lines(.machinePaths, "\(folder)a", path: "docs/a.md") == [1])
        #expect(lines(.machinePaths, "see https://example.org\(folder) and Frame\(folder)a and ..\(folder)").isEmpty)
    }
}
