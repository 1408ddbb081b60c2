//! What does not compile, and what the compiler says. `TRYBUILD=overwrite` records its words anew.

#[test]
fn what_a_peer_or_a_client_could_not_take_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
