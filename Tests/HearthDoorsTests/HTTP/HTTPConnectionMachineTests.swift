import HearthCore
import NIOCore
import Testing

@testable import HearthHTTP

/// The states and deadlines of a connection, with times of the test's own.
struct HTTPConnectionMachineTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func time(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private static func machine() -> HTTPConnectionMachine {
        var limits = HTTPConnectionLimits()
        limits.requestArrival = .seconds(30)
        limits.idleConnection = .seconds(60)
        limits.writeStall = .seconds(40)
        limits.linger = .seconds(2)
        limits.presenceProbe = .seconds(3)
        return HTTPConnectionMachine(limits: limits, now: start)
    }

    /// A request without a body arrives whole.
    private static func arrive(_ machine: inout HTTPConnectionMachine, at seconds: Int64, keepsAlive: Bool = true) {
        #expect(machine.receiveHead(.init(), keepsAlive: keepsAlive) == true)
        #expect(machine.receiveEnd() == true)
        machine.receiveBurstEnd(now: time(seconds))
    }

    /// Its response goes out whole.
    private static func respond(
        _ machine: inout HTTPConnectionMachine, at seconds: Int64
    ) -> (HTTPConnectionMachine.HeadPlan?, HTTPConnectionMachine.Action?) {
        (machine.sendHead(), machine.sendEnd(now: time(seconds)))
    }

    @Test func anIdleConnectionHasItsTimeFromTheLastResponse() {
        var machine = Self.machine()
        #expect(machine.nextDeadline == Self.time(10), "nobody stays silent for long")
        Self.arrive(&machine, at: 5)
        #expect(machine.nextDeadline == nil)
        #expect(machine.timeout(now: Self.time(5_000), isReading: true) == .none)
        let (plan, action) = Self.respond(&machine, at: 5_000)
        #expect(plan == .init())
        #expect(action == HTTPConnectionMachine.Action.none)
        #expect(machine.nextDeadline == Self.time(5_060))
        #expect(machine.timeout(now: Self.time(5_059), isReading: true) == .none)
        #expect(machine.timeout(now: Self.time(5_060), isReading: true) == .close)
        #expect(machine.nextDeadline == nil)
    }

    @Test func whoSendsMoreRequestsThanMayWaitIsReadNoFurther() {
        var machine = Self.machine()
        for _ in 0..<Limits.pipelinedRequests {
            #expect(!machine.isFull)
            Self.arrive(&machine, at: 1)
        }
        #expect(machine.isFull)
        #expect(machine.receiveGarbage(HTTPConnectionMachine.tooManyAtOnce) == .none, "the others are answered first")
        #expect(machine.receiveHead(.init(), keepsAlive: true) == false)
        for _ in 1..<Limits.pipelinedRequests {
            #expect(Self.respond(&machine, at: 2).1 == HTTPConnectionMachine.Action.none)
        }
        #expect(Self.respond(&machine, at: 2).1 == .refuse(HTTPConnectionMachine.tooManyAtOnce))
    }

    @Test func aHeadHasItsTimeFromItsFirstByte() {
        var machine = Self.machine()
        machine.receiveBurstEnd(now: Self.time(20))
        machine.receiveBurstEnd(now: Self.time(40))
        #expect(machine.nextDeadline == Self.time(50))
        #expect(machine.timeout(now: Self.time(49), isReading: true) == .none)
        #expect(machine.timeout(now: Self.time(50), isReading: true) == .refuse(HTTPConnectionMachine.tooSlow))
        #expect(machine.receiveHead(.init(), keepsAlive: true) == false)
    }

    @Test func aBodySharesTheTimeOfItsHead() {
        var machine = Self.machine()
        machine.receiveBurstEnd(now: Self.time(0))
        #expect(machine.receiveHead(.init(), keepsAlive: true) == true)
        machine.receiveBurstEnd(now: Self.time(29))
        #expect(machine.receiveBody() == true)
        machine.receiveBurstEnd(now: Self.time(29))
        #expect(machine.nextDeadline == Self.time(30))
        #expect(machine.timeout(now: Self.time(30), isReading: true) == .failBody(HTTPConnectionMachine.tooSlow))
        #expect(machine.receiveBody() == false)
        let (plan, action) = Self.respond(&machine, at: 31)
        #expect(plan?.isLast == true)
        #expect(action == .linger)
    }

    @Test func aServerThatDoesNotReadIsNotTheClientsFault() {
        var machine = Self.machine()
        #expect(machine.receiveHead(.init(), keepsAlive: true) == true)
        machine.receiveBurstEnd(now: Self.time(0))
        #expect(machine.timeout(now: Self.time(30), isReading: false) == .none)
        #expect(machine.nextDeadline == Self.time(60))
        #expect(machine.receiveEnd() == true)
        machine.receiveBurstEnd(now: Self.time(50))
        #expect(machine.nextDeadline == nil)
    }

    @Test func aResponseBeforeTheEndOfItsRequestIsTheLast() {
        var machine = Self.machine()
        #expect(machine.receiveHead(.init(), keepsAlive: true) == true)
        let (plan, action) = Self.respond(&machine, at: 1)
        #expect(plan?.isLast == true)
        #expect(action == .linger)
    }

    @Test func onlyTheLastOfSeveralResponsesSaysClose() {
        var machine = Self.machine()
        Self.arrive(&machine, at: 0)
        Self.arrive(&machine, at: 0, keepsAlive: false)
        #expect(machine.receiveHead(.init(), keepsAlive: true) == false)
        #expect(Self.respond(&machine, at: 1).0?.isLast == false)
        let (plan, action) = Self.respond(&machine, at: 1)
        #expect(plan?.isLast == true)
        #expect(action == .linger)
        #expect(machine.sendHead() == nil)
        #expect(machine.sendEnd(now: Self.time(2)) == nil)
    }

    @Test func garbageIsAnsweredAfterWhatCameBefore() {
        var machine = Self.machine()
        Self.arrive(&machine, at: 0)
        let garbage = HearthError(.invalidRequest, "Garbage.")
        #expect(machine.receiveGarbage(garbage) == .none)
        #expect(machine.receiveGarbage(garbage) == .none)
        let (plan, action) = Self.respond(&machine, at: 1)
        #expect(plan?.isLast == true)
        #expect(action == .refuse(garbage))
    }

    @Test func aClientThatLeavesInTheMiddleFailsTheBody() {
        var machine = Self.machine()
        #expect(machine.receiveHead(.init(), keepsAlive: true) == true)
        #expect(machine.receiveInputClosed(now: Self.time(1)) == .failBody(HTTPConnectionMachine.endedEarly))
        #expect(machine.receiveInputClosed(now: Self.time(1)) == .none)
    }

    @Test func aClosedHalfIsAnsweredAndThenClosed() {
        var machine = Self.machine()
        Self.arrive(&machine, at: 0)
        #expect(machine.receiveInputClosed(now: Self.time(0)) == .none)
        #expect(Self.respond(&machine, at: 1).1 == .linger)
        machine.linger(now: Self.time(1))
        #expect(machine.outputSent(now: Self.time(2)) == .close)
    }

    @Test func aClientThatClosedItsHalfIsAskedWhetherItStillReads() {
        var machine = Self.machine()
        Self.arrive(&machine, at: 0)
        #expect(machine.receiveInputClosed(now: Self.time(10)) == .none)
        #expect(machine.nextDeadline == Self.time(13))
        #expect(machine.timeout(now: Self.time(13), isReading: true) == .probe)
        #expect(machine.nextDeadline == Self.time(19), "after twice the time")
        #expect(machine.timeout(now: Self.time(19), isReading: true) == .probe)
        #expect(machine.sendHead() != nil)
        #expect(machine.nextDeadline == nil, "a response says as much")
        #expect(machine.timeout(now: Self.time(60), isReading: true) == .none)
    }

    @Test(arguments: [(true, false), (false, true)])
    func whoWouldNotUnderstandIsNotAsked(isHTTP10: Bool, isUpgrade: Bool) {
        var machine = Self.machine()
        let exchange = HTTPConnectionMachine.Exchange(isHTTP10: isHTTP10, isUpgrade: isUpgrade)
        #expect(machine.receiveHead(exchange, keepsAlive: false) == true)
        #expect(machine.receiveEnd() == true)
        #expect(machine.receiveInputClosed(now: Self.time(10)) == .none)
        #expect(machine.nextDeadline == nil)
    }

    @Test func lingersUntilTheClientClosesOrTheTimeIsUp() {
        for closes in [true, false] {
            var machine = Self.machine()
            Self.arrive(&machine, at: 0, keepsAlive: false)
            #expect(Self.respond(&machine, at: 1).1 == .linger)
            machine.linger(now: Self.time(1))
            #expect(machine.discardsInput)
            #expect(machine.nextDeadline == Self.time(41))
            #expect(machine.outputSent(now: Self.time(10)) == .closeOutput)
            #expect(machine.nextDeadline == Self.time(12))
            if closes {
                #expect(machine.receiveInputClosed(now: Self.time(11)) == .close)
            } else {
                #expect(machine.timeout(now: Self.time(12), isReading: true) == .close)
            }
        }
    }

    @Test func aClientThatTakesNothingIsCutOff() {
        var machine = Self.machine()
        Self.arrive(&machine, at: 0)
        machine.writabilityChanged(isWritable: false, now: Self.time(0))
        machine.writabilityChanged(isWritable: true, now: Self.time(30))
        #expect(machine.timeout(now: Self.time(45), isReading: true) == .none)
        machine.writabilityChanged(isWritable: false, now: Self.time(50))
        #expect(machine.timeout(now: Self.time(90), isReading: true) == .close)
    }

    @Test func stoppingAnswersWhatRunsAndTakesNothingMore() {
        var idle = Self.machine()
        #expect(idle.quiesce() == .linger)
        var busy = Self.machine()
        Self.arrive(&busy, at: 0)
        #expect(busy.quiesce() == .none)
        #expect(busy.receiveHead(.init(), keepsAlive: true) == false)
        #expect(Self.respond(&busy, at: 1).1 == .linger)
    }

    @Test func onlyAWholeUnansweredRequestThatAsksIsUpgraded() {
        let asks = HTTPConnectionMachine.Exchange(isUpgrade: true)
        var machine = Self.machine()
        #expect(machine.receiveHead(asks, keepsAlive: true) == true)
        var early = machine
        #expect(early.upgrade() == false)
        #expect(machine.receiveEnd() == true)
        var stopping = machine
        #expect(stopping.quiesce() == .none)
        #expect(stopping.upgrade() == false)
        var answered = machine
        _ = answered.sendHead()
        #expect(answered.upgrade() == false)
        var ordinary = Self.machine()
        Self.arrive(&ordinary, at: 0)
        #expect(ordinary.upgrade() == false)
        #expect(machine.upgrade() == true)
        #expect(machine.nextDeadline == nil)
    }
}
