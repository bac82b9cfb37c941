import Foundation
package import HearthCore
import HearthJSON

/// The workflows that come with Hearth, as data in the program.
package enum BuiltInWorkflows {
    /// All of them, in the order in which lists show them.
    /// - Throws: ``HearthError`` `invalid_request` for a damaged file, which a test rules out.
    package static let all = Result { () throws(HearthError) in try read() }

    /// Which of them are tried for a recipe that names none, the best first: the first that a server can run is taken.
    package static func candidates(for recipe: Recipe) -> [String] {
        func has(_ purpose: RecipeReference.Purpose) -> Bool { recipe.references.contains { $0.purpose == purpose } }
        switch recipe.kind {
        case .image:
            if has(.mask) { return ["inpaint"] }
            if has(.start) { return ["img2img"] }
            return has(.character) ? ["ip_adapter", "img2img"] : ["txt2img"]
        case .video:
            return recipe.references.isEmpty ? ["animatediff"] : ["wan_image_to_video", "svd"]
        }
    }

    private static func read() throws(HearthError) -> [Workflow] {
        let files: [[UInt8]] = [
            PackageResources.txt2img_json, PackageResources.img2img_json, PackageResources.inpaint_json,
            PackageResources.ip_adapter_json, PackageResources.animatediff_json, PackageResources.svd_json,
            PackageResources.wan_image_to_video_json,
        ]
        var workflows: [Workflow] = []
        for file in files {
            workflows.append(try Workflow(try JSONParser.read(Data(file)), isBuiltIn: true))
        }
        return workflows
    }
}
