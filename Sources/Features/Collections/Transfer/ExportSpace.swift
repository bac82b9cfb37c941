import Foundation
import HearthCore

/// Where exports are made before they are sent: files without names in the data folder, bounded in number and bytes.
///
/// An export is of one moment, so it is whole before its first byte is sent, and its reader may take hours for it.
package final class ExportSpace: Sendable {
    private struct State {
        var exports: [Tenant: Int] = [:]
        var bytes = 0
    }

    /// What of the disk and of the number of exports one export holds; given back with the last reference to it.
    final class Share: Sendable {
        private let space: ExportSpace
        private let tenant: Tenant
        private let bytes = Locked(0)

        fileprivate init(of space: ExportSpace, for tenant: Tenant) {
            self.space = space
            self.tenant = tenant
        }

        deinit { space.giveBack(bytes.withLock { $0 }, of: tenant) }

        /// Takes more of the disk, before it is written.
        /// - Throws: ``HearthError`` `insufficient_storage`.
        func grow(by count: Int) throws(HearthError) {
            try space.take(count)
            bytes.withLock { $0 += count }
        }
    }

    private let folder: String
    private let most: Int
    private let spare: Int
    private let state = Locked(State())

    /// - Parameters:
    ///   - folder: Of the data folder's disk.
    ///   - most: Bytes of all exports together.
    ///   - spare: Bytes of the disk that they leave free.
    package init(folder: String, most: Int = Limits.exportBytes, spare: Int = Limits.exportSpare) {
        self.folder = folder
        self.most = most
        self.spare = spare
    }

    /// Exports that are being made or sent.
    package var count: Int { state.withLock { $0.exports.values.reduce(0, +) } }

    /// A place for one more export.
    /// - Throws: ``HearthError`` `overloaded` when there are too many, of all tenants or of this one.
    func share(for tenant: Tenant) throws(HearthError) -> Share {
        let isTaken = state.withLock { state in
            guard state.exports.values.reduce(0, +) < Limits.exports,
                state.exports[tenant, default: 0] < Limits.tenantExports
            else { return false }
            state.exports[tenant, default: 0] += 1
            return true
        }
        guard isTaken else {
            throw HearthError(
                .overloaded, "Too many exports are under way.",
                hint: "At most \(Limits.tenantExports) of a tenant at a time; read those to their end first.",
                retryAfter: 10)
        }
        return Share(of: self, for: tenant)
    }

    /// An empty file without a name.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`.
    func file() throws -> FileHandle {
        let path = "\(folder)/export-\(Identifier.make())"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("making a file for an export") }
        unlink(path)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private func take(_ count: Int) throws(HearthError) {
        var status = statvfs()
        let free = statvfs(folder, &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : 0
        let isTaken = state.withLock { state in
            guard count <= most - state.bytes, free >= spare + count else { return false }
            state.bytes += count
            return true
        }
        guard isTaken else {
            throw HearthError(
                .insufficientStorage, "The disk has too little space for this export.",
                hint: "Exports take \(most >> 20) MB together at most, and leave \(spare >> 20) MB free. "
                    + "Read the records page by page instead.", retryAfter: 60)
        }
    }

    private func giveBack(_ count: Int, of tenant: Tenant) {
        state.withLock { state in
            state.bytes -= count
            let left = state.exports[tenant, default: 1] - 1
            state.exports[tenant] = left > 0 ? left : nil
        }
    }
}
