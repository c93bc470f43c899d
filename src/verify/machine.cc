#include "verify/machine.h"

#include <sched.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace anneal {
namespace {

std::string FirstLine(const Fs& fs, const std::string& path) {
  Result<std::string> text = fs.ReadFile(path);
  return text.ok() ? text->substr(0, text->find('\n')) : std::string();
}

// The value of the first "name : value" line.
std::string FieldOf(const std::string& text, std::string_view name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name, 0) != 0) continue;
    size_t begin = line.find(':');
    if (begin == std::string::npos) continue;
    begin = line.find_first_not_of(" \t", begin + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

std::vector<int> AffinityOfThisThread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<size_t>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

bool SetAffinityOfThisThread(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
  return ::sched_setaffinity(0, sizeof(set), &set) == 0;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> MachineFacts(const Fs& fs) {
  std::vector<std::pair<std::string, std::string>> facts;
  auto add = [&facts](std::string name, std::string value) {
    if (!value.empty()) facts.emplace_back(std::move(name), std::move(value));
  };
  std::string cpuinfo = fs.ReadFile("/proc/cpuinfo").ok() ? *fs.ReadFile("/proc/cpuinfo") : "";
  add("cpu", FieldOf(cpuinfo, "model name"));
  if (!cpuinfo.empty()) {
    bool guest = FieldOf(cpuinfo, "flags").find(" hypervisor") != std::string::npos;
    add("virtual_machine", guest ? "yes" : "no");
  }
  add("cpus_online", std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)));
  add("cpus_allowed", std::to_string(AffinityOfThisThread().size()));
  add("governor", FirstLine(fs, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  add("no_turbo", FirstLine(fs, "/sys/devices/system/cpu/intel_pstate/no_turbo"));
  add("boost", FirstLine(fs, "/sys/devices/system/cpu/cpufreq/boost"));
  add("smt", FirstLine(fs, "/sys/devices/system/cpu/smt/control"));
  add("aslr", FirstLine(fs, "/proc/sys/kernel/randomize_va_space"));
  add("load_average", FirstLine(fs, "/proc/loadavg"));
  if (Result<std::string> meminfo = fs.ReadFile("/proc/meminfo"); meminfo.ok()) {
    add("memory", FieldOf(*meminfo, "MemTotal"));
  }
  utsname names{};
  if (::uname(&names) == 0) {
    add("kernel", fmt::format("{} {}", names.sysname, names.release));
    add("architecture", names.machine);
  }
  std::sort(facts.begin(), facts.end());
  return facts;
}

Result<CpuTicks> ParseCpuTicks(std::string_view proc_stat) {
  std::istringstream line{std::string(proc_stat.substr(0, proc_stat.find('\n')))};
  std::string name;
  int64_t user = 0, nice = 0, system = 0, idle = 0;
  if (!(line >> name >> user >> nice >> system >> idle) || name != "cpu") {
    return Error(Code::kUnavailable, "/proc/stat does not begin with a cpu line");
  }
  int64_t iowait = 0, irq = 0, softirq = 0, steal = 0;  // absent in old kernels
  line >> iowait >> irq >> softirq >> steal;
  CpuTicks ticks;
  ticks.busy = user + nice + system + irq + softirq;
  ticks.steal = steal;
  ticks.total = ticks.busy + idle + iowait + steal;
  return ticks;
}

Result<CpuTicks> ReadCpuTicks(const Fs& fs) {
  ASSIGN_OR_RETURN(std::string text, fs.ReadFile("/proc/stat"));
  return ParseCpuTicks(text);
}

int64_t TicksPerSecond() { return std::max<int64_t>(1, ::sysconf(_SC_CLK_TCK)); }

int64_t WaitNs(const Fs& fs, int pid) {
  std::string directory = fmt::format("/proc/{}/task", pid);
  Result<std::vector<std::string>> threads = fs.ListDir(directory);
  if (!threads.ok()) return 0;
  int64_t sum_ns = 0;
  for (const std::string& thread : *threads) {
    Result<std::string> text = fs.ReadFile(fmt::format("{}/{}/schedstat", directory, thread));
    if (!text.ok()) continue;
    std::istringstream fields(*text);
    int64_t run_ns = 0, wait_ns = 0;
    if (fields >> run_ns >> wait_ns) sum_ns += wait_ns;
  }
  return sum_ns;
}

size_t ChildCount(const Fs& fs, int pid) {
  std::string directory = fmt::format("/proc/{}/task", pid);
  Result<std::vector<std::string>> threads = fs.ListDir(directory);
  if (!threads.ok()) return 0;
  size_t count = 0;
  for (const std::string& thread : *threads) {
    Result<std::string> text = fs.ReadFile(fmt::format("{}/{}/children", directory, thread));
    if (!text.ok()) continue;
    std::istringstream fields(*text);
    for (std::string child; fields >> child;) ++count;
  }
  return count;
}

int64_t OwnCpuNs() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Pins ChoosePins(PinPolicy policy) {
  Pins pins;
  std::vector<int> allowed = AffinityOfThisThread();
  if (policy == PinPolicy::kOff) {
    pins.note = "not asked for";
  } else if (allowed.size() < 2) {
    pins.note = "only one processor may be used";
  } else if (!SetAffinityOfThisThread({allowed.back()}) || !SetAffinityOfThisThread(allowed)) {
    pins.note = "the kernel does not permit it";
  } else {
    // The last one: interrupts and start-up work tend to land on the first.
    pins.arms = {allowed.back()};
    pins.load.assign(allowed.begin(), allowed.end() - 1);
  }
  return pins;
}

ScopedAffinity::ScopedAffinity(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  std::vector<int> before = AffinityOfThisThread();
  if (SetAffinityOfThisThread(cpus)) before_ = std::move(before);
}

ScopedAffinity::~ScopedAffinity() {
  if (!before_.empty()) SetAffinityOfThisThread(before_);
}

}  // namespace anneal
