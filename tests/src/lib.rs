//! What the whole-system tests share. Nothing depends on this crate.
