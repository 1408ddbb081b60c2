//! Whose signatures a change takes, and on which configuration it was made.

use e2e::wire::Client;
use fabric_ledger::chain::ChainVerifier;
use fabric_ledger::channel::ChannelConfig;
use fabric_msp::{Organization, OrganizationSpec};
use fabric_protos::common::{ConfigGroup, ConfigUpdate, ConfigValue};
use fabric_protos::peer::{AcLs, ApiResource};

use super::{
    People, add_anchor, apply, at, change, config_of, newest_configuration, send, send_as, set,
    sign,
};
use crate::case::observe_alone;
use crate::ops::*;

#[test]
fn updates_need_the_signatures_of_their_policies() {
    observe_alone("config_signatures", async |case| {
        let people = People::of(case);
        let [first, second, third] = &people.admins;
        let client = case.client(1);
        let config = config_of(case, 1).await;
        let anchors = change(&client, &config, add_anchor);
        send(case, "by nobody", &sign(&anchors, &[])).await;
        send(case, "by a client", &sign(&anchors, &[&people.user])).await;
        send(
            case,
            "by another organisation",
            &sign(&anchors, &[second, third]),
        )
        .await;
        let application = change(&client, &config, |config| {
            at(config, "Application").mod_policy = "/Channel/Application/Admins".to_owned();
        });
        send(case, "by one of three", &sign(&application, &[first])).await;
        send(case, "by one twice", &sign(&application, &[first, first])).await;
        let mut forged = sign(&application, &[first, second]);
        let other = sign(&anchors, &[second]);
        forged.signatures[1] = other.signatures[0].clone();
        send(case, "with a signature of another update", &forged).await;
        let mut headless = sign(&application, &[first, second]);
        headless.signatures[1].signature_header = vec![0xff; 9].into();
        send(case, "with an unreadable signature", &headless).await;
        let batches = change(&client, &config, |config| {
            at(config, "Orderer").mod_policy = "/Channel/Orderer/Admins".to_owned();
        });
        send(
            case,
            "of the orderers by peers",
            &sign(&batches, &[first, second]),
        )
        .await;
        let stranger = Organization::generate(&OrganizationSpec::peer(1)).expect("an organisation");
        let stranger = stranger.member("Admin").expect("an administrator");
        let sender = client.signing_as(stranger.identity().clone());
        let signed = sign(&anchors, &[first]);
        send_as(case, &sender, "sent by a stranger", &signed).await;
        Ok(())
    });
}

#[test]
fn updates_fit_the_configuration_or_are_refused() {
    observe_alone("config_versions", async |case| {
        let people = People::of(case);
        let all = people.all();
        let client = case.client(1);
        let config = config_of(case, 1).await;
        let update = change(&client, &config, |config| {
            at(config, "Application").mod_policy = "/Channel/Application/Admins".to_owned();
        });
        let version = update
            .read_set
            .as_ref()
            .map_or(0, |read| read.groups["Application"].version);
        for (number, name) in [
            (version, "now"),
            (version + 1, "next"),
            (version + 7, "far"),
        ] {
            case.mask(&format!("version {number}"), &format!("version <{name}>"));
        }
        let write = |update: &mut ConfigUpdate, edit: fn(&mut ConfigGroup)| {
            let write = update.write_set.as_mut().expect("a write set");
            edit(write.groups.get_mut("Application").expect("the group"));
        };
        type Edit<'a> = (&'a str, Box<dyn Fn(&mut ConfigUpdate) + 'a>);
        let edits: Vec<Edit<'_>> = vec![
            (
                "a version too far",
                Box::new(|update| write(update, |group| group.version += 6)),
            ),
            (
                "the same version",
                Box::new(|update| write(update, |group| group.version -= 1)),
            ),
            (
                "no mod_policy",
                Box::new(|update| write(update, |group| group.mod_policy.clear())),
            ),
            (
                "an impossible mod_policy",
                Box::new(|update| write(update, |group| group.mod_policy = "a//b".to_owned())),
            ),
            (
                "a new value with a version",
                Box::new(|update| {
                    write(update, |group| {
                        // Alone, so that there is one thing to complain of.
                        group.version -= 1;
                        let value = ConfigValue {
                            version: 88_888,
                            mod_policy: "Admins".to_owned(),
                            ..Default::default()
                        };
                        group.values.insert("New".to_owned(), value);
                    });
                }),
            ),
            (
                "an impossible name",
                Box::new(|update| {
                    write(update, |group| {
                        group
                            .groups
                            .insert("b?d".to_owned(), ConfigGroup::default());
                    });
                }),
            ),
            (
                "a name that is too long",
                Box::new(|update| {
                    write(update, |group| {
                        group.groups.insert("x".repeat(250), ConfigGroup::default());
                    });
                }),
            ),
            (
                "a group that is not there",
                Box::new(|update| {
                    let read = update.read_set.as_mut().expect("a read set");
                    read.groups
                        .insert("Nobody".to_owned(), ConfigGroup::default());
                }),
            ),
            (
                "another channel",
                Box::new(|update| update.channel_id = "other".to_owned()),
            ),
            (
                "no sets",
                Box::new(|update| (update.read_set, update.write_set) = (None, None)),
            ),
        ];
        for (what, edit) in edits {
            let mut edited = update.clone();
            edit(&mut edited);
            send(case, what, &sign(&edited, &all)).await;
        }
        let mut garbage = sign(&update, &all);
        garbage.config_update = vec![0xff; 9].into();
        send(case, "no update", &garbage).await;
        Ok(())
    });
}

