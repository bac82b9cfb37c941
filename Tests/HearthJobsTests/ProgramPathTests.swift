import Foundation
import HearthCore
import HearthJobs
import HearthTesting
import Testing

@Suite struct ProgramPathTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        for name in ["first", "second"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        path = "\(folder.file("first"))::\(folder.file("second"))"
    }

    private func make(_ name: String, mode: Int = 0o700) throws {
        let file = folder.file(name)
        try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    }

    @Test func theFirstFolderThatHasTheProgramWins() throws {
        try make("second/tool")
        #expect(ProgramPath.find("tool", in: path) == folder.file("second/tool"))
        try make("first/tool")
        #expect(ProgramPath.find("tool", in: path) == folder.file("first/tool"))
    }

    @Test func whatCannotBeExecutedIsNoProgram() throws {
        try make("first/text", mode: 0o600)
        try FileManager.default.createDirectory(atPath: folder.file("first/tool"), withIntermediateDirectories: false)
        #expect(ProgramPath.find("text", in: path) == nil)
        #expect(ProgramPath.find("tool", in: path) == nil)
    }

    @Test(arguments: ["", ".", "..", "../second/tool", "/bin/sh", "first/tool"])
    func aNameThatChoosesAFolderIsFoundNowhere(name: String) throws {
        try make("second/tool")
        #expect(ProgramPath.find(name, in: path) == nil)
    }

    @Test func theShellIsThereOnEverySystem() {
        #expect(ProgramPath.find("sh") != nil)
    }
}

/// The front declares jobs that run programs and runs none of them.
@Suite struct NoProgramsTests {
    @Test func aProcessThatRunsNoJobsRunsNoPrograms() async {
        let folder = await #expect(throws: HearthError.self) { try await NoPrograms().withFolder { $0 } }
        let run = await #expect(throws: HearthError.self) { try await NoPrograms().run(ProgramCall("sh"), in: "/") }
        #expect(folder?.code == .internalError && run?.code == .internalError)
    }
}
