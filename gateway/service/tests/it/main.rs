//! The routes over a real database, with and without a real Redis.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod routes;
