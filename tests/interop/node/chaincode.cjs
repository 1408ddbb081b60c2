// A key-value chaincode on the official Node shim, unmodified, as a chaincode server. It does what its
// Go and Java likes beside it do, so that one test drives all three.

'use strict';

const shim = require('fabric-shim');

const utf8 = (bytes) => Buffer.from(bytes).toString('utf8');

async function rows(iterator) {
    const found = [];
    for await (const { key, value } of iterator) {
        found.push({ key, value: utf8(value) });
    }
    return found;
}

const functions = {
    async Put(stub, [key, value]) {
        await stub.putState(key, Buffer.from(value));
        stub.setEvent('put', Buffer.from(key));
        return '';
    },
    async Get(stub, [key]) {
        const value = await stub.getState(key);
        if (value.length === 0) {
            throw new Error(`no such key: ${key}`);
        }
        return utf8(value);
    },
    async Delete(stub, [key]) {
        await stub.deleteState(key);
        return '';
    },
    async Range(stub, [start, end]) {
        return JSON.stringify(await rows(stub.getStateByRange(start, end)));
    },
    async Page(stub, [start, end, size, bookmark]) {
        const { iterator, metadata } = await stub.getStateByRangeWithPagination(start, end, Number(size), bookmark);
        const keys = [];
        for (let row = await iterator.next(); row.value; row = await iterator.next()) {
            keys.push(row.value.key);
            if (row.done) break;
        }
        await iterator.close();
        return JSON.stringify({ keys, bookmark: metadata.bookmark });
    },
    async History(stub, [key]) {
        const found = [];
        for await (const change of stub.getHistoryForKey(key)) {
            found.push(change.isDelete ? null : utf8(change.value));
        }
        return JSON.stringify(found);
    },
    async Hide(stub, [key]) {
        const value = stub.getTransient().get('value');
        await stub.putPrivateData('secrets', key, value);
        return '';
    },
    async Reveal(stub, [key]) {
        return utf8(await stub.getPrivateData('secrets', key));
    },
    async Call(stub, [chaincode, ...args]) {
        const response = await stub.invokeChaincode(chaincode, args, '');
        return utf8(response.payload);
    },
    async Who(stub) {
        return new shim.ClientIdentity(stub).getMSPID();
    },
};

class KeyValue {
    async Init() {
        return shim.success();
    }

    async Invoke(stub) {
        const { fcn, params } = stub.getFunctionAndParameters();
        try {
            const result = await functions[fcn](stub, params);
            return shim.success(Buffer.from(result));
        } catch (error) {
            return shim.error(error.message);
        }
    }
}

const server = shim.server(new KeyValue(), {
    ccid: process.env.CHAINCODE_ID,
    address: process.env.CHAINCODE_SERVER_ADDRESS,
});
server.start().catch((error) => {
    console.error(error);
    process.exit(1);
});
