import Foundation

/// A small file with a key in it, which only its owner may read.
enum KeyFile {
    /// Bytes that such a file may have.
    private static let longest = 4_096

    /// The content of a file; nil when there is none.
    /// - Throws: ``HearthError`` `master_key_unsafe` when others may read it, `storage_unavailable`.
    static func read(_ path: String) throws(HearthError) -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw unreadable(path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw HearthError(.masterKeyUnsafe, "The key file \(path) is not a file.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw HearthError(
                .masterKeyUnsafe,
                "The key file \(path) can be read by others (mode 0\(String(status.st_mode & 0o777, radix: 8))).",
                hint: "Give it the mode 0600: `chmod 600 \(path)`. If others may have read it, rotate the key.")
        }
        var bytes = Data(count: longest)
        let count = bytes.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw unreadable(path) }
        return bytes.prefix(count)
    }

    /// Writes a new file, durably. One that is there stays as it is.
    /// - Returns: whether this call has made it.
    /// - Throws: ``HearthError`` `insufficient_storage`, `storage_unavailable`; nothing is left behind then.
    static func make(_ path: String, _ bytes: Data) throws(HearthError) -> Bool {
        let folder = (path as NSString).deletingLastPathComponent
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw SystemFailure.storage("making the folder keys")
        }
        let aside = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).part"
        let descriptor = open(aside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("writing a key") }
        defer { unlink(aside) }
        let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        let isOnDisk = written == bytes.count && fsync(descriptor) == 0
        let failure = isOnDisk ? nil : SystemFailure.storage("writing a key")
        close(descriptor)
        if let failure { throw failure }
        // A link, not a new name for the file: of two processes that make it, one is told that it is there.
        guard link(aside, path) == 0 else {
            if errno == EEXIST { return false }
            throw SystemFailure.storage("writing a key")
        }
        try synchronise(folder)
        return true
    }

    /// Gives a file another name, durably; the file that had it is gone.
    static func move(_ path: String, to name: String) throws(HearthError) {
        guard rename(path, name) == 0 else { throw SystemFailure.storage("renaming a key") }
        try synchronise((name as NSString).deletingLastPathComponent)
    }

    /// Overwrites a file and removes it, as far as the disk lets a program do that; one that is not there is no error.
    static func destroy(_ path: String) throws(HearthError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        if descriptor >= 0 {
            var status = stat()
            if fstat(descriptor, &status) == 0 {
                let zeros = [UInt8](repeating: 0, count: min(Int(status.st_size), longest))
                _ = Foundation.write(descriptor, zeros, zeros.count)
                fdatasync(descriptor)
            }
            close(descriptor)
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemFailure.storage("removing a key") }
    }

    private static func synchronise(_ folder: String) throws(HearthError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure.storage("writing the folder keys") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemFailure.storage("writing the folder keys") }
    }

    private static func unreadable(_ path: String) -> HearthError {
        let reason = String(cString: strerror(errno)).lowercased()
        return HearthError(.storageUnavailable, "The key file \(path) cannot be read: \(reason).")
    }
}

extension HearthError.Code {
    /// Something is sealed, and the master key is nowhere.
    package static let masterKeyMissing: HearthError.Code = "master_key_missing"
    /// There is a master key, and it is not the one that keys are wrapped by.
    package static let masterKeyWrong: HearthError.Code = "master_key_wrong"
    /// Others may read a key.
    package static let masterKeyUnsafe: HearthError.Code = "master_key_unsafe"
    /// The key was destroyed: what it has sealed cannot be read by anyone.
    package static let keyDestroyed: HearthError.Code = "key_destroyed"
    /// Sealed bytes are not what was sealed, or not what belongs in this place.
    package static let sealBroken: HearthError.Code = "seal_broken"
}
