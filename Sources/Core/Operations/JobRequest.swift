package import HearthJSON

/// What to enqueue.
package struct JobRequest: Sendable {
    package var tenant: Tenant
    /// Name of the operation.
    package var kind: String
    package var plan: JobPlan
    package var input: JSONValue
    /// What the job is about, for lists and for the reconciler.
    package var subject: String?
    /// Higher runs first.
    package var priority: Int
    /// Milliseconds since 1970; nil means now.
    package var runAt: Int64?
    /// At most one unfinished job of a tenant has this key; a second request returns the first one's job.
    package var uniqueKey: String?

    package init(
        tenant: Tenant, kind: String, plan: JobPlan, input: JSONValue, subject: String? = nil, priority: Int = 0,
        runAt: Int64? = nil, uniqueKey: String? = nil
    ) {
        self.tenant = tenant
        self.kind = kind
        self.plan = plan
        self.input = input
        self.subject = subject
        self.priority = priority
        self.runAt = runAt
        self.uniqueKey = uniqueKey
    }
}
