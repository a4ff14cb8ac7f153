// Keys of patterns, alerts, clusters, feedback and proposals; batches of patterns and alerts.
//
// mode    schema
CREATE CONSTRAINT pattern_key IF NOT EXISTS FOR (n:Pattern) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT alert_id IF NOT EXISTS FOR (n:Alert) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT alert_cluster_id IF NOT EXISTS FOR (n:AlertCluster) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT feedback_id IF NOT EXISTS FOR (n:Feedback) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT infra_proposal_id IF NOT EXISTS FOR (n:InfraProposal) REQUIRE n.id IS UNIQUE;
CREATE INDEX pattern_id IF NOT EXISTS FOR (n:Pattern) ON (n.id);
CREATE INDEX pattern_batch IF NOT EXISTS FOR (n:Pattern) ON (n.network, n.processing_date);
CREATE INDEX alert_batch IF NOT EXISTS FOR (n:Alert) ON (n.network, n.processing_date);
CREATE INDEX alert_cluster_batch IF NOT EXISTS FOR (n:AlertCluster) ON (n.network, n.processing_date);
