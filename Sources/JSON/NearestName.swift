/// Finds the name that a misspelt one probably stands for: `treshold` for `threshold`, `expires_in` for
/// `expires_in_seconds`.
package enum NearestName {
    /// Names longer than this, in characters, are not compared: a client chooses how long the name is.
    private static let longest = 64
    /// Fewest characters that a beginning must have to stand for a whole name.
    private static let shortestBeginning = 3

    /// The allowed name that is most like `name`; nil when none is like it.
    ///
    /// Case, `-` and `camelCase` do not count. A name is like another when one begins with the other, or when few
    /// characters must be changed, added, removed or swapped: one in three, and at most three.
    package static func of(_ name: String, among allowed: [String]) -> String? {
        guard !name.isEmpty, name.utf8.count <= longest * 4, name.count <= longest else { return nil }
        let plain = plain(name)
        let most = max(1, min(3, plain.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in allowed where candidate.count <= longest {
            let distance = distance(plain, Self.plain(candidate))
            if distance <= most, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    private static func plain(_ name: String) -> [Character] {
        Array(JSONKey.snake(name).lowercased().map { $0 == "-" ? "_" : $0 })
    }

    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        if left == right { return 0 }
        let isBeginning = left.starts(with: right) || right.starts(with: left)
        if isBeginning, min(left.count, right.count) >= shortestBeginning { return 1 }
        return edits(left, right)
    }

    /// Changes, additions, removals and swaps of neighbours that turn one into the other (optimal string alignment).
    private static func edits(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, character) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var least = min(last[column] + (character == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
