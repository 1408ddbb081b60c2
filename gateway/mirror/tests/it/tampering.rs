//! Every column of every table is changed, and rows of every table are deleted and inserted, one at a
//! time: each is found. Tables and columns come from the database, so that a new one is covered by
//! being there; what is left out is listed with the reason.

use std::collections::BTreeSet;

use asset_mirror::{Proof, Verification, Verifier};

use crate::database::{TestStore, mirror, options, store};
use crate::made_chain::asset_chain;
use crate::source::{Recording, fabric_3_1};

/// The migrations that were applied, with checksums: `Store::check_version` and sqlx look at them.
const NOT_OF_THE_MIRROR: &str = "_sqlx_migrations";

/// Columns that say when this copy was made: no other copy has the same, and nothing follows from them.
const WITHOUT_TRUTH: [&str; 2] = ["block.mirrored_at", "checkpoint.changed_at"];

/// What PostgreSQL refuses: the one value of a column with a CHECK, a second row of a table of one row,
/// and a column that it computes itself.
const REFUSED: [&str; 5] = [
    "channel.is_only",
    "checkpoint.is_only",
    "insert channel",
    "insert checkpoint",
    "state.key_digest",
];

/// Tables whose rows a peer's blocks tell directly; the others follow from them.
const TOLD_BY_THE_PEER: [&str; 4] = ["block", "transaction", "write", "event"];

/// What no block tells: the mirror's own seal; and a peer is not asked for blocks that the mirror has
/// lost at its end, or that are beyond its checkpoint, which is wrong then.
const NOT_TOLD_BY_THE_PEER: [&str; 3] = ["block.seal", "delete block", "insert block"];

struct Column {
    table: String,
    name: String,
    kind: String,
    is_generated: bool,
    is_key: bool,
}

struct Scene {
    store: TestStore,
    recording: Recording,
    columns: Vec<Column>,
}

/// Something done to one table.
struct Tampering {
    table: String,
    /// `table.column`, `insert table` or `delete table`.
    name: String,
    /// Ends with `RETURNING`, so that a statement that hits no row is seen.
    sql: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused,
    NoSuchRow,
    Found,
    /// Found by the rows' own hashes, but not by the peer's block.
    FoundWithoutPeer,
    NotFound,
}

#[tokio::test]
async fn every_column_and_every_row_of_every_table_is_proved() {
    let scene = Scene::of(asset_chain().recording).await;
    let tables: BTreeSet<&str> = scene.tables();
    assert_eq!(tables.len(), 12, "{tables:?}");
    let refused = scene.tamper(&tables).await;
    assert_eq!(refused, REFUSED.into_iter().map(str::to_owned).collect());
}

#[tokio::test]
async fn metadata_private_hashes_expiries_and_malformations_are_proved() {
    let scene = Scene::of(fabric_3_1().recording).await;
    for column in ["metadata", "expires_in"] {
        let sql = format!("SELECT count({column}) > 0 FROM mirror.write");
        let is_there = scene.store.database.query(&sql).await.unwrap();
        assert_eq!(is_there, "t", "the chain has {column}");
    }
    scene
        .tamper(&["transaction", "write", "state"].into())
        .await;
}

impl Scene {
    async fn of(recording: Recording) -> Self {
        let store = store().await;
        mirror(&store, &recording, options()).await.unwrap();
        let scene = Self {
            columns: columns(&store).await,
            store,
            recording,
        };
        assert_eq!(scene.verify().await.findings, []);
        let copies = scene.tables().into_iter();
        let copies =
            copies.map(|table| format!("CREATE TABLE spare.{table} AS TABLE mirror.{table}"));
        let sql: Vec<String> = ["CREATE SCHEMA spare".to_owned()]
            .into_iter()
            .chain(copies)
            .collect();
        scene.store.database.query(&sql.join("; ")).await.unwrap();
        scene
    }

    fn tables(&self) -> BTreeSet<&str> {
        self.columns
            .iter()
            .map(|column| column.table.as_str())
            .collect()
    }

