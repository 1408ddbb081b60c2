//! The SDK in a program that is not asynchronous.

use fabric_gateway_sdk::blocking::Blocking;
use fabric_gateway_sdk::{Block, Gateway};

use crate::mock::Mock;
use crate::sample;

#[test]
fn calls_and_streams_are_waited_for() {
    let blocking = Blocking::new().unwrap();
    let mock = blocking.wait(Mock::with_chain(&sample::chain(3)));
    mock.commit_submitted();
    let builder = Gateway::builder(sample::user()).endpoint(mock.endpoint());
    let gateway = blocking.connect_lazy(builder).unwrap();
    let network = gateway.network(sample::CHANNEL);
    let contract = network.contract(sample::CHAINCODE);
    assert_eq!(
        blocking.wait(contract.evaluate("read")).unwrap(),
        sample::RESULT
    );
    let receipt = blocking.wait(contract.submit("transfer")).unwrap();
    assert_eq!(receipt.block_number, 3);
    let blocks = blocking.each(network.blocks().from_block(0).end_block(3).stream());
    let numbers: Vec<u64> = blocks
        .map(|block: Result<Block, _>| block.unwrap().number())
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3]);
}
