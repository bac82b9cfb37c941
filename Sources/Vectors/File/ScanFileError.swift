/// Why a scan file cannot be used. It is derived from rows, so that this is never the end of a search.
package enum ScanFileError: Error {
    /// Its bytes are not what was written, or not what this program writes: it has to be made anew.
    case damaged(String)
    /// A system call has failed.
    case system(errno: Int32, action: String)
}
