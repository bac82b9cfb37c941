import Foundation
import HearthAssembly
import HearthCore
import HearthSQLite

/// What the database of a data folder says before a server opens it; it is only read.
struct FolderKeys {
    private let folder: DataFolder

    init(_ folder: DataFolder) { self.folder = folder }

    /// Whether there is a key that lets a caller in now.
    func hasUsableKey() throws -> Bool {
        let now = SystemClock().now()
        return try read { db in
            guard try Self.exists("api_keys", in: db) else { return false }
            return try KeyTable().hasUsableKey(in: db, now: now)
        } ?? false
    }

    /// What would make sealed data unreadable with these master keys; nil when nothing would.
    func sealTrouble(with files: MasterKeyFiles) throws -> HearthError? {
        try read { db in
            guard try Self.exists("seal_keys", in: db) else { return nil }
            return try SealKeys.trouble(with: files, in: db)
        } ?? nil
    }

    /// - Throws: ``HearthError`` `schema_too_new` for a folder that a newer Hearth has written.
    func requireKnownSchema() throws {
        try read { db in
            guard try Self.exists("schema_migrations", in: db) else { return }
            try Migrator(Schema.migrations).requireKnown(in: db)
        }
    }

    /// - Returns: nil when there is no database yet.
    @discardableResult
    private func read<T>(_ body: (any SQLConnection) throws -> T) throws -> T? {
        guard FileManager.default.fileExists(atPath: folder.database) else { return nil }
        return try SQLiteArchive(path: folder.database).read(body)
    }

    private static func exists(_ table: String, in db: any SQLConnection) throws -> Bool {
        try db.exists("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = \(table)")
    }
}
