//! What ranks cost: a model of the time of a step, the table of docs/distributed.md that follows from
//! it, and two ranks over a network of a given latency and bandwidth to compare it with.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use unsmudge::dataset::{Dataset, Splits, Storage};
use unsmudge::distributed::Group;
use unsmudge::processor::Context;
use unsmudge::random::{Key, Purpose, unit};
use unsmudge::run::{self, Recipe};

/// A network: seconds that a message takes before its bytes, and bytes a second.
#[derive(Clone, Copy)]
struct Network {
    name: &'static str,
    latency: f64,
    bandwidth: f64,
}

const NETWORKS: [Network; 3] = [
    Network { name: "1 Gbit/s", latency: 100e-6, bandwidth: 0.118e9 },
    Network { name: "10 Gbit/s", latency: 50e-6, bandwidth: 1.18e9 },
    Network { name: "100 Gbit/s", latency: 20e-6, bandwidth: 11.8e9 },
];

/// Seconds of a core for an example and a weight: 2,900 microseconds for 20 examples of 784-1000
/// tied on one core of a Sapphire Rapids (docs/decisions/fused-updates.md).
const PER_EXAMPLE: f64 = 2900e-6 / (20.0 * 784_000.0);

/// Bytes of memory a second that a pass over the weights moves, on one node; a sum or an update
/// moves 12 bytes a weight.
const MEMORY: f64 = 50e9;

/// Seconds of a step of so many weights and examples on `n_ranks` nodes with as many shards.
fn step(n_weights: f64, batch: f64, n_ranks: u32, n_cores: f64, network: Network) -> f64 {
    let levels = f64::from(n_ranks.next_power_of_two().ilog2());
    let compute = batch / f64::from(n_ranks) * n_weights * PER_EXAMPLE / n_cores;
    let message = network.latency + 4.0 * n_weights / network.bandwidth;
    // Up and down the tree; a sum at each level on the way up, and the update.
    compute + 2.0 * levels * message + (levels + 1.0) * 12.0 * n_weights / MEMORY
}

const BATCHES: [f64; 4] = [20.0, 256.0, 4096.0, 65_536.0];
const RANKS: [u32; 6] = [2, 4, 16, 64, 256, 1024];

/// How many times as fast so many nodes are as one, as rows of a table.
fn table(n_weights: f64, n_cores: f64) -> String {
    let mut text = String::from("| network | batch |");
    RANKS.iter().for_each(|n| write!(text, " {n} |").unwrap());
    text += "\n|---|---|";
    RANKS.iter().for_each(|_| text += "---|");
    for network in NETWORKS {
        for batch in BATCHES {
            write!(text, "\n| {} | {batch} |", network.name).unwrap();
            for n_ranks in RANKS {
                if f64::from(n_ranks) > batch {
                    text += " - |";
                    continue;
                }
                let [one, many] = [1, n_ranks].map(|n| step(n_weights, batch, n, n_cores, network));
                let speedup = one / many;
                if speedup < 0.01 {
                    text += " < 0.01 |";
                    continue;
                }
                let digits = if speedup < 0.095 { 2 } else { usize::from(speedup < 9.95) };
                write!(text, " {speedup:.digits$} |").unwrap();
            }
        }
    }
    text
}

#[test]
fn the_table_of_speedups_is_that_of_the_model() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/distributed.md");
    let document = std::fs::read_to_string(path).unwrap();
    let table = table(784_000.0, 32.0);
    assert!(document.contains(&table), "docs/distributed.md lacks:\n{table}");
}

/// An address from which all bytes go on to `to`, and back, as slowly as the network has it.
fn slowed(to: String, network: Network) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for near in listener.incoming() {
            let near = near.unwrap();
            // Rank 0 may not listen yet: who comes tries again.
            let Ok(far) = TcpStream::connect(&to) else { continue };
            for (from, to) in [(&near, &far), (&far, &near)] {
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                to.set_nodelay(true).unwrap();
                thread::spawn(move || pass_on(from, to, network));
            }
        }
    });
    address
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, network: Network) {
    let (sender, receiver) = channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
    let mut buffer = vec![0; 16 << 10];
    let mut free = Instant::now();
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        free = free.max(Instant::now()) + Duration::from_secs_f64(n as f64 / network.bandwidth);
        let due = free + Duration::from_secs_f64(network.latency);
        if sender.send((due, buffer[..n].to_vec())).is_err() {
            return;
        }
    }
}

/// Seconds of a step by so many ranks, of one thread each, where the second comes through `network`.
fn measured(n_ranks: usize, network: Option<Network>) -> f64 {
    const N_ROWS: usize = 40;
    const N_COLUMNS: usize = 784;
    let mut words = vec![0; N_ROWS * N_COLUMNS];
    Key::new(23, Purpose::Sample).fill(&mut words);
    let cells: Vec<f32> = words.into_iter().map(unit).collect();
    let text = "[data]\nscaling = \"as-is\"\nvalid = 0\n[[layer]]\nn_hidden = 400\n\
                training = { epochs = 12, batch = 2, shards = 2 }";
    let recipe = &Recipe::parse(text, Path::new("recipe.toml")).unwrap();
    let here = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let there = network.map_or(here.clone(), |network| slowed(here.clone(), network));
    thread::scope(|scope| {
        let ranks = [here, there].into_iter().take(n_ranks).enumerate().map(|(rank, address)| {
            let rows = Dataset::new(Storage::Floats(cells.clone()), N_ROWS, N_COLUMNS).unwrap();
            scope.spawn(move || {
                let group = Group::new(rank, n_ranks, &address, b"only for a bench: 1").unwrap();
                let context = Context::new(Some(1)).unwrap().with_group(group);
                let splits = Splits { train: rows, valid: None, test: None };
                let keep_on = &mut |_: unsmudge::event::Event| ControlFlow::Continue(());
                run::fit(recipe, splits, &context, keep_on).unwrap().stages.remove(0).1
            })
        });
        let ranks: Vec<_> = ranks.collect();
        let progress = ranks.into_iter().map(|rank| rank.join().unwrap()).next().unwrap();
        // Without the first epoch, in which memory is touched for the first time.
        let fastest = progress.seconds[1..].iter().copied().fold(f64::INFINITY, f64::min);
        fastest / (N_ROWS / 2) as f64
    })
}

#[test]
#[ignore = "a measurement, of some ten seconds"]
fn bench_two_ranks_over_networks_of_given_latency_and_bandwidth() {
    let alone = measured(1, None);
    let base = measured(2, None);
    println!("784-400 tied, batch 2, 2 shards: {:.1} ms a step alone", 1e3 * alone);
    println!("two ranks over the loopback interface: {:.1} ms", 1e3 * base);
    let bytes = 4.0 * (313_600.0 + 1_184.0);
    for (latency, bandwidth) in [(1e-3, 1e12), (10e-3, 1e12), (0.1e-3, 0.118e9), (5e-3, 0.5e9)] {
        let network = Network { name: "", latency, bandwidth };
        let expected = base + 2.0 * (latency + bytes / bandwidth);
        let found = measured(2, Some(network));
        println!(
            "latency {:>4.1} ms, {:>8.0} MB/s: expected {:>5.1} ms, found {:>5.1} ms",
            1e3 * latency,
            bandwidth / 1e6,
            1e3 * expected,
            1e3 * found
        );
    }
}
