// A chaincode on the official Go contract API whose transactions say themselves what they do: a JSON list
// of operations, each a method of the stub. tests/contracts has the same in Rust, and compares.
package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
	"github.com/hyperledger/fabric-protos-go-apiv2/ledger/queryresult"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type operation struct {
	Op            string      `json:"op"`
	Key           string      `json:"key"`
	Keys          []string    `json:"keys"`
	Value         string      `json:"value"`
	Collection    string      `json:"collection"`
	Start         string      `json:"start"`
	End           string      `json:"end"`
	Size          int         `json:"size"`
	Bookmark      string      `json:"bookmark"`
	Kind          string      `json:"kind"`
	Parts         []string    `json:"parts"`
	Organizations []string    `json:"organizations"`
	Name          string      `json:"name"`
	Chaincode     string      `json:"chaincode"`
	Channel       string      `json:"channel"`
	Script        []operation `json:"script"`
}

type scripted struct {
	contractapi.Contract
}

var errFailed = errors.New("the script says so")

// Submit runs a script that may write.
func (*scripted) Submit(ctx contractapi.TransactionContextInterface, script string) (string, error) {
	return run(ctx, script)
}

// Query runs a script that only reads: to Go there is no difference.
func (*scripted) Query(ctx contractapi.TransactionContextInterface, script string) (string, error) {
	return run(ctx, script)
}

func run(ctx contractapi.TransactionContextInterface, script string) (string, error) {
	var operations []operation
	if err := json.Unmarshal([]byte(script), &operations); err != nil {
		return "", err
	}
	answers := []any{}
	for _, op := range operations {
		answer, err := perform(ctx, op)
		if errors.Is(err, errFailed) {
			return "", err
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, op.Op, err)
			answer = map[string]any{"refused": true}
		}
		answers = append(answers, answer)
	}
	bytes, err := json.Marshal(answers)
	return string(bytes), err
}

func key(stub shim.ChaincodeStubInterface, op operation) (string, error) {
	if op.Kind == "" {
		return op.Key, nil
	}
	return stub.CreateCompositeKey(op.Kind, op.Parts)
}

func perform(ctx contractapi.TransactionContextInterface, op operation) (any, error) {
	stub := ctx.GetStub()
	name, err := key(stub, op)
	if err != nil {
		return nil, err
	}
	if op.Collection != "" {
		return performPrivate(stub, op, name)
	}
	switch op.Op {
	case "get":
		return text(stub.GetState(name))
	case "get_many":
		return texts(stub.GetMultipleStates(op.Keys...))
	case "put":
		return nil, stub.PutState(name, []byte(op.Value))
	case "delete":
		return nil, stub.DelState(name)
	case "range":
		iterator, err := ranged(stub, op)
		return rows(iterator, err, op.Size)
	case "page":
		return paged(stub, op)
	case "select":
		iterator, err := stub.GetQueryResult(op.Value)
		return rows(iterator, err, 0)
	case "history":
		return history(stub, name)
	case "protect":
		policy, err := protection(op.Organizations)
		if err != nil {
			return nil, err
		}
		return nil, stub.SetStateValidationParameter(name, policy)
	case "policy":
		return protectors(stub.GetStateValidationParameter(name))
	case "event":
		return nil, stub.SetEvent(op.Name, []byte(op.Value))
	case "call":
		return call(stub, op)
	case "who":
		return who(ctx)
	case "transient":
		data, err := stub.GetTransient()
		return text(data[op.Name], err)
	case "fail":
		return nil, errFailed
	}
	return nil, fmt.Errorf("no such operation: %s", op.Op)
}

func performPrivate(stub shim.ChaincodeStubInterface, op operation, name string) (any, error) {
	switch op.Op {
	case "get":
		return text(stub.GetPrivateData(op.Collection, name))
	case "get_many":
		return texts(stub.GetMultiplePrivateData(op.Collection, op.Keys...))
	case "hash":
		hash, err := stub.GetPrivateDataHash(op.Collection, name)
		if err != nil || len(hash) == 0 {
			return nil, err
		}
		return hex.EncodeToString(hash), nil
	case "put":
		return nil, stub.PutPrivateData(op.Collection, name, []byte(op.Value))
	case "delete":
		return nil, stub.DelPrivateData(op.Collection, name)
	case "purge":
		return nil, stub.PurgePrivateData(op.Collection, name)
	case "range":
		if op.Kind != "" {
			iterator, err := stub.GetPrivateDataByPartialCompositeKey(op.Collection, op.Kind, op.Parts)
			return rows(iterator, err, op.Size)
		}
		iterator, err := stub.GetPrivateDataByRange(op.Collection, op.Start, op.End)
		return rows(iterator, err, op.Size)
	case "select":
		iterator, err := stub.GetPrivateDataQueryResult(op.Collection, op.Value)
		return rows(iterator, err, 0)
	case "protect":
		policy, err := protection(op.Organizations)
		if err != nil {
			return nil, err
		}
		return nil, stub.SetPrivateDataValidationParameter(op.Collection, name, policy)
	case "policy":
		return protectors(stub.GetPrivateDataValidationParameter(op.Collection, name))
	}
	return nil, fmt.Errorf("no such operation in a collection: %s", op.Op)
}

