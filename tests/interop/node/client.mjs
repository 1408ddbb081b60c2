// The official Node client, unmodified, against a Fabric network: it opens an account, creates and mints
// a token, transfers, evaluates, listens, and provokes errors. It prints one line per fact and exits with 1
// at the first that does not hold. The network and its identities come from the environment.

import * as grpc from '@grpc/grpc-js';
import { connect, GatewayError, EndorseError, hash, signers } from '@hyperledger/fabric-gateway';
import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import { promises as fs } from 'node:fs';
import * as path from 'node:path';

const settings = Object.fromEntries(
    ['PEER', 'TLS_CA', 'MSP_ID', 'ADMIN_MSP', 'USER_MSP', 'CHANNEL', 'CHAINCODE'].map((name) => {
        const value = process.env[`INTEROP_${name}`];
        assert(value, `INTEROP_${name} is not set`);
        return [name, value];
    }),
);

const utf8 = new TextDecoder();
const fact = (text) => console.log(`ok  ${text}`);

async function onlyFile(folder) {
    const [name] = await fs.readdir(folder);
    return fs.readFile(path.join(folder, name));
}

async function gatewayOf(mspFolder, client) {
    const credentials = await onlyFile(path.join(mspFolder, 'signcerts'));
    const key = crypto.createPrivateKey(await onlyFile(path.join(mspFolder, 'keystore')));
    return {
        certificate: new crypto.X509Certificate(credentials),
        gateway: connect({
            client,
            identity: { mspId: settings.MSP_ID, credentials },
            signer: signers.newPrivateKeySigner(key),
            hash: hash.sha256,
            evaluateOptions: () => ({ deadline: Date.now() + 5000 }),
            endorseOptions: () => ({ deadline: Date.now() + 15000 }),
            submitOptions: () => ({ deadline: Date.now() + 5000 }),
            commitStatusOptions: () => ({ deadline: Date.now() + 60000 }),
        }),
    };
}

const json = (bytes) => JSON.parse(utf8.decode(bytes));
const keyHash = (certificate) =>
    crypto.createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' })).digest('hex');

async function main() {
    const roots = await fs.readFile(settings.TLS_CA);
    const client = new grpc.Client(settings.PEER, grpc.credentials.createSsl(roots));
    const admin = await gatewayOf(settings.ADMIN_MSP, client);
    const user = await gatewayOf(settings.USER_MSP, client);
    const contractOf = ({ gateway }) => gateway.getNetwork(settings.CHANNEL).getContract(settings.CHAINCODE);
    const registrar = contractOf(admin);
    const contract = contractOf(user);

    const run = crypto.randomUUID().slice(0, 8);
    const [alice, bob, token] = ['alice', 'bob', 'gold'].map((name) => `${name}-${run}`);
    const request = (fields) => JSON.stringify({ request_id: crypto.randomUUID(), ...fields });
    const kyc = {
        class: 1,
        expires_at: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
        credential_hash: '00'.repeat(32),
    };
    const controllers = [{ msp_id: settings.MSP_ID, key_hash: keyHash(user.certificate) }];

    const events = await admin.gateway
        .getNetwork(settings.CHANNEL)
        .getChaincodeEvents(settings.CHAINCODE, { startBlock: 0n });

    for (const account of [alice, bob]) {
        await registrar.submitTransaction('accounts:open', request({ account, controllers, kyc }));
    }
    fact('submitTransaction opens two accounts');

    await contract.submitTransaction(
        'tokens:create',
        request({ token, name: 'Gold', symbol: 'XAU', decimals: 2, cap: '1000000', issuer: alice }),
    );
    await contract.submitTransaction('tokens:mint', request({ token, to: alice, amount: '1000' }));
    fact('submitTransaction creates and mints a token');

    const transfer = request({ token, from: alice, to: bob, amount: '250' });
    const commit = await contract.submitAsync('tokens:transfer', { arguments: [transfer] });
    const result = json(commit.getResult());
    const status = await commit.getStatus();
    assert.equal(status.successful, true);
    assert.equal(status.code, 0);
    assert.equal(status.transactionId, commit.getTransactionId());
    assert.equal(result.transaction_id, status.transactionId);
    assert(status.blockNumber > 0n);
    fact(`submitAsync transfers; committed in block ${status.blockNumber}`);

    const balance = async (account) =>
        json(await contract.evaluateTransaction('tokens:balance', JSON.stringify({ token, account }))).amount;
    assert.equal(await balance(alice), '750');
    assert.equal(await balance(bob), '250');
    fact('evaluateTransaction reads both balances');

    const offline = contract.newProposal('tokens:balance', { arguments: [JSON.stringify({ token, account: bob })] });
    const signed = admin.gateway.newSignedProposal(
        offline.getBytes(),
        await signers.newPrivateKeySigner(
            crypto.createPrivateKey(await onlyFile(path.join(settings.USER_MSP, 'keystore'))),
        )(offline.getDigest()),
    );
    assert.equal(json(await signed.evaluate()).amount, '250');
    fact('a proposal signed off line evaluates');

    const tooMuch = request({ token, from: alice, to: bob, amount: '1000000' });
    await assert.rejects(contract.submitTransaction('tokens:transfer', tooMuch), (error) => {
        assert(error instanceof EndorseError);
        assert.equal(error.code, grpc.status.ABORTED);
        assert(error.details.length > 0);
        assert.match(error.details[0].message, /INSUFFICIENT_FUNDS/);
        assert.equal(error.details[0].mspId, settings.MSP_ID);
        return true;
    });
    fact('a refused transfer is an EndorseError with the contract\'s code in its details');

    await assert.rejects(
        user.gateway.getNetwork(settings.CHANNEL).getContract('no-such-chaincode').submitTransaction('f'),
        (error) => error instanceof GatewayError && error.code === grpc.status.FAILED_PRECONDITION,
    );
    fact('an unknown chaincode is FAILED_PRECONDITION');

    for await (const event of events) {
        if (event.transactionId === status.transactionId) {
            assert.equal(event.blockNumber, status.blockNumber);
            assert.equal(event.chaincodeName, settings.CHAINCODE);
            assert.equal(json(event.payload).v, 1);
            break;
        }
    }
    events.close();
    fact('chaincode events from block 0 contain the transfer');

    const blocks = await user.gateway.getNetwork(settings.CHANNEL).getBlockEvents({ startBlock: 0n });
    let expected = 0n;
    for await (const block of blocks) {
        const number = BigInt(block.getHeader()?.getNumber() ?? 0);
        assert.equal(number, expected);
        expected += 1n;
        if (number === status.blockNumber) break;
    }
    blocks.close();
    fact(`block events are gapless up to block ${status.blockNumber}`);

    const filtered = await user.gateway.getNetwork(settings.CHANNEL).getFilteredBlockEvents({
        startBlock: status.blockNumber,
    });
    for await (const block of filtered) {
        const found = block.getFilteredTransactionsList().map((transaction) => transaction.getTxid());
        assert(found.includes(status.transactionId));
        break;
    }
    filtered.close();
    fact('a filtered block names the transfer');

    admin.gateway.close();
    user.gateway.close();
    client.close();
}

main().then(
    () => console.log('the official Node client works unmodified'),
    (error) => {
        console.error(error);
        process.exit(1);
    },
);
