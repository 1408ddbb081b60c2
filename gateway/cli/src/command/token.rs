//! `selvedge token`: creates, mints, transfers and counts.

use std::process::ExitCode;

use asset_types::{
    AccountId, Amount, BalanceReply, CreateToken, Decimals, Memo, Mint, NoteId, ReadBalance,
    ReadSupply, SupplyReply, TokenId, TokenName, TokenReply, TokenSymbol, Transfer, TransferReply,
    function,
};
use clap::Subcommand;

use crate::ledger::{Done, Session, request_id};
use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Create a token; the issuer's account alone may mint it.
    Create {
        /// Id of the token.
        token: TokenId,
        /// Full name.
        #[arg(long)]
        name: TokenName,
        /// Short name.
        #[arg(long)]
        symbol: TokenSymbol,
        /// Decimal places that a user sees.
        #[arg(long, default_value = "2", value_parser = parse_decimals)]
        decimals: Decimals,
        /// The most that can ever circulate, in the smallest unit; 2^128-1 where none is given.
        #[arg(long)]
        cap: Option<Amount>,
        /// Account that may mint.
        #[arg(long)]
        issuer: AccountId,
        /// KYC class that payer and payee need.
        #[arg(long)]
        kyc_class: Option<u8>,
        #[command(flatten)]
        session: Session,
    },
    /// Bring units into circulation.
    Mint {
        /// Id of the token.
        token: TokenId,
        /// Account that receives them.
        #[arg(long)]
        to: AccountId,
        /// How many, in the smallest unit.
        #[arg(long)]
        amount: Amount,
        #[command(flatten)]
        session: Session,
    },
    /// Pay from one account to another.
    Transfer {
        /// Id of the token.
        token: TokenId,
        /// Account that pays.
        #[arg(long)]
        from: AccountId,
        /// Account that receives.
        #[arg(long)]
        to: AccountId,
        /// How much, in the smallest unit.
        #[arg(long)]
        amount: Amount,
        /// A note to pay from; may be given again. Chosen by the contract where none is given.
        #[arg(long = "note")]
        notes: Vec<NoteId>,
        /// A word to the payee.
        #[arg(long)]
        memo: Option<Memo>,
        #[command(flatten)]
        session: Session,
    },
    /// Print what an account has.
    Balance {
        /// Id of the token.
        token: TokenId,
        /// Whose.
        account: AccountId,
        #[command(flatten)]
        session: Session,
    },
    /// Print what circulates.
    Supply {
        /// Id of the token.
        token: TokenId,
        #[command(flatten)]
        session: Session,
    },
}

impl Token {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<ExitCode> {
        let request_id = request_id()?;
        match self {
            Self::Create {
                token,
                name,
                symbol,
                decimals,
                cap,
                issuer,
                kyc_class,
                session,
            } => {
                let request = CreateToken {
                    request_id,
                    token,
                    name,
                    symbol,
                    decimals,
                    cap,
                    issuer,
                    kyc_class,
                    expires_at: None,
                };
                let ledger = session.ledger()?;
                let done: Done<TokenReply> =
                    ledger.submit(function::TOKENS_CREATE, &request).await?;
                output.result(&done, |done| {
                    format!("{} is created, cap {}", done.reply.token, done.reply.cap)
                })?;
            }
            Self::Mint {
                token,
                to,
                amount,
                session,
            } => {
                let request = Mint {
                    request_id,
                    token,
                    to,
                    amount,
                    notes: None,
                    expires_at: None,
                };
                let done = session
                    .ledger()?
                    .submit(function::TOKENS_MINT, &request)
                    .await?;
                print_transfer(&done, output)?;
            }
            Self::Transfer {
                token,
                from,
                to,
                amount,
                notes,
                memo,
                session,
            } => {
                let notes = Some(notes).filter(|notes| !notes.is_empty());
                let request = Transfer {
                    request_id,
                    token,
                    from,
                    to,
                    amount,
                    notes,
                    memo,
                    expires_at: None,
                };
                print_transfer(&session.ledger()?.transfer(&request).await?, output)?;
            }
            Self::Balance {
                token,
                account,
                session,
            } => {
                let request = ReadBalance { token, account };
                let found: BalanceReply = session
                    .ledger()?
                    .evaluate(function::TOKENS_BALANCE, &request)
                    .await?;
                output.result(&found, |found| {
                    format!(
                        "{} {} in {} note(s)",
                        found.amount, found.token, found.notes
                    )
                })?;
            }
            Self::Supply { token, session } => {
                let found: SupplyReply = session
                    .ledger()?
                    .evaluate(function::TOKENS_SUPPLY, &ReadSupply { token })
                    .await?;
                output.result(&found, |found| {
                    format!("{} of {} {}", found.supply, found.cap, found.token)
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print_transfer(done: &Done<TransferReply>, output: &Output) -> anyhow::Result<()> {
    output.result(done, |done| {
        format!(
            "done in block {}, transaction {}\nnote {}",
            done.block, done.transaction_id, done.reply.note
        )
    })
}

fn parse_decimals(text: &str) -> Result<Decimals, String> {
    text.parse::<u8>()
        .map_err(|_| "give a number of 0 to 38".to_owned())?
        .try_into()
}