    async fn verify(&self) -> Verification {
        let verifier = Verifier::new(&self.store).against(&self.recording);
        verifier
            .run()
            .await
            .expect("what is wrong is a finding, not an error")
    }

    /// Does everything to `tables`; returns what the database refused in every form.
    async fn tamper(&self, tables: &BTreeSet<&str>) -> BTreeSet<String> {
        let (mut refused, mut done, mut wrong) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let tamperings = self.tamperings();
        for tampering in tamperings
            .iter()
            .filter(|one| tables.contains(one.table.as_str()))
        {
            let outcome = self.outcome(tampering).await;
            let is_without_truth = WITHOUT_TRUTH.contains(&tampering.name.as_str());
            let name = tampering.name.clone();
            match outcome {
                Outcome::Refused => drop(refused.insert(name)),
                Outcome::NoSuchRow => {}
                Outcome::NotFound if is_without_truth => drop(done.insert(name)),
                Outcome::Found if !is_without_truth => drop(done.insert(name)),
                other => wrong.push(format!("{other:?}: {}", tampering.sql)),
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        refused.retain(|name| !done.contains(name));
        let all: BTreeSet<String> = tamperings
            .iter()
            .filter(|one| tables.contains(one.table.as_str()))
            .map(|one| one.name.clone())
            .collect();
        let tried: BTreeSet<String> = done.union(&refused).cloned().collect();
        assert_eq!(all, tried, "each was tried on some row");
        refused
    }

    async fn outcome(&self, tampering: &Tampering) -> Outcome {
        let database = &self.store.database;
        let sql = format!("SET session_replication_role = replica; {}", tampering.sql);
        match database.query(&sql).await {
            Err(_) => return Outcome::Refused,
            Ok(rows) if !rows.contains("tampered") => return Outcome::NoSuchRow,
            Ok(_) => {}
        }
        let verification = self.verify().await;
        self.restore(&tampering.table).await;
        let by_peer = |is_peer: bool| {
            let mut findings = verification.findings.iter();
            findings.any(|finding| (finding.proof == Proof::Peer) == is_peer)
        };
        let needs_peer = TOLD_BY_THE_PEER.contains(&tampering.table.as_str())
            && !NOT_TOLD_BY_THE_PEER.contains(&tampering.name.as_str());
        match (by_peer(false), by_peer(true)) {
            (true, true) => Outcome::Found,
            (true, false) if needs_peer => Outcome::FoundWithoutPeer,
            (true, false) => Outcome::Found,
            (false, _) => Outcome::NotFound,
        }
    }

    async fn restore(&self, table: &str) {
        let columns = self.columns.iter();
        let columns = columns.filter(|column| column.table == table && !column.is_generated);
        let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
        let names = names.join(", ");
        let sql = format!(
            "SET session_replication_role = replica; DELETE FROM mirror.{table}; \
             INSERT INTO mirror.{table} ({names}) SELECT {names} FROM spare.{table}"
        );
        self.store.database.query(&sql).await.unwrap();
    }

    fn tamperings(&self) -> Vec<Tampering> {
        let columns = self.columns.iter().flat_map(changes);
        let rows = self.tables().into_iter().flat_map(|table| {
            let delete = |which: &str| Tampering {
                table: table.to_owned(),
                name: format!("delete {table}"),
                sql: format!("DELETE FROM mirror.{table} {which} RETURNING 'tampered'"),
            };
            let one = format!("WHERE ctid = ({})", row(table, "true"));
            [delete(""), delete(&one), self.insertion(table)]
        });
        columns.chain(rows).collect()
    }

    /// A row like one that is there, with another key.
    fn insertion(&self, table: &str) -> Tampering {
        let columns = self.columns.iter();
        let columns: Vec<_> = columns
            .filter(|column| column.table == table && !column.is_generated)
            .collect();
        // The key of `state` is a digest of this column.
        let changed = columns
            .iter()
            .rfind(|column| column.is_key && (table != "state" || column.name == "key"));
        let changed = changed.or_else(|| columns.iter().find(|column| column.name == "key"));
        let changed = &changed.expect("a table has a key").name;
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values = columns.iter().map(|column| match &column.name {
            name if name == changed => others(&column.kind, name).pop().unwrap(),
            name => name.clone(),
        });
        let values: Vec<String> = values.collect();
        Tampering {
            table: table.to_owned(),
            name: format!("insert {table}"),
            sql: format!(
                "INSERT INTO mirror.{table} ({}) SELECT {} FROM mirror.{table} WHERE ctid = ({}) \
                 RETURNING 'tampered'",
                names.join(", "),
                values.join(", "),
                row(table, "true")
            ),
        }
    }
}

async fn columns(store: &TestStore) -> Vec<Column> {
    let sql = format!(
        "SELECT c.table_name, c.column_name, c.data_type, c.is_generated, \
         EXISTS (SELECT FROM information_schema.key_column_usage k \
           JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name) \
           WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema \
           AND k.table_name = c.table_name AND k.column_name = c.column_name) \
         FROM information_schema.columns c \
         WHERE c.table_schema = 'mirror' AND c.table_name <> '{NOT_OF_THE_MIRROR}' \
         ORDER BY c.table_name, c.ordinal_position"
    );
    let rows = store.database.query(&sql).await.unwrap();
    let column = |row: &str| {
        let [table, name, kind, generated, key] =
            row.split('|').collect::<Vec<_>>().try_into().unwrap();
        Column {
            table: table.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            is_generated: generated == "ALWAYS",
            is_key: key == "t",
        }
    };
    rows.lines().map(column).collect()
}

/// A row in the middle of those that fulfil a condition.
fn row(table: &str, condition: &str) -> String {
    format!(
        "SELECT ctid FROM mirror.{table} WHERE {condition} ORDER BY ctid LIMIT 1 \
         OFFSET (SELECT count(*) / 2 FROM mirror.{table} WHERE {condition})"
    )
}

/// A column of some row gets other values, loses its value, or gets one that it had not.
fn changes(column: &Column) -> Vec<Tampering> {
    let Column {
        table, name, kind, ..
    } = column;
    let update = |value: &str, condition: &str| Tampering {
        table: table.clone(),
        name: format!("{table}.{name}"),
        sql: format!(
            "UPDATE mirror.{table} SET {name} = {value} WHERE ctid = ({}) RETURNING 'tampered'",
            row(
                table,
                &format!("{name} {condition} AND {name} IS DISTINCT FROM {value}")
            )
        ),
    };
    let others = others(kind, name);
    let changed = others.iter().map(|value| update(value, "IS NOT NULL"));
    let mut changes: Vec<_> = changed.collect();
    changes.push(update("NULL", "IS NOT NULL"));
    changes.push(update(some(kind), "IS NULL"));
    changes
}

/// Other values than the one in the column `name`.
fn others(kind: &str, name: &str) -> Vec<String> {
    let expressions: &[&str] = match kind {
        "bigint" | "integer" | "smallint" => &["-@ - 1", "@ + 1", "@ + 1000"],
        "numeric" => &["@ + 1"],
        "text" => &["''", "@ || 'x'"],
        "bytea" => &[
            "''::bytea",
            "set_byte(@, 0, get_byte(@, 0) # 1)",
            "@ || '\\x00'",
        ],
        "boolean" => &["NOT @"],
        "jsonb" => &["'[]'::jsonb", "jsonb_build_array(@)"],
        "timestamp with time zone" => &["@ + interval '1 microsecond'"],
        other => panic!("say how a column of type {other} is changed"),
    };
    let expressions = expressions.iter();
    expressions.map(|text| text.replace('@', name)).collect()
}

fn some(kind: &str) -> &'static str {
    match kind {
        "bigint" | "integer" | "smallint" | "numeric" => "7",
        "text" => "'x'",
        "bytea" => "'\\x00'",
        "boolean" => "false",
        "jsonb" => "'[]'",
        "timestamp with time zone" => "now()",
        other => panic!("say what a column of type {other} may hold"),
    }
}
