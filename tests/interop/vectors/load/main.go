// The official Go client under load, for `scripts/bench sdk`. What to do comes from the environment, as
// tests/src/bin/bench/rivals.rs sets it; figures go out as one line of JSON.
package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func onlyFile(part string) []byte {
	folder := filepath.Join(os.Getenv("INTEROP_USER_MSP"), part)
	return must(os.ReadFile(filepath.Join(folder, must(os.ReadDir(folder))[0].Name())))
}

func connect() *client.Contract {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(os.Getenv("INTEROP_TLS_CA"))))
	transport := grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(roots, ""))
	connection := must(grpc.NewClient(os.Getenv("INTEROP_PEER"), transport))
	certificate := must(identity.CertificateFromPEM(onlyFile("signcerts")))
	key := must(identity.PrivateKeyFromPEM(onlyFile("keystore")))
	gateway := must(client.Connect(
		must(identity.NewX509Identity(os.Getenv("INTEROP_MSP_ID"), certificate)),
		client.WithSign(must(identity.NewPrivateKeySign(key))),
		client.WithHash(hash.SHA256),
		client.WithClientConnection(connection),
	))
	return gateway.GetNetwork(os.Getenv("INTEROP_CHANNEL")).GetContract(os.Getenv("INTEROP_CHAINCODE"))
}

func main() {
	contract := connect()
	call := contract.EvaluateTransaction
	if os.Getenv("LOAD_MODE") == "submit" {
		call = contract.SubmitTransaction
	}
	value := strings.Repeat("v", 100)
	begun := time.Now()
	until := begun.Add(time.Duration(must(strconv.Atoi(os.Getenv("LOAD_SECONDS")))) * time.Second)
	var next atomic.Int64
	var all sync.WaitGroup
	var lock sync.Mutex
	var latencies []float64
	for range must(strconv.Atoi(os.Getenv("LOAD_CLIENTS"))) {
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Now().Before(until) {
				start := time.Now()
				must(call("put", fmt.Sprintf("%s-%d", os.Getenv("LOAD_PREFIX"), next.Add(1)), value))
				took := time.Since(start).Seconds() * 1000
				lock.Lock()
				latencies = append(latencies, took)
				lock.Unlock()
			}
		}()
	}
	all.Wait()
	seconds := time.Since(begun).Seconds()
	sort.Float64s(latencies)
	at := func(percent int) float64 { return latencies[len(latencies)*percent/100] }
	var usage syscall.Rusage
	must(0, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Milliseconds()
	figures := map[string]any{"count": len(latencies), "seconds": seconds, "p50_ms": at(50), "p95_ms": at(95), "cpu_ms": cpu}
	fmt.Println(string(must(json.Marshal(figures))))
}
