//! What does not compile, and what the compiler says.

#[test]
fn what_a_peer_would_refuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
