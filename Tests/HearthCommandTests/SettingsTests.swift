import ArgumentParser
import Configuration
import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthCommand

@Suite struct SettingsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(.memory) }

    private func file(_ text: String) throws -> String {
        let path = folder.file("settings.json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func resolve(
        _ flags: [Setting: ConfigContent] = [:], file: String? = nil, _ environment: [String: String] = [:]
    ) async throws -> Settings {
        try await Settings.resolve(flags: flags, file: file, environment: environment)
    }

    /// The error of settings that must be refused.
    private func refusal(
        file: String? = nil, _ environment: [String: String] = [:]
    ) async throws -> HearthError {
        try #require(await #expect(throws: HearthError.self) { try await resolve(file: file, environment) })
    }

    @Test func aFlagGoesBeforeAVariableAVariableBeforeTheFileAndTheFileBeforeTheDefault() async throws {
        let file = try file(#"{"host": "h.file", "port": 4, "precision": "f32"}"#)
        let environment = ["HEARTH_HOST": "h.variable", "HEARTH_PORT": "3"]
        let settings = try await resolve([.host: .string("h.flag")], file: file, environment)
        #expect(settings[.host] == ("h.flag", .flag))
        #expect(settings[.port] == ("3", .variable) && settings.port == 3)
        #expect(settings[.precision] == ("f32", .file))
        #expect(settings[.logLevel] == ("info", .default))
        #expect(settings[.apiKey] == (nil, .unset))
    }

    @Test func aVariableNamesTheFile() async throws {
        let file = try file(#"{"port": 4}"#)
        #expect(try await resolve([:], ["HEARTH_CONFIG": file])[.port] == ("4", .file))
        #expect(try await resolve(file: file, ["HEARTH_CONFIG": "/nowhere"])[.port] == ("4", .file))
    }

    /// Each setting by its variable: a name that the provider spells in another way would be found nowhere.
    @Test(arguments: Setting.allCases) func everySettingIsReadFromItsVariableAndTheFile(setting: Setting) async throws {
        let (text, json) =
            switch setting.definition.kind {
            case .text, .secret: (setting == .keepAlive ? "m=5m" : "x", setting == .keepAlive ? "\"m=5m\"" : "\"x\"")
            case .choice(let words): (words[1], "\"\(words[1])\"")
            case .integer(let range): ("\(range.lowerBound + 1)", "\(range.lowerBound + 1)")
            case .number: ("0.5", "0.5")
            case .flag: ("true", "true")
            }
        #expect(try await resolve([:], [setting.variable: text])[setting] == (text, .variable))
        #expect(try await resolve(file: file("{\"\(setting.rawValue)\": \(json)}"))[setting] == (text, .file))
    }

    @Test(arguments: Setting.allCases) func everySettingButASecretIsReadFromItsFlag(setting: Setting) throws {
        let (arguments, content): ([String], ConfigContent) =
            switch setting.definition.kind {
            case .text, .secret: ([setting.flag, "x"], .string("x"))
            case .choice(let words): ([setting.flag, words[1]], .string(words[1]))
            case .integer(let range): ([setting.flag, "\(range.lowerBound + 1)"], .int(range.lowerBound + 1))
            case .number: ([setting.flag, "0.5"], .double(0.5))
            case .flag: ([setting.flag], .bool(true))
            }
        guard setting.hasFlag else {
            #expect(throws: (any Error).self) { try SettingsOptions.parse(arguments) }
            return
        }
        #expect(try SettingsOptions.parse(arguments).given == [setting: content])
        #expect(SettingsOptions.helpMessage().contains(setting.flag))
    }

    @Test func flagsThatAreNotGivenSetNothing() throws {
        #expect(try SettingsOptions.parse([]).given.isEmpty)
        let options = try SettingsOptions.parse(["--no-worker", "--port", "1", "--config", "s.json"])
        #expect(options.given == [.worker: .bool(false), .port: .int(1)] && options.config == "s.json")
    }

    @Test(arguments: [["--port"], ["--port", "x"], ["--worker", "true"], ["--no-port"], ["--prot", "1"]])
    func aFlagThatIsWrittenWrongIsRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try SettingsOptions.parse(arguments) }
    }

    @Test(arguments: Setting.allCases) func everyDefaultIsAllowed(setting: Setting) {
        if let value = setting.definition.value { #expect(setting.definition.kind.allows(value)) }
        #expect(!setting.isSecret || setting.definition.value == nil)
    }

    @Test(arguments: [
        (Setting.port, "65536"), (.port, "-1"), (.port, "x"), (.port, ""), (.precision, "f16"), (.worker, "maybe"),
        (.recycleJobs, "-1"), (.productsInterval, "1"), (.productsRate, "-0.1"), (.productsRate, "nan"),
        (.logLevel, "loud"), (.logFormat, "xml"), (.keepAlive, "m=soon"),
    ]) func aValueThatIsNotAllowedIsRefused(setting: Setting, value: String) async throws {
        let error = try await refusal([setting.variable: value])
        #expect(error.code == .invalidConfiguration)
        guard setting != .keepAlive else { return }
        #expect(error.message.contains("`\(setting.rawValue)` must be \(setting.definition.kind.allowed)"))
        #expect(error.hint == "Its value comes from the variable.")
    }

    @Test(arguments: [
        (#"{"prot": 1}"#, "the unknown key `prot`"), ("[]", "not a JSON object"), ("{", "malformed"),
        (#"{"port": 1, "port": 2}"#, "there twice"),
    ]) func aFileThatIsNotWhatItShouldBeIsRefused(text: String, reason: String) async throws {
        let error = try await refusal(file: file(text))
        #expect(error.code == .invalidConfiguration && error.message.contains(reason), "\(error.message)")
    }

    @Test(arguments: [#"{"port": "x"}"#, #"{"port": 1.5}"#, #"{"host": 1}"#, #"{"worker": "yes"}"#])
    func aValueOfAnotherTypeInTheFileIsRefused(text: String) async throws {
        #expect(try await refusal(file: file(text)).hint == "Its value comes from the file.")
    }

    @Test func aMisspeltKeyOfTheFileIsToldOfWithTheRightOne() async throws {
        #expect(try await refusal(file: file(#"{"prot": 1}"#)).hint == "Did you mean `port`?")
    }

    @Test func variablesThatAreNoSettingsAreNoted() async throws {
        let settings = try await resolve(
            [:], ["HEARTH_PROT": "1", "HEARTH_PORT": "2", "HEARTH_SHARED": "", "PATH": "/bin", "HEARTHPORT": "3"])
        #expect(settings.unknownVariables == ["HEARTH_PROT"])
    }

    /// The line of help says what holds without a flag, and where secrets are set.
    @Test func helpNamesDefaultsAndTheVariablesOfSecrets() {
        let help = ServeCommand.helpMessage(columns: 200)
        for setting in Setting.allCases {
            #expect(help.contains(setting.hasFlag ? setting.flag : setting.variable), "\(setting)")
        }
        #expect(help.contains("(default: 8420)") && help.contains("(default: scatter)"))
    }

    @Test func theGeneratorsOfRequestsThatNameNoneCanBeSet() async throws {
        let plain = try await resolve()
        let builtIn: [OutputKind: String] = [.image: "storyboard", .video: "animatic"]
        #expect(try plain.defaultGenerators(among: plain.generatorDescriptions()) == builtIn)
        let set = try await resolve(
            [:], ["HEARTH_COMFYUI": "http://127.0.0.1:9", "HEARTH_VIDEO_GENERATOR": "comfyui"])
        let defaults = try set.defaultGenerators(among: set.generatorDescriptions())
        #expect(defaults == [.image: "storyboard", .video: "comfyui"])
    }

    @Test(arguments: [
        ("HEARTH_VIDEO_GENERATOR", "comfyui", "HEARTH_COMFYUI"), ("HEARTH_IMAGE_GENERATOR", "animatic", "storyboard"),
        ("HEARTH_IMAGE_GENERATOR", "nothing", "storyboard"),
    ]) func aGeneratorThatCannotMakeItIsRefused(variable: String, value: String, remedy: String) async throws {
        let settings = try await resolve([:], [variable: value])
        let error = #expect(throws: HearthError.self) {
            try settings.defaultGenerators(among: settings.generatorDescriptions())
        }
        #expect(error?.code == .invalidConfiguration && error?.message.contains(variable) == true)
        #expect(error?.hint?.contains(remedy) == true)
    }

    @Test func aFileThatIsMissingIsRefused() async throws {
        #expect(
            try await refusal(file: "/nowhere/settings.json").message
                .contains("There is no file /nowhere/settings.json."))
    }

    @Test func aSecretIsNeverShown() async throws {
        let secret = "do-not-tell-me-that"
        let settings = try await resolve([:], [Setting.apiKey.variable: secret])
        #expect(settings.apiKey?.revealed == secret)
        #expect(!ConfigCommand.text(settings).contains(secret))
        #expect(!ConfigCommand.json(settings).encodedText().contains(secret))
        #expect(ConfigCommand.json(settings)["apiKey"]?["value"] == "(set)")
        let broken = try await refusal(file: file(#"{"apiKey": 42424242}"#))
        #expect(!"\(broken) \(broken.message) \(broken.hint ?? "")".contains("42424242"))
    }
}
