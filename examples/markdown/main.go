// Command markdown is the program that the demo makes faster: an HTTP service that renders
// Markdown, instrumented with the Pyroscope SDK as a service in production would be.
//
//	markdown -listen 127.0.0.1:8080 -pyroscope http://127.0.0.1:4040
//	curl --data-binary @inputs/guide.md http://127.0.0.1:8080/render
//
// With -stdin it serves no HTTP: every line read is one repetition over all inputs, answered by
// one line, which is how a measuring program lets two builds of it take turns.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/grafana/pyroscope-go"
)

var (
	listen  = flag.String("listen", "127.0.0.1:8080", "address of the HTTP service")
	server  = flag.String("pyroscope", os.Getenv("PYROSCOPE_ADDRESS"), "profile server to push to (empty: none)")
	service = flag.String("service", "markdown", "service_name of the profiles")
	upload  = flag.Duration("upload", 15*time.Second, "time between two pushes")
	stdin   = flag.Bool("stdin", false, "render the inputs once for every line on stdin")
	inputs  = flag.String("inputs", "inputs", "folder of the Markdown files for -stdin")
)

const maxBody = 4 << 20 // bytes of Markdown in one request

func main() {
	log.SetFlags(0)
	log.SetPrefix("markdown: ")
	flag.Parse()
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	if *server != "" {
		profiler, err := startProfiling()
		if err != nil {
			return err
		}
		defer profiler.Stop() // pushes what is left
	}
	if *stdin {
		return repeat(os.Stdin, os.Stdout, *inputs)
	}
	return serve()
}

func startProfiling() (*pyroscope.Profiler, error) {
	return pyroscope.Start(pyroscope.Config{
		ApplicationName: *service,
		ServerAddress:   *server,
		UploadRate:      *upload,
		Tags:            buildLabels(),
		ProfileTypes: []pyroscope.ProfileType{
			pyroscope.ProfileCPU, pyroscope.ProfileAllocObjects, pyroscope.ProfileAllocSpace,
			pyroscope.ProfileInuseObjects, pyroscope.ProfileInuseSpace,
		},
		DisableGCRuns: true,
	})
}

func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	log.Print("listening on http://", listener.Addr())
	httpServer := &http.Server{Handler: handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		httpServer.Shutdown(last)
	}()
	if err := httpServer.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /render", func(w http.ResponseWriter, r *http.Request) {
		source, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var html bytes.Buffer
		if err := render(source, &html); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(html.Bytes())
	})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "ready")
	})
	// The clean-up hook between rounds of profiling: garbage of one input is not
	// collected on the account of the next.
	mux.HandleFunc("POST /debug/gc", func(w http.ResponseWriter, r *http.Request) {
		debug.FreeOSMemory()
		fmt.Fprintln(w, "collected")
	})
	return mux
}
