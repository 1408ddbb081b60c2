// The official Go client, unmodified, against a Fabric network: it submits, evaluates, listens and
// provokes errors. It prints one line per fact and exits with 1 at the first that does not hold. The
// network and its identities come from the environment.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("the official Go client works unmodified")
}

func run() error {
	gateway, connection, err := connect()
	if err != nil {
		return err
	}
	defer connection.Close()
	defer gateway.Close()
	network := gateway.GetNetwork(os.Getenv("INTEROP_CHANNEL"))
	contract := network.GetContract(os.Getenv("INTEROP_CHAINCODE"))
	key := fmt.Sprintf("go-client-%d", time.Now().UnixNano())
	for _, check := range []func() error{
		func() error { return submits(contract, key) },
		func() error { return submitsLater(contract, key) },
		func() error { return evaluates(contract, key) },
		func() error { return fails(contract) },
		func() error { return isRefused(network) },
		func() error { return listens(network, key) },
		func() error { return readsBlocks(network) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func connect() (*client.Gateway, *grpc.ClientConn, error) {
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(os.Getenv("INTEROP_TLS_CA"))
	if err != nil {
		return nil, nil, err
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, nil, errors.New("INTEROP_TLS_CA holds no certificate")
	}
	transport := grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(roots, ""))
	connection, err := grpc.NewClient(os.Getenv("INTEROP_PEER"), transport)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := onlyFile("signcerts")
	if err != nil {
		return nil, nil, err
	}
	parsed, err := identity.CertificateFromPEM(certificate)
	if err != nil {
		return nil, nil, err
	}
	id, err := identity.NewX509Identity(os.Getenv("INTEROP_MSP_ID"), parsed)
	if err != nil {
		return nil, nil, err
	}
	keyPEM, err := onlyFile("keystore")
	if err != nil {
		return nil, nil, err
	}
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	if err != nil {
		return nil, nil, err
	}
	sign, err := identity.NewPrivateKeySign(key)
	if err != nil {
		return nil, nil, err
	}
	gateway, err := client.Connect(id, client.WithSign(sign), client.WithHash(hash.SHA256), client.WithClientConnection(connection))
	return gateway, connection, err
}

func onlyFile(folder string) ([]byte, error) {
	path := filepath.Join(os.Getenv("INTEROP_USER_MSP"), folder)
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	if len(entries) != 1 {
		return nil, fmt.Errorf("%s holds %d files", path, len(entries))
	}
	return os.ReadFile(filepath.Join(path, entries[0].Name()))
}

func submits(contract *client.Contract, key string) error {
	if _, err := contract.SubmitTransaction("Put", key, "1"); err != nil {
		return err
	}
	fmt.Println("ok  SubmitTransaction puts a key")
	return nil
}

func submitsLater(contract *client.Contract, key string) error {
	_, commit, err := contract.SubmitAsync("Put", client.WithArguments(key, "2"))
	if err != nil {
		return err
	}
	outcome, err := commit.Status()
	if err != nil {
		return err
	}
	if !outcome.Successful || outcome.BlockNumber == 0 || outcome.TransactionID != commit.TransactionID() {
		return fmt.Errorf("status %+v", outcome)
	}
	fmt.Println("ok  SubmitAsync puts it again and tells the block")
	return nil
}

func evaluates(contract *client.Contract, key string) error {
	value, err := contract.EvaluateTransaction("Get", key)
	if err != nil {
		return err
	}
	if string(value) != "2" {
		return fmt.Errorf("%s holds %q", key, value)
	}
	fmt.Println("ok  EvaluateTransaction reads the last value")
	return nil
}

func fails(contract *client.Contract) error {
	_, err := contract.EvaluateTransaction("Get", "no-such-key")
	if status.Code(err) != codes.Unknown || len(status.Convert(err).Details()) == 0 {
		return fmt.Errorf("an error of the chaincode: %w", err)
	}
	fmt.Println("ok  an error of the chaincode is UNKNOWN, with its peer in the details")
	return nil
}

func isRefused(network *client.Network) error {
	_, err := network.GetContract("no-such-chaincode").SubmitTransaction("f")
	var endorse *client.EndorseError
	if !errors.As(err, &endorse) || status.Code(err) != codes.FailedPrecondition {
		return fmt.Errorf("an unknown chaincode: %w", err)
	}
	fmt.Println("ok  an unknown chaincode is an EndorseError, FAILED_PRECONDITION")
	return nil
}

func listens(network *client.Network, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	events, err := network.ChaincodeEvents(ctx, os.Getenv("INTEROP_CHAINCODE"), client.WithStartBlock(0))
	if err != nil {
		return err
	}
	for event := range events {
		if string(event.Payload) == key {
			fmt.Println("ok  ChaincodeEvents from block 0 holds the put")
			return nil
		}
	}
	return errors.New("the event of the put did not come")
}

func readsBlocks(network *client.Network) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	blocks, err := network.BlockEvents(ctx, client.WithStartBlock(0))
	if err != nil {
		return err
	}
	for expected := range uint64(3) {
		block, open := <-blocks
		if !open || block.GetHeader().GetNumber() != expected {
			return fmt.Errorf("block %d is missing", expected)
		}
	}
	fmt.Println("ok  BlockEvents are gapless from block 0")
	return nil
}
