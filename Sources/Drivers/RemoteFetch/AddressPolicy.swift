/// Where pictures may be fetched from.
package struct AddressPolicy: Sendable {
    package var allowsPort: @Sendable (Int) -> Bool
    package var allowsAddress: @Sendable (IPAddress) -> Bool

    package init(
        allowsPort: @escaping @Sendable (Int) -> Bool, allowsAddress: @escaping @Sendable (IPAddress) -> Bool
    ) {
        self.allowsPort = allowsPort
        self.allowsAddress = allowsAddress
    }

    /// The web's ports at addresses of the internet: never this machine, never its network.
    package static let internet = AddressPolicy(
        allowsPort: { [80, 443].contains($0) }, allowsAddress: { $0.isPublic })
}
