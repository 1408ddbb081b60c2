//! Checks of the workspace itself: who may depend on whom, under which licences, and how files
//! are named and sized. They read `cargo metadata` and the tree; they never build anything.

mod documents;
mod edges;
mod files;
mod licences;
mod versions;
mod workspace;
