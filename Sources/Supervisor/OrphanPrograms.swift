import Foundation
import HearthCore
import HearthJobs

/// Programs that a worker ran for jobs when it was killed: they would continue, and their results would be lost.
package enum OrphanPrograms {
    /// Kills the programs of workers that have ended.
    /// - Parameters:
    ///   - isGone: Whether a worker of this name has ended.
    ///   - processes: Where the system lists processes; where it does not, nothing is found.
    package static func end(processes: String = "/proc", whose isGone: (_ worker: String) -> Bool) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: processes)) ?? [] {
            guard let pid = pid_t(name), pid > 1, let worker = owner("\(processes)/\(name)/environ"), isGone(worker)
            else {
                continue
            }
            kill(pid, SIGKILL)
        }
    }

    private static func owner(_ environment: String) -> String? {
        // Only processes of the same user can be read.
        guard let data = FileManager.default.contents(atPath: environment) else { return nil }
        let name = Data("\(ProgramCall.workerVariable)=".utf8)
        // Nearly no process has it: the parts are looked at only where it occurs.
        guard data.range(of: name) != nil else { return nil }
        let entry = data.split(separator: 0).first { $0.starts(with: name) }
        return entry.map { String(decoding: $0.dropFirst(name.count), as: UTF8.self) }
    }
}

extension DataFolder {
    /// Removes the sockets of a worker that has ended and the folders of its jobs, and ends the programs that it has
    /// left.
    func removeTraces(of worker: String) {
        OrphanPrograms.end { $0 == worker }
        try? FileManager.default.removeItem(atPath: jobs(of: worker))
        unlink(socket(of: worker))
        unlink("\(run)/\(worker).wake")
    }
}
