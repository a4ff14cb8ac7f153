// Accounts of infrastructure are few and asked for at the beginning of every job.
//
// mode    schema
CREATE INDEX account_infra IF NOT EXISTS FOR (n:Account) ON (n.is_infra);
