// Command profload pushes real pprof profiles at a Pyroscope-compatible server
// and then times merge queries over them. It reads the server's CPU time and
// peak memory from /proc, so two servers can be compared on a noisy machine.
//
//	profload -url http://127.0.0.1:4040 -pid 1234 -corpus DIR -services 10 -instances 4 -points 60
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	url       = flag.String("url", "http://127.0.0.1:4040", "server under test")
	pid       = flag.Int("pid", 0, "server's process id, for CPU time and memory (0: not measured)")
	corpus    = flag.String("corpus", "", "folder of gzipped pprof CPU profiles")
	services  = flag.Int("services", 10, "number of service_name values")
	instances = flag.Int("instances", 4, "instances of each service")
	points    = flag.Int("points", 60, "profiles of each instance, one every -step")
	step      = flag.Duration("step", 15*time.Second, "time between two profiles of an instance")
	conc      = flag.Int("conc", 8, "concurrent connections")
	queries   = flag.Int("queries", 10, "merge queries to time after the push (0: none)")
	skipPush  = flag.Bool("skip-push", false, "only query")
	settle    = flag.Duration("settle", 3*time.Second, "wait between push and query")
	wait      = flag.Duration("wait", 0, "how long the server may take to answer /ready")
)

// Protobuf wire helpers: just enough for push.v1 and querier.v1 requests.
func varint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }
func field(b []byte, num int, body []byte) []byte {
	b = varint(b, uint64(num)<<3|2)
	b = varint(b, uint64(len(body)))
	return append(b, body...)
}
func intField(b []byte, num int, v uint64) []byte { return varint(varint(b, uint64(num)<<3), v) }

func label(k, v string) []byte { return field(field(nil, 1, []byte(k)), 2, []byte(v)) }

type profile struct{ raw []byte } // uncompressed pprof

func load(dir string) (ps []profile) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	sort.Strings(files)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		zr, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			continue // the folder's README
		}
		if b, err = io.ReadAll(zr); err != nil {
			continue
		}
		ps = append(ps, profile{b})
	}
	if len(ps) == 0 {
		fmt.Fprintln(os.Stderr, "profload: no profiles in", dir)
		os.Exit(2)
	}
	return
}

// at returns the profile gzipped with time_nanos (field 9) overridden: in
// protobuf the last value of a scalar field wins.
func (p profile) at(t time.Time) []byte {
	var out bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	zw.Write(p.raw)
	zw.Write(intField(nil, 9, uint64(t.UnixNano())))
	zw.Close()
	return out.Bytes()
}

func pushBody(svc, inst string, gz []byte) []byte {
	var series []byte
	series = field(series, 1, label("__name__", "process_cpu"))
	series = field(series, 1, label("service_name", svc))
	series = field(series, 1, label("instance", inst))
	series = field(series, 2, field(nil, 1, gz))
	return field(nil, 1, series)
}

func mergeBody(query string, from, to time.Time) []byte {
	b := field(nil, 1, []byte("process_cpu:cpu:nanoseconds:cpu:nanoseconds"))
	b = field(b, 2, []byte(query))
	b = intField(b, 3, uint64(from.UnixMilli()))
	return intField(b, 4, uint64(to.UnixMilli()))
}

func post(c *http.Client, path string, body []byte) ([]byte, error) {
	req, _ := http.NewRequest("POST", *url+path, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/proto")
	req.Header.Set("Connect-Protocol-Version", "1")
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("%s: %.200s", resp.Status, out)
	}
	return out, err
}

// ready waits for the server to answer /ready with 200.
func ready(c *http.Client) {
	for deadline := time.Now().Add(*wait); ; time.Sleep(50 * time.Millisecond) {
		resp, err := c.Get(*url + "/ready")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				return
			}
			err = fmt.Errorf("%s", resp.Status)
		}
		if time.Now().After(deadline) {
			fmt.Fprintln(os.Stderr, "profload: server is not ready:", err)
			os.Exit(1)
		}
	}
}

