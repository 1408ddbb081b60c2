//! Metadata of keys, and endorsement policies of single keys.

use crate::case::observe;
use crate::ops::*;

const ORG2: &str = "OR('Org2MSP.peer')";
const ORG1_AND_ORG2: &str = "AND('Org1MSP.peer','Org2MSP.peer')";

#[test]
fn metadata_belongs_to_keys_that_exist() {
    observe("metadata", async |case| {
        let [a, b] = ["a", "b"].map(|key| case.key(key));
        case.submit(
            "of an absent key",
            "probe",
            &[set_metadata(&a, "n", b"1"), metadata(&a)],
        )
        .await?;
        case.submit("not kept", "probe", &[metadata(&a), get(&a)])
            .await?;
        let with_value = [put(&a, "v"), set_metadata(&a, "n", b"1")];
        case.submit("with the value", "probe", &with_value).await?;
        case.submit("kept", "probe", &[metadata(&a), get(&a)])
            .await?;
        let two = [set_metadata(&a, "n", b"2"), set_metadata(&a, "m", b"3")];
        case.submit("two entries", "probe", &two).await?;
        case.submit("last entry wins", "probe", &[metadata(&a)])
            .await?;
        case.submit("new value", "probe", &[put(&a, "w")]).await?;
        case.submit("metadata stays", "probe", &[metadata(&a)])
            .await?;
        case.submit("empty entry", "probe", &[set_metadata(&a, "m", b"")])
            .await?;
        case.submit("after the empty entry", "probe", &[metadata(&a)])
            .await?;
        let reader = case
            .simulate("reader", "probe", &[get(&a), put(&b, "1")], &[1])
            .await;
        let writer = [set_metadata(&a, "n", b"4")];
        let writer = case.simulate("metadata only", "probe", &writer, &[1]).await;
        case.commit(&[("metadata only code", &writer), ("reader code", &reader)])
            .await?;
        case.submit("delete", "probe", &[delete(&a)]).await?;
        case.submit("gone", "probe", &[metadata(&a), get(&a)])
            .await?;
        case.evaluate("no name", "probe", &[set_metadata(&a, "", b"1")])
            .await;
        Ok(())
    });
}

#[test]
fn policy_of_a_key_replaces_that_of_its_chaincode() {
    observe("key_policies", async |case| {
        let [a, b] = ["a", "b"].map(|key| case.key(key));
        let create = [put(&a, "1"), set_policy(&a, ORG2)];
        case.submit_with("set by any", "probe", &create, &[1])
            .await?;
        case.submit_with("value by another", "probe", &[put(&a, "2")], &[1])
            .await?;
        case.submit_with("value by the right one", "probe", &[put(&a, "3")], &[2])
            .await?;
        case.submit_with("value by two", "probe", &[put(&a, "4")], &[1, 2])
            .await?;
        case.submit_with("read by another", "probe", &[get(&a), put(&b, "1")], &[1])
            .await?;
        case.submit_with("delete by another", "probe", &[delete(&a)], &[1])
            .await?;
        let change = [set_policy(&a, ORG1_AND_ORG2)];
        case.submit_with("policy by another", "probe", &change, &[3])
            .await?;
        case.submit_with("policy by the right one", "probe", &change, &[2])
            .await?;
        case.submit_with("value by one of two", "probe", &[put(&a, "5")], &[2])
            .await?;
        case.submit_with("value by both", "probe", &[put(&a, "6")], &[1, 2])
            .await?;
        case.submit_with("cleared", "probe", &[set_policy(&a, "")], &[1, 2])
            .await?;
        case.submit_with("value by any", "probe", &[put(&a, "7")], &[3])
            .await?;
        case.submit_with(
            "nonsense",
            "probe",
            &[set_metadata(&a, POLICY, b"nonsense")],
            &[1],
        )
        .await?;
        case.submit_with("value under nonsense", "probe", &[put(&a, "8")], &[1])
            .await?;
        let mixed = [put(&b, "2"), set_policy(&b, ORG2)];
        case.submit_with("second key", "probe", &mixed, &[1])
            .await?;
        case.submit_with(
            "two keys, one forbidden",
            "probe",
            &[put(&b, "3"), put(&case.key("c"), "1")],
            &[1],
        )
        .await?;
        case.evaluate("in the end", "probe", &[get(&a), get(&b), metadata(&b)])
            .await;
        Ok(())
    });
}

#[test]
fn writer_after_a_policy_change_of_its_block_is_refused() {
    observe("key_policies_in_one_block", async |case| {
        let [a, b, c] = ["a", "b", "c"].map(|key| case.key(key));
        case.submit(
            "before",
            "probe",
            &[put(&a, "1"), put(&b, "1"), put(&c, "1")],
        )
        .await?;
        let both = &[1, 2][..];
        let change = case
            .simulate("change", "probe", &[set_policy(&a, ORG2)], both)
            .await;
        let after = case
            .simulate("write after it", "probe", &[put(&a, "2")], both)
            .await;
        let again = case
            .simulate("policy after it", "probe", &[set_policy(&a, "")], both)
            .await;
        let lost = [get(&c), set_policy(&b, ORG2)];
        let lost = case
            .simulate("change that loses", "probe", &lost, both)
            .await;
        let under_lost = case
            .simulate("write after that", "probe", &[put(&b, "2")], both)
            .await;
        let overtakes = case
            .simulate("overtakes", "probe", &[put(&c, "2")], both)
            .await;
        case.commit(&[
            ("overtakes code", &overtakes),
            ("change code", &change),
            ("write after it code", &after),
            ("policy after it code", &again),
            ("change that loses code", &lost),
            ("write after that code", &under_lost),
        ])
        .await?;
        case.evaluate(
            "in the end",
            "probe",
            &[get(&a), get(&b), metadata(&a), metadata(&b)],
        )
        .await;
        Ok(())
    });
}
