import Foundation
import HearthCore

/// One thing that must be right before a server can start.
///
/// `hearth serve` looks through ``all`` and starts when nothing is refused; `hearth doctor` shows what each has found.
/// They never differ, because there is one list. A check makes nothing and changes nothing.
struct SetupCheck: Sendable {
    /// What a check has found.
    enum Verdict: Sendable {
        /// It is as it should be; what there is, in a few words.
        case good(String)
        /// A server starts all the same, and something will not work.
        case doubtful(String, fix: String?)
        /// No server starts.
        case refused(HearthError)
    }

    let name: String
    let look: @Sendable (Setup) async throws -> Verdict

    /// What it finds; an error is a refusal.
    func verdict(_ setup: Setup) async -> Verdict {
        do {
            return try await look(setup)
        } catch let error as HearthError {
            return .refused(error)
        } catch {
            return .refused(SystemError.shown(error) ?? HearthError(.internalError, "\(error)"))
        }
    }

    /// In the order in which a server's start refuses: first what is written wrong, then what the machine lacks.
    static let all = [
        variables, worker, builtInModels, modelFolders, models, generators, credentials, access, folder, sealing,
        address,
    ]
}

/// What the checks look at.
struct Setup: Sendable {
    let settings: Settings
    /// Whether the data folder's own server runs: what it holds is not missing then.
    let isRunning: Bool

    /// A set-up that is about to be used: what another process holds is in the way.
    init(starting settings: Settings) {
        self.settings = settings
        isRunning = false
    }

    /// A set-up that is looked at.
    init(lookingAt settings: Settings) {
        self.settings = settings
        isRunning = settings.note != nil && FolderState(settings.folder).isInUse
    }

    /// Looks through all checks.
    /// - Returns: what will not work, in a sentence each.
    /// - Throws: the first refusal.
    func requireGood() async throws(HearthError) -> [String] {
        var doubts: [String] = []
        for check in SetupCheck.all {
            switch await check.verdict(self) {
            case .good: break
            case .doubtful(let detail, let fix): doubts.append([detail, fix ?? ""].joined(separator: " "))
            case .refused(let error): throw error
            }
        }
        return doubts
    }
}
