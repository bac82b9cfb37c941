import HearthCore

/// What an animatic shows when: a prompt, cut into the things that happen, each with a shot and a time.
///
/// Pure: the same prompt, length and seed make the same plan.
struct BeatPlan: Equatable {
    /// One thing that happens, in one shot.
    struct Beat: Equatable {
        /// The part of the prompt, as it is captioned.
        var text: String
        var frames: Int
        var framing: Framing
        var move: CameraMove
    }

    /// How near the camera is.
    enum Framing: String, Equatable, CaseIterable {
        case wide, medium, close
    }

    let beats: [Beat]

    /// Frames of all beats.
    var frames: Int { beats.reduce(0) { $0 + $1.frames } }

    /// A shot of about this length is calm to look at, in seconds …
    private static let idealSeconds = 2.2
    /// … no shot is shorter than this …
    private static let leastSeconds = 0.9
    /// … and there are no more shots than this.
    static let mostBeats = 12

    /// - Parameters:
    ///   - seconds: Of the whole video.
    ///   - hasPictures: Whether there is a character that the camera can go near to.
    init(prompt: String, seconds: Double, framesPerSecond: Int, hasPictures: Bool, seed: Int64) {
        let total = max(1, Int((seconds * Double(framesPerSecond)).rounded()))
        let most = max(1, min(Self.mostBeats, Int(seconds / Self.leastSeconds)))
        let wanted = min(most, max(1, Int((seconds / Self.idealSeconds).rounded())))
        var texts = Self.parts(of: BoardText.readable(prompt), wanted: wanted)
        if texts.count > most { texts = Self.merged(texts, count: most) }
        // A prompt of fewer parts is shown from more than one distance.
        let count = max(texts.count, wanted)
        let captions = (0..<count).map { texts[$0 * texts.count / count] }
        let lengths = Self.lengths(
            of: captions, total: total, least: min(Int(Self.leastSeconds * Double(framesPerSecond)), total / count))
        var random = SeededRandom(seed: seed, stream: 3)
        var beats: [Beat] = []
        for (index, text) in captions.enumerated() {
            let framing = Self.framing(text, index: index, count: count, before: beats.last, hasPictures: hasPictures)
            let move = CameraMove.fitting(text, framing: framing, after: beats.last?.move, random: &random)
            beats.append(Beat(text: text, frames: lengths[index], framing: framing, move: move))
        }
        self.beats = beats
    }

    // MARK: Parts of the prompt

    private static let sentenceEnds: Set<Character> = [".", "!", "?", ";", "\n", "。", "！", "？", "；", "…", "؟", "।"]
    private static let pauses: Set<Character> = [",", "、", "，", "،", ":"]

    /// The prompt's sentences; where they are fewer than wanted, the longest are cut at their pauses.
    static func parts(of prompt: String, wanted: Int) -> [String] {
        var parts = prompt.replacing(" then ", with: "; ").replacing(" → ", with: "; ").replacing(" -> ", with: "; ")
            .split(whereSeparator: sentenceEnds.contains).map { tidied(String($0)) }.filter { !$0.isEmpty }
        if parts.isEmpty { parts = [prompt.isEmpty ? "—" : prompt] }
        while parts.count < wanted {
            let cuts = parts.indices.compactMap { index in halves(of: parts[index]).map { (index, $0) } }
            guard let longest = cuts.max(by: { parts[$0.0].count < parts[$1.0].count }) else { break }
            parts.replaceSubrange(longest.0...longest.0, with: longest.1)
        }
        return parts
    }

    /// A part cut at the pause that is nearest to its middle; nil where it has none with enough on both sides.
    private static func halves(of part: String) -> [String]? {
        let characters = Array(part)
        let middle = characters.count / 2
        var best: (first: String, second: String, distance: Int)?
        func consider(_ end: Int, _ start: Int) {
            let (first, second) = (tidied(String(characters[..<end])), tidied(String(characters[start...])))
            guard first.count >= 4, second.count >= 4, abs(end - middle) < best?.distance ?? .max else { return }
            best = (first, second, abs(end - middle))
        }
        for (index, character) in characters.enumerated() where pauses.contains(character) {
            consider(index, index + 1)
        }
        for word in [" and ", " while ", " und ", " et ", " y "] {
            let letters = Array(word)
            guard characters.count > letters.count else { continue }
            for start in 0...(characters.count - letters.count)
            where Array(characters[start..<(start + letters.count)]) == letters {
                consider(start, start + letters.count)
            }
        }
        return best.map { [$0.first, $0.second] }
    }

    /// Fewer parts, by joining the two neighbours that are shortest together.
    private static func merged(_ parts: [String], count: Int) -> [String] {
        var parts = parts
        while parts.count > count {
            let lengths = zip(parts, parts.dropFirst()).map { $0.count + $1.count }
            guard let least = lengths.min(), let pair = lengths.firstIndex(of: least) else { break }
            let joined = "\(parts[pair]). \(parts[pair + 1])"
            parts.replaceSubrange(pair...(pair + 1), with: [joined])
        }
        return parts
    }

    private static func tidied(_ text: String) -> String {
        var part = text[...]
        while let first = part.first, first.isWhitespace || pauses.contains(first) { part = part.dropFirst() }
        while let last = part.last, last.isWhitespace || pauses.contains(last) { part = part.dropLast() }
        return String(part)
    }

    // MARK: Times and shots

    /// Frames of each beat: longer texts stay longer, none is shorter than the least, all together are the total.
    static func lengths(of texts: [String], total: Int, least: Int) -> [Int] {
        let weights = texts.map { 24 + Double(min($0.count, 120)) }
        let sum = weights.reduce(0, +)
        let spare = total - least * texts.count
        var lengths = weights.map { least + Int(Double(spare) * $0 / sum) }
        var rest = total - lengths.reduce(0, +)
        var index = 0
        while rest > 0 {
            lengths[index % lengths.count] += 1
            index += 1
            rest -= 1
        }
        return lengths
    }

    private static let nearWords = [
        "close", "face", "eye", "smile", "whisper", "tear", "look", "hand", "nah", "gesicht", "visage", "rostro",
    ]
    private static let farWords = [
        "city", "street", "landscape", "crowd", "mountain", "sky", "horizon", "arriv", "town", "forest", "stadt",
    ]

    /// The first shot shows the place; later ones go nearer, as the words ask, and never twice the same.
    private static func framing(
        _ text: String, index: Int, count: Int, before: Beat?, hasPictures: Bool
    ) -> Framing {
        guard hasPictures else { return index.isMultiple(of: 2) ? .wide : .medium }
        let words = text.lowercased()
        let asked: Framing? =
            nearWords.contains(where: words.contains) ? .close : farWords.contains(where: words.contains) ? .wide : nil
        if index == 0 { return count == 1 ? asked ?? .medium : asked == .close ? .medium : .wide }
        if let asked, asked != before?.framing { return asked }
        switch before?.framing {
        case .wide: return .medium
        case .medium: return .close
        default: return index == count - 1 ? .wide : .medium
        }
    }
}
