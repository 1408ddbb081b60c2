//! Calls of system chaincodes, as Fabric's `peer` makes them: to one peer's endorser.

use bytes::Bytes;
use fabric_protos::{
    lifecycle::{
        ApproveChaincodeDefinitionForMyOrgArgs, ChaincodeSource, CheckCommitReadinessArgs,
        CommitChaincodeDefinitionArgs, InstallChaincodeArgs, InstallChaincodeResult,
        chaincode_source::{Local, Type},
    },
    peer::{ProposalResponse, Response},
};
use prost::Message;

use super::{Client, client::Proposed};
use crate::support::client::Committed;

/// A definition to approve and commit.
#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) sequence: i64,
}

impl Definition {
    pub(crate) fn approval(&self, package_id: &str) -> ApproveChaincodeDefinitionForMyOrgArgs {
        let package_id = package_id.to_owned();
        ApproveChaincodeDefinitionForMyOrgArgs {
            sequence: self.sequence,
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            source: Some(ChaincodeSource {
                r#type: Some(Type::LocalPackage(Local { package_id })),
            }),
            ..Default::default()
        }
    }

    pub(crate) fn commit(&self) -> CommitChaincodeDefinitionArgs {
        CommitChaincodeDefinitionArgs {
            sequence: self.sequence,
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            ..Default::default()
        }
    }

    pub(crate) fn readiness(&self) -> CheckCommitReadinessArgs {
        CheckCommitReadinessArgs {
            sequence: self.sequence,
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            ..Default::default()
        }
    }
}

impl Client {
    /// The peer's answer to a call, endorsed or not.
    pub(crate) async fn ask(&self, proposed: &Proposed) -> ProposalResponse {
        let mut endorser = self.endorser();
        let answer = endorser.process_proposal(proposed.signed.clone()).await;
        answer.unwrap().into_inner()
    }

    /// The response of a chaincode that is called with bytes.
    pub(crate) async fn call(&self, chaincode: &str, args: &[Bytes]) -> Response {
        let proposed = self.propose_bytes(chaincode, args.to_vec());
        self.ask(&proposed).await.response.unwrap()
    }

    /// The response of a chaincode that is called with texts.
    pub(crate) async fn call_text(&self, chaincode: &str, args: &[&str]) -> Response {
        let args: Vec<_> = args
            .iter()
            .map(|arg| Bytes::copy_from_slice(arg.as_bytes()))
            .collect();
        self.call(chaincode, &args).await
    }

    /// A proposal to a function of `_lifecycle`.
    pub(crate) fn propose_lifecycle(&self, function: &str, arguments: &impl Message) -> Proposed {
        let args = vec![
            Bytes::copy_from_slice(function.as_bytes()),
            arguments.encode_to_vec().into(),
        ];
        self.propose_bytes("_lifecycle", args)
    }

    /// The result of a function of `_lifecycle`, or its failure.
    pub(crate) async fn lifecycle<R: Message + Default>(
        &self,
        function: &str,
        arguments: &impl Message,
    ) -> Result<R, (i32, String)> {
        let proposed = self.propose_lifecycle(function, arguments);
        let response = self.ask(&proposed).await.response.unwrap();
        match response.status {
            200 => Ok(R::decode(response.payload).unwrap()),
            status => Err((status, response.message)),
        }
    }

    /// Installs a package on the peer; gives its id.
    pub(crate) async fn install(&self, package: Bytes) -> Result<String, (i32, String)> {
        let arguments = InstallChaincodeArgs {
            chaincode_install_package: package,
        };
        let peer = self.on_channel("");
        let installed = peer.lifecycle("InstallChaincode", &arguments);
        installed
            .await
            .map(|installed: InstallChaincodeResult| installed.package_id)
    }

    /// Submits a call that these clients' peers endorse.
    pub(crate) async fn submit_lifecycle(
        &self,
        function: &str,
        arguments: &impl Message,
        endorsers: &[&Client],
    ) -> Committed {
        let proposed = self.propose_lifecycle(function, arguments);
        let mut responses = Vec::new();
        for endorser in endorsers {
            let response = endorser.ask(&proposed).await;
            assert_eq!(response.response.as_ref().unwrap().message, "");
            responses.push(response);
        }
        let envelope = self.assemble(&proposed, &responses);
        self.submit_and_wait(&proposed.id, &envelope).await.unwrap()
    }
}
