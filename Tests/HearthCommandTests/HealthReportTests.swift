import HearthCore
import HearthInference
import HearthTesting
import Testing

@testable import HearthCommand

/// What health says to whom.
@Suite struct HealthReportTests {
    private let report = {
        var model = ModelStatus.ready("m", .imageEmbedding, dims: 4)
        model.inferences = 7
        return HealthReport(
            status: .degraded, modelPreloaded: true, models: [model], memoryMB: 90, workerMemoryMB: 400,
            services: .init(store: .up, worker: .up),
            workers: [
                .init(
                    role: "inference", state: .up, worker: "ab12-4711-3", pid: 4_712, memoryMB: 400, restarts: 2,
                    lanes: ["embed"])
            ],
            unmetNeeds: [
                .init(need: "program ffmpeg", role: "media", operations: ["studio.render"], waitingJobs: 5)
            ],
            lostFeatures: ["jobs that need program ffmpeg"], version: "0")
    }()

    @Test(arguments: [Permission.read, .write, .admin])
    func whatAllTenantsDoIsLeftOutBelowTheOperator(permission: Permission) {
        let caller = Principal(tenant: Tenant(rawValue: "shop"), permission: permission)
        let shown = report.shown(to: caller)
        #expect(shown.models.map(\.inferences) == [nil])
        #expect(shown.workers.map(\.worker) == [nil] && shown.workers.map(\.pid) == [nil])
        #expect(shown.workers.map(\.restarts) == [nil])
        #expect(shown.unmetNeeds.map(\.waitingJobs) == [nil])
        #expect(shown.status == .degraded && shown.lostFeatures == report.lostFeatures, "what is lost is told")
        #expect(shown.workers.map(\.lanes) == [["embed"]])
    }

    @Test func theOperatorSeesAll() {
        let shown = report.shown(to: .local)
        #expect(shown.models.map(\.inferences) == [7])
        #expect(shown.workers.map(\.worker) == ["ab12-4711-3"] && shown.workers.map(\.pid) == [4_712])
        #expect(shown.workers.map(\.restarts) == [2])
        #expect(shown.unmetNeeds.map(\.waitingJobs) == [5])
    }
}
