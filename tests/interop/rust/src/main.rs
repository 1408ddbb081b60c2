//! What `scripts/bench contract` measures, on crate `fabric-shim`.

use fabric_shim::{ChaincodeStub, Error, Server, contract};

#[derive(Default)]
struct Measured;

async fn balance(ctx: &ChaincodeStub, account: &str) -> Result<i64, Error> {
    let value = ctx.get_state(account).await?;
    if value.is_empty() {
        return Ok(1000);
    }
    let text = String::from_utf8_lossy(&value);
    text.parse()
        .map_err(|_| Error::InvalidArgument(text.into_owned()))
}

#[contract(name = "measured")]
impl Measured {
    /// Moves one unit: two reads, two writes.
    #[transaction]
    async fn transfer(&self, ctx: &ChaincodeStub, from: String, to: String) -> Result<(), Error> {
        let payer = balance(ctx, &from).await?;
        let payee = balance(ctx, &to).await?;
        ctx.put_state(&from, (payer - 1).to_string().into_bytes())
            .await?;
        ctx.put_state(&to, (payee + 1).to_string().into_bytes())
            .await
    }

    /// Writes so many keys.
    #[transaction]
    async fn fill(&self, ctx: &ChaincodeStub, prefix: String, count: u32) -> Result<(), Error> {
        for n in 0..count {
            let key = format!("{prefix}{n:06}");
            ctx.put_state(&key, vec![b'v'; 100]).await?;
        }
        Ok(())
    }

    /// Counts the keys of a range.
    #[transaction(evaluate)]
    async fn scan(&self, ctx: &ChaincodeStub, start: String, end: String) -> Result<u32, Error> {
        let mut rows = ctx.get_state_by_range(&start, &end).await?;
        let mut count = 0;
        while rows.next().await?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    Server::from_env()?.start(Measured).await
}
