//! For programs that are not asynchronous: the same types, waited for.

use std::future::IntoFuture;
use std::io;

use futures::{Stream, StreamExt as _};
use tokio::runtime::{Builder, Runtime};

use crate::endpoint::EndpointError;
use crate::gateway::{Gateway, GatewayBuilder};

/// One thread that does the work while others wait. Keep it as long as its gateways; when it is
/// dropped, their connections end. Not for use inside an asynchronous runtime.
///
/// ```no_run
/// use fabric_gateway_sdk::blocking::Blocking;
/// use fabric_gateway_sdk::{Endpoint, Gateway, Identity};
///
/// # fn example(identity: Identity, endpoint: Endpoint) -> Result<(), Box<dyn std::error::Error>> {
/// let blocking = Blocking::new()?;
/// let gateway = blocking.connect_lazy(Gateway::builder(identity).endpoint(endpoint))?;
/// let network = gateway.network("mychannel");
/// let bonds = network.contract("bonds");
/// let price: u64 = blocking.wait(bonds.evaluate("price").arg("1").json())?;
/// let receipt = blocking.wait(bonds.submit("transfer").args(["1", "bob"]))?;
/// println!("{price} in block {}", receipt.block_number);
/// for block in blocking.each(network.blocks().from_block(0).stream()) {
///     println!("block {}", block?.number());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Blocking {
    runtime: Runtime,
}

impl Blocking {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// What the operating system says if there can be no more threads.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("fabric-gateway")
            .enable_all()
            .build()?;
        Ok(Self { runtime })
    }

    /// A gateway whose connections live on the thread.
    ///
    /// # Errors
    ///
    /// As [`GatewayBuilder::connect_lazy`].
    pub fn connect_lazy(&self, builder: GatewayBuilder) -> Result<Gateway, EndpointError> {
        let _entered = self.runtime.enter();
        builder.connect_lazy()
    }

    /// Waits for a call, a commit's status, or anything else.
    pub fn wait<F: IntoFuture>(&self, call: F) -> F::Output {
        let _entered = self.runtime.enter();
        self.runtime.block_on(call.into_future())
    }

    /// Waits for each item of a stream in turn. Dropping the iterator ends the stream.
    pub fn each<S: Stream + Unpin>(&self, mut stream: S) -> impl Iterator<Item = S::Item> {
        std::iter::from_fn(move || self.runtime.block_on(stream.next()))
    }
}
