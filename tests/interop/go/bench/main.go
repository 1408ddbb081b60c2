// What `scripts/bench contract` measures, on the official Go contract API.
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

type measured struct {
	contractapi.Contract
}

func balance(ctx contractapi.TransactionContextInterface, account string) (int, error) {
	value, err := ctx.GetStub().GetState(account)
	if err != nil || value == nil {
		return 1000, err
	}
	return strconv.Atoi(string(value))
}

// Transfer moves one unit: two reads, two writes.
func (*measured) Transfer(ctx contractapi.TransactionContextInterface, from, to string) error {
	payer, err := balance(ctx, from)
	if err != nil {
		return err
	}
	payee, err := balance(ctx, to)
	if err != nil {
		return err
	}
	if err := ctx.GetStub().PutState(from, []byte(strconv.Itoa(payer-1))); err != nil {
		return err
	}
	return ctx.GetStub().PutState(to, []byte(strconv.Itoa(payee+1)))
}

// Fill writes so many keys.
func (*measured) Fill(ctx contractapi.TransactionContextInterface, prefix string, count int) error {
	value := make([]byte, 100)
	for i := range value {
		value[i] = 'v'
	}
	for n := 0; n < count; n++ {
		if err := ctx.GetStub().PutState(fmt.Sprintf("%s%06d", prefix, n), value); err != nil {
			return err
		}
	}
	return nil
}

// Scan counts the keys of a range.
func (*measured) Scan(ctx contractapi.TransactionContextInterface, start, end string) (int, error) {
	iterator, err := ctx.GetStub().GetStateByRange(start, end)
	if err != nil {
		return 0, err
	}
	defer iterator.Close()
	count := 0
	for iterator.HasNext() {
		if _, err := iterator.Next(); err != nil {
			return 0, err
		}
		count++
	}
	return count, nil
}

func main() {
	chaincode, err := contractapi.NewChaincode(new(measured))
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
