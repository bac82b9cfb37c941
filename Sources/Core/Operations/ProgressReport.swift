/// What a handler says about its own progress.
package struct ProgressReport: Sendable {
    package var stage: String
    /// 0…1 over all stages.
    package var overall: Double
    package var step: Int?
    package var steps: Int?
    package var message: String?
    package var preview: String?

    package init(
        stage: String, overall: Double, step: Int? = nil, steps: Int? = nil, message: String? = nil,
        preview: String? = nil
    ) {
        self.stage = stage
        self.overall = overall.isNaN ? 0 : min(max(overall, 0), 1)
        self.step = step
        self.steps = steps
        self.message = message
        self.preview = preview
    }
}
