@testable import HearthSupervisor

/// The processes that a supervisor's actions lead to, and what must hold for them at all times.
struct SupervisorWorld {
    /// A process as the machine cannot see it.
    struct Process: Equatable {
        var isReady = false
        var isDraining = false
    }

    enum Event: Equatable, CustomStringConvertible {
        case ready(String)
        case exited(String, Duration, isCrash: Bool)
        case recycle
        case stop

        var description: String {
            switch self {
            case .ready(let worker): "\(worker) is ready"
            case .exited(let worker, let lifetime, let isCrash):
                "\(worker) \(isCrash ? "crashes" : "ends") after \(lifetime)"
            case .recycle: "recycle"
            case .stop: "stop"
            }
        }
    }

    private(set) var machine = SupervisorMachine(prefix: "w-")
    private(set) var processes: [String: Process] = [:]
    /// Who gets the calls.
    private(set) var used: String?
    private(set) var isStopped = false
    private(set) var history: [Event] = []
    /// What was broken, in words.
    private(set) var defects: [String] = []
    private var launched: Set<String> = []
    private var settled: [String: SupervisorMachine.Action] = [:]

    init() { perform(machine.start()) }

    /// What can happen next; a long life, ended from outside, is told apart from a crash for the current worker only.
    var possibleEvents: [Event] {
        var events: [Event] = [.recycle]
        if !isStopped { events.append(.stop) }
        for (worker, process) in processes.sorted(by: { $0.key < $1.key }) {
            if !process.isReady { events.append(.ready(worker)) }
            events.append(.exited(worker, .zero, isCrash: !process.isDraining))
            if worker == machine.current { events.append(.exited(worker, .seconds(3_600), isCrash: false)) }
        }
        return events
    }

    mutating func happen(_ event: Event) {
        history.append(event)
        switch event {
        case .ready(let worker):
            processes[worker]?.isReady = true
            perform(machine.becameReady(worker))
        case .exited(let worker, let lifetime, let isCrash):
            processes[worker] = nil
            perform(machine.exited(worker, after: lifetime, isCrash: isCrash))
            let expected: SupervisorMachine.Action = isCrash ? .reclaim(worker) : .release(worker)
            check(settled[worker] == expected, "the jobs of \(worker) are given back as they should")
        case .recycle:
            let wantsFresh = !isStopped && machine.candidate == nil
            let count = launched.count
            perform(machine.recycle())
            check(launched.count == count + (wantsFresh ? 1 : 0), "recycling starts one worker at a time")
        case .stop:
            isStopped = true
            perform(machine.stop())
            check(processes.values.allSatisfy(\.isDraining), "all are asked to end")
        }
        checkAlways()
    }

    private mutating func perform(_ actions: [SupervisorMachine.Action]) {
        for action in actions {
            switch action {
            case .launch(let worker, let delay):
                check(!isStopped, "nothing is started after the end")
                check(launched.insert(worker).inserted, "names are used once")
                check(delay >= .zero, "a delay is not negative")
                processes[worker] = Process()
            case .use(let worker):
                used = worker
            case .drain(let worker):
                check(processes[worker]?.isDraining == false, "\(worker) is asked to end once, while it lives")
                check(isStopped || processes[used ?? ""]?.isReady == true, "who takes over is ready")
                processes[worker]?.isDraining = true
            case .reclaim(let worker), .release(let worker):
                check(settled[worker] == nil, "the jobs of \(worker) are given back once")
                check(processes[worker] == nil, "the jobs of \(worker) are given back after its end")
                settled[worker] = action
            }
        }
    }

    private mutating func checkAlways() {
        check(used == machine.current, "calls go to the current worker")
        check(isStopped == (machine.current == nil), "there is a current worker until the end")
        check(machine.current.map { processes[$0]?.isDraining == false } ?? true, "the current worker lives")
        check(machine.candidate.map { processes[$0]?.isDraining == false } ?? true, "the candidate lives")
        let draining = Set(processes.filter(\.value.isDraining).keys)
        check(machine.draining == draining, "who drains is known")
        let active = Set(processes.keys).subtracting(draining)
        check(active == Set([machine.current, machine.candidate].compactMap(\.self)), "no process is forgotten")
    }

    private mutating func check(_ condition: Bool, _ promise: String) {
        if !condition { defects.append("\(promise): \(history)") }
    }
}
