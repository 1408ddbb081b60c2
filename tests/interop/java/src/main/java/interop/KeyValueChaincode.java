package interop;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.hyperledger.fabric.contract.ClientIdentity;
import org.hyperledger.fabric.metrics.Metrics;
import org.hyperledger.fabric.shim.ChaincodeBase;
import org.hyperledger.fabric.shim.ChaincodeServerProperties;
import org.hyperledger.fabric.shim.ChaincodeStub;
import org.hyperledger.fabric.shim.NettyChaincodeServer;
import org.hyperledger.fabric.shim.ledger.KeyModification;
import org.hyperledger.fabric.shim.ledger.KeyValue;
import org.hyperledger.fabric.traces.Traces;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * A key-value chaincode on the official Java shim, unmodified, as a chaincode server. It does what its Node
 * and Go likes beside it do, so that one test drives all three.
 */
final class KeyValueChaincode extends ChaincodeBase {
    private static final String SECRETS = "secrets";

    private KeyValueChaincode() {
        processEnvironmentOptions();
        Metrics.initialize(getChaincodeConfig());
        Traces.initialize(getChaincodeConfig());
    }

    @Override
    public Response init(final ChaincodeStub stub) {
        return newSuccessResponse();
    }

    @Override
    public Response invoke(final ChaincodeStub stub) {
        try {
            return newSuccessResponse(run(stub, stub.getFunction(), stub.getParameters()).getBytes(StandardCharsets.UTF_8));
        } catch (Exception error) {
            return newErrorResponse(error.getMessage());
        }
    }

    private static String run(final ChaincodeStub stub, final String function, final List<String> args) throws Exception {
        switch (function) {
            case "Put":
                stub.putStringState(args.get(0), args.get(1));
                stub.setEvent("put", args.get(0).getBytes(StandardCharsets.UTF_8));
                return "";
            case "Get":
                final byte[] value = stub.getState(args.get(0));
                if (value == null || value.length == 0) {
                    throw new IllegalArgumentException("no such key: " + args.get(0));
                }
                return new String(value, StandardCharsets.UTF_8);
            case "Delete":
                stub.delState(args.get(0));
                return "";
            case "Range":
                return range(stub, args);
            case "Page":
                return page(stub, args);
            case "History":
                return history(stub, args.get(0));
            case "Hide":
                stub.putPrivateData(SECRETS, args.get(0), stub.getTransient().get("value"));
                return "";
            case "Reveal":
                return new String(stub.getPrivateData(SECRETS, args.get(0)), StandardCharsets.UTF_8);
            case "Call":
                return stub.invokeChaincodeWithStringArgs(args.get(0), args.subList(1, args.size())).getStringPayload();
            case "Who":
                return new ClientIdentity(stub).getMSPID();
            default:
                throw new IllegalArgumentException("no such function: " + function);
        }
    }

    private static String range(final ChaincodeStub stub, final List<String> args) throws Exception {
        final JSONArray found = new JSONArray();
        try (var rows = stub.getStateByRange(args.get(0), args.get(1))) {
            for (KeyValue row : rows) {
                found.put(new JSONObject().put("key", row.getKey()).put("value", row.getStringValue()));
            }
        }
        return found.toString();
    }

    private static String page(final ChaincodeStub stub, final List<String> args) throws Exception {
        final List<String> keys = new ArrayList<>();
        try (var rows = stub.getStateByRangeWithPagination(args.get(0), args.get(1), Integer.parseInt(args.get(2)), args.get(3))) {
            for (KeyValue row : rows) {
                keys.add(row.getKey());
            }
            return new JSONObject().put("keys", keys).put("bookmark", rows.getMetadata().getBookmark()).toString();
        }
    }

    private static String history(final ChaincodeStub stub, final String key) throws Exception {
        final JSONArray found = new JSONArray();
        try (var changes = stub.getHistoryForKey(key)) {
            for (KeyModification change : changes) {
                found.put(change.isDeleted() ? JSONObject.NULL : change.getStringValue());
            }
        }
        return found.toString();
    }

    public static void main(final String[] args) throws Exception {
        final String[] address = System.getenv("CHAINCODE_SERVER_ADDRESS").split(":");
        final var properties = new ChaincodeServerProperties();
        properties.setServerAddress(new InetSocketAddress(address[0], Integer.parseInt(address[1])));
        new NettyChaincodeServer(new KeyValueChaincode(), properties).start();
    }
}
