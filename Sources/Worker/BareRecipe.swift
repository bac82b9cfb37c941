import Foundation
import HearthCore
import HearthGenerators
import HearthJSON
import HearthJobs
import HearthPrograms
import HearthVips

/// `hearth-worker recipe RECIPE PICTURE`: what libvips or ffmpeg costs for a recipe alone; `hearth-bench` compares.
///
/// RECIPE is a file with a recipe as JSON, PICTURE the file of its only reference. Prints the median of single calls in
/// milliseconds as JSON: `bare_ms`.
struct BareRecipe {
    private let recipe: String
    private let picture: String

    private static let rounds = 5

    /// - Returns: nil when the arguments are not those of this command.
    init?(arguments: [String]) {
        guard arguments.count == 4, arguments[1] == "recipe" else { return nil }
        (recipe, picture) = (arguments[2], arguments[3])
    }

    /// - Throws: ``HearthError`` when the recipe cannot be read or made.
    func run() async throws {
        let value = try JSONParser.parse(try Data(contentsOf: URL(fileURLWithPath: recipe)))
        let recipe = try JSONValueDecoder.read(Recipe.self, from: value)
        let references = recipe.references.isEmpty ? [] : [try Data(contentsOf: URL(fileURLWithPath: picture))]
        let painter = try VipsPainter()
        let bare = BareGeneration(painter: painter)
        var times: [Double] = []
        if recipe.kind == .image {
            let painting = try bare.board(recipe, references: references)
            for _ in 0..<Self.rounds { times.append(try Self.time { _ = try painter.paint(painting) }) }
        } else {
            let folder = FileManager.default.temporaryDirectory.path
            let programs = ProgramProcesses(
                worker: "bare", root: folder, niceness: ProcessPriority.niceness(of: .media))
            try await programs.withFolder { folder in
                let call = try bare.video(recipe, references: references, in: folder)
                for _ in 0..<3 {
                    let start = ContinuousClock.now
                    let result = try await programs.run(call, in: folder)
                    guard result.status == 0 else { throw HearthError(.internalError, result.messages) }
                    times.append((ContinuousClock.now - start).fractionalMilliseconds)
                }
            }
        }
        let result: JSONValue = ["bare_ms": .double(times.sorted()[times.count / 2])]
        FileHandle.standardOutput.write(Data((result.encodedText() + "\n").utf8))
    }

    private static func time(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start).fractionalMilliseconds
    }
}
