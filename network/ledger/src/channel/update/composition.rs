//! From elements back to a tree. (Fabric: common/configtx/configmap.go)

use fabric_protos::common::ConfigGroup;

use super::elements::{Elements, GROUP, Item, POLICY, VALUE};

/// Where this is there, elements that could never be changed get a policy.
const ORDERER_CAPABILITIES: &str = "[Value]  /Channel/Orderer/Capabilities";
/// The policy that they get.
const ADMINS: &str = "Admins";

/// The tree whose root is at `path`: each group with the children that it lists.
///
/// # Errors
/// Names what is listed and not there.
// As deep as the configuration, which the protobuf decoder bounds at 100.
pub(super) fn tree(elements: &Elements<'_>, path: &str) -> Result<ConfigGroup, String> {
    let key = format!("{GROUP}{path}");
    let Some(Item::Group(group)) = elements.get(&key).map(|found| found.item) else {
        return Err(format!("missing group at path: {key}"));
    };
    let mut result = ConfigGroup {
        version: group.version,
        mod_policy: group.mod_policy.clone(),
        ..Default::default()
    };
    for name in group.groups.keys() {
        let below = tree(elements, &format!("{path}/{name}"))?;
        result.groups.insert(name.clone(), below);
    }
    for name in group.values.keys() {
        let key = format!("{VALUE}{path}/{name}");
        let Some(Item::Value(value)) = elements.get(&key).map(|found| found.item) else {
            return Err(format!("missing value at path: {key}"));
        };
        result.values.insert(name.clone(), value.clone());
    }
    for name in group.policies.keys() {
        let key = format!("{POLICY}{path}/{name}");
        let Some(Item::Policy(policy)) = elements.get(&key).map(|found| found.item) else {
            return Err(format!("missing policy at path: {key}"));
        };
        result.policies.insert(name.clone(), policy.clone());
    }
    if elements.contains_key(ORDERER_CAPABILITIES) {
        name_mod_policies(&mut result);
    }
    Ok(result)
}

/// Configurations of Fabric 1.0 have elements without `mod_policy`.
fn name_mod_policies(group: &mut ConfigGroup) {
    let values = group.values.values_mut().map(|value| &mut value.mod_policy);
    let policies = group.policies.values_mut();
    let policies = policies.map(|policy| &mut policy.mod_policy);
    for name in values.chain(policies).chain([&mut group.mod_policy]) {
        if name.is_empty() {
            ADMINS.clone_into(name);
        }
    }
}
