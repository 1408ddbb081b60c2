//! Arguments: JSON, plain text, and everything that is neither.

use fabric_contract_api_rust::prelude::*;
use proptest::prelude::*;

use crate::{
    bonds::Bonds,
    fake_peer::{FakePeer, code, invoke, invoke_bytes},
};

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
}

/// A text type as contracts have them: never made of a JSON number.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct Digits(String);

impl TryFrom<String> for Digits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then_some(Self(text))
            .ok_or_else(|| "only digits".to_owned())
    }
}

/// Lists of lists, as deep as a caller likes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Nested(Vec<Nested>);

struct Echo;

#[contract(name = "echo")]
impl Echo {
    #[query]
    fn text(&self, _query: &Query, value: String) -> Result<String, Failure> {
        Ok(value)
    }

    #[query]
    fn number(&self, _query: &Query, value: u64) -> Result<u64, Failure> {
        Ok(value)
    }

    #[query]
    fn flag(&self, _query: &Query, value: bool) -> Result<bool, Failure> {
        Ok(value)
    }

    #[query]
    fn digits(&self, _query: &Query, value: Digits) -> Result<Digits, Failure> {
        Ok(value)
    }

    #[query]
    fn colour(&self, _query: &Query, value: Colour) -> Result<Colour, Failure> {
        Ok(value)
    }

    #[query]
    fn list(&self, _query: &Query, value: Vec<u32>) -> Result<Vec<u32>, Failure> {
        Ok(value)
    }

    #[query]
    fn nested(&self, _query: &Query, value: Nested) -> Result<Nested, Failure> {
        Ok(value)
    }

    #[query]
    fn page(&self, _query: &Query, value: Page) -> Result<Page, Failure> {
        Ok(value)
    }

    #[query]
    fn any(&self, _query: &Query, value: serde_json::Value) -> Result<usize, Failure> {
        Ok(value.to_string().len())
    }
}

#[track_caller]
fn check(function: &str, argument: &str, expected: &str) {
    let response = invoke(&Echo, &mut FakePeer::default(), &[function, argument]);
    assert_eq!(
        String::from_utf8(response.payload).unwrap(),
        expected,
        "{}",
        response.message
    );
}

#[track_caller]
fn check_refused(function: &str, argument: &[u8], text: &str) {
    let args = vec![function.as_bytes().to_vec(), argument.to_vec()];
    let response = invoke_bytes(&Echo, &mut FakePeer::default(), args);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (400, "INVALID_ARGUMENT")
    );
    assert!(
        response.message.contains("argument `value` is not valid"),
        "{}",
        response.message
    );
    assert!(response.message.contains(text), "{}", response.message);
}

#[test]
fn text_comes_plain_or_as_json() {
    check("text", "bob", "bob");
    check("text", r#""bob""#, "bob");
    check("text", "5", "5");
    check("text", "null", "null");
    check("text", r#"{"a":1}"#, r#"{"a":1}"#);
    check("text", "", "");
    check("text", "Zoë ☃", "Zoë ☃");
}

#[test]
fn other_types_come_as_json_or_as_their_text() {
    check("number", "5", "5");
    check("flag", "true", "true");
    check(
        "digits",
        "340282366920938463463374607431768211456",
        "340282366920938463463374607431768211456",
    );
    check("digits", r#""007""#, "007");
    check("colour", "red", "red");
    check("list", "[1,2]", "[1,2]");
    check("page", r#"{"size":3}"#, r#"{"size":3}"#);
}

#[test]
fn wrong_types_are_refused_by_parameter_name() {
    check_refused("number", b"five", "expected u64");
    check_refused("number", b"-1", "invalid value");
    check_refused("number", b"1.5", "floating point");
    check_refused("flag", b"yes", "expected a boolean");
    check_refused("digits", b"12abc", "only digits");
    check_refused("digits", b"-1", "only digits");
    check_refused("digits", b"\"-1\"", "only digits");
    check_refused("colour", b"blue", "unknown variant");
    check_refused("list", b"[1,", "EOF");
    check_refused("page", b"{\"size\":1,\"more\":2}", "unknown field");
    check_refused("text", b"\xff\xfe", "utf-8");
    check_refused("nested", "[".repeat(100_000).as_bytes(), "recursion limit");
}

#[test]
fn a_reason_never_quotes_a_whole_argument() {
    let response = invoke(
        &Echo,
        &mut FakePeer::default(),
        &["number", &"x".repeat(1_000_000)],
    );
    assert!(response.message.len() < 2_000);
}

#[test]
fn an_argument_beyond_the_bound_is_refused() {
    let huge = "x".repeat(fabric_contract_api_rust::ARGUMENT_BYTES_MAX + 1);
    let response = invoke(&Echo, &mut FakePeer::default(), &["text", &huge]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (413, "ARGUMENT_TOO_LARGE")
    );
}

#[test]
fn missing_and_surplus_arguments_are_refused() {
    let mut peer = FakePeer::default();
    let response = invoke(&Bonds, &mut peer, &["issue", "7", "ann"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (400, "MISSING_ARGUMENT")
    );
    assert!(response.message.contains("argument `face` is missing"));
    let response = invoke(&Bonds, &mut peer, &["issue", "7", "ann", "1", "2"]);
    assert_eq!(
        (response.status, code(&response).as_str()),
        (400, "TOO_MANY_ARGUMENTS")
    );
    assert!(response.message.contains("(id, owner, face)"));
    assert!(peer.requests.is_empty());
}

#[test]
fn an_optional_argument_may_be_left_out() {
    let mut peer = FakePeer::default();
    assert_eq!(invoke(&Bonds, &mut peer, &["greet", "Ann"]).payload, b"Ann");
    assert_eq!(
        invoke(&Bonds, &mut peer, &["greet", "Ann", "null"]).payload,
        b"Ann"
    );
    assert_eq!(
        invoke(&Bonds, &mut peer, &["greet", "Ann", "Dr"]).payload,
        b"Dr Ann"
    );
}

proptest! {
    #[test]
    fn hostile_arguments_are_answered(
        function in prop::sample::select(vec![
            "text", "number", "flag", "digits", "colour", "list", "page", "any",
        ]),
        arguments in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..4),
    ) {
        let mut args = vec![function.as_bytes().to_vec()];
        args.extend(arguments);
        let mut peer = FakePeer::default();
        let response = invoke_bytes(&Echo, &mut peer, args);
        prop_assert!(response.status == 200 || (400..500).contains(&response.status));
        prop_assert!(peer.requests.is_empty());
    }

    #[test]
    fn any_text_reaches_a_text_parameter(text in "[^\"].*") {
        let response = invoke(&Echo, &mut FakePeer::default(), &["text", &text]);
        prop_assert_eq!(response.payload, text.into_bytes());
    }

    #[test]
    fn any_text_as_json_reaches_a_text_parameter(text in ".*") {
        let json = serde_json::to_string(&text).unwrap();
        let response = invoke(&Echo, &mut FakePeer::default(), &["text", &json]);
        prop_assert_eq!(response.payload, text.into_bytes());
    }
}

#[test]
fn an_argument_that_is_too_deep_is_refused() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    for function in ["list", "nested", "colour"] {
        check_refused(function, deep.as_bytes(), "argument `value`");
    }
    // What can be any JSON can be text: the peer's memory bounds its length, nothing recurses.
    check("any", &deep, &(deep.len() + 2).to_string());
}
