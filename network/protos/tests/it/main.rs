//! Tests of the wire schema, in one binary. They never talk to a network.

mod fixtures;
mod generation;
mod golden;
mod golden_fields;
mod hostile_input;
mod message_types;
mod proto_sources;
mod schema;
mod services;
