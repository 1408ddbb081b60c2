//! Tests of the SDK against an in-process mock gateway.
