// Key of the table of prices, and its days by network.
//
// mode    schema
CREATE CONSTRAINT price_key IF NOT EXISTS FOR (n:Price) REQUIRE (n.asset, n.date, n.source) IS UNIQUE;
CREATE INDEX price_day IF NOT EXISTS FOR (n:Price) ON (n.network, n.date);
