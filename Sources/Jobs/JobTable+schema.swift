package import HearthCore

extension JobTable {
    /// Jobs, their events, and the schedules that enqueue them.
    package static let migrations = [
        Migration(1, "jobs") { dialect in
            [
                """
                CREATE TABLE jobs (
                  id TEXT PRIMARY KEY,
                  tenant TEXT NOT NULL,
                  kind TEXT NOT NULL,
                  lane TEXT NOT NULL,
                  state TEXT NOT NULL CHECK (state IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
                  priority BIGINT NOT NULL,
                  run_at BIGINT NOT NULL,
                  attempt BIGINT NOT NULL CHECK (attempt >= 0),
                  max_attempts BIGINT NOT NULL CHECK (max_attempts > 0),
                  crashes BIGINT NOT NULL,
                  input TEXT NOT NULL,
                  subject TEXT,
                  unique_key TEXT,
                  lease_owner TEXT,
                  lease_until BIGINT,
                  lease_number BIGINT,
                  overall DOUBLE PRECISION NOT NULL,
                  stage TEXT,
                  last_event BIGINT NOT NULL,
                  result TEXT,
                  error_code TEXT,
                  error_message TEXT,
                  created_at BIGINT NOT NULL,
                  started_at BIGINT,
                  finished_at BIGINT,
                  CHECK ((state = 'in_progress') = (lease_owner IS NOT NULL))
                )
                """,
                """
                CREATE UNIQUE INDEX jobs_unique ON jobs (tenant, unique_key)
                  WHERE unique_key IS NOT NULL AND state IN ('pending', 'in_progress')
                """,
                "CREATE INDEX jobs_claimable ON jobs (lane, priority DESC, run_at, id) WHERE state = 'pending'",
                "CREATE INDEX jobs_due ON jobs (lane, run_at) WHERE state = 'pending'",
                "CREATE INDEX jobs_suspects ON jobs (lane, run_at) WHERE state = 'pending' AND crashes > 0",
                "CREATE INDEX jobs_unfinished ON jobs (tenant) WHERE state IN ('pending', 'in_progress')",
                "CREATE INDEX jobs_leased ON jobs (lease_owner) WHERE state = 'in_progress'",
                "CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL",
                "CREATE INDEX jobs_subject ON jobs (subject) WHERE subject IS NOT NULL",
                """
                CREATE TABLE job_events (
                  position \(dialect.serialKey),
                  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
                  number BIGINT NOT NULL,
                  state TEXT NOT NULL,
                  stage TEXT,
                  overall DOUBLE PRECISION NOT NULL,
                  step BIGINT,
                  steps BIGINT,
                  message TEXT,
                  preview TEXT,
                  error_code TEXT,
                  at BIGINT NOT NULL
                )
                """,
                "CREATE UNIQUE INDEX job_events_number ON job_events (job_id, number)",
                """
                CREATE TABLE schedules (
                  name TEXT PRIMARY KEY,
                  expression TEXT NOT NULL,
                  next_run_at BIGINT NOT NULL
                )
                """,
            ]
        },
        // Zero for the jobs that are there: a time ahead of the clock is no reason to wait.
        Migration(13, "delays of jobs") { _ in ["ALTER TABLE jobs ADD COLUMN run_delay BIGINT NOT NULL DEFAULT 0"] },
        Migration(15, "outages of jobs, and turns of tenants") { _ in
            [
                "ALTER TABLE jobs ADD COLUMN outages BIGINT NOT NULL DEFAULT 0",
                "DROP INDEX jobs_claimable",
                """
                CREATE INDEX jobs_in_turn ON jobs (lane, tenant, priority DESC, run_at, id) WHERE state = 'pending'
                """,
            ]
        },
        Migration(30, "steps and remaining time of jobs") { _ in
            [
                "ALTER TABLE jobs ADD COLUMN current_share DOUBLE PRECISION",
                "ALTER TABLE jobs ADD COLUMN step BIGINT",
                "ALTER TABLE jobs ADD COLUMN steps BIGINT",
                "ALTER TABLE jobs ADD COLUMN eta DOUBLE PRECISION",
                "ALTER TABLE job_events ADD COLUMN current_share DOUBLE PRECISION",
                "ALTER TABLE job_events ADD COLUMN eta DOUBLE PRECISION",
            ]
        },
    ]
}
