import HearthCore
import HearthJSON
import HearthSQLite
import Testing

@testable import HearthStudio

/// Styles as data: those that came with the program, and those of each tenant.
@Suite(.timeLimit(.minutes(3))) struct StylePresetTests {
    private let bench: StudioBench
    private let other = Tenant(rawValue: "other")
    private static let ink: JSONValue = ["name": "Ink wash", "positive": "ink wash of {prompt}, soft paper"]

    init() async throws { bench = try await StudioBench() }

    private func ids(_ tenant: Tenant = .local) async throws -> [String] {
        let page = try await bench.call("studio.presets.list", [:], tenant: tenant)
        return (page["items"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
    }

    private func code(_ name: String, _ input: JSONValue) async throws -> HearthError.Code? {
        try await bench.refusal(name, input)?.code
    }

    // MARK: Built in

    @Test func sixStylesCameWithTheProgram() async throws {
        #expect(try await ids() == ["none", "cyberpunk", "fantasy", "steampunk", "studio_ghibli", "manga"])
        for preset in StylePreset.builtIn {
            #expect(preset.positive.ranges(of: "{prompt}").count == 1, "\(preset.id)")
            #expect(preset.steps == 15 && preset.sampler == "dpmpp_2m" && preset.scheduler == "karras")
            #expect(preset.isBuiltIn && preset.grade != nil && (7...8).contains(preset.cfg), "\(preset.id)")
        }
    }

    @Test(arguments: [("none", "a {prompt} fox"), ("manga", "a fox")])
    func theCallersWordsTakeThePlaceOfTheSlot(id: String, prompt: String) throws {
        let preset = try #require(StylePreset.builtIn(id))
        let positive = preset.positive(prompt: prompt)
        #expect(positive.contains(prompt))
        #expect(positive == (id == "none" ? prompt : preset.positive.replacing("{prompt}", with: prompt)))
    }

    @Test(arguments: ["studio.presets.update", "studio.presets.delete"])
    func builtInStylesDoNotChange(operation: String) async throws {
        var input: JSONValue = ["preset": "manga"]
        if operation.hasSuffix("update") { input["steps"] = 3 }
        #expect(try await code(operation, input) == .conflict)
        #expect(try await bench.call("studio.presets.get", ["preset": "manga"])["steps"] == 15)
    }

    @Test(
        arguments: [
            ["id": "manga", "name": "Mine"], ["id": "studio-ghibli", "name": "Mine"], ["name": "MANGA"],
            ["name": "Studio Ghibli"], ["name": "none"], ["id": "mine", "name": "No Style"],
        ] as [JSONValue])
    func noNameShadowsABuiltInOne(input: JSONValue) async throws {
        var input = input
        input["positive"] = "x {prompt}"
        #expect(try await code("studio.presets.create", input) == .conflict)
        #expect(try await bench.count("style_presets") == 0)
    }

    // MARK: One's own

    @Test func aStyleIsAddedChangedAndDeleted() async throws {
        let made = try await bench.call("studio.presets.create", Self.ink)
        #expect(made["id"] == "ink_wash" && made["steps"] == 15 && made["sampler"] == "dpmpp_2m")
        #expect(made["scheduler"] == "karras" && made["cfg"]?.doubleValue == 7 && made["is_built_in"] == false)
        let changed = try await bench.call(
            "studio.presets.update", ["preset": "ink_wash", "steps": 30, "negative": "colour", "cfg": 4.5])
        #expect(changed["steps"] == 30 && changed["negative"] == "colour" && changed["cfg"] == 4.5)
        #expect(changed["positive"] == made["positive"], "what is not given stays")
        #expect(try await bench.call("studio.presets.get", ["preset": "ink_wash"]) == changed)
        #expect(try await ids().last == "ink_wash")
        try await bench.call("studio.presets.delete", ["preset": "ink_wash"])
        #expect(try await ids().contains("ink_wash") == false)
        #expect(try await code("studio.presets.get", ["preset": "ink_wash"]) == .notFound)
    }

    @Test func aStyleIsOfItsTenantAlone() async throws {
        try await bench.call("studio.presets.create", Self.ink)
        #expect(try await ids(other).count == 6)
        for (operation, input) in [
            ("studio.presets.get", ["preset": "ink_wash"]), ("studio.presets.delete", ["preset": "ink_wash"]),
            ("studio.presets.update", ["preset": "ink_wash", "steps": 2]),
            ("studio.projects.create", ["name": "Theirs", "style": "ink_wash"]),
        ] as [(String, JSONValue)] {
            let error = try await bench.refusal(operation, input, tenant: other)
            #expect(error?.code == .notFound && error?.hint?.contains("ink_wash") == false, "\(operation)")
        }
        try await bench.call("studio.presets.create", Self.ink, tenant: other)
        #expect(try await bench.count("style_presets") == 2)
    }

    @Test(
        arguments: [
            ["positive": "no slot"], ["positive": "{prompt} and {prompt}"], ["positive": "{prompt}\u{1}"],
            ["steps": 0], ["steps": 100_000], ["cfg": -1], ["cfg": 1e9], ["sampler": "a b"], ["sampler": "ö"],
            ["scheduler": ""], ["name": "   "], ["id": "UPPER"], ["id": "a/b"],
            ["negative": .string(.init(repeating: "x", count: 5_000))],
            ["grade": ["top": "red", "bottom": "#000000", "accent": "#000000", "grain": 0, "line": 0, "motif": "ink"]],
            [
                "grade": [
                    "top": "#000000", "bottom": "#000000", "accent": "#00000g", "grain": 0, "line": 0, "motif": "ink",
                ]
            ],
            [
                "grade": [
                    "top": "#000000", "bottom": "#000000", "accent": "#000000", "grain": 2, "line": 0, "motif": "ink",
                ]
            ],
            ["unknown": 1],
        ] as [JSONValue])
    func whatIsNoStyleIsRefusedAndLeavesNothing(change: JSONValue) async throws {
        var input = Self.ink
        for member in change.objectValue?.members ?? [] { input[member.key] = member.value }
        #expect(try await code("studio.presets.create", input) == .invalidRequest)
        #expect(try await bench.count("style_presets") == 0)
    }

    @Test func aNameThatIsTakenAndOneTooManyAreConflicts() async throws {
        try await bench.call("studio.presets.create", Self.ink)
        #expect(try await code("studio.presets.create", Self.ink) == .conflict)
        for number in 1..<Limits.presetsOfTenant {
            try await bench.call(
                "studio.presets.create", ["name": .string("Style \(number)"), "positive": "{prompt}"])
        }
        let error = try await bench.refusal("studio.presets.create", ["name": "One more", "positive": "{prompt}"])
        #expect(error?.code == .conflict && error?.hint?.contains("\(Limits.presetsOfTenant)") == true)
    }

    // MARK: Projects

    @Test func aProjectHasAStyle() async throws {
        let plain = try await bench.call("studio.projects.create", ["name": "Plain"])
        #expect(plain["style"] == "none")
        let neon = try await bench.call("studio.projects.create", ["name": "Neon", "style": "cyberpunk"])
        #expect(neon["style"] == "cyberpunk")
        try await bench.call("studio.presets.create", Self.ink)
        let changed = try await bench.call("studio.projects.update", ["project": "Neon", "style": "ink_wash"])
        #expect(changed["style"] == "ink_wash" && changed["name"] == "Neon")
        #expect(try await code("studio.presets.delete", ["preset": "ink_wash"]) == .conflict, "it is in use")
        try await bench.call("studio.projects.update", ["project": "Neon", "style": "none"])
        try await bench.call("studio.presets.delete", ["preset": "ink_wash"])
        let id = try #require(plain["project_id"]?.stringValue)
        let studio = bench.studio
        let style = try await bench.store.read { db in try studio.style(ofProject: id, tenant: .local, in: db) }
        #expect(style == StylePreset.none)
    }

    @Test func anUnknownStyleIsToldOfWithTheOneThatIsProbablyMeant() async throws {
        let error = try await bench.refusal("studio.projects.create", ["name": "Neon", "style": "cyberpnuk"])
        #expect(error?.code == .notFound)
        #expect(error?.hint?.contains("Did you mean `cyberpunk`?") == true && error?.hint?.contains("`manga`") == true)
        #expect(try await bench.count("projects") == 0)
    }
}
