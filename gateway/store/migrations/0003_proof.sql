-- What proves the columns that no hash of Fabric covers: a seal over all rows of a block, taken when
-- the block was proved, which continues the seal of the block before.
--
-- Rows of an earlier version have none. All tables are a copy of the chain: emptied, they are made
-- again from block 0.
TRUNCATE channel, block, transaction, write, state, event, token, account, note, balance, transfer;
UPDATE checkpoint SET block = NULL, header_hash = NULL, commit_hash = NULL, changed_at = now();

ALTER TABLE block ADD COLUMN seal bytea NOT NULL;
ALTER TABLE checkpoint ADD COLUMN seal bytea;
-- From whose records tokens, accounts, notes and transfers are read.
ALTER TABLE channel ADD COLUMN chaincode text NOT NULL;
