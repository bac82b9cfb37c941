/// One line of a job's progress log; numbers rise by one from 1, so any client can go on from any of them.
package struct JobEvent: Sendable, Codable {
    package var jobID: String
    package var number: Int
    package var status: JobState
    package var stage: String?
    /// 0…1 over all stages.
    package var progress: Double
    /// 0…100, for people and older clients.
    package var percentage: Double
    package var step: Int?
    package var steps: Int?
    package var message: String?
    /// Reference of a preview picture.
    package var preview: String?
    package var errorCode: String?
    /// Milliseconds since 1970.
    package var at: Int64
}
