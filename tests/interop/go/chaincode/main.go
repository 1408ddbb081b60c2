// A key-value chaincode on the official Go contract API, unmodified, as a chaincode server. It does what
// its Node and Java likes beside it do, so that one test drives all three.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

type keyValue struct {
	contractapi.Contract
}

type row struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type page struct {
	Keys     []string `json:"keys"`
	Bookmark string   `json:"bookmark"`
}

func (*keyValue) Put(ctx contractapi.TransactionContextInterface, key, value string) error {
	if err := ctx.GetStub().PutState(key, []byte(value)); err != nil {
		return err
	}
	return ctx.GetStub().SetEvent("put", []byte(key))
}

func (*keyValue) Get(ctx contractapi.TransactionContextInterface, key string) (string, error) {
	value, err := ctx.GetStub().GetState(key)
	if err == nil && value == nil {
		err = fmt.Errorf("no such key: %s", key)
	}
	return string(value), err
}

func (*keyValue) Delete(ctx contractapi.TransactionContextInterface, key string) error {
	return ctx.GetStub().DelState(key)
}

func (*keyValue) Range(ctx contractapi.TransactionContextInterface, start, end string) (string, error) {
	iterator, err := ctx.GetStub().GetStateByRange(start, end)
	if err != nil {
		return "", err
	}
	defer iterator.Close()
	rows := []row{}
	for iterator.HasNext() {
		next, err := iterator.Next()
		if err != nil {
			return "", err
		}
		rows = append(rows, row{next.Key, string(next.Value)})
	}
	return text(rows)
}

func (*keyValue) Page(ctx contractapi.TransactionContextInterface, start, end string, size int32, bookmark string) (string, error) {
	iterator, metadata, err := ctx.GetStub().GetStateByRangeWithPagination(start, end, size, bookmark)
	if err != nil {
		return "", err
	}
	defer iterator.Close()
	keys := []string{}
	for iterator.HasNext() {
		next, err := iterator.Next()
		if err != nil {
			return "", err
		}
		keys = append(keys, next.Key)
	}
	return text(page{keys, metadata.Bookmark})
}

func (*keyValue) History(ctx contractapi.TransactionContextInterface, key string) (string, error) {
	iterator, err := ctx.GetStub().GetHistoryForKey(key)
	if err != nil {
		return "", err
	}
	defer iterator.Close()
	values := []*string{}
	for iterator.HasNext() {
		change, err := iterator.Next()
		if err != nil {
			return "", err
		}
		if change.IsDelete {
			values = append(values, nil)
			continue
		}
		value := string(change.Value)
		values = append(values, &value)
	}
	return text(values)
}

func (*keyValue) Hide(ctx contractapi.TransactionContextInterface, key string) error {
	transient, err := ctx.GetStub().GetTransient()
	if err != nil {
		return err
	}
	return ctx.GetStub().PutPrivateData("secrets", key, transient["value"])
}

func (*keyValue) Reveal(ctx contractapi.TransactionContextInterface, key string) (string, error) {
	value, err := ctx.GetStub().GetPrivateData("secrets", key)
	return string(value), err
}

func (*keyValue) Call(ctx contractapi.TransactionContextInterface, chaincode, function, key string) (string, error) {
	args := [][]byte{[]byte(function), []byte(key)}
	response := ctx.GetStub().InvokeChaincode(chaincode, args, "")
	if response.GetStatus() != shim.OK {
		return "", fmt.Errorf("%s", response.GetMessage())
	}
	return string(response.GetPayload()), nil
}

func (*keyValue) Who(ctx contractapi.TransactionContextInterface) (string, error) {
	return ctx.GetClientIdentity().GetMSPID()
}

func text(value any) (string, error) {
	bytes, err := json.Marshal(value)
	return string(bytes), err
}

func main() {
	chaincode, err := contractapi.NewChaincode(new(keyValue))
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
