-- What the asset contract's part of the world state says, in columns. Derived: the state is the truth.

CREATE TABLE token (
    token text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    symbol text NOT NULL,
    decimals smallint NOT NULL,
    cap numeric(39, 0) NOT NULL,
    issuer text COLLATE "C" NOT NULL,
    kyc_class smallint
);

CREATE TABLE account (
    account text COLLATE "C" PRIMARY KEY,
    controllers jsonb NOT NULL,
    kyc_class smallint NOT NULL,
    kyc_expires_at timestamptz NOT NULL,
    kyc_credential_hash text NOT NULL
);

CREATE TABLE note (
    token text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    note text COLLATE "C" NOT NULL,
    amount numeric(39, 0) NOT NULL CHECK (amount > 0),
    -- Where the note got its amount: the oldest are spent first.
    block bigint NOT NULL,
    index integer NOT NULL,
    PRIMARY KEY (token, account, note)
) WITH (fillfactor = 80);

-- The sum of an account's notes, kept up with each change so that no read has to add them up.
CREATE TABLE balance (
    token text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    amount numeric(39, 0) NOT NULL,
    notes bigint NOT NULL,
    PRIMARY KEY (token, account)
) WITH (fillfactor = 80);
CREATE INDEX balance_by_account ON balance (account);

CREATE TABLE transfer (
    block bigint NOT NULL,
    index integer NOT NULL,
    position integer NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    from_account text COLLATE "C" NOT NULL,
    to_account text COLLATE "C" NOT NULL,
    amount numeric(39, 0) NOT NULL,
    memo text,
    request_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (block, index, position),
    FOREIGN KEY (block, index) REFERENCES transaction
);
CREATE INDEX transfer_by_payer ON transfer (from_account, block, index);
CREATE INDEX transfer_by_payee ON transfer (to_account, block, index);
