// Keys of scheduled jobs and of leases.
//
// mode    schema
CREATE CONSTRAINT job_name IF NOT EXISTS FOR (n:Job) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT lease_name IF NOT EXISTS FOR (n:Lease) REQUIRE n.name IS UNIQUE;
CREATE INDEX job_run_entry IF NOT EXISTS FOR (n:JobRun) ON (n.entry, n.due);
