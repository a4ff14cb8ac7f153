// Keys of accounts, assets, tags and bookkeeping nodes, and the indexes of transfers.
//
// mode    schema
CREATE CONSTRAINT account_id IF NOT EXISTS FOR (n:Account) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT asset_id IF NOT EXISTS FOR (n:Asset) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT tag_id IF NOT EXISTS FOR (n:Tag) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT checkpoint_network IF NOT EXISTS FOR (n:Checkpoint) REQUIRE n.network IS UNIQUE;
CREATE CONSTRAINT load_batch_id IF NOT EXISTS FOR (n:LoadBatch) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT job_run_id IF NOT EXISTS FOR (n:JobRun) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT score_run_id IF NOT EXISTS FOR (n:ScoreRun) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT model_name IF NOT EXISTS FOR (n:Model) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT migration_name IF NOT EXISTS FOR (n:Migration) REQUIRE n.name IS UNIQUE;
CREATE INDEX account_network IF NOT EXISTS FOR (n:Account) ON (n.network);
CREATE INDEX transfer_ledger IF NOT EXISTS FOR ()-[r:TRANSFER]-() ON (r.ledger);
CREATE INDEX scored_run_value IF NOT EXISTS FOR ()-[r:SCORED]-() ON (r.run, r.value);
