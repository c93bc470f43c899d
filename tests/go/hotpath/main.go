// Hotpath is a program whose CPU profile holds each thing that an exporter can lose on the way to
// the Go compiler: generic functions, an interface call and a function value worth
// devirtualising, callees too costly to inline without a profile, recursion within one line, and
// a //line directive that makes call offsets negative. Standard library only.
//
//	hotpath -cpuprofile cpu.pprof -seconds 2
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/pprof"
	"time"
)

func main() {
	profile := flag.String("cpuprofile", "", "write a CPU profile to `file`")
	seconds := flag.Float64("seconds", 2, "how long to run")
	rounds := flag.Int("rounds", 0, "run so many rounds instead, and print the checksum")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			log.Fatal(err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			log.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	var sum uint64
	if *rounds > 0 {
		for i := 0; i < *rounds; i++ {
			sum += Round(uint64(i))
		}
	} else {
		end := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
		for i := uint64(0); time.Now().Before(end); i++ {
			sum += Round(i)
		}
	}
	fmt.Println(sum)
}
