package import ServiceLifecycle

extension ServiceGroupConfiguration.ServiceConfiguration {
    /// A service that logs name by its type.
    ///
    /// The library's own default prints the value with all that it holds, by reflection: a tenth of a server's start.
    /// `String(describing:)` of a type asks first, type by type, whether it describes itself, which takes half as long.
    package static func byType(
        _ service: any Service,
        onSuccess: ServiceGroupConfiguration.ServiceConfiguration.TerminationBehavior = .cancelGroup
    ) -> Self {
        Self(
            service: service, successTerminationBehavior: onSuccess,
            serviceName: _typeName(type(of: service), qualified: false))
    }
}
