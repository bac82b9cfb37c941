import Foundation
import HearthCore

/// A server of this machine, as its lock and its note show it: a process that has the file `hearth.lock` of a data
/// folder open is the folder's server when the note in the folder names that process.
///
/// Servers of other users are not seen, because the kernel shows open files to their owner alone.
struct RunningServer: Equatable {
    /// Its data folder.
    let data: String
    /// Where a client on this machine finds it.
    let url: String
    let pid: Int

    var port: Int? { URL(string: url)?.port }

    /// All that this user can see, by the path of their folders.
    static func all() -> [RunningServer] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var found: [RunningServer] = []
        for pid in processes.compactMap({ Int($0) }) {
            for folder in lockedFolders(of: pid) {
                // A command that looks whether the lock is held has the file open as well, and is not in the note.
                guard let note = ServerNote.read(in: DataFolder(folder)), note.pid == pid else { continue }
                found.append(RunningServer(data: folder, url: note.url, pid: pid))
            }
        }
        return found.sorted { $0.data < $1.data }
    }

    /// The data folders whose lock files a process has open.
    private static func lockedFolders(of pid: Int) -> Set<String> {
        let (place, suffix) = ("/proc/\(pid)/fd", "/hearth.lock")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        let paths = names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/\($0)") }
        return Set(paths.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) })
    }

    /// Where servers run, and what a command needs to mean one of them; nil when there are none.
    static func advice(_ servers: [RunningServer]) -> String? {
        switch servers.count {
        case 0: return nil
        case 1: return "One runs at \(servers[0].url): add `--data \(servers[0].data)` to mean it."
        default:
            let shown = servers.prefix(3).map { "\($0.url) (`--data \($0.data)`)" }.joined(separator: ", ")
            return "Others run at \(shown)\(servers.count > 3 ? " and elsewhere" : "")."
        }
    }
}
