package import HearthJSON

/// What a recipe says of its place in a project: for slates, and for the colours of drawn backgrounds.
package struct ShotNote: Sendable, Codable, Equatable, SchemaDescribed {
    /// Name of the project.
    package var project: String?
    /// Counts the outputs of a project from 1.
    package var number: Int?
    /// Name of the style preset, as people read it.
    package var styleName: String?
    /// How the preset wants backgrounds; nil: a studio in grey.
    package var grade: BoardGrade?

    package static let fields: [String: FieldNote] = [
        "project": FieldNote("Name of the project."),
        "number": FieldNote("Counts the outputs of a project from 1."),
        "style_name": FieldNote("Name of the style preset, as people read it."),
        "grade": FieldNote("How the preset wants drawn backgrounds."),
    ]

    package init(project: String? = nil, number: Int? = nil, styleName: String? = nil, grade: BoardGrade? = nil) {
        self.project = project
        self.number = number
        self.styleName = styleName
        self.grade = grade
    }
}
