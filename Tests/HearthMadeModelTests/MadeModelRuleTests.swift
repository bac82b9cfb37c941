import Foundation
import HearthInference
import HearthModelLibrary
import HearthModelRuntime
import HearthOpenVINO
import HearthTesting
import HearthVips
import Testing

/// From which score on the made models say that they know a character, on the drawn samples: the figures of
/// docs/models/evaluation.md, and why `ModelFolders/preferences.json` takes scatter for characters.
@Suite(.serialized, .timeLimit(.minutes(10))) struct MadeModelRuleTests {
    private static let folder = TestFolders.package.appendingPathComponent(".deps/models")
    private static let library = ModelLibrary(
        scanning: .init(
            roots: [TestFolders.models.path]
                + (FileManager.default.fileExists(atPath: folder.path) ? [folder.path] : [])))
    private static let made = ["efficientnet-lite0", "efficientnet-lite2", "efficientnet-lite-scatter"]
        .filter { library.folder($0) != nil }
    private static let missing: Comment = "`make models` has made no models: nothing to test with."

    /// A sample picture.
    private struct Sample {
        let project: String
        let character: String
        /// Whether it is the one that `make demo` registers.
        let isAnchor: Bool
        let vector: [Float]
    }

    private func samples(by folder: ModelFolder) throws -> [Sample] {
        let model = try LoneModel(
            folder, runtime: OpenVINORuntime(), codec: VipsCodec(), configuration: ModelHostConfiguration())
        let root = TestFolders.package.appendingPathComponent("Samples")
        return try FileManager.default.subpathsOfDirectory(atPath: root.path).sorted()
            .filter { $0.hasSuffix(".jpg") }.map { path in
                let parts = path.split(separator: "/").map(String.init)
                let picture = try Data(contentsOf: root.appendingPathComponent(path))
                return Sample(
                    project: parts[0], character: parts[1], isAnchor: parts[2] == "view-1.jpg",
                    vector: try model.run(try model.prepare(.image(picture))))
            }
    }

    private func rule(of folder: ModelFolder) throws -> MatchRule {
        let match = try #require(folder.manifest.match)
        return MatchRule(threshold: match.threshold, anchors: match.anchors, perHalving: match.perHalving)
    }

    /// What `make demo` asks: each other picture among the anchors of its project, and each anchor among those of the
    /// other project, where it is a stranger.
    private func demo(_ samples: [Sample]) -> (known: [Double], strangers: [Double], compared: [Int]) {
        var known: [Double] = []
        var strangers: [Double] = []
        var compared: [Int] = []
        for sample in samples {
            let anchors = samples.filter { $0.isAnchor && ($0.project == sample.project) != sample.isAnchor }
            let best = anchors.map { (cosine(sample.vector, $0.vector), $0.character) }.max { $0.0 < $1.0 }
            guard let best else { continue }
            if sample.isAnchor {
                strangers.append(best.0)
            } else if best.1 == sample.character {
                known.append(best.0)
                compared.append(anchors.count)
            }
        }
        return (known, strangers, compared)
    }

    @Test(.enabled(if: !made.isEmpty, missing), arguments: made)
    func theRuleMakesOfTheSamplesWhatItsTableSays(id: String) throws {
        let folder = try #require(Self.library.folder(id))
        let rule = try rule(of: folder)
        #expect(rule.anchors == 64 && rule.threshold(among: 8) < rule.threshold(among: 64))
        let views = try samples(by: folder).map {
            RetrievalEvaluation.View(owner: $0.character, vector: $0.vector)
        }
        let decision = try #require(RetrievalEvaluation().evaluate(views: views, match: rule).decision)
        let said = ["efficientnet-lite0": (0.18, 0.13), "efficientnet-lite2": (0.41, 0.15)][id] ?? (0.18, 0.41)
        #expect(abs((decision.strangersAccepted ?? -1) - said.0) < 0.04, "\(decision)")
        #expect(abs((decision.known ?? -1) - said.1) < 0.04, "\(decision)")
    }

    /// The threshold that three of 17 strangers reach keeps most characters of scatter, and none of the joined model.
    @Test(.enabled(if: made.contains("efficientnet-lite-scatter"), missing))
    func drawnCharactersAreToldFromStrangersByScatterAlone() throws {
        for (id, known) in [("scatter", 28...34), ("efficientnet-lite-scatter", 0...2)] {
            let found = demo(try samples(by: try #require(Self.library.folder(id))))
            #expect(found.known.count == 51 && found.strangers.count == 17, "\(id) finds all of them")
            let limit = found.strangers.sorted(by: >)[3]
            let kept = found.known.count { $0 > limit }
            #expect(known.contains(kept), "\(id): \(kept)")
        }
    }

    @Test(.enabled(if: made.contains("efficientnet-lite-scatter"), missing))
    func amongFewAnchorsTheRuleOfTheJoinedModelIsLower() throws {
        let folder = try #require(Self.library.folder("efficientnet-lite-scatter"))
        let rule = try rule(of: folder)
        let found = demo(try samples(by: folder))
        let known = zip(found.known, found.compared).count { $0 >= rule.threshold(among: $1) }
        let one = found.known.count { $0 >= rule.threshold }
        #expect((15...21).contains(known) && one <= 3, "\(known) instead of \(one) of 51")
    }
}
