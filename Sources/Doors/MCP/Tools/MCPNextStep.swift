import HearthCore
import HearthJSON

/// What a language model is told to do after a call: it knows the next tool by that, and need not guess.
enum MCPNextStep {
    /// After an answer.
    static func after(_ tool: String, _ answer: JSONValue) -> String? {
        switch tool {
        case "register_character_anchor": afterRegistration(answer)
        case "generate_image", "generate_video_segment":
            "The job \(id(answer)) makes it. Call wait_for_job with this job_id, then get_output."
        case "get_job", "wait_for_job", "cancel_job": afterJob(answer)
        case "find_character":
            answer["matches"]?.arrayValue?.isEmpty == false
                ? "Only a match with is_match true counts as the same character; get_character tells more of it."
                : "No character is like this picture; register_character_anchor makes one."
        case "upload_link":
            "Ask the user to open the link, or send the file to it by PUT; then give upload_id to the tool that needs "
                + "the picture. The link works once, for five minutes."
        case "get_output": afterOutput(answer)
        case "list_characters", "list_jobs":
            answer["next_cursor"]?.stringValue.map { _ in "There are more: call it again with next_cursor as cursor." }
        default: nil
        }
    }

    private static func id(_ answer: JSONValue) -> String { answer["job_id"]?.stringValue ?? "" }

    private static func afterRegistration(_ answer: JSONValue) -> String {
        let isKnown = answer["is_new"] == false
        let state = isKnown ? "The character has this very picture already." : "The picture is stored."
        if answer["is_remembered"] == true { return "\(state) find_character finds it." }
        return
            "\(state) The job \(id(answer)) makes it findable; wait_for_job tells when. It can be used in pictures now."
    }

    private static func afterOutput(_ answer: JSONValue) -> String {
        if answer["file"] == nil, let state = answer["status"]?.stringValue {
            return ["failed", "cancelled"].contains(state)
                ? "The output was not made: its job is \(state). `failure` says why; start it again."
                : "It is not there yet. Call wait_for_job with job_id \(id(answer))."
        }
        guard let made = answer["made_character_id"]?.stringValue else {
            return "Show the picture or the link to the user."
        }
        return
            "Show the video or the link to the user. It has made the provisional character \(made): ask who that is. "
            + "get_character tells of it; `hearth characters confirm`, `merge` or `drop` settles it."
    }

    private static func afterJob(_ answer: JSONValue) -> String {
        let (job, state) = (id(answer), (answer["state"] ?? answer["status"])?.stringValue ?? "")
        switch state {
        case "completed":
            let outputs = answer["outputs"]?.arrayValue?.compactMap(\.stringValue) ?? []
            return outputs.first.map { "The job \(job) is done. Call get_output with output_id \($0)." }
                ?? "The job \(job) is done."
        case "failed":
            return "The job \(job) has failed; error_message says why. Correct that and start it again."
        case "cancelled": return "The job \(job) was cancelled."
        default: return "The job \(job) goes on, whether a caller waits for it or not. Call wait_for_job with it again."
        }
    }

    /// After an error.
    static func after(_ tool: String, _ error: HearthError, arguments: JSONObject) -> String? {
        switch error.code {
        case .notFound where arguments["job_id"] != nil: "list_jobs shows the jobs that there are."
        case .notFound where arguments["character_id"] != nil || arguments["character"] != nil:
            "list_characters shows the characters that there are; register_character_anchor makes one."
        case .notFound where arguments["upload_id"] != nil: "Call upload_link for another link."
        case .deadlineExceeded:
            arguments["job_id"]?.stringValue.map { "The job \($0) goes on; call wait_for_job with it again." }
                ?? "list_jobs shows whether a job was started."
        case .overloaded, .rateLimited, .modelNotReady: "Wait a few seconds and call it again."
        case .storageUnavailable, .internalError: "server_status tells what is wrong."
        default: nil
        }
    }
}
