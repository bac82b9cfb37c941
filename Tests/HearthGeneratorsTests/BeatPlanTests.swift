import HearthCore
import HearthTesting
import Testing

@testable import HearthGenerators

/// How a prompt becomes shots: what happens, how long, from where.
@Suite struct BeatPlanTests {
    private func plan(_ prompt: String, seconds: Double, hasPictures: Bool = true, seed: Int64 = 1) -> BeatPlan {
        BeatPlan(prompt: prompt, seconds: seconds, framesPerSecond: 24, hasPictures: hasPictures, seed: seed)
    }

    @Test func eachSentenceIsAShot() {
        let plan = plan("Mira walks through the rain. She looks up; a light goes on! She smiles", seconds: 8)
        #expect(
            plan.beats.map(\.text) == ["Mira walks through the rain", "She looks up", "a light goes on", "She smiles"])
        #expect(plan.frames == 192)
    }

    @Test func fewSentencesAreCutAtTheirPausesUntilThereAreEnoughShots() {
        let plan = plan("Mira walks through the rain, looks up and smiles", seconds: 7)
        #expect(plan.beats.map(\.text) == ["Mira walks through the rain", "looks up", "smiles"])
    }

    @Test func aPromptOfOneThingIsShownFromSeveralDistances() {
        let plan = plan("Mira", seconds: 6)
        #expect(plan.beats.map(\.text) == ["Mira", "Mira", "Mira"])
        #expect(plan.beats.map(\.framing) == [.wide, .medium, .close])
    }

    @Test func moreSentencesThanTheTimeHasRoomForAreJoined() {
        let plan = plan("One. Two. Three. Four. Five. Six", seconds: 2)
        #expect(plan.beats.count == 2)
        #expect(plan.beats.map(\.text).joined(separator: ". ") == "One. Two. Three. Four. Five. Six")
    }

    @Test(arguments: ["雨の中を歩く。空を見上げる。微笑む。", "تمشي في المطر. تنظر إلى السماء؟ تبتسم", "वह चलती है। वह मुस्कुराती है"])
    func otherScriptsEndTheirSentencesInTheirOwnWay(prompt: String) {
        #expect(plan(prompt, seconds: 6).beats.count >= 2)
        #expect(plan(prompt, seconds: 6).beats.allSatisfy { !$0.text.hasSuffix("。") && !$0.text.isEmpty })
    }

    @Test func theWordsChooseWhereTheCameraGoes() {
        let plan = plan("The city at night. Mira walks along. Her face, close. She looks up at the stars", seconds: 9)
        #expect(plan.beats[0].framing == .wide)
        #expect([CameraMove.panLeft, .panRight].contains(plan.beats[1].move))
        #expect(plan.beats[2].framing == .close)
    }

    /// For any prompt and any time: exactly the frames that were asked for, no shot that flashes by, and no two shots
    /// that are the same.
    @Test func everyPlanFillsItsTimeAndVaries() {
        let words = ["Mira", "walks", "rain,", "up.", "and", "city", "face", "then", "雨。", "🔥", ";", "smiles"]
        for seed in UInt64(1)...200 {
            var random = RepeatableRandom(seed: seed)
            let prompt = (0..<Int(random.next() % 60)).map { _ in words[Int(random.next() % UInt64(words.count))] }
                .joined(separator: " ")
            let seconds = 1 + Double(random.next() % 590) / 10
            let plan = plan(prompt, seconds: seconds, hasPictures: seed.isMultiple(of: 2), seed: Int64(seed))
            #expect(plan.frames == Int((seconds * 24).rounded()), "seed \(seed)")
            #expect((1...BeatPlan.mostBeats).contains(plan.beats.count), "seed \(seed)")
            #expect(plan.beats.allSatisfy { $0.frames >= 21 && !$0.text.isEmpty }, "seed \(seed): \(plan.beats)")
            for (before, after) in zip(plan.beats, plan.beats.dropFirst()) {
                #expect(before.move != after.move, "seed \(seed)")
            }
        }
    }

    @Test func theCameraNeverLeavesThePicture() {
        for move in CameraMove.allCases {
            for zoom in [1, 1.12, 1.42] {
                for focus in [(x: 0.0, y: 0.0), (1, 1), (0.5, 0.4), (0.05, 0.95)] {
                    let views = move.views(focus: focus, zoom: zoom)
                    for view in [views.from, views.to] {
                        #expect(view.zoom >= 1)
                        #expect(view.x - 0.5 / view.zoom >= -1e-9 && view.x + 0.5 / view.zoom <= 1 + 1e-9)
                        #expect(view.y - 0.5 / view.zoom >= -1e-9 && view.y + 0.5 / view.zoom <= 1 + 1e-9)
                    }
                }
            }
        }
    }

    @Test func theSamePromptTimeAndSeedMakeTheSamePlan() {
        let (first, second) = (plan("Mira walks. She smiles", seconds: 5), plan("Mira walks. She smiles", seconds: 5))
        #expect(first == second)
    }
}
