// A program to scrape: it burns CPU, allocates, and serves net/http/pprof. Prints its address.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"time"
)

var sink [][]byte

//go:noinline
func burn(n int) (sum int) {
	for i := 0; i < n; i++ {
		sum += i * i
	}
	return sum
}

//go:noinline
func allocate() {
	sink = append(sink[max(0, len(sink)-16):], make([]byte, 256<<10))
}

func main() {
	runtime.MemProfileRate = 64 << 10
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			burn(2_000_000)
			allocate()
			time.Sleep(5 * time.Millisecond)
		}
	}()
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