func cpuSeconds() float64 {
	if *pid == 0 {
		return 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", *pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	u, _ := strconv.ParseFloat(f[11], 64)
	s, _ := strconv.ParseFloat(f[12], 64)
	return (u + s) / 100
}

func memory() string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", *pid))
	var out []string
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "VmHWM") || strings.HasPrefix(l, "VmRSS") {
			out = append(out, strings.Join(strings.Fields(l), " "))
		}
	}
	return strings.Join(out, ", ")
}

func pct(d []time.Duration, p float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sort.Slice(d, func(i, j int) bool { return d[i] < d[j] })
	return d[int(float64(len(d)-1)*p)]
}

func main() {
	flag.Parse()
	var failures int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *conc}, Timeout: 5 * time.Minute}
	if *wait > 0 {
		ready(client)
	}
	end := time.Now().Truncate(time.Second)
	start := end.Add(-time.Duration(*points) * *step)

	if !*skipPush {
		ps := load(*corpus)
		type job struct{ svc, inst, pt int }
		jobs := make(chan job)
		var done, failed, sent atomic.Int64
		var mu sync.Mutex
		var lat []time.Duration
		var wg sync.WaitGroup
		c0, t0 := cpuSeconds(), time.Now()
		for w := 0; w < *conc; w++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for j := range jobs {
					rnd := rand.New(rand.NewSource(int64(j.svc)*1_000_003 + int64(j.inst)*10_007 + int64(j.pt)))
					gz := ps[(j.svc*7+rnd.Intn(12))%len(ps)].at(start.Add(time.Duration(j.pt) * *step))
					body := pushBody(fmt.Sprintf("svc-%d", j.svc), fmt.Sprintf("host-%d", j.inst), gz)
					b := time.Now()
					_, err := post(client, "/push.v1.PusherService/Push", body)
					d := time.Since(b)
					mu.Lock()
					lat = append(lat, d)
					mu.Unlock()
					if err != nil {
						if failed.Add(1) == 1 {
							fmt.Fprintln(os.Stderr, "profload: first push error:", err)
						}
						continue
					}
					done.Add(1)
					sent.Add(int64(len(body)))
				}
			}()
		}
		for p := 0; p < *points; p++ {
			for s := 0; s < *services; s++ {
				for i := 0; i < *instances; i++ {
					jobs <- job{s, i, p}
				}
			}
		}
		close(jobs)
		wg.Wait()
		el, cpu := time.Since(t0).Seconds(), cpuSeconds()-c0
		n := float64(done.Load())
		failures += failed.Load()
		fmt.Printf("push: %d ok, %d failed, %.1f s, %.0f profiles/s, %.1f MB/s gz, server CPU %.2f s = %.3f ms/profile, p50 %v p99 %v\n",
			done.Load(), failed.Load(), el, n/el, float64(sent.Load())/el/1e6, cpu, 1000*cpu/n, pct(lat, .5), pct(lat, .99))
		fmt.Println("memory:", memory())
		time.Sleep(*settle)
	}

	for _, q := range []struct{ name, query string }{
		{"one service", `{service_name="svc-0"}`},
		{"all services", `{}`},
	} {
		var lat []time.Duration
		var size int
		c0 := cpuSeconds()
		for i := 0; i < *queries; i++ {
			b := time.Now()
			out, err := post(client, "/querier.v1.QuerierService/SelectMergeProfile", mergeBody(q.query, start.Add(-time.Minute), end.Add(time.Minute)))
			if err != nil {
				fmt.Fprintln(os.Stderr, "profload: query:", err)
				failures++
				break
			}
			lat = append(lat, time.Since(b))
			size = len(out)
		}
		if len(lat) > 0 {
			fmt.Printf("merge %s: p50 %v max %v, server CPU %.1f ms/query, %d bytes\n", q.name, pct(lat, .5), pct(lat, 1), 1000*(cpuSeconds()-c0)/float64(len(lat)), size)
		}
	}
	fmt.Println("memory:", memory())
	if failures > 0 {
		os.Exit(1)
	}
}
