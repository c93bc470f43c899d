module anneal/bench/profload

go 1.23
