//! What a Fabric network does, seen from outside: one suite for every network. Each case notes what it
//! sees; the recordings in `fixtures/behaviour` are what it noted on real Fabric.

mod agreements;
mod calls;
mod case;
mod channels;
mod conflicts;
mod definitions;
mod delivers;
mod describe;
mod differences;
mod expired;
mod gateways;
mod initialization;
mod lifecycles;
mod limits;
mod metadata;
mod ops;
mod orderers;
mod policies;
mod private;
mod private_delivers;
mod proposals;
mod queries;
mod record;
mod responses;
mod state;
mod streams;
mod suite;
mod systems;
mod updates;
