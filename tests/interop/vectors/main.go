// Makes fixtures/gateway/go.json: what the official Go client sends, request by request, as a server
// sees it. `go run . CERTIFICATE KEY OUTPUT`.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

var recorded = map[string][]string{}

func record(method string, request []byte) {
	recorded[method] = append(recorded[method], hex.EncodeToString(request))
}

// raw hands messages through as the bytes that they are on the wire.
type raw struct{}

func (raw) Marshal(value any) ([]byte, error) {
	if bytes, ok := value.(*[]byte); ok {
		return *bytes, nil
	}
	return proto.Marshal(value.(proto.Message))
}

func (raw) Unmarshal(data []byte, value any) error {
	*(value.(*[]byte)) = append([]byte{}, data...)
	return nil
}

func (raw) Name() string { return "proto" }

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// endorsed is a transaction of the very proposal, with the result "done".
func endorsed(request []byte) proto.Message {
	var endorse gateway.EndorseRequest
	var proposal peer.Proposal
	var header common.Header
	for _, step := range []struct {
		from func() []byte
		to   proto.Message
	}{
		{func() []byte { return request }, &endorse},
		{func() []byte { return endorse.GetProposedTransaction().GetProposalBytes() }, &proposal},
		{func() []byte { return proposal.GetHeader() }, &header},
	} {
		must(0, proto.Unmarshal(step.from(), step.to))
	}
	response := &peer.Response{Status: 200, Payload: []byte("done")}
	action := must(proto.Marshal(&peer.ChaincodeAction{Response: response}))
	responsePayload := must(proto.Marshal(&peer.ProposalResponsePayload{Extension: action}))
	actionPayload := must(proto.Marshal(&peer.ChaincodeActionPayload{
		Action: &peer.ChaincodeEndorsedAction{ProposalResponsePayload: responsePayload},
	}))
	transaction := must(proto.Marshal(&peer.Transaction{Actions: []*peer.TransactionAction{{Payload: actionPayload}}}))
	payload := must(proto.Marshal(&common.Payload{Header: &header, Data: transaction}))
	return &gateway.EndorseResponse{PreparedTransaction: &common.Envelope{Payload: payload}}
}

func answer(method string, request []byte) proto.Message {
	switch method {
	case "Evaluate":
		return &gateway.EvaluateResponse{Result: &peer.Response{}}
	case "Endorse":
		return endorsed(request)
	case "CommitStatus":
		return &gateway.CommitStatusResponse{BlockNumber: 7}
	}
	return &gateway.SubmitResponse{}
}

func handle(_ any, stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream)
	var request []byte
	if err := stream.RecvMsg(&request); err != nil && err != io.EOF {
		return err
	}
	var method string
	for at := len(path) - 1; at >= 0 && path[at] != '/'; at-- {
		method = string(path[at]) + method
	}
	record(method, request)
	switch method {
	case "Evaluate", "Endorse", "Submit", "CommitStatus":
		return stream.SendMsg(answer(method, request))
	}
	return nil
}

func main() {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(handle))
	go func() { _ = server.Serve(listener) }()
	connection := must(grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials())))
	certificate := must(identity.CertificateFromPEM(must(os.ReadFile(os.Args[1]))))
	key := must(identity.PrivateKeyFromPEM(must(os.ReadFile(os.Args[2]))))
	tls := sha256.Sum256([]byte("a client certificate"))
	gw := must(client.Connect(
		must(identity.NewX509Identity("Org1MSP", certificate)),
		client.WithSign(must(identity.NewPrivateKeySign(key))),
		client.WithHash(hash.SHA256),
		client.WithTLSClientCertificateHash(tls[:]),
		client.WithClientConnection(connection),
	))
	use(gw.GetNetwork("mychannel"))
	server.Stop()
	text := must(json.MarshalIndent(map[string]any{"client": "go 1.12.1", "requests": recorded}, "", " "))
	must(0, os.WriteFile(os.Args[3], append(text, '\n'), 0o644))
}

func use(network *client.Network) {
	contract := network.GetContract("bonds")
	must(contract.EvaluateTransaction("read", "a", "", "ü"))
	must(network.GetContractWithName("bonds", "Market").Evaluate("read",
		client.WithBytesArguments([]byte{0, 255}),
		client.WithTransient(map[string][]byte{"price": []byte("secret")}),
		client.WithEndorsingOrganizations("Org1MSP", "Org2MSP"),
	))
	must(contract.SubmitTransaction("transfer", "1", "bob"))
	ctx := context.Background()
	drain(must(network.ChaincodeEvents(ctx, "bonds")))
	drain(must(network.ChaincodeEvents(ctx, "bonds", client.WithStartBlock(5))))
	drain(must(network.BlockEvents(ctx)))
	drain(must(network.FilteredBlockEvents(ctx)))
	drain(must(network.BlockAndPrivateDataEvents(ctx)))
	for _, start := range []uint64{0, 300} {
		drain(must(network.BlockEvents(ctx, client.WithStartBlock(start))))
		drain(must(network.FilteredBlockEvents(ctx, client.WithStartBlock(start))))
		drain(must(network.BlockAndPrivateDataEvents(ctx, client.WithStartBlock(start))))
	}
}

func drain[T any](events <-chan T) {
	for range events {
	}
}
