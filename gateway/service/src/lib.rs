//! The mirror's content and the credential policy over HTTP.
//!
//! | Call | Answers |
//! |---|---|
//! | `GET /livez` | 200 while the process runs |
//! | `GET /readyz` | 200 when the database answers and the mirror has begun |
//! | `GET /api/v1/accounts/{id}` | an account |
//! | `GET /api/v1/accounts/{id}/balances` | all that it has |
//! | `GET /api/v1/tokens/{id}` | a token |
//! | `GET /api/v1/tokens/{id}/supply` | what circulates of it |
//! | `POST /api/v1/credentials/verify` | the verdict on a credential |
//!
//! Amounts are decimal strings, times RFC 3339, errors RFC 9457 problem documents with a stable `code`.
//! The service only reads: it holds no key and moves no money.

mod cache;
mod http;
mod service;

pub use cache::Cache;
pub use http::{BODY_BYTES_MAX, router};
pub use service::{Service, ServiceError};
