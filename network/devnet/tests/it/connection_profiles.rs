//! Connection profiles beside the organisations' folders.

use std::path::Path;

use fabric_devnet::{Network, Ports};
use serde_json::Value;

fn profile(organizations: &Path, number: usize, extension: &str) -> String {
    let folder = organizations.join(format!("peerOrganizations/org{number}.example.com"));
    std::fs::read_to_string(folder.join(format!("connection-org{number}.{extension}"))).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_organisation_has_a_profile_of_its_own_peers() {
    let dir = tempfile::tempdir().unwrap();
    let builder = Network::builder().dir(dir.path()).ports(Ports::Free);
    let network = builder.organizations(2).peers(2).start().await.unwrap();
    let state = network.state();
    for number in [1, 2] {
        let json: Value =
            serde_json::from_str(&profile(&state.organizations, number, "json")).unwrap();
        let yaml = profile(&state.organizations, number, "yaml");
        let msp_id = format!("Org{number}MSP");
        let organization = &json["organizations"][format!("Org{number}")];
        assert_eq!(organization["mspid"], msp_id);
        let own: Vec<_> = state
            .peers
            .iter()
            .filter(|peer| peer.msp_id == msp_id)
            .collect();
        assert_eq!(own.len(), 2);
        assert_eq!(json["peers"].as_object().unwrap().len(), 2);
        for peer in own {
            let profile = &json["peers"][&peer.name];
            let url = format!("grpcs://localhost:{}", peer.address.port());
            assert_eq!(profile["url"], url);
            let pem = std::fs::read_to_string(&peer.tls_ca).unwrap();
            assert_eq!(profile["tlsCACerts"]["pem"], pem);
            assert!(yaml.contains(&format!("  {}:\n    url: {url}\n", peer.name)));
            for line in pem.lines() {
                assert!(yaml.contains(&format!("          {line}\n")), "{line}");
            }
        }
    }
    network.shutdown().await;
}
