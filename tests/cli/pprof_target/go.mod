module pprof_target

go 1.21
