#![doc = include_str!("../README.md")]

mod acceptor;
mod budget;
mod calls;
mod drain;
mod exchange;
mod handshake;
mod invocation;
mod limits;
mod message;
mod metrics;
mod operations;
mod outgoing;
mod pages;
mod process;
mod runtime;
mod server;
mod service;
mod session;
mod settings;
mod stream_peer;
mod threads;
mod tls;
mod transaction;
mod writes;

pub use limits::Limits;
pub use process::{serve, serve_from_env};
pub use server::{BoundServer, ServeError, Server, ServerBuilder};
pub use settings::{Settings, SettingsError};
pub use tls::{TlsError, TlsFiles, TlsMode, TlsPem};
