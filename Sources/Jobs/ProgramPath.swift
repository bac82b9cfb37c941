import Foundation

/// Where programs that jobs run are found.
package enum ProgramPath {
    /// The path of a program in the first folder of `PATH` that has it; nil when none does.
    ///
    /// - Parameters:
    ///   - name: a plain file name; a name with a slash is found nowhere, so that input never chooses the file.
    ///   - folders: as in `PATH`; an empty entry, which would be the working folder, is passed over.
    package static func find(_ name: String, in folders: String? = nil) -> String? {
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else { return nil }
        let folders = folders ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in folders.split(separator: ":") {
            let path = "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
                FileManager.default.isExecutableFile(atPath: path)
            {
                return path
            }
        }
        return nil
    }
}
