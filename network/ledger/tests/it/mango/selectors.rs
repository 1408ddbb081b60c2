//! What selectors match: the cases of CouchDB's own documents and of `mango_selector.erl`.

use super::{check_refused, keys, state};

const CARS: [(&str, &str); 5] = [
    (
        "a",
        r#"{"make":"Fiat","year":1972,"owner":{"name":"Ann","age":40},"tags":["old","red"]}"#,
    ),
    (
        "b",
        r#"{"make":"Seat","year":1990.0,"owner":{"name":"bob","age":17},"tags":[]}"#,
    ),
    (
        "c",
        r#"{"make":"Audi","year":null,"tags":[3,7,11],"wheels":4}"#,
    ),
    ("d", "not JSON"),
    (
        "e",
        r#"{"make":"","year":"1990","owner":"nobody","parts":{"motor":1,"hood":2}}"#,
    ),
];

#[track_caller]
fn check(selector: &str, expect: &str) {
    let query = format!(r#"{{"selector":{selector}}}"#);
    assert_eq!(keys(&state(&CARS), &query), expect, "{selector}");
}

#[test]
fn an_empty_selector_matches_everything() {
    check("{}", "a b c d e");
    check(r#"{"_id":{"$gt":null}}"#, "a b c d e");
}

#[test]
fn a_value_is_an_equality_and_several_are_a_conjunction() {
    check(r#"{"make":"Fiat"}"#, "a");
    check(r#"{"make":"Fiat","year":1972}"#, "a");
    check(r#"{"make":"Fiat","year":1973}"#, "");
    check(r#"{"owner":{"name":"Ann"}}"#, "a");
    check(r#"{"owner":{"name":"Ann","age":{"$gte":40}}}"#, "a");
    check(r#"{"owner.age":{"$lt":40}}"#, "b");
    check(r#"{"tags.0":"old"}"#, "a");
    check(r#"{"tags.1":7}"#, "c");
}

#[test]
fn comparisons_go_across_types() {
    check(r#"{"year":{"$gt":null}}"#, "a b e");
    check(r#"{"year":{"$gte":null}}"#, "a b c e");
    check(r#"{"year":{"$lt":"0"}}"#, "a b c");
    check(r#"{"year":{"$eq":1990}}"#, "b");
    check(r#"{"year":{"$eq":1990.0}}"#, "b");
    check(r#"{"year":{"$ne":1990}}"#, "a c e");
    check(r#"{"year":{"$gt":1980,"$lte":1990}}"#, "b");
    check(r#"{"tags":{"$gt":[3]}}"#, "a c");
    check(r#"{"parts":{"$lt":{"motor":0}}}"#, "e");
}

#[test]
fn text_compares_as_unicode_collates_and_keys_by_bytes() {
    // Small letters before their capitals, and both after what precedes them in the alphabet.
    check(r#"{"owner.name":{"$lt":"b"}}"#, "a");
    check(r#"{"owner.name":{"$lt":"B"}}"#, "a");
    check(r#"{"owner.name":{"$gt":"ann"}}"#, "a b");
    check(r#"{"_id":{"$lt":"B"}}"#, "");
}

#[test]
fn existence_asks_for_a_member_of_an_object() {
    check(r#"{"wheels":{"$exists":true}}"#, "c");
    check(r#"{"wheels":{"$exists":false}}"#, "a b d e");
    // The owner of `e` is no object, so that the question makes no sense.
    check(r#"{"owner.name":{"$exists":false}}"#, "c d");
    check(r#"{"$not":{"wheels":{"$exists":true}}}"#, "a b d e");
}

#[test]
fn an_absent_field_matches_no_other_condition() {
    check(r#"{"wheels":{"$ne":5}}"#, "c");
    check(r#"{"$not":{"wheels":4}}"#, "");
    check(r#"{"wheels":{"$nin":[5]}}"#, "c");
}

#[test]
fn lists_match_their_items() {
    check(r#"{"make":{"$in":["Fiat","Audi"]}}"#, "a c");
    check(r#"{"tags":{"$in":["red",7]}}"#, "a c");
    check(r#"{"make":{"$in":[]}}"#, "");
    check(r#"{"make":{"$nin":["Fiat","Audi"]}}"#, "b e");
    check(r#"{"tags":{"$nin":["red",7]}}"#, "b");
    check(r#"{"make":{"$nin":[]}}"#, "a b c e");
    check(r#"{"tags":{"$all":["red","old"]}}"#, "a");
    check(r#"{"tags":{"$all":[["old","red"]]}}"#, "a");
    check(r#"{"tags":{"$all":[]}}"#, "");
    check(r#"{"make":{"$all":["Fiat"]}}"#, "");
    check(r#"{"tags":{"$size":3}}"#, "c");
    check(r#"{"tags":{"$size":0}}"#, "b");
    check(r#"{"tags":{"$elemMatch":{"$gt":10}}}"#, "a c");
    check(r#"{"tags":{"$elemMatch":{"$gt":5,"$lt":10}}}"#, "c");
    check(r#"{"tags":{"$allMatch":{"$gt":2}}}"#, "a c");
    check(r#"{"tags":{"$allMatch":{"$type":"string"}}}"#, "a");
    check(r#"{"parts":{"$keyMapMatch":{"$eq":"hood"}}}"#, "e");
    check(r#"{"parts":{"$keyMapMatch":{"$eq":"door"}}}"#, "");
}

#[test]
fn types_numbers_and_text_have_their_operators() {
    check(r#"{"year":{"$type":"number"}}"#, "a b");
    check(r#"{"year":{"$type":"null"}}"#, "c");
    check(r#"{"owner":{"$type":"object"}}"#, "a b");
    check(r#"{"year":{"$mod":[10,0]}}"#, "b");
    check(r#"{"wheels":{"$mod":[-3,1]}}"#, "c");
    check(r#"{"make":{"$regex":"^[FS].*at$"}}"#, "a b");
    check(r#"{"make":{"$regex":"(?i)^AU"}}"#, "c");
    check(r#"{"year":{"$regex":"1990"}}"#, "e");
    check(r#"{"make":{"$beginsWith":"Fi"}}"#, "a");
}

#[test]
fn combinations_nest_and_negations_go_inside() {
    check(r#"{"$or":[{"make":"Fiat"},{"wheels":4}]}"#, "a c");
    check(r#"{"$and":[{"make":"Fiat"},{"year":{"$gt":1970}}]}"#, "a");
    check(r#"{"$nor":[{"make":"Fiat"},{"make":"Audi"}]}"#, "b e");
    check(
        r#"{"$not":{"$or":[{"make":"Fiat"},{"make":"Audi"}]}}"#,
        "b e",
    );
    check(r#"{"$not":{"make":"Fiat","year":1972}}"#, "b c e");
    check(r#"{"make":{"$not":{"$regex":"a"}}}"#, "c e");
    check(r#"{"make":{"$or":["Fiat",{"$regex":"^Se"}]}}"#, "a b");
    check(r#"{"$not":{"$not":{"make":"Fiat"}}}"#, "a");
    check(r#"{"$not":{"make":{"$in":["Fiat"]}}}"#, "b c e");
    check(r#"{"$and":[]}"#, "a b c d e");
    check(r#"{"$or":[]}"#, "a b c d e");
}

#[test]
fn a_dot_in_a_name_is_escaped() {
    let state = state(&[("a", r#"{"v.1":{"x":1}}"#), ("b", r#"{"v":{"1":{"x":1}}}"#)]);
    assert_eq!(keys(&state, r#"{"selector":{"v\\.1.x":1}}"#), "a");
    assert_eq!(keys(&state, r#"{"selector":{"v.1.x":1}}"#), "b");
}

#[test]
fn bad_arguments_are_shown_as_couchdb_shows_them() {
    let cases = [
        (r#"{"a":{"$in":"x"}}"#, "$in: <<120>>"),
        (r#"{"a":{"$nin":{"b":null}}}"#, "$nin: {[{<<98>>,null}]}"),
        (r#"{"$and":5}"#, "$and: 5"),
        (r#"{"$or":true}"#, "$or: true"),
        (r#"{"$nor":1.5}"#, "$nor: 1.5"),
        (r#"{"$not":[1,"a"]}"#, "$not: [1,<<97>>]"),
        (r#"{"a":{"$exists":1}}"#, "$exists: 1"),
        (r#"{"a":{"$type":5.0}}"#, "$type: 5.0"),
        (r#"{"a":{"$mod":[2]}}"#, "$mod: [2]"),
        (r#"{"a":{"$mod":[2.0,1]}}"#, "$mod: [2.0,1]"),
        (r#"{"a":{"$mod":[0,1]}}"#, "$mod: [0,1]"),
        (r#"{"a":{"$size":-1}}"#, "$size: -1"),
        (r#"{"a":{"$regex":"["}}"#, "$regex: <<91>>"),
        (r#"{"a":{"$regex":"(?=a)"}}"#, "$regex: <<40,63,61,97,41>>"),
        (r#"{"a":{"$elemMatch":[]}}"#, "$elemMatch: []"),
        (r#"{"a":{"$allMatch":1e30}}"#, "$allMatch: 1.0e30"),
    ];
    for (selector, argument) in cases {
        let query = format!(r#"{{"selector":{selector}}}"#);
        let reason = format!("Bad argument for operator {argument}");
        check_refused(&query, "bad_arg", &reason);
    }
}

#[test]
fn strange_operators_and_names_are_refused() {
    let check = |selector: &str, error, reason| {
        check_refused(&format!(r#"{{"selector":{selector}}}"#), error, reason);
    };
    check(
        r#"{"a":{"$like":"x"}}"#,
        "invalid_operator",
        "Invalid operator: $like",
    );
    check(r#"{"$":1}"#, "invalid_operator", "Invalid operator: $");
    check(
        r#"{"$where":"x"}"#,
        "not_supported",
        "Unsupported operator: $where",
    );
    check(
        r#"{"a..b":1}"#,
        "invalid_field_name",
        "Invalid field name: a..b",
    );
    let missing = "One or more conditions is missing a field name.";
    check(r#"{"$gt":5}"#, "invalid_selector", missing);
    check(r#"{"$not":{}}"#, "invalid_selector", missing);
}
