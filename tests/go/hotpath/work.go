package main

// Round does a bit of everything.
func Round(seed uint64) uint64 {
	numbers := make([]uint64, 512)
	for i := range numbers {
		seed = seed*6364136223846793005 + 1442695040888963407
		numbers[i] = seed >> 33
	}
	sum := MapReduce(numbers, mixed)
	sum += Tally[uint32](narrow(numbers)) + Tally(numbers)
	sum += Digest(numbers, shapes[seed%8])
	sum += Apply(numbers, mixed)
	if Odd(15) {
		sum++
	}
	return sum + Directed(numbers)
}

// Tally is generic: its symbol carries the shape it is instantiated with. It costs a little more
// than the inliner's budget of 80, and so do most functions here.
func Tally[T uint32 | uint64](values []T) uint64 {
	var sum uint64
	for _, v := range values {
		sum += Weigh(v)
	}
	return sum
}

// Weigh is what Tally spends its time in.
func Weigh[T uint32 | uint64](v T) uint64 {
	x := uint64(v)
	for i := 0; i < 4; i++ {
		x ^= x >> 7
		x *= 0x9E3779B97F4A7C15
		x ^= x << 9
		if x&1 == 1 {
			x += uint64(i) * 31
		} else {
			x -= uint64(i) * 17
		}
		x ^= x >> 31
		x = x<<13 | x>>51
	}
	return x
}

func MapReduce[T, R any](values []T, each func(T) R) (last R) {
	for _, v := range values {
		last = each(v)
	}
	return last
}

func narrow(values []uint64) []uint32 {
	out := make([]uint32, len(values))
	for i, v := range values {
		out[i] = uint32(v)
	}
	return out
}

// Shape is called through its interface; nearly always it is a *Box.
type Shape interface {
	Area(scale uint64) uint64
}

type Box struct{ w, h uint64 }
type Disc struct{ r uint64 }

func (b *Box) Area(scale uint64) uint64 {
	x := b.w*scale + b.h
	for i := uint64(0); i < 3; i++ {
		x = x*33 ^ x>>11 ^ i
		x += b.h << (x & 7)
		x ^= b.w * 0xff51afd7ed558ccd
		x = x<<17 | x>>47
	}
	return x
}

func (d *Disc) Area(scale uint64) uint64 { return d.r * d.r * 3 * scale }

var shapes = []Shape{&Box{1, 2}, &Box{3, 4}, &Box{5, 6}, &Box{7, 8}, &Box{9, 1}, &Box{2, 3}, &Box{4, 5}, &Disc{9}}

func Digest(values []uint64, s Shape) uint64 {
	var sum uint64
	for _, v := range values {
		sum += s.Area(v)
	}
	return sum
}

// Apply calls a function value.
func Apply(values []uint64, f func(uint64) uint64) uint64 {
	var sum uint64
	for _, v := range values {
		sum += f(v)
	}
	return sum
}

func mixed(v uint64) uint64 {
	for i := 0; i < 3; i++ {
		v ^= v >> 33
		v *= 0xff51afd7ed558ccd
		v ^= v >> 29
		v *= 0xc4ceb9fe1a85ec53
		v ^= v >> 32
		v += uint64(i)
	}
	return v
}

// Odd says whether the nth Fibonacci number is odd. It calls itself on the line that samples of its
// own body fall on, too.
func Odd(n uint64) bool {
	return n != 0 && (n == 1 || Odd(n-1) != Odd(n-2))
}
