// The official Node client under load, for `scripts/bench sdk`. What to do comes from the environment, as
// tests/src/bin/bench/rivals.rs sets it; figures go out as one line of JSON.

import * as grpc from '@grpc/grpc-js';
import { connect, hash, signers } from '@hyperledger/fabric-gateway';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

const setting = (name) => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set`);
    return value;
};
const onlyFile = (part) => {
    const folder = path.join(setting('INTEROP_USER_MSP'), part);
    return fs.readFileSync(path.join(folder, fs.readdirSync(folder)[0]));
};

const credentials = grpc.credentials.createSsl(fs.readFileSync(setting('INTEROP_TLS_CA')));
const client = new grpc.Client(setting('INTEROP_PEER'), credentials);
const gateway = connect({
    client,
    identity: { mspId: setting('INTEROP_MSP_ID'), credentials: onlyFile('signcerts') },
    signer: signers.newPrivateKeySigner(crypto.createPrivateKey(onlyFile('keystore'))),
    hash: hash.sha256,
});
const contract = gateway.getNetwork(setting('INTEROP_CHANNEL')).getContract(setting('INTEROP_CHAINCODE'));
const call = setting('LOAD_MODE') === 'submit' ? 'submitTransaction' : 'evaluateTransaction';
const value = 'v'.repeat(100);
const begun = performance.now();
const until = begun + Number(setting('LOAD_SECONDS')) * 1000;
const latencies = [];
let next = 0;

async function one() {
    while (performance.now() < until) {
        const start = performance.now();
        await contract[call]('put', `${setting('LOAD_PREFIX')}-${next++}`, value);
        latencies.push(performance.now() - start);
    }
}

await Promise.all(Array.from({ length: Number(setting('LOAD_CLIENTS')) }, one));
const seconds = (performance.now() - begun) / 1000;
latencies.sort((a, b) => a - b);
const at = (percent) => latencies[Math.floor((latencies.length * percent) / 100)];
const { user, system } = process.cpuUsage();
const cpu_ms = Math.round((user + system) / 1000);
console.log(JSON.stringify({ count: latencies.length, seconds, p50_ms: at(50), p95_ms: at(95), cpu_ms }));
gateway.close();
client.close();
