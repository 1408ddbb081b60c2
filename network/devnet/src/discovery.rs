//! Discovery: which peers a channel has, how it is configured, and who can endorse what. The
//! gateway chooses its endorsers by the same computation.
//!
//! Source: `discovery/service.go`. A real peer with TLS wants clients to show a TLS certificate
//! and compares its hash with the request's; here no client certificate is asked for.

pub(crate) mod config;
pub(crate) mod endorsers;
pub(crate) mod entry;
mod gossip;
mod interest_text;
pub(crate) mod member;
mod principal;
mod principal_sets;
pub(crate) mod requirement;
mod service;
#[cfg(test)]
mod tests;

pub(crate) use service::DiscoveryService;
