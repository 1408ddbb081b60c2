// What `scripts/bench contract` measures, on the official Node shim.

'use strict';

const shim = require('fabric-shim');

async function balance(stub, account) {
    const value = await stub.getState(account);
    return value.length === 0 ? 1000 : Number(Buffer.from(value).toString('utf8'));
}

const functions = {
    async Transfer(stub, [from, to]) {
        const payer = await balance(stub, from);
        const payee = await balance(stub, to);
        await stub.putState(from, Buffer.from(String(payer - 1)));
        await stub.putState(to, Buffer.from(String(payee + 1)));
        return '';
    },
    async Fill(stub, [prefix, count]) {
        const value = Buffer.alloc(100, 'v');
        for (let n = 0; n < Number(count); n++) {
            await stub.putState(prefix + String(n).padStart(6, '0'), value);
        }
        return '';
    },
    async Scan(stub, [start, end]) {
        let count = 0;
        for await (const _row of stub.getStateByRange(start, end)) {
            count++;
        }
        return String(count);
    },
};

const chaincode = {
    async Init() {
        return shim.success();
    },
    async Invoke(stub) {
        const { fcn, params } = stub.getFunctionAndParameters();
        try {
            return shim.success(Buffer.from(await functions[fcn](stub, params)));
        } catch (error) {
            return shim.error(error.message);
        }
    },
};

shim.server(chaincode, {
    ccid: process.env.CHAINCODE_ID,
    address: process.env.CHAINCODE_SERVER_ADDRESS,
}).start();
