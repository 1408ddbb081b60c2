//! A contract that does what its arguments say, by hand on the low-level traits.

use std::sync::{Arc, Mutex, mpsc};

use fabric_contract_api_rust::peer::{
    Chaincode, ChaincodeEvent, Invocation, PageRequest, Peer, PeerError, Response, Write,
};

/// The function is the first argument, as for any contract.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// What the last invocation was told.
    pub(crate) seen: Arc<Mutex<Option<Invocation>>>,
    /// Where `stall` waits for the test, deaf to the peer.
    pub(crate) stall: Arc<Mutex<Option<mpsc::Receiver<()>>>>,
    /// What peers refused, transaction id first.
    pub(crate) errors: Arc<Mutex<Vec<(String, PeerError)>>>,
}

impl Chaincode for Script {
    fn invoke(&self, invocation: &Invocation, peer: &mut dyn Peer) -> Response {
        *self.seen.lock().unwrap() = Some(invocation.clone());
        let args: Vec<String> = invocation
            .args
            .iter()
            .map(|arg| String::from_utf8_lossy(arg).into_owned())
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.act(&args, peer).unwrap_or_else(|error| {
            let failed = (invocation.transaction_id.clone(), error.clone());
            self.errors.lock().unwrap().push(failed);
            Response::error(500, error.to_string())
        })
    }
}

impl Script {
    fn act(&self, args: &[&str], peer: &mut dyn Peer) -> Result<Response, PeerError> {
        match args {
            [] | ["noop", ..] => Ok(Response::ok(b"done".to_vec())),
            ["panic"] => panic!("the contract's secret"),
            ["fail", status, message] => Ok(Response::error(status.parse().unwrap(), *message)),
            ["event", name, payload] => Ok(Response {
                event: Some(ChaincodeEvent {
                    name: (*name).into(),
                    payload: payload.as_bytes().into(),
                }),
                ..Response::ok(Vec::new())
            }),
            ["huge", bytes] => Ok(Response::ok(vec![7; bytes.parse().unwrap()])),
            ["stall"] => {
                let _ = self
                    .stall
                    .lock()
                    .unwrap()
                    .take()
                    .map(|released| released.recv());
                peer.get("", &["after".into()])
                    .map(|_| Response::ok(Vec::new()))
            }
            ["put-many", count, bytes] => {
                let (count, bytes) = (count.parse().unwrap(), bytes.parse().unwrap());
                let writes = (0..count).map(|n: usize| put("", &format!("key{n:06}"), bytes));
                peer.flush(writes.collect())
                    .map(|()| Response::ok(Vec::new()))
            }
            ["put-and-shrug", count] => {
                let writes =
                    (0..count.parse().unwrap()).map(|n: usize| put("", &format!("k{n}"), 4));
                let _ = peer.flush(writes.collect());
                Ok(Response::ok(Vec::new()))
            }
            ["swallow", key, ..] => {
                let _ = peer.get("", &[(*key).to_owned()]);
                Ok(Response::ok(Vec::new()))
            }
            ["write", kind, collection, key] => peer
                .flush(vec![write(kind, collection, key)])
                .map(|()| Response::ok(Vec::new())),
            ["get", collection, keys @ ..] => {
                let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
                Ok(shown(peer.get(collection, &keys)?))
            }
            _ => query(args, peer),
        }
    }
}

fn query(args: &[&str], peer: &mut dyn Peer) -> Result<Response, PeerError> {
    match args {
        ["range", start, end] => {
            let mut page = peer.range("", start, end, None)?;
            let mut keys: Vec<_> = page.items.into_iter().map(|row| row.key).collect();
            while page.has_more {
                page = peer.query_next(&page.id)?;
                keys.extend(page.items.into_iter().map(|row| row.key));
            }
            Ok(shown(keys))
        }
        ["page", start, end, size, bookmark] => {
            let size = size.parse().unwrap();
            let page = PageRequest {
                size,
                bookmark: (*bookmark).to_owned(),
            };
            Ok(shown(peer.range("", start, end, Some(page))?))
        }
        ["first-page", start, end] => {
            let page = peer.range("", start, end, None)?;
            peer.query_close(&page.id).map(|()| shown(page.items.len()))
        }
        ["select", query] => Ok(shown(peer.query("", query, None)?)),
        ["history", key] => {
            let mut page = peer.history(key)?;
            let mut changes = page.items;
            while page.has_more {
                page = peer.history_next(&page.id)?;
                changes.extend(page.items);
            }
            Ok(shown(changes))
        }
        ["hash", collection, key] => Ok(shown(peer.private_hash(collection, key)?)),
        ["metadata", collection, key] => Ok(shown(peer.metadata(collection, key)?)),
        ["call", name, channel, args @ ..] => {
            let args: Vec<_> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
            Ok(shown(peer.invoke_chaincode(name, channel, &args)?))
        }
        other => panic!("no such function: {other:?}"),
    }
}

fn put(collection: &str, key: &str, bytes: usize) -> Write {
    Write::Put {
        collection: collection.into(),
        key: key.into(),
        value: vec![b'v'; bytes],
    }
}

fn write(kind: &str, collection: &str, key: &str) -> Write {
    let (collection, key) = (collection.to_owned(), key.to_owned());
    match kind {
        "put" => put(&collection, &key, 5),
        "put-empty" => put(&collection, &key, 0),
        "delete" => Write::Delete { collection, key },
        "purge" => Write::Purge { collection, key },
        "metadata" => Write::PutMetadata {
            collection,
            key,
            name: "POLICY".into(),
            value: b"AND".to_vec(),
        },
        other => panic!("no such write: {other}"),
    }
}

fn shown(value: impl std::fmt::Debug) -> Response {
    Response::ok(format!("{value:?}").into_bytes())
}
