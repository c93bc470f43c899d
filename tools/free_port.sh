# Sourced by scripts: free_port prints a TCP port that nothing on 127.0.0.1 listens on. It may be
# taken before the caller binds it; the callers' servers then fail to start and say so.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))  # below the kernel's range of ephemeral ports
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
      echo "$port"
      return
    }
  done
}
