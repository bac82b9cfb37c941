import Foundation
import HTTPTypes
import HearthCore
import HearthHTTP
import HearthJSON
import HearthJobs
import HearthTesting
import Testing

@testable import HearthDoors

/// OpenAI's image calls: views of jobs that last.
@Suite(.timeLimit(.minutes(3))) struct OpenAIImageDoorTests {
    private let world: ImageWorld

    init() async throws { world = try await ImageWorld() }

    private func input(_ json: String, path: String = "/v1/images/generations") async throws -> JSONValue {
        try await world.running {
            async let answer = world.post(path, json)
            for lease in try await world.leases(1) { try await world.finish(lease) }
            #expect(try await answer.status == 200)
            return try #require(world.inputs.withLock { $0.last })
        }
    }

    private let key = HTTPField.Name("Idempotency-Key")

    // MARK: Answers

    @Test(arguments: ["/v1/images/generations", "/v3/images/generations"])
    func pictureIsAnsweredInBase64WithItsAddressAndJob(path: String) async throws {
        try await world.running {
            async let sent = world.post(path, #"{"prompt": "a lantern", "model": "gpt-image-1"}"#)
            let lease = try await world.leases(1)[0]
            try await world.finish(lease)
            let answer = try await sent
            #expect(answer.status == 200, "\(answer.text)")
            let entry = try #require(answer.json["data"]?[0])
            #expect(Data(base64Encoded: entry["b64_json"]?.stringValue ?? "") == ImageWorld.picture)
            #expect(entry["url"]?.stringValue?.hasPrefix("http://test/files/") == true)
            #expect(entry["job_id"]?.stringValue == lease.jobID)
            #expect(answer.json["created"]?.integerValue != nil)
            let name = try #require(HTTPField.Name("X-Job-Id"))
            #expect(answer.headers[name] == lease.jobID)
        }
    }

    @Test(arguments: [
        (#"{"prompt": "a", "response_format": "url"}"#, false), (#"{"prompt": "a", "model": "dall-e-3"}"#, false),
        (#"{"prompt": "a", "model": "dall-e-3", "response_format": "b64_json"}"#, true),
    ]) func pictureIsAnAddressWhereThatIsWanted(json: String, hasBytes: Bool) async throws {
        try await world.running {
            async let sent = world.post("/v1/images/generations", json)
            try await world.finish(world.leases(1)[0])
            let entry = try #require(try await sent.json["data"]?[0])
            #expect((entry["b64_json"] != nil) == hasBytes && entry["url"] != nil)
        }
    }

    @Test(arguments: [false, true]) func aPictureOfAnyLengthIsAnAddressWithoutBeingRead(streams: Bool) async throws {
        try await world.running {
            async let sent = world.post(
                "/v1/images/generations", #"{"prompt": "a", "response_format": "url", "stream": \#(streams)}"#)
            try await world.finish(world.leases(1)[0], absent: Limits.imageAnswerBytes + 1)
            let answer = try await sent
            let entry = streams ? events(answer.text).last?.data : answer.json["data"]?[0]
            #expect(answer.status == 200 && entry?["url"]?.stringValue?.hasPrefix("http://test/files/") == true)
            #expect(entry?["b64_json"] == nil, "\(answer.text)")
        }
    }

    @Test(arguments: [false, true]) func memoryForAPictureIsTakenBeforeItIsRead(streams: Bool) async throws {
        let budget = BodyBudget(limit: 1 << 20)
        let world = try await ImageWorld(budget: budget)
        let call = #"{"prompt": "a", "stream": \#(streams)}"#
        try await world.running {
            async let refused = world.post("/v1/images/generations", call)
            // Its bytes would be missed if they were read.
            try await world.finish(world.leases(1)[0], absent: 1 << 20)
            let text = try await refused.text
            #expect(text.contains("held at once"), "\(text)")
            async let small = world.post("/v1/images/generations", call)
            try await world.finish(world.leases(1)[0])
            #expect(try await small.text.contains("b64_json"))
        }
        #expect(budget.bytesInFlight == 0)
    }

    @Test func asManyPicturesAreAnsweredAsWereAskedFor() async throws {
        try await world.running {
            async let sent = world.post("/v1/images/generations", #"{"prompt": "a", "n": 3}"#)
            for lease in try await world.leases(3).reversed() { try await world.finish(lease) }
            let answer = try await sent
            #expect(answer.json["data"]?.arrayValue?.count == 3 && answer.json["failures"] == nil)
        }
    }

    // MARK: Requests

    @Test func fieldsWithoutAMeaningHereAreIgnored() async throws {
        let input = try await input(
            #"{"prompt": "a", "model": "gpt-image-1", "quality": "high", "background": "auto", "user": "me","#
                + #" "moderation": "low", "style": "vivid", "output_format": "png", "whatever": 1}"#)
        #expect(input == ["prompt": "a", "kind": "image", "aspect": "1:1"])
    }

    @Test(arguments: [
        ("1024x1536", 1_024, 1_536), ("512x512", 512, 512),
    ]) func sizeIsRead(text: String, width: Int64, height: Int64) async throws {
        let input = try await input(#"{"prompt": "a", "size": "\#(text)"}"#)
        #expect(input["width"] == .int(width) && input["height"] == .int(height))
    }

    @Test func ownFieldsAndThoseOfOtherServersReachTheRecipe() async throws {
        let input = try await input(
            #"{"prompt": "a", "model": "comfyui/portrait", "character": "Mira", "project": "Woods","#
                + #" "reference_weight": 0.5, "style_preset": "manga", "num_inference_steps": 9, "cfg_scale": 6.5,"#
                + #" "rng_seed": 7, "negative_prompt": "blurry", "width": 640, "height": 480}"#,
            path: "/v3/images/generations")
        #expect(input["generator"] == "comfyui" && input["workflow"] == "portrait")
        #expect(input["character"] == "Mira" && input["project"] == "Woods" && input["style_preset"] == "manga")
        #expect(input["reference_weight"] == 0.5 && input["steps"] == 9 && input["cfg"] == 6.5 && input["seed"] == 7)
        #expect(input["width"] == 640 && input["height"] == 480 && input["negative_prompt"] == "blurry")
    }

    @Test(arguments: [
        ("{}", "prompt"), (#"{"prompt": ""}"#, "prompt"), (#"{"prompt": 7}"#, "prompt"),
        (#"{"prompt": "a", "size": "big"}"#, "size"), (#"{"prompt": "a", "size": "0x5"}"#, "size"),
        (#"{"prompt": "a", "size": "1x2x3"}"#, "size"), (#"{"prompt": "a", "n": 0}"#, "n"),
        (#"{"prompt": "a", "response_format": "png"}"#, "response_format"), (#"{"prompt": "a", "width": 5}"#, "width"),
        (#"{"prompt": "a", "partial_images": 4, "stream": true}"#, "partial_images"),
        (#"{"prompt": "a", "reference_weight": "much"}"#, "reference_weight"),
    ]) func whatDoesNotFitIsRefusedInOpenAIsShape(json: String, parameter: String) async throws {
        let answer = try await world.post("/v1/images/generations", json)
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["error"]?["param"]?.stringValue == parameter, "\(answer.text)")
        #expect(world.inputs.withLock { $0.isEmpty })
    }

    @Test func unknownModelIsNotFound() async throws {
        let answer = try await world.post("/v1/images/generations", #"{"prompt": "a", "model": "nothing"}"#)
        #expect(answer.status == 404 && answer.json["error"]?["code"] == "model_not_found", "\(answer.text)")
    }

    @Test func callerWhoMayOnlyReadMakesNothing() async throws {
        let reader = Principal(tenant: .local, permission: .read)
        let answer = try await world.client.send(
            .post, "/v1/images/generations", body: Data(#"{"prompt": "a"}"#.utf8), as: reader)
        #expect(answer.status == 403 && world.inputs.withLock { $0.isEmpty })
    }

    // MARK: Jobs

    @Test func sameCallWithTheSameKeyAnswersTheFinishedPicture() async throws {
        let headers: HTTPFields = [try #require(key): "k1"]
        try await world.running {
            async let first = world.post("/v1/images/generations", #"{"prompt": "a"}"#, headers: headers)
            try await world.finish(world.leases(1)[0])
            let again = try await world.post("/v1/images/generations", #"{"prompt": "a"}"#, headers: headers)
            #expect(try await first.json["data"]?[0] == again.json["data"]?[0])
            #expect(try await world.bench.lease().isEmpty, "there is no second job")
        }
    }

    @Test func clientThatLeavesDoesNotEndTheJob() async throws {
        let headers: HTTPFields = [try #require(key): "k2"]
        try await world.running {
            let call = Task { try await world.post("/v1/images/generations", #"{"prompt": "a"}"#, headers: headers) }
            let lease = try await world.leases(1)[0]
            try await eventually("it waits") { world.hub.listenerCount == 1 }
            call.cancel()
            _ = await call.result
            #expect(try await world.bench.job(lease.jobID).status == .inProgress)
            try await world.finish(lease)
            let again = try await world.post("/v1/images/generations", #"{"prompt": "a"}"#, headers: headers)
            #expect(again.json["data"]?[0]?["job_id"]?.stringValue == lease.jobID)
        }
    }

    @Test func failureOfTheJobIsAnsweredAndNotTriedAgainByTheClient() async throws {
        try await world.running {
            async let sent = world.post("/v1/images/generations", #"{"prompt": "a"}"#)
            let lease = try await world.leases(1)[0]
            _ = try await world.bench.fail(lease, .permanent, message: "Node 3 (KSampler) has failed.")
            world.bench.signal.ring()
            let answer = try await sent
            #expect(answer.status == 500 && answer.json["error"]?["code"] == "generation_failed")
            #expect(answer.json["error"]?["message"]?.stringValue?.contains("Node 3 (KSampler)") == true)
            #expect(answer.headers[try #require(HTTPField.Name("x-should-retry"))] == "false")
            #expect(answer.headers[try #require(HTTPField.Name("X-Job-Id"))] == lease.jobID)
        }
    }

    @Test func pictureThatFailedAmongOthersIsNamed() async throws {
        try await world.running {
            async let sent = world.post("/v1/images/generations", #"{"prompt": "a", "n": 2}"#)
            let leases = try await world.leases(2)
            _ = try await world.bench.fail(leases[0], .permanent)
            try await world.finish(leases[1])
            let answer = try await sent
            #expect(answer.status == 200 && answer.json["data"]?.arrayValue?.count == 1)
            #expect(answer.json["failures"]?[0]?["job_id"]?.stringValue == leases[0].jobID)
        }
    }

    @Test func timeThatIsOverNamesTheJobThatGoesOn() async throws {
        let timeout = try #require(HTTPField.Name("x-hearth-timeout-ms"))
        let answer = try await world.post("/v1/images/generations", #"{"prompt": "a"}"#, headers: [timeout: "1"])
        #expect(answer.status == 504 && answer.json["error"]?["code"] == "deadline_exceeded")
        let name = try #require(HTTPField.Name("X-Job-Id"))
        let job = try #require(answer.headers[name])
        #expect(try await world.bench.job(job).status == .pending)
    }

    // MARK: Streams

    private struct Event {
        var name: String
        var data: JSONValue
    }

    private func events(_ text: String) -> [Event] {
        text.components(separatedBy: "\n\n").compactMap { block in
            let lines = block.split(separator: "\n").map(String.init)
            guard let name = lines.first(where: { $0.hasPrefix("event: ") }),
                let data = lines.first(where: { $0.hasPrefix("data: ") })
            else { return nil }
            return Event(
                name: String(name.dropFirst(7)),
                data: (try? JSONParser.read(Data(data.dropFirst(6).utf8))) ?? .null)
        }
    }

    @Test(arguments: [0, 1, 2]) func streamSendsAsManyPartialPicturesAsWereAskedFor(wanted: Int) async throws {
        try await world.running {
            async let sent = world.post(
                "/v1/images/generations", #"{"prompt": "a", "stream": true, "partial_images": \#(wanted)}"#)
            let lease = try await world.leases(1)[0]
            for number in 1...3 {
                let report = ProgressReport(
                    stage: "sampling", overall: Double(number) / 4, preview: "data:image/jpeg;base64,AAA\(number)")
                _ = try await world.bench.progress(lease, report)
            }
            try await world.finish(lease)
            let answer = try await sent
            let events = events(answer.text)
            #expect(
                events.map(\.name) == Array(repeating: "image_generation.partial_image", count: wanted) + [
                    "image_generation.completed"
                ])
            #expect(events.dropLast().map { $0.data["b64_json"]?.stringValue } == (0..<wanted).map { "AAA\($0 + 1)" })
            #expect(
                events.dropLast().map { $0.data["partial_image_index"]?.integerValue } == (0..<wanted).map(Int64.init))
            #expect(events.allSatisfy { $0.data["type"]?.stringValue == $0.name })
            let picture = events.last?.data["b64_json"]?.stringValue ?? ""
            #expect(Data(base64Encoded: picture) == ImageWorld.picture)
            #expect(events.last?.data["usage"]?["total_tokens"] == 0)
            #expect((world.inputs.withLock { $0.last }?["preview"] == true) == (wanted > 0))
        }
    }

    @Test func failureEndsAStreamAsAnEvent() async throws {
        try await world.running {
            async let sent = world.post("/v1/images/generations", #"{"prompt": "a", "stream": true}"#)
            _ = try await world.bench.fail(world.leases(1)[0], .permanent, message: "No.")
            world.bench.signal.ring()
            let events = events(try await sent.text)
            #expect(events.map(\.name) == ["error"])
            #expect(events[0].data["error"]?["code"] == "generation_failed")
        }
    }

    // MARK: Edits

    private func form(_ parts: [(head: String, body: Data)]) -> Data {
        var body = Data()
        for part in parts {
            body += Data("--b\r\nContent-Disposition: form-data; \(part.head)\r\n\r\n".utf8) + part.body
            body += Data("\r\n".utf8)
        }
        return body + Data("--b--\r\n".utf8)
    }

    private func edit(_ parts: [(head: String, body: Data)], in world: ImageWorld) async throws -> DoorClient.Answer {
        try await world.client.send(
            .post, "/v1/images/edits", body: form(parts), type: "multipart/form-data; boundary=b")
    }

    private var prompt: (head: String, body: Data) { (#"name="prompt""#, Data("a hat".utf8)) }

    private func file(_ name: String) -> (head: String, body: Data) {
        ("name=\"\(name)\"; filename=\"a.png\"", ImageWorld.picture)
    }

    @Test func picturesOfAnEditAreStoredAndNamedByTheirPurpose() async throws {
        try await world.running {
            async let sent = edit(
                [prompt, file("image[]"), file("image[]"), file("mask"), ("name=\"n\"", Data("1".utf8))], in: world)
            try await world.finish(world.leases(1)[0])
            let answer = try await sent
            #expect(answer.status == 200, "\(answer.text)")
            #expect(world.stored.withLock { $0 } == Array(repeating: ImageWorld.picture, count: 3))
            let pictures = try #require(world.inputs.withLock { $0.last }?["pictures"]?.arrayValue)
            #expect(pictures.compactMap { $0["purpose"]?.stringValue } == ["start", "character", "mask"])
            #expect(pictures.compactMap { $0["picture_id"]?.stringValue } == ["picture-1", "picture-2", "picture-3"])
        }
    }

    @Test func editWithoutItsPartsIsRefusedBeforeAnythingIsStored() async throws {
        for parts in [[prompt], [file("image")], [prompt, file("image"), file("mask"), file("mask")]] {
            let answer = try await edit(parts, in: world)
            #expect(answer.status == 400, "\(answer.text)")
        }
        #expect(world.stored.withLock { $0.isEmpty })
    }

    @Test func editOfWhatIsNoPictureIsRefused() async throws {
        let answer = try await edit([prompt, (#"name="image"; filename="a.png""#, Data("text".utf8))], in: world)
        #expect(answer.status == 400 && answer.json["error"]?["code"] == "invalid_image", "\(answer.text)")
    }
}
