/// Stages of registrations and recalls that have a histogram of their own.
enum StudioStage: String, CaseIterable {
    case write, embed, search, extract
}
