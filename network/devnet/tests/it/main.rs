//! Whole-network tests of the embedded network.
