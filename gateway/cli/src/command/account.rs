//! `selvedge account`: opens accounts for people whose credential passes the policy, and reads them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use asset_types::{AccountId, AccountReply, OpenAccount, ReadAccount, function};
use clap::Subcommand;

use crate::command::credential::read;
use crate::kyc::Requirement;
use crate::ledger::{Session, request_id};
use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum Account {
    /// Open an account for the holder of a valid KYC credential.
    ///
    /// The credential is checked first; nothing reaches the network if a check fails. An administrator
    /// of the organisation submits, as only a registrar may open accounts.
    Open {
        /// Name of the account.
        account: AccountId,
        /// File with the holder's KYC credential.
        #[arg(long)]
        credential: PathBuf,
        /// DID of an issuer that is trusted for KYC; may be given again.
        #[arg(long = "trust", required = true, value_name = "DID")]
        trusted: Vec<String>,
        /// DID of the holder.
        #[arg(long)]
        holder: String,
        #[command(flatten)]
        session: Session,
    },
    /// Print an account.
    Read {
        /// Name of the account.
        account: AccountId,
        #[command(flatten)]
        session: Session,
    },
}

impl Account {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Open {
                account,
                credential,
                trusted,
                holder,
                session,
            } => {
                let kyc = Requirement::new(&trusted, &holder)?.attest(read(&credential)?.trim())?;
                let request = OpenAccount {
                    request_id: request_id()?,
                    account,
                    controllers: vec![session.own_controller()?],
                    kyc,
                    expires_at: None,
                };
                let ledger = session.registrar().ledger()?;
                let done = ledger
                    .submit::<AccountReply>(function::ACCOUNTS_OPEN, &request)
                    .await
                    .context("the account was not opened")?;
                output.result(&done, |done| {
                    format!(
                        "{} is open (block {}, transaction {})",
                        done.reply.account, done.block, done.transaction_id
                    )
                })?;
            }
            Self::Read { account, session } => {
                let request = ReadAccount { account };
                let found: AccountReply = session
                    .ledger()?
                    .evaluate(function::ACCOUNTS_READ, &request)
                    .await?;
                output.result(&found, |found| {
                    format!(
                        "{}: KYC class {} until {}, {} controller(s)",
                        found.account,
                        found.kyc.class,
                        found.kyc.expires_at,
                        found.controllers.len()
                    )
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
