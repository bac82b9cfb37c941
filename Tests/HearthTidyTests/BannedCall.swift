/// Something that Swift allows and this project does not.
struct BannedCall {
    /// As it stands in the code.
    let text: String
    /// What to write in its place.
    let instead: String
    /// Where the ban holds; folders with their last slash.
    var folders = ["Sources/", "Tests/"]
    /// Where it does not.
    var exceptions: [String] = []

    static let all: [BannedCall] = [
        BannedCall(text: "try!", instead: "throw, or handle the error"),
        BannedCall(text: "as!", instead: "use as? and say what happens when it is not"),
        BannedCall(text: "fatalError(", instead: "throw a HearthError; for a broken invariant, preconditionFailure"),
        BannedCall(text: "Thread.sleep", instead: "await an event, or Task.sleep"),
        BannedCall(text: "usleep(", instead: "await an event, or Task.sleep", exceptions: ["Sources/Drivers/SQLite/"]),
        BannedCall(text: "DispatchQueue.main", instead: "a server has no main queue: use an actor or a thread"),
        BannedCall(text: "import XCTest", instead: "import Testing"),
        BannedCall(
            text: "print(", instead: "log, or return the text", folders: ["Sources/"],
            exceptions: ["Sources/Command/", "Sources/Bench/"]),
        BannedCall(text: "debugPrint(", instead: "log", folders: ["Sources/"]),
        BannedCall(text: "dump(", instead: "log", folders: ["Sources/"]),
        BannedCall(text: "public", instead: "package: the products are programs", folders: ["Sources/"]),
    ]

    /// Whether a line of code holds the call itself, not the declaration or a member of the same name.
    func isIn(_ line: String) -> Bool {
        WordSearch.words(text, in: line).contains { start in
            let before = line[..<start]
            return !text.hasSuffix("(") || (before.last != "." && !before.hasSuffix("func "))
        }
    }
}
