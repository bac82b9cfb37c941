import HearthCore

/// Where the file of an output lies.
///
///     projects/<project>/characters/<character>/outputs/<YYYYMMDD_HHMMSS>_<kind>_<seq>.<ext>
///     projects/<project>/general/<YYYYMMDD_HHMMSS>_<kind>_<seq>.<ext>
///
/// The second is for what has no character. Names are made of identifiers and numbers, never of what clients send. The
/// time is when the output was asked for, in UTC; the sequence number is the output's in its project, followed by the
/// try where there are several and by the attempt at the job where it is not the first: an attempt that comes too late
/// writes no file of another one.
struct OutputPath: Equatable {
    /// Folder and name without the extension.
    let base: String

    /// The event with which the first attempt at a job begins: the first event says that the job was made.
    private static let firstAttempt = 2

    /// - Parameters:
    ///   - attempt: ``JobLease/ID/number``.
    ///   - number: Of the try, from 1.
    init(_ output: Output, attempt: Int, number: Int) {
        let folder =
            output.characterID.map { "\(Anchor.rootFolder)/\(output.projectID)/characters/\($0)/outputs" }
            ?? "\(Anchor.rootFolder)/\(output.projectID)/general"
        let later = (number > 1 ? "-\(number)" : "") + (attempt > Self.firstAttempt ? "a\(attempt)" : "")
        let (stamp, sequence) = (Anchor.stamp(output.createdAt), Self.sequence(output.number))
        base = "\(folder)/\(stamp)_\(output.kind.rawValue)_\(sequence)\(later)"
    }

    /// The place of a file that came in a zip file, after the identifiers in its recipe. The tail of the file's own
    /// identifier keeps it apart from what was made here in the same second.
    /// - Parameter mark: of the attempt that writes it.
    init(imported sidecar: OutputSidecar, mark: String) {
        let folder =
            sidecar.characterID.map { "\(Anchor.rootFolder)/\(sidecar.projectID)/characters/\($0)/outputs" }
            ?? "\(Anchor.rootFolder)/\(sidecar.projectID)/general"
        base =
            "\(folder)/\(Anchor.stamp(sidecar.createdAt))_\(sidecar.recipe.kind.rawValue)_"
            + "\(Self.sequence(sidecar.number))i\(sidecar.file.fileID.suffix(12))-\(mark)"
    }

    /// At least four digits.
    private static func sequence(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }

    func path(format: String) -> String { "\(base).\(format)" }
}
