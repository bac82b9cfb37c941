import HearthCore

extension ModelManifest {
    /// What is wrong with what a manifest says of faces; nil when it can be used.
    var faceDefect: String? {
        guard let face else { return nil }
        switch kind {
        case .faceDetection: return detectorDefect(face)
        case .faceEmbedding: return embedderDefect(face)
        default: return "model.json has \"face\", which kind \(kind.rawValue) does not have."
        }
    }

    private func detectorDefect(_ face: Face) -> String? {
        guard face.template == nil else {
            return "model.json has face.template, which only kind \(ModelKind.faceEmbedding.rawValue) has."
        }
        guard let score = face.score, let enrolment = face.enrolmentScore, face.landmarks != nil else {
            return "model.json lacks face.score, face.enrolmentScore or face.landmarks, which a detector needs."
        }
        guard (0...1).contains(score), (score...1).contains(enrolment) else {
            return
                "model.json gives \(score) as face.score and \(enrolment) as face.enrolmentScore; 0 to 1 is allowed, "
                + "and the second is not below the first."
        }
        guard image?.resize != .cover else {
            return
                "model.json gives \"cover\" as image.resize, which cuts faces off; stretch and letterbox are allowed."
        }
        guard let multiple = face.multiple else { return nil }
        guard (1...256).contains(multiple), let image, image.resize == .letterbox, image.width % multiple == 0,
            image.height % multiple == 0
        else {
            return "model.json gives \(multiple) as face.multiple; 1 to 256 is allowed, with resize letterbox and an "
                + "image.width and image.height that are multiples of it."
        }
        return nil
    }

    private func embedderDefect(_ face: Face) -> String? {
        guard face.score == nil, face.enrolmentScore == nil, face.landmarks == nil, face.multiple == nil else {
            return "model.json has face.score, enrolmentScore, landmarks or multiple, which only detectors have."
        }
        guard let template = face.template, template.count == 5, template.allSatisfy({ $0.count == 2 }),
            template.joined().allSatisfy({ (-1...2).contains($0) })
        else { return "model.json must give five points of two numbers from -1 to 2 as face.template." }
        guard Set(template).count > 1 else { return "model.json gives five times the same point as face.template." }
        return nil
    }
}
