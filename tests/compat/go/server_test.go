// Package compat_test drives a real `anneal serve` with Pyroscope's own clients: the Go SDK that
// programs push with, and the Connect client that profilecli and Grafana are built on.
//
// ANNEAL_BINARY names the program under test; ctest sets it.
package compat_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// serverURL is the server that all tests share; each uses service names of its own.
var serverURL string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	binary := os.Getenv("ANNEAL_BINARY")
	if binary == "" {
		fmt.Fprintln(os.Stderr, "compat: set ANNEAL_BINARY to the anneal program to test")
		return 2
	}
	data, err := os.MkdirTemp("", "anneal-compat-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		return 1
	}
	defer os.RemoveAll(data)
	server := exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", data, "--log-level", "warn")
	server.Stderr = os.Stderr
	stdout, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compat: cannot start", binary, err)
		return 1
	}
	defer func() {
		server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			fmt.Fprintln(os.Stderr, "compat: the server ended with", err)
		}
	}()
	lines := bufio.NewScanner(stdout)
	address := regexp.MustCompile(`listening on (http://[0-9.:]+)`)
	for lines.Scan() {
		if found := address.FindStringSubmatch(lines.Text()); found != nil {
			serverURL = found[1]
			break
		}
	}
	if serverURL == "" {
		fmt.Fprintln(os.Stderr, "compat: the server did not say where it listens")
		return 1
	}
	return m.Run()
}

// eventually calls check until it returns "", or fails with what it returned last.
func eventually(t *testing.T, check func() string) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		wrong := check()
		if wrong == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(wrong)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestReady(t *testing.T) {
	response, err := http.Get(serverURL + "/ready")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("GET /ready: %s", response.Status)
	}
}
