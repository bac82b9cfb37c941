package import HearthCore
package import HearthJobs

extension JobTable {
    /// Finds jobs and leases them, in one transaction: what a worker does in two steps.
    package func lease(_ request: LeaseRequest, in db: any SQLConnection, now: Int64) throws -> [JobLease] {
        try lease(claimable(request, in: db, now: now), for: request, in: db, now: now)
    }
}
