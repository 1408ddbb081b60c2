//! The routes over a real database, with and without a real Redis.

mod routes;
