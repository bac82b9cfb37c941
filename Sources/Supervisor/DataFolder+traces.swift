import Foundation
import HearthCore

extension DataFolder {
    /// Removes the sockets of a worker that has ended, and ends the programs that it has left.
    func removeTraces(of worker: String) {
        OrphanPrograms.end { $0 == worker }
        unlink(socket(of: worker))
        unlink("\(run)/\(worker).wake")
    }
}
