//! Nodes that stop, crash and come back, while the rest of the network goes on.

use super::{RealFabric, orderer, peer};
use crate::error::Error;
use crate::process::{Process, Signal};

impl RealFabric {
    /// Stops an organisation's first peer politely.
    ///
    /// # Errors
    /// [`Error::UnknownOrganization`].
    pub fn stop_peer(&mut self, msp_id: &str) -> Result<(), Error> {
        let (index, _) = self.state.peer(msp_id)?;
        self.peers[index].end(Signal::Terminate);
        Ok(())
    }

    /// Kills an organisation's first peer with SIGKILL.
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
        peer::answers(&self.state, node, &mut self.peers[index]).await?;
        let running = running(&mut self.peers);
        peer::knows_others(&self.state, node, &mut self.peers[index], running - 1).await?;
        self.write_state()
    }

    /// Kills an ordering node with SIGKILL, by its place from 0.
    ///
    /// # Errors
    /// [`Error::UnknownOrderer`].
    pub fn kill_orderer(&mut self, place: usize) -> Result<(), Error> {
        self.orderer(place)?.kill();
        Ok(())
    }

    /// Starts an ordering node on its old data and port, killing it first if it runs, and returns
    /// when it orders transactions: where most of the nodes do not run, when it answers.
    ///
    /// # Errors
    /// [`Error::UnknownOrderer`], or the end of its log when it does not come up.
    pub async fn restart_orderer(&mut self, place: usize) -> Result<(), Error> {
        self.orderer(place)?.kill();
        self.orderers[place] = self.start_orderer(place)?;
        let node = &self.state.orderers[place];
        orderer::answers(&self.state, node, &mut self.orderers[place]).await?;
        if 2 * running(&mut self.orderers) > self.orderers.len() {
            let process = &mut self.orderers[place];
            orderer::follows_a_leader(&self.state, node, process).await?;
        }
        self.write_state()
    }

    /// Place of the ordering node that leads, if one does.
    pub async fn leading_orderer(&self) -> Option<usize> {
        orderer::leader(&self.state, &self.state.channel).await
    }

    /// Kills every node with SIGKILL, as a power failure would.
    pub fn kill(&mut self) {
        for process in self.peers.iter_mut().chain(&mut self.orderers) {
            process.kill();
        }
    }

    pub(super) fn start_peer(&self, index: usize) -> Result<Process, Error> {
        let node = &self.state.peers[index];
        let (folder, lifetime) = (self.folder.path(), self.lifetime.clone());
        peer::start(&self.tools, &self.state, node, folder, lifetime)
    }

    pub(super) fn start_orderer(&self, place: usize) -> Result<Process, Error> {
        let node = &self.state.orderers[place];
        let (folder, lifetime) = (self.folder.path(), self.lifetime.clone());
        orderer::start(&self.tools, node, folder, lifetime)
    }

    fn orderer(&mut self, place: usize) -> Result<&mut Process, Error> {
        self.orderers
            .get_mut(place)
            .ok_or(Error::UnknownOrderer { place })
    }
}

fn running(processes: &mut [Process]) -> usize {
    let running = processes.iter_mut().map(Process::is_running);
    running.filter(|runs| *runs).count()
}
