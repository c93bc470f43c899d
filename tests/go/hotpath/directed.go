package main

// Directed is written as a generator would: the body claims to be lines of another file, above
// the line of the function itself.
func Directed(values []uint64) uint64 {
	var sum uint64
	for _, v := range values {
//line grammar.y:2
		sum += Weigh(v)
	}
	return sum
}
