import HearthCore
import HearthJSON
import HearthTesting
import Testing

@testable import HearthInference

/// What models say of themselves.
@Suite struct ModelStatusTests {
    @Test(
        arguments: [
            ("all-minilm-l6-v2", true), ("ALL-MiniLM-L6-v2", true), ("sentence-transformers/all-MiniLM-L6-v2", true),
            ("all-minilm", true), ("all-minilm:latest", true), ("library/all-minilm:latest", true),
            ("all-minilm:l6-v2", true), ("all-minilm:l12-v2", false), ("minilm", false), ("", false), ("/", false),
            (":latest", false), ("all-minilm-l6-v2/", true), ("all-minilm-l6-v2x", false),
        ])
    func modelsAnswerToTheirNames(name: String, isMeant: Bool) {
        var status = ModelStatus(id: "all-minilm-l6-v2", kind: .textEmbedding, state: .ready)
        status.aliases = ["sentence-transformers/all-MiniLM-L6-v2", "all-minilm", "all-minilm:l6-v2"]
        #expect(status.isNamed(name) == isMeant)
    }

    @Test func aModelWithoutVectorsHasNoIdentity() {
        #expect(ModelStatus.ready("m", .imageEmbedding, dims: 4).identity?.dims == 4)
        #expect(ModelStatus.ready("m", .faceDetection).identity == nil)
    }

    @Test(arguments: [Permission.read, .write, .admin])
    func whatAllTenantsDoWithAModelIsForOperators(permission: Permission) throws {
        var model = ModelStatus.ready("m", .imageEmbedding, dims: 4)
        (model.loads, model.idleMilliseconds) = (3, 12)
        (model.inferences, model.passes, model.waiting) = (7, 5, 2)
        let caller = Principal(tenant: Tenant(rawValue: "shop"), permission: permission)
        let shown = try JSONValueEncoder.encode(model.shown(to: caller))
        for name in ["loads", "idle_milliseconds", "inferences", "passes", "waiting"] {
            #expect(shown[name] == nil, "\(name)")
        }
        #expect(shown["id"] == "m" && shown["dims"] == 4 && shown["state"] == "ready")
        #expect(model.shown(to: .local).loads == 3)
    }

    private func status(_ models: [(ModelState, group: String?)], group: String? = nil) -> EngineStatus {
        let models = models.map { state, group in
            var model = ModelStatus(id: "m", kind: .imageEmbedding, state: state)
            model.group = group
            return model
        }
        return EngineStatus(
            worker: "w", pid: 1, models: models, defaultEmbedder: nil, memoryBytes: 0, endedJobs: 0, group: group)
    }

    @Test func aWorkerIsSettledWhenItsOwnModelsAre() {
        #expect(status([(.ready, nil), (.failed, nil), (.skipped, nil)]).isSettled)
        for state in [ModelState.absent, .loading, .warming, .draining] {
            #expect(!status([(.ready, nil), (state, nil)]).isSettled, "\(state)")
        }
        #expect(status([(.ready, nil), (.absent, "large")]).isSettled, "the large one lives elsewhere")
        #expect(!status([(.absent, "large")], group: "large").isSettled, "here is where it lives")
    }

    @Test func statusesCrossTheSocket() throws {
        let sent = status([(.ready, "g")], group: "g")
        let received = try JSONValueDecoder.read(EngineStatus.self, from: JSONValueEncoder.encode(sent))
        #expect(received.group == "g" && received.models.map(\.group) == ["g"])
    }

    @Test func outputsAreFoundByNameByPlaceOrFirst() throws {
        let ports = ["boxes", "1", "scores"].map { TensorPort(name: $0, type: .float32, shape: [-1]) }
        let signature = GraphSignature(inputs: [], outputs: ports)
        let places = try [nil, "boxes", "scores", "1", "0", "2"].map { try signature.output(named: $0) }
        #expect(places == [0, 0, 2, 1, 0, 2])
        for name in ["3", "-1", "Boxes", "", "99999999999999999999"] {
            let error = #expect(throws: HearthError.self) { try signature.output(named: name) }
            #expect(error?.code == .invalidConfiguration)
        }
        #expect(throws: HearthError.self) { try GraphSignature(inputs: [], outputs: []).output(named: nil) }
    }

    @Test func tensorsKnowTheirNumbers() {
        let elements: [Tensor.Elements] = [.float32([1]), .int64([1, 2]), .int32([1, 2, 3]), .uint8([1, 2, 3, 4])]
        #expect(elements.map(\.count) == [1, 2, 3, 4])
        #expect(elements.map(\.type) == [.float32, .int64, .int32, .uint8])
        #expect(elements.map(\.type.size) == [4, 8, 4, 1])
        #expect(Tensor(shape: [2], values: [1, 2]).values == [1, 2])
        #expect(Tensor(shape: [1], elements: .int32([1])).values.isEmpty)
    }
}
