//! Tests of the wire schema, in one binary. They never talk to a network.

mod generation;
mod proto_sources;
