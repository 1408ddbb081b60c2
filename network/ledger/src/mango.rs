//! Rich queries: Mango selectors over the JSON documents of a namespace, answered as CouchDB 3
//! answers a peer whose state it keeps. Reads documents, never changes one.
//! (Fabric: txmgmt/statedb/statecouchdb; CouchDB: src/mango)
//!
//! A document is a key with a value that is a JSON object, in Go's reading of it: numbers are
//! 64-bit floats. Any other value is a document without fields. `_id` is the key.
//!
//! # Where it differs from CouchDB
//!
//! - There are no indexes: `use_index` is read and ignored, and a sort needs none. As in an index
//!   for the sort, documents without one of its fields are left out.
//! - Without a sort, results come in the order of their keys, which is CouchDB's where it uses no
//!   index.
//! - Text in ASCII and Latin-1 letters collates as in CouchDB; other letters follow these in the order of
//!   their code points, not of their alphabets.
//! - `$regex` knows no look-around and no back-references, which could run for ever; such an
//!   expression is a bad argument. `$text` is not supported, as on a CouchDB without a search plugin.
//! - A value that nests more than 127 deep is no document.
//! - Bookmarks are this crate's own.

mod bookmark;
mod collation;
mod document;
mod erlang;
mod error;
mod find;
mod json;
mod path;
mod query;
mod selector;
mod sort;

pub use document::check_write;
pub use error::QueryError;
pub use find::{Find, Found, Page};
pub use query::{QUERY_BYTES_MAX, Query};
