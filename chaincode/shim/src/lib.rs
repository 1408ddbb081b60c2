#![doc = include_str!("../README.md")]

mod calls;
mod drain;
mod exchange;
mod handshake;
mod invocation;
mod message;
mod outgoing;
mod pages;
mod process;
mod runtime;
mod server;
mod service;
mod session;
mod settings;
mod stream_peer;
mod tls;
mod transaction;
mod writes;

pub use process::{serve, serve_from_env};
pub use server::{BoundServer, ServeError, Server, ServerBuilder};
pub use settings::{Limits, Settings, SettingsError};
pub use tls::{TlsError, TlsFiles, TlsMode, TlsPem};
