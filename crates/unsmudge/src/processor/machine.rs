//! What the machine is: its memory, and its name in results.

use std::fs;
use std::path::Path;

/// Bytes of memory that this process may use: those of the machine, or the limit of its control
/// group where that is less; where neither can be told, 64 GiB, or what 32 bits can address.
pub fn memory_bytes() -> u64 {
    const UNKNOWN: u64 = if cfg!(target_pointer_width = "32") { 4 << 30 } else { 64 << 30 };
    total_bytes().into_iter().chain(group_bytes(Path::new("/"))).min().unwrap_or(UNKNOWN)
}

#[cfg(not(any(target_os = "macos", target_os = "windows")))]
fn total_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(any(target_os = "macos", target_os = "windows"))]
fn total_bytes() -> Option<u64> {
    let memory = sysinfo::MemoryRefreshKind::nothing().with_ram();
    let system =
        sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(memory));
    Some(system.total_memory()).filter(|bytes| *bytes > 0)
}

/// The least memory limit of this process's control group and of those that it lies in, below `root`:
/// `memory.max` of version 2, `memory.limit_in_bytes` of version 1. A container sees its own
/// group as the topmost, whatever path the system names.
fn group_bytes(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (kinds, path) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        let (top, name) = match kinds {
            "" => ("sys/fs/cgroup", "memory.max"),
            kinds if kinds.split(',').any(|kind| kind == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => return Vec::new(),
        };
        let path = Path::new(path.trim_start_matches('/'));
        let of = |group: &Path| {
            let text = fs::read_to_string(root.join(top).join(group).join(name)).ok()?;
            text.trim().parse::<u64>().ok() // "max" where there is no limit
        };
        path.ancestors().filter_map(of).collect()
    });
    limits.min()
}

/// The processor's model and a number of threads, as results say where they were computed.
pub fn machine(n_threads: usize) -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = text.lines().find_map(|line| line.strip_prefix("model name"));
    let name = named.map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let plural = if n_threads == 1 { "" } else { "s" };
    format!("{name}, {n_threads} thread{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn the_least_limit_of_the_control_groups_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(group_bytes(root), None);
        write(root, "proc/self/cgroup", "0::/user.slice/job\n");
        assert_eq!(group_bytes(root), None);
        write(root, "sys/fs/cgroup/user.slice/job/memory.max", "max\n");
        assert_eq!(group_bytes(root), None);
        write(root, "sys/fs/cgroup/user.slice/memory.max", "4096\n");
        assert_eq!(group_bytes(root), Some(4096));
        write(root, "sys/fs/cgroup/user.slice/job/memory.max", "8192\n");
        assert_eq!(group_bytes(root), Some(4096));
    }

    #[test]
    fn control_groups_of_version_1_and_of_containers_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        // The path is the one outside the container.
        write(root, "proc/self/cgroup", "5:cpu:/x\n4:hugetlb,memory:/docker/1f\n0::/\n");
        write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "1048576\n");
        assert_eq!(group_bytes(root), Some(1 << 20));
        write(root, "sys/fs/cgroup/memory.max", "2048\n");
        assert_eq!(group_bytes(root), Some(2048));
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(memory_bytes() > 64 << 20);
    }
}
