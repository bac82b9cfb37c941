import HearthCore
import HearthHTTP
import HearthTesting
import Hummingbird
import Testing

/// The memory for bodies is shared: a client that holds much of it keeps no other out.
@Suite struct BodyBudgetTests {
    private let budget = BodyBudget()
    private let upload = Limits.bodyBytes

    private func holders(_ tenant: String, _ address: String) -> [BodyHolder] {
        [.tenant(Tenant(rawValue: tenant)), .address(address)]
    }

    /// As many whole uploads as are taken.
    private func uploads(_ tenant: String, _ address: String) -> [BodyReservation] {
        var taken: [BodyReservation] = []
        while true {
            let reservation = budget.reservation(of: holders(tenant, address))
            guard (try? reservation.grow(by: upload)) != nil else { return taken }
            taken.append(reservation)
        }
    }

    @Test func anAddressGetsThreeQuartersAndTheNextThreeQuartersOfTheRest() {
        let first = uploads("a", "192.0.2.1")
        #expect(first.count == 3 * budget.limit / 4 / upload)
        let second = uploads("b", "192.0.2.2")
        #expect(second.count == 2)
        withExtendedLifetime((first, second)) {}
    }

    @Test func aTenantWithManyAddressesIsOneHolder() {
        let first = uploads("a", "192.0.2.1")
        #expect(uploads("a", "192.0.2.2").isEmpty)
        #expect(uploads("b", "192.0.2.1").isEmpty, "nor is an address with many tenants more than one")
        withExtendedLifetime(first) {}
    }

    @Test(arguments: [1, 4, 16, 64])
    func howeverManyFillItThoseWhoComeLaterFindSomething(hogs: Int) throws {
        var held: [BodyReservation] = []
        for hog in 0..<hogs {
            let reservation = budget.reservation(of: holders("\(hog)", "192.0.2.\(hog)"))
            // Byte by byte, as far as it goes: halves of what is refused.
            var piece = budget.limit
            while piece > 0 {
                if (try? reservation.grow(by: piece)) == nil { piece /= 2 }
            }
            held.append(reservation)
        }
        let small = budget.reservation(of: holders("late", "203.0.113.1"))
        try small.receive(budget.smallBytes)
        if hogs < 4 { try small.receive(1 << 20) }
        #expect(budget.bytesInFlight <= budget.limit + budget.smallBytes)
        withExtendedLifetime(held) {}
    }

    @Test func aRefusalSaysWhoseShareIsFullAndTakesNothing() throws {
        let reservation = budget.reservation(of: holders("a", "192.0.2.1"))
        try reservation.grow(by: budget.limit / 4 * 3)
        let refusal = #expect(throws: HearthError.self) { try reservation.grow(by: upload) }
        #expect(refusal?.code == .overloaded)
        #expect(refusal?.message.contains("Your address or tenant") == true)
        #expect(refusal?.retryAfter == 1)
        #expect(budget.bytesInFlight == budget.limit / 4 * 3)
        let other = #expect(throws: HearthError.self) {
            try budget.reservation(of: holders("b", "192.0.2.2")).grow(by: budget.limit / 2)
        }
        #expect(other?.message.contains("Too many bytes") == true)
        withExtendedLifetime(reservation) {}
    }

    @Test func whatIsGivenBackIsThereForTheSameHolderAgain() {
        for _ in 0..<3 { #expect(uploads("a", "192.0.2.1").count == 8) }
        #expect(budget.bytesInFlight == 0)
    }

    @Test func whereAllAreOneThereAreNoShares() throws {
        try budget.reservation().grow(by: budget.limit)
    }
}

/// The same at a real server, whose clients come from two addresses of this machine.
@Suite(.timeLimit(.minutes(3))) struct SharedBodyMemoryTests {
    @Test func slowUploadsOfOneAddressLeaveRoomForAnother() async throws {
        // Small enough that no body is small.
        let budget = BodyBudget(limit: 8_000)
        let arrived = AsyncStream<Void>.makeStream()
        let route = { @Sendable (router: Router<BasicRequestContext>) in
            _ = router.post("body") { request, _ in
                let holders = ClientPresence.currentAddress.map { [BodyHolder.address($0)] } ?? []
                let body = try await RequestBody.collect(
                    from: request, limit: 8_000, budget: budget, holders: holders)
                arrived.continuation.yield()
                return "\(body.bytes.readableBytes)"
            }
        }
        try await DoorServer.run(routes: route) { address, _ in
            try await RawClient.connect(to: address) { slow in
                await slow.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 7000\r\n\r\n" + text(5_900))
                try await eventually("most of the memory is held") { budget.bytesInFlight == 5_900 }
                try await RawClient.connect(to: address) { same in
                    await same.send(post(1_000))
                    let response = await same.readResponse()
                    #expect(response.status == 429)
                    #expect(response.errorCode == "overloaded")
                }
                try await RawClient.connect(to: address, from: "127.0.0.2") { other in
                    await other.send(post(1_000))
                    #expect(await other.readResponse().status == 200)
                }
                #expect(budget.bytesInFlight == 5_900)
            }
        }
    }

    private func text(_ bytes: Int) -> String { String(repeating: "x", count: bytes) }

    private func post(_ bytes: Int) -> String {
        "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: \(bytes)\r\n\r\n" + text(bytes)
    }
}
