package import HearthCore

extension JobQueue: JobSubmitter {
    package func submit(_ request: JobRequest) async throws -> JobTicket {
        let table = table
        try await quotas?.take(TenantUsage(unfinishedJobs: 1), for: request.tenant)
        return try await store.write { db in
            let (jobID, isNew) = try enqueue(request, in: db)
            let status = isNew ? JobState.pending : try table.job(jobID, of: request.tenant, in: db).status
            return JobTicket(jobID: jobID, status: status.rawValue, isNew: isNew)
        }
    }
}
