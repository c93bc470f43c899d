module anneal.test/hotpath

go 1.21
