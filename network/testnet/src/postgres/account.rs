//! The system account that the server runs as: the caller's, unless that is root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::Error;

/// Tried in this order by a root caller.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];
const ACCOUNT_FILE: &str = "/etc/passwd";

/// User and group to switch to; none for a caller that is not root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account(Option<(u32, u32)>);

impl Account {
    /// Chooses the account and hands it `folder`, which the caller has created or owns.
    pub(super) fn for_folder(folder: &Path) -> Result<Self, Error> {
        let probe = tempfile::tempfile_in(folder).map_err(Error::io("write to", folder))?;
        let caller = probe
            .metadata()
            .map_err(Error::io("look at", folder))?
            .uid();
        if caller != 0 {
            return Ok(Self(None));
        }
        let file = Path::new(ACCOUNT_FILE);
        let accounts = fs::read_to_string(file).map_err(Error::io("read", file))?;
        let found = ACCOUNTS.iter().find_map(|name| ids(&accounts, name));
        let account = Self(Some(found.ok_or_else(|| Error::Setting {
            name: "user",
            value: "root".to_owned(),
            remedy: "PostgreSQL refuses to run as root: run as another user".to_owned(),
        })?));
        account.own(folder)?;
        Ok(account)
    }

    /// Hands a file or folder to the account.
    pub(super) fn own(self, path: &Path) -> Result<(), Error> {
        let Some((user, group)) = self.0 else {
            return Ok(());
        };
        chown(path, Some(user), Some(group)).map_err(Error::io("change the owner of", path))
    }

    /// Makes `command` run as the account.
    pub(super) fn apply(self, command: &mut Command) {
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
    }
}

/// `name:password:user id:group id:...`
fn ids(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = accounts.lines().map(|line| line.split(':'));
    let mut line = fields
        .find(|line| line.clone().next() == Some(name))?
        .skip(2);
    Some((line.next()?.parse().ok()?, line.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_the_account_file() {
        let accounts = "root:x:0:0::/root:/bin/sh\npostgres:x:101:104::/var/lib:/bin/sh\n";
        assert_eq!(ids(accounts, "postgres"), Some((101, 104)));
        assert_eq!(ids(accounts, "post"), None);
    }
}
