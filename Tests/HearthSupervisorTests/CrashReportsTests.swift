import Testing

@testable import HearthSupervisor

/// A worker that has crashed must be gone at once, so it writes no report by itself.
@Suite struct CrashReportsTests {
    @Test func workersAreToldToWriteNoReport() {
        let variables = CrashReports.added(to: ["PATH": "/bin"])
        #expect(variables == ["PATH": "/bin", "SWIFT_BACKTRACE": "enable=no"])
    }

    @Test func whatAnOperatorHasChosenStays() {
        let variables = CrashReports.added(to: ["SWIFT_BACKTRACE": "enable=yes"])
        #expect(variables["SWIFT_BACKTRACE"] == "enable=yes")
    }
}
