//! What the machine is: its memory, and its name in results.

/// Bytes of memory that this machine has; where that cannot be told, 64 GiB.
pub fn memory_bytes() -> u64 {
    const UNKNOWN: u64 = 64 << 30;
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else { return UNKNOWN };
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes = total.and_then(|rest| rest.trim().strip_suffix("kB"));
    kibibytes.and_then(|number| number.trim().parse::<u64>().ok()).map_or(UNKNOWN, |k| k * 1024)
}

/// The processor's model and a number of threads, as results say where they were computed.
pub fn machine(n_threads: usize) -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = text.lines().find_map(|line| line.strip_prefix("model name"));
    let name = named.map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let plural = if n_threads == 1 { "" } else { "s" };
    format!("{name}, {n_threads} thread{plural}")
}
