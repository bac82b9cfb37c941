import HearthCore
import HearthJSON
import HearthJobs

/// What commands that wait for a job ask of its end.
enum JobEnd {
    /// - Parameter hint: what to do; nil: where it is shown.
    /// - Throws: ``HearthError`` with the job's own error when it has not completed.
    static func requireCompletion(_ job: JSONValue, hint: String? = nil) throws {
        guard job["status"]?.stringValue != JobState.completed.rawValue else { return }
        throw CommandWords.shown(
            HearthError(
                HearthError.Code(rawValue: job["error_code"]?.stringValue ?? "internal_error"),
                job["error_message"]?.stringValue ?? "The job was \(job["status"]?.stringValue ?? "lost").",
                hint: hint ?? "`hearth jobs get \(job["job_id"]?.stringValue ?? "ID")` shows it."))
    }
}
