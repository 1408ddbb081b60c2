//! Nodes that stop, crash and come back, while the rest of the network goes on.

use super::{RealFabric, orderer, peer};
use crate::error::Error;
use crate::process::{Process, Signal};

impl RealFabric {
    /// Stops a peer politely.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn stop_peer(&mut self, msp_id: &str) -> Result<(), Error> {
        let (index, _) = self.state.peer(msp_id)?;
        self.peers[index].end(Signal::Terminate);
        Ok(())
    }

    /// Kills a peer with SIGKILL.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn kill_peer(&mut self, msp_id: &str) -> Result<(), Error> {
        let (index, _) = self.state.peer(msp_id)?;
        self.peers[index].kill();
        Ok(())
    }

    /// Starts a peer on its old data and port, killing it first if it runs, and returns when it
    /// answers and knows the other peers that run.
    ///
    /// # Errors
    /// The end of its log when it does not come up.
    pub async fn restart_peer(&mut self, msp_id: &str) -> Result<(), Error> {
        let (index, _) = self.state.peer(msp_id)?;
        self.peers[index].kill();
        self.peers[index] = self.start_peer(index)?;
        let node = &self.state.peers[index];
        peer::answers(&self.tools, &self.state, node, &mut self.peers[index]).await?;
        let running = self
            .peers
            .iter_mut()
            .map(Process::is_running)
            .filter(|runs| *runs)
            .count();
        peer::knows_others(&self.state, node, &mut self.peers[index], running - 1).await?;
        self.write_state()
    }

    /// Kills the orderer with SIGKILL.
    pub fn kill_orderer(&mut self) {
        self.orderer.kill();
    }

    /// Starts the orderer on its old data and port, killing it first if it runs, and returns when
    /// it orders transactions.
    ///
    /// # Errors
    /// The end of its log when it does not come up.
    pub async fn restart_orderer(&mut self) -> Result<(), Error> {
        self.orderer.kill();
        self.orderer = orderer::start(&self.tools, self.folder.path(), self.lifetime.clone())?;
        orderer::answers(&self.tools, &self.state, &mut self.orderer).await?;
        orderer::leads(&self.state, &mut self.orderer).await?;
        self.write_state()
    }

    pub(super) fn start_peer(&self, index: usize) -> Result<Process, Error> {
        let node = &self.state.peers[index];
        let folder = self.folder.path();
        peer::start(
            &self.tools,
            &self.state,
            node,
            folder,
            self.lifetime.clone(),
        )
    }
}