#[test]
fn updates_come_into_force_in_blocks_of_their_own() {
    observe_alone("config_changes", async |case| {
        case.probe("probe").await;
        let people = People::of(case);
        let [first, second, _] = &people.admins;
        let client = case.client(1);
        let before = config_of(case, 1).await;
        apply(case, "anchor peers", &[first], add_anchor).await;
        let (number, last) = newest_configuration(&client).await;
        case.note("the block names itself", (number == last).to_string());
        let stale = change(&client, &before, add_anchor);
        send(case, "the same again", &sign(&stale, &[first])).await;
        case.submit("a transaction", "probe", &[put(&case.key("a"), "1")])
            .await?;
        let (number, last) = newest_configuration(&client).await;
        case.note(
            "it names the block before it",
            (number == last + 1).to_string(),
        );

        let acls = [(
            "qscc/GetChainInfo".to_owned(),
            ApiResource {
                policy_ref: "Admins".to_owned(),
            },
        )];
        let acls = acls.into();
        apply(case, "an access rule", &[first, second], |config| {
            set(at(config, "Application"), "ACLs", &AcLs { acls });
        })
        .await;
        let channel = client.channel.clone();
        let ask = e2e::wire::Call::new("qscc", ["GetChainInfo".to_owned(), channel]);
        let proposed = case.propose(&client, &ask);
        case.process(&client, "chain info for a client", &proposed, &[1])
            .await;
        let restore = move |config: &mut fabric_protos::common::Config| {
            let (path, name) = ("Application/Org1MSP", "AnchorPeers");
            let mut before = before;
            match at(&mut before, path).values.get(name) {
                Some(value) => drop(
                    at(config, path)
                        .values
                        .insert(name.to_owned(), value.clone()),
                ),
                None => drop(at(config, path).values.remove(name)),
            }
            at(config, "Application").values.remove("ACLs");
        };
        apply(case, "all as it was", &[first, second], restore).await;
        let problems = problems_of_configurations(&client).await;
        case.note("what the chain's verifier has against the blocks", problems);
        Ok(())
    });
}

/// Verifies the whole chain by the rules of `fabric-ledger`; tells what they have against blocks of
/// configurations, each of which is made anew from the update that it names.
async fn problems_of_configurations(client: &Client) -> String {
    let newest = client.newest(1).await;
    let mut verifier = ChainVerifier::new();
    let (mut configurations, mut problems) = (0, Vec::new());
    for block in client.blocks(1, 0, newest).await {
        let before = verifier.channel().map(ChannelConfig::sequence);
        let report = verifier.feed(&block).expect("the next block");
        if verifier.channel().map(ChannelConfig::sequence) != before {
            configurations += 1;
            problems.extend(report.problems().iter().map(ToString::to_string));
        }
    }
    assert!(configurations > 3, "the first, and those of this case");
    match problems.is_empty() {
        true => "nothing".to_owned(),
        false => problems.join("\n"),
    }
}
