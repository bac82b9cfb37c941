extension Limits {
    // MARK: Image calls

    /// How long an image call waits for its pictures. OpenAI's clients give up after as long; the jobs go on.
    package static let imageCall: Duration = .seconds(590)
    /// Bytes of a picture that is answered in base64 …
    package static let imageAnswerBytes = 48 << 20
    /// … and how many times as much of memory it takes: the file, its text, and the answer.
    package static let imageAnswerMemory = 4
    /// Pictures of unfinished work that a stream sends at most.
    package static let partialImages = 3
    /// A picture that came with a request is kept this long after it was last sent: as long as the jobs of its time,
    /// which may be tried again.
    package static let requestPictureLife = jobHistory
    /// Pictures that one edit may start from.
    package static let editedImages = 7
}
