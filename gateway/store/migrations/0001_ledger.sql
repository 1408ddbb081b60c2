-- The chain as it was committed, and the world state that follows from it.
-- One schema holds one channel. Texts that a peer wrote are compared byte by byte.

CREATE TABLE channel (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    name text NOT NULL,
    genesis_hash bytea NOT NULL
);

-- Exactly one row, from the start: its lock orders all writers. NULL: nothing is mirrored yet.
CREATE TABLE checkpoint (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    block bigint,
    header_hash bytea,
    commit_hash bytea,
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO checkpoint DEFAULT VALUES;

CREATE TABLE block (
    number bigint PRIMARY KEY,
    header_hash bytea NOT NULL,
    previous_hash bytea NOT NULL,
    data_hash bytea NOT NULL,
    commit_hash bytea,
    transaction_count integer NOT NULL,
    size_bytes bigint NOT NULL,
    mirrored_at timestamptz NOT NULL DEFAULT now()
);

-- An id is not unique: a duplicate is kept as an invalid transaction.
CREATE TABLE transaction (
    block bigint NOT NULL REFERENCES block,
    index integer NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    kind integer NOT NULL,
    code smallint NOT NULL,
    chaincode text COLLATE "C",
    -- The submitting client's clock: anything at all.
    client_time_seconds bigint,
    malformation text,
    PRIMARY KEY (block, index)
);
-- By hash: an invalid transaction may claim an id that is longer than an ordered index takes.
CREATE INDEX transaction_by_id ON transaction USING hash (transaction_id);

-- What each valid transaction left under each key that it changed: value and metadata as they were
-- after it. The last row of a key is what the state has, unless it is a deletion or has expired.
-- A private key has its collection and, as key and value, the hashes that are on the ledger.
CREATE TABLE write (
    block bigint NOT NULL,
    index integer NOT NULL,
    position integer NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    collection text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    -- NULL: the key is deleted.
    value bytea,
    metadata bytea,
    -- The block whose commit drops the entry, unless it is written again.
    expires_in bigint,
    PRIMARY KEY (block, index, position),
    FOREIGN KEY (block, index) REFERENCES transaction
);

-- A key may be longer than an index entry can be, therefore its digest identifies it.
CREATE TABLE state (
    namespace text COLLATE "C" NOT NULL,
    collection text COLLATE "C" NOT NULL,
    key_digest bytea GENERATED ALWAYS AS (sha256(key)) STORED,
    key bytea NOT NULL,
    value bytea NOT NULL,
    metadata bytea,
    block bigint NOT NULL,
    index integer NOT NULL,
    expires_in bigint,
    PRIMARY KEY (namespace, collection, key_digest)
) WITH (fillfactor = 80);
CREATE INDEX state_expiring ON state (expires_in) WHERE expires_in IS NOT NULL;
-- Key-level policies are rare, but every write has to keep the one that is there.
CREATE INDEX state_with_metadata ON state (namespace, collection, key_digest)
    WHERE metadata IS NOT NULL;

-- Events of valid transactions.
CREATE TABLE event (
    block bigint NOT NULL,
    index integer NOT NULL,
    chaincode text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (block, index),
    FOREIGN KEY (block, index) REFERENCES transaction
);
