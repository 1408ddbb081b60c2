//! A configuration tree as a map from path to element. (Fabric: common/configtx/configmap.go)

use std::collections::BTreeMap;

use fabric_protos::common::{ConfigGroup, ConfigPolicy, ConfigValue};

/// Name of the root.
pub(super) const ROOT: &str = "/Channel";

/// Longest name of an element.
const KEY_LENGTH_MAX: usize = 249;

/// Elements of one tree: some fifty per organisation. Fabric sets no bound; here one update cannot
/// make a map of millions of paths.
const ELEMENTS_MAX: usize = 100_000;

/// What is wrong with the name of an element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An element's name.
    #[error("illegal characters in key: {prefix}")]
    Key {
        /// The kind of the element.
        prefix: &'static str,
        /// What is wrong.
        source: IdError,
    },
    /// More elements than any real configuration has.
    #[error("the configuration has more than {0} elements")]
    TooMany(usize),
}

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// No name.
    #[error("config ID illegal, cannot be empty")]
    Empty,
    /// Too long a name.
    #[error("config ID illegal, cannot be longer than {KEY_LENGTH_MAX}")]
    TooLong,
    /// A name that paths have another use for.
    #[error("name '{0}' for config ID is not allowed")]
    Reserved(String),
    /// Letters, digits, dots and dashes are allowed.
    #[error("config ID '{0}' contains illegal characters")]
    Characters(String),
}

/// An element of a configuration.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    Group(&'a ConfigGroup),
    Value(&'a ConfigValue),
    Policy(&'a ConfigPolicy),
}

/// An element in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) item: Item<'a>,
    /// Path of the group that a relative `mod_policy` starts from.
    pub(super) context_length: usize,
}

/// Elements by kind and path, such as `[Value]  /Channel/Orderer/BatchSize`.
pub(super) type Elements<'a> = BTreeMap<String, Element<'a>>;

impl<'a> Item<'a> {
    fn prefix(self) -> &'static str {
        match self {
            Self::Group(_) => GROUP,
            Self::Value(_) => VALUE,
            Self::Policy(_) => POLICY,
        }
    }

    pub(super) fn version(self) -> u64 {
        match self {
            Self::Group(group) => group.version,
            Self::Value(value) => value.version,
            Self::Policy(policy) => policy.version,
        }
    }

    pub(super) fn mod_policy(self) -> &'a str {
        match self {
            Self::Group(group) => &group.mod_policy,
            Self::Value(value) => &value.mod_policy,
            Self::Policy(policy) => &policy.mod_policy,
        }
    }
}

pub(super) const GROUP: &str = "[Group]  ";
pub(super) const VALUE: &str = "[Value]  ";
pub(super) const POLICY: &str = "[Policy] ";

/// All kinds are written this long.
const PREFIX_LENGTH: usize = GROUP.len();

/// The path of the group that a relative `mod_policy` of the element starts from.
pub(super) fn context<'k>(key: &'k str, element: &Element<'_>) -> &'k str {
    let path = key.get(PREFIX_LENGTH..).unwrap_or_default();
    path.get(..element.context_length).unwrap_or_default()
}

/// Whether all elements of a tree have names that they may have.
pub(in crate::channel) fn check(root: &ConfigGroup) -> Result<(), KeyError> {
    of(Some(root)).map(drop)
}

/// The elements of a tree; none where there is no tree.
pub(super) fn of(root: Option<&ConfigGroup>) -> Result<Elements<'_>, KeyError> {
    let mut elements = Elements::new();
    if let Some(root) = root {
        add_group(&mut elements, ROOT, root)?;
    }
    Ok(elements)
}

// As deep as the configuration, which the protobuf decoder bounds at 100.
fn add_group<'a>(
    elements: &mut Elements<'a>,
    path: &str,
    group: &'a ConfigGroup,
) -> Result<(), KeyError> {
    add(elements, path, path.len(), Item::Group(group))?;
    let below = |prefix, key: &str| match check_id(key) {
        Ok(()) => Ok(format!("{path}/{key}")),
        Err(source) => Err(KeyError::Key { prefix, source }),
    };
    for (key, group) in &group.groups {
        add_group(elements, &below(GROUP, key)?, group)?;
    }
    for (key, value) in &group.values {
        add(
            elements,
            &below(VALUE, key)?,
            path.len(),
            Item::Value(value),
        )?;
    }
    for (key, policy) in &group.policies {
        add(
            elements,
            &below(POLICY, key)?,
            path.len(),
            Item::Policy(policy),
        )?;
    }
    Ok(())
}

fn add<'a>(
    elements: &mut Elements<'a>,
    path: &str,
    context_length: usize,
    item: Item<'a>,
) -> Result<(), KeyError> {
    if elements.len() >= ELEMENTS_MAX {
        return Err(KeyError::TooMany(ELEMENTS_MAX));
    }
    let element = Element {
        item,
        context_length,
    };
    elements.insert(format!("{}{path}", item.prefix()), element);
    Ok(())
}

/// Whether a text may be the name of an element.
pub(super) fn check_id(id: &str) -> Result<(), IdError> {
    if id.is_empty() {
        return Err(IdError::Empty);
    }
    if id.len() > KEY_LENGTH_MAX {
        return Err(IdError::TooLong);
    }
    if matches!(id, "." | "..") {
        return Err(IdError::Reserved(id.to_owned()));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    match id.chars().all(allowed) {
        true => Ok(()),
        false => Err(IdError::Characters(id.to_owned())),
    }
}
