import Foundation

/// Where master keys are: in the setting, and in the folder `keys` of the data folder.
///
/// Two at once are there only while one is replaced by the other; each is known by its identifier.
package struct MasterKeyFiles: Sendable {
    /// Those that the caller has brought, by a setting: no file is ever made of them. The first of them is the one that
    /// is taken when no key is in use yet.
    package let given: [MasterKey]
    /// The folder with keys. Backups of the data folder leave it out.
    package let folder: String

    package init(given: [MasterKey] = [], folder: String) {
        self.given = given
        self.folder = folder
    }

    /// The file with the key in use.
    package var path: String { "\(folder)/master.key" }
    /// The file with the key that takes its place, while keys are wrapped by both.
    package var nextPath: String { "\(folder)/master.key.next" }

    /// The key with an identifier; nil when it is nowhere.
    /// - Throws: ``HearthError`` when a file of keys cannot be used.
    package func key(_ id: String) throws(HearthError) -> MasterKey? {
        if let key = given.first(where: { $0.id == id }) { return key }
        for file in [path, nextPath] {
            if let key = try read(file), key.id == id { return key }
        }
        return nil
    }

    /// The first of them; nil when there is none.
    package func first() throws(HearthError) -> MasterKey? {
        if let key = given.first { return key }
        return try read(path)
    }

    /// Why a master key that is needed is not among them.
    func absence(of id: String) throws(HearthError) -> HearthError {
        guard let other = try first() else {
            return HearthError(
                .masterKeyMissing, "The master key \(id), which sealed data need, is missing.",
                hint: "Put back the file \(path), or set HEARTH_MASTER_KEY. A new key opens nothing.")
        }
        return HearthError(
            .masterKeyWrong, "Sealed data need the master key \(id), and the one that is there is \(other.id).",
            hint: """
                Put back the file \(path), or set HEARTH_MASTER_KEY to that key. If a rotation was not finished, \
                `hearth keys rotate-master` goes on when it has both keys.
                """)
    }

    /// The first of them, which is made where there is none.
    func firstOrNew() throws(HearthError) -> MasterKey {
        if let key = try first() { return key }
        let key = MasterKey()
        guard try !KeyFile.make(path, Data(key.text.revealed.utf8)), let other = try read(path) else { return key }
        return other
    }

    /// Keeps a key beside the one in use, unless the caller has it. One that an earlier rotation has left there takes
    /// its place when it is the one in use, and is removed otherwise: nothing is wrapped by it.
    /// - Parameter id: of the key in use.
    func keepNext(_ key: MasterKey, inUse id: String) throws(HearthError) {
        if let left = try read(nextPath), left.id != key.id {
            if left.id == id { try KeyFile.move(nextPath, to: path) } else { try KeyFile.destroy(nextPath) }
        }
        guard !given.contains(where: { $0.id == key.id }), try read(path)?.id != key.id else { return }
        _ = try KeyFile.make(nextPath, Data(key.text.revealed.utf8))
    }

    /// Whether a rotation to a key was not finished.
    package func isNext(_ id: String) throws(HearthError) -> Bool { try read(nextPath)?.id == id }

    /// Nothing is wrapped by another key than this one any more: the others are removed, and it gets its own place.
    func settle(on id: String) throws(HearthError) {
        if let other = try read(path), other.id != id { try KeyFile.destroy(path) }
        guard let next = try read(nextPath) else { return }
        if next.id == id, try read(path) == nil, !given.contains(where: { $0.id == id }) {
            try KeyFile.move(nextPath, to: path)
        } else {
            try KeyFile.destroy(nextPath)
        }
    }

    private func read(_ path: String) throws(HearthError) -> MasterKey? {
        guard let bytes = try KeyFile.read(path) else { return nil }
        return try MasterKey(Secret(String(decoding: bytes, as: UTF8.self)), from: "The file \(path)")
    }
}