func ranged(stub shim.ChaincodeStubInterface, op operation) (shim.StateQueryIteratorInterface, error) {
	if op.Kind != "" {
		return stub.GetStateByPartialCompositeKey(op.Kind, op.Parts)
	}
	return stub.GetStateByRange(op.Start, op.End)
}

func rows(iterator shim.StateQueryIteratorInterface, err error, size int) (any, error) {
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	found := [][2]string{}
	for (size == 0 || len(found) < size) && iterator.HasNext() {
		next, err := iterator.Next()
		if err != nil {
			return nil, err
		}
		found = append(found, [2]string{next.Key, string(next.Value)})
	}
	return found, nil
}

func paged(stub shim.ChaincodeStubInterface, op operation) (any, error) {
	var iterator shim.StateQueryIteratorInterface
	var metadata *peer.QueryResponseMetadata
	var err error
	switch {
	case op.Value != "":
		iterator, metadata, err = stub.GetQueryResultWithPagination(op.Value, int32(op.Size), op.Bookmark)
	case op.Kind != "":
		iterator, metadata, err = stub.GetStateByPartialCompositeKeyWithPagination(op.Kind, op.Parts, int32(op.Size), op.Bookmark)
	default:
		iterator, metadata, err = stub.GetStateByRangeWithPagination(op.Start, op.End, int32(op.Size), op.Bookmark)
	}
	found, err := rows(iterator, err, 0)
	if err != nil {
		return nil, err
	}
	return map[string]any{"rows": found, "bookmark": metadata.GetBookmark()}, nil
}

func history(stub shim.ChaincodeStubInterface, name string) (any, error) {
	iterator, err := stub.GetHistoryForKey(name)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	values := []any{}
	for iterator.HasNext() {
		var change *queryresult.KeyModification
		if change, err = iterator.Next(); err != nil {
			return nil, err
		}
		if change.GetIsDelete() {
			values = append(values, nil)
		} else {
			values = append(values, string(change.GetValue()))
		}
	}
	return values, nil
}

func protection(organizations []string) ([]byte, error) {
	policy, err := statebased.NewStateEP(nil)
	if err != nil {
		return nil, err
	}
	if err := policy.AddOrgs(statebased.RoleTypePeer, organizations...); err != nil {
		return nil, err
	}
	return policy.Policy()
}

func protectors(bytes []byte, err error) (any, error) {
	if err != nil || len(bytes) == 0 {
		return nil, err
	}
	policy, err := statebased.NewStateEP(bytes)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, name := range policy.ListOrgs() {
		names[name] = true
	}
	return names, nil
}

func call(stub shim.ChaincodeStubInterface, op operation) (any, error) {
	script, err := json.Marshal(op.Script)
	if err != nil {
		return nil, err
	}
	response := stub.InvokeChaincode(op.Chaincode, [][]byte{[]byte("submit"), script}, op.Channel)
	if response.GetStatus() != shim.OK {
		return nil, errors.New(response.GetMessage())
	}
	var answers any
	err = json.Unmarshal(response.GetPayload(), &answers)
	return answers, err
}

func who(ctx contractapi.TransactionContextInterface) (any, error) {
	stub := ctx.GetStub()
	msp, err := ctx.GetClientIdentity().GetMSPID()
	if err != nil {
		return nil, err
	}
	binding, err := stub.GetBinding()
	if err != nil {
		return nil, err
	}
	function, parameters := stub.GetFunctionAndParameters()
	return map[string]any{
		"msp":         msp,
		"function":    function,
		"parameters":  len(parameters),
		"channel":     stub.GetChannelID(),
		"id":          len(stub.GetTxID()),
		"binding":     len(binding),
		"decorations": len(stub.GetDecorations()),
	}, nil
}

func text(value []byte, err error) (any, error) {
	if err != nil || len(value) == 0 {
		return nil, err
	}
	return string(value), nil
}

func texts(values [][]byte, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	found := []any{}
	for _, value := range values {
		if len(value) == 0 {
			found = append(found, nil)
		} else {
			found = append(found, string(value))
		}
	}
	return found, nil
}

func main() {
	chaincode, err := contractapi.NewChaincode(new(scripted))
	if err == nil {
		server := &shim.ChaincodeServer{
			CCID:     os.Getenv("CHAINCODE_ID"),
			Address:  os.Getenv("CHAINCODE_SERVER_ADDRESS"),
			CC:       chaincode,
			TLSProps: shim.TLSProperties{Disabled: true},
		}
		err = server.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
