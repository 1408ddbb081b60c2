// Makes fixtures/gateway/node.json: what the official Node client sends, request by request, as a server
// sees it. `node vectors.mjs CERTIFICATE KEY OUTPUT`, after `npm install` in tests/interop/node.

import { createRequire } from 'node:module';
import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

const require = createRequire(path.resolve(import.meta.dirname, '../node/package.json'));
const grpc = require('@grpc/grpc-js');
const { connect, hash, signers } = require('@hyperledger/fabric-gateway');
const { common, gateway: wire, peer } = require('@hyperledger/fabric-protos');

const [certificateFile, keyFile, output] = process.argv.slice(2);
const recorded = {};
const record = (method, request) => (recorded[method] ??= []).push(Buffer.from(request).toString('hex'));

// The answer to an endorsement: a transaction of the very proposal, with the result "done".
function endorsed(request) {
    const proposed = wire.EndorseRequest.deserializeBinary(request).getProposedTransaction();
    const proposal = peer.Proposal.deserializeBinary(proposed.getProposalBytes());
    const response = new peer.Response();
    response.setStatus(200);
    response.setPayload(Buffer.from('done'));
    const action = new peer.ChaincodeAction();
    action.setResponse(response);
    const responsePayload = new peer.ProposalResponsePayload();
    responsePayload.setExtension$(action.serializeBinary());
    const endorsedAction = new peer.ChaincodeEndorsedAction();
    endorsedAction.setProposalResponsePayload(responsePayload.serializeBinary());
    const actionPayload = new peer.ChaincodeActionPayload();
    actionPayload.setAction(endorsedAction);
    const transactionAction = new peer.TransactionAction();
    transactionAction.setPayload(actionPayload.serializeBinary());
    const transaction = new peer.Transaction();
    transaction.setActionsList([transactionAction]);
    const payload = new common.Payload();
    payload.setHeader(common.Header.deserializeBinary(proposal.getHeader_asU8()));
    payload.setData(transaction.serializeBinary());
    const envelope = new common.Envelope();
    envelope.setPayload(payload.serializeBinary());
    const reply = new wire.EndorseResponse();
    reply.setPreparedTransaction(envelope);
    return Buffer.from(reply.serializeBinary());
}

const status = new wire.CommitStatusResponse();
status.setBlockNumber(7);
const evaluated = new wire.EvaluateResponse();
evaluated.setResult(new peer.Response());
const answers = {
    Evaluate: () => Buffer.from(evaluated.serializeBinary()),
    Endorse: endorsed,
    Submit: () => Buffer.alloc(0),
    CommitStatus: () => Buffer.from(status.serializeBinary()),
};

const raw = (value) => value;
const method = (service, name, requestStream, responseStream) => ({
    path: `/${service}/${name}`,
    requestStream,
    responseStream,
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
});

function serve() {
    const server = new grpc.Server();
    for (const [name, answer] of Object.entries(answers)) {
        server.addService({ [name]: method('gateway.Gateway', name, false, false) }, {
            [name]: (call, callback) => {
                record(name, call.request);
                callback(null, answer(call.request));
            },
        });
    }
    server.addService({ ChaincodeEvents: method('gateway.Gateway', 'ChaincodeEvents', false, true) }, {
        ChaincodeEvents: (call) => {
            record('ChaincodeEvents', call.request);
            call.end();
        },
    });
    for (const name of ['Deliver', 'DeliverFiltered', 'DeliverWithPrivateData']) {
        server.addService({ [name]: method('protos.Deliver', name, true, true) }, {
            [name]: (call) => call.on('data', (request) => {
                record(name, request);
                call.end();
            }),
        });
    }
    return new Promise((resolve, reject) => {
        server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
            error ? reject(error) : resolve({ server, port }));
    });
}

async function drain(stream) {
    const events = await stream;
    try {
        for await (const event of events) void event;
    } catch {
        // The server ends each stream at once; only the request counts.
    } finally {
        events.close();
    }
}

async function main() {
    const { server, port } = await serve();
    const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const gateway = connect({
        client,
        identity: { mspId: 'Org1MSP', credentials: readFileSync(certificateFile) },
        signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(keyFile))),
        hash: hash.sha256,
        tlsClientCertificateHash: createHash('sha256').update('a client certificate').digest(),
    });
    const network = gateway.getNetwork('mychannel');
    const contract = network.getContract('bonds');
    await contract.evaluateTransaction('read', 'a', '', 'ü');
    const named = network.getContract('bonds', 'Market');
    await named.evaluate('read', {
        arguments: [Uint8Array.of(0, 255)],
        transientData: { price: 'secret' },
        endorsingOrganizations: ['Org1MSP', 'Org2MSP'],
    });
    await contract.submitTransaction('transfer', '1', 'bob');
    await drain(network.getChaincodeEvents('bonds'));
    await drain(network.getChaincodeEvents('bonds', { startBlock: 5n }));
    for (const options of [undefined, { startBlock: 0n }, { startBlock: 300n }]) {
        await drain(network.getBlockEvents(options));
        await drain(network.getFilteredBlockEvents(options));
        await drain(network.getBlockAndPrivateDataEvents(options));
    }
    gateway.close();
    client.close();
    server.forceShutdown();
    writeFileSync(output, `${JSON.stringify({ client: 'node 1.12.1', requests: recorded }, null, 1)}\n`);
}

await main();
