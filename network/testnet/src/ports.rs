//! Ports for servers that are told where to listen.
//!
//! A port that is merely found free can be taken by somebody else before its server binds it.
//! Two things make that unlikely: the ports lie below the range that systems give to outgoing
//! connections, and every test process holds a lock file for each of its ports.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Error;

/// Linux gives 32768 and up to outgoing connections, other systems 49152 and up.
const PORT_FIRST: u16 = 20_000;
const PORT_LAST: u16 = 32_000;

/// A loopback port reserved for this process until the value is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: Option<File>,
}

impl Port {
    /// Reserves a port on which nothing listens.
    ///
    /// # Errors
    /// [`Error::NoFreePort`], or [`Error::Io`] when the folder of lock files cannot be used.
    pub fn free() -> Result<Self, Error> {
        static NEXT: OnceLock<AtomicU32> = OnceLock::new();
        // Processes start at different places, so that they rarely try the same port.
        let next = NEXT.get_or_init(|| AtomicU32::new(std::process::id().wrapping_mul(97)));
        let folder = lock_folder()?;
        let count = u32::from(PORT_LAST - PORT_FIRST) + 1;
        for _ in 0..count {
            let offset = next.fetch_add(1, Ordering::Relaxed) % count;
            let number = PORT_FIRST + u16::try_from(offset).unwrap_or_default();
            if let Some(port) = Self::reserve(&folder, number) {
                return Ok(port);
            }
        }
        Err(Error::NoFreePort {
            first: PORT_FIRST,
            last: PORT_LAST,
        })
    }

    /// A port that the caller has chosen. Nothing is reserved or looked at.
    #[must_use]
    pub fn fixed(number: u16) -> Self {
        Self {
            number,
            _lock: None,
        }
    }

    /// The port's number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The port on the loopback interface.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.number))
    }

    fn reserve(folder: &Path, number: u16) -> Option<Self> {
        let path = folder.join(number.to_string());
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .ok()?;
        lock.try_lock().ok()?;
        is_free(number).then_some(Self {
            number,
            _lock: Some(lock),
        })
    }
}

/// Whether nothing listens on this loopback port at the moment.
#[must_use]
pub fn is_free(number: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok()
}

/// One folder per user: another user's lock files could not be opened.
fn lock_folder() -> Result<PathBuf, Error> {
    let temporary = std::env::temp_dir();
    let probe = tempfile::tempfile().map_err(Error::io("create a file in", &temporary))?;
    let user = probe
        .metadata()
        .map_err(Error::io("look at", &temporary))?
        .uid();
    let folder = temporary.join(format!("fabric-testnet-ports-{user}"));
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ports_held_at_the_same_time_differ() {
        let ports: Vec<Port> = (0..50).map(|_| Port::free().unwrap()).collect();
        let numbers: BTreeSet<u16> = ports.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), ports.len());
    }

    #[test]
    fn port_with_a_listener_is_not_free() {
        let port = Port::free().unwrap();
        let _listener = TcpListener::bind(port.address()).unwrap();
        assert!(!is_free(port.number()));
    }
}
