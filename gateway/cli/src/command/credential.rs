//! `selvedge credential`: keys, credentials and their verification, off line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use asset_did::{Did, DidKey, Draft, Outcome, Policy, verify};
use clap::Subcommand;
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use crate::kyc::CREDENTIAL_TYPE;
use crate::output::Output;
use crate::read::read_bounded;

/// No key and no credential is as large.
const FILE_BYTES_MAX: usize = 1024 * 1024;

#[derive(Subcommand)]
pub(crate) enum Credential {
    /// Make a key and write it to a file that only you can read; prints its DID.
    Key {
        /// File to write; an existing one is kept.
        #[arg(long)]
        out: PathBuf,
        /// Kind of key.
        #[arg(long, value_enum, default_value_t = Kind::Ed25519)]
        kind: Kind,
    },
    /// Issue a credential about a holder; prints it in compact form.
    Issue {
        /// File with the issuer's key.
        #[arg(long)]
        key: PathBuf,
        /// DID of the holder.
        #[arg(long)]
        holder: String,
        /// Type of the credential.
        #[arg(long = "type", default_value = CREDENTIAL_TYPE)]
        kind: String,
        /// A claim about the holder; may be given again.
        #[arg(long = "claim", value_name = "NAME=VALUE")]
        claims: Vec<String>,
        /// Days until it ends.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
    },
    /// Check a credential under a policy; prints every check, and exits with 1 if one fails.
    Verify {
        /// File with the credential.
        file: PathBuf,
        /// DID that may issue it; may be given again.
        #[arg(long = "trust", required = true, value_name = "DID")]
        trusted: Vec<String>,
        /// Type that it must have.
        #[arg(long = "type", default_value = CREDENTIAL_TYPE)]
        kind: String,
        /// DID that it must be about.
        #[arg(long)]
        holder: Option<String>,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Kind {
    Ed25519,
    P256,
}

impl Credential {
    pub(crate) fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Key { out, kind } => {
                let key = match kind {
                    Kind::Ed25519 => DidKey::generate_ed25519()?,
                    Kind::P256 => DidKey::generate_p256()?,
                };
                write_secret(&out, &key.to_secret_json())?;
                let made = json!({ "did": key.did().as_str(), "file": out });
                output.result(&made, |_| key.did().to_string())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Issue {
                key,
                holder,
                kind,
                claims,
                days,
            } => {
                let issuer = DidKey::from_secret_json(&read(&key)?)
                    .with_context(|| format!("cannot use the key in {}", key.display()))?;
                let now = OffsetDateTime::now_utc();
                let mut draft = Draft::new(&kind, &Did::parse(&holder)?)
                    .valid(now, now + Duration::days(i64::from(days)));
                for (name, value) in parse_claims(&claims)? {
                    draft = draft.claim(&name, value);
                }
                let credential = draft.issue(&issuer)?;
                output.result(&json!({ "credential": credential }), |_| credential.clone())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Verify {
                file,
                trusted,
                kind,
                holder,
            } => {
                let mut policy = Policy::for_type(&kind);
                for did in &trusted {
                    policy = policy.trust_issuer(&Did::parse(did)?);
                }
                if let Some(holder) = &holder {
                    policy = policy.held_by(&Did::parse(holder)?);
                }
                print_verdict(read(&file)?.trim(), &policy, output)
            }
        }
    }
}

fn print_verdict(credential: &str, policy: &Policy, output: &Output) -> anyhow::Result<ExitCode> {
    let verdict = verify(credential, policy, OffsetDateTime::now_utc())?;
    let document = json!({ "verified": verdict.verified(), "checks": verdict.checks() });
    output.result(&document, |_| {
        let mut text = String::new();
        for check in verdict.checks() {
            let outcome = match check.outcome() {
                Outcome::Passed => "passed".to_owned(),
                Outcome::Failed { reason } => format!("FAILED: {reason}"),
                Outcome::Skipped => "skipped".to_owned(),
            };
            text.push_str(&format!("{:<20} {outcome}\n", check.name()));
        }
        text + if verdict.verified() {
            "verified"
        } else {
            "NOT verified"
        }
    })?;
    Ok(if verdict.verified() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn parse_claims(claims: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut parsed = Map::new();
    for claim in claims {
        let Some((name, value)) = claim.split_once('=') else {
            bail!("the claim {claim:?} has no value; write NAME=VALUE");
        };
        parsed.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    Ok(parsed)
}

pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let bytes = read_bounded(path, FILE_BYTES_MAX)?;
    String::from_utf8(bytes).with_context(|| format!("{} is no text", path.display()))
}

/// Writes a file that nobody else can read, and never over an existing one.
fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| {
            format!(
                "cannot create {}; an existing key is never replaced",
                path.display()
            )
        })?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}
