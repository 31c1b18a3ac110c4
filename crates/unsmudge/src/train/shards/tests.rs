//! Sums of shards: by one rank, and by as many as a thousand.

use super::*;
use crate::distributed::Traffic;
use crate::random::{Key, Purpose, unit};

/// The sum of leaves whose loss and only value are these.
fn sum(leaves: &[Option<f32>]) -> (Option<(f64, f32)>, usize) {
    let context = Context::new(Some(1)).unwrap();
    let mut shards = Shards::new(leaves.len(), 1);
    let mut next = 0;
    let found = shards.sum(&context, &mut |k, mut buffer| {
        assert_eq!(k, next);
        next += 1;
        buffer[0] = leaves[k].unwrap_or(f32::NAN);
        Ok((leaves[k].map(f64::from), buffer))
    });
    let found = found.unwrap().map(|sum| {
        let parts = (sum.loss, sum.gradient[0]);
        shards.release(sum);
        parts
    });
    (found, shards.free.len())
}

#[test]
fn sums_are_those_of_a_tree_and_not_of_a_row() {
    // In a row each 1 would be lost beside 2^24; in the tree they meet first.
    let large = (1 << 24) as f32;
    let (found, n_buffers) = sum(&[Some(large), Some(0.0), Some(1.0), Some(1.0)]);
    assert_eq!(found, Some((16_777_218.0, large + 2.0)));
    assert_eq!(n_buffers, 3);
}

#[test]
fn shards_without_examples_add_nothing() {
    assert_eq!(sum(&[None, Some(3.0), None, None, Some(4.0)]).0, Some((7.0, 7.0)));
    assert_eq!(sum(&[None, None, None]).0, None);
}

#[test]
fn buffers_are_few_and_used_again() {
    let (found, n_buffers) = sum(&vec![Some(1.0); 1000]);
    assert_eq!(found, Some((1000.0, 1000.0)));
    assert!(n_buffers <= 11, "{n_buffers}");
}

#[test]
fn the_examples_of_a_batch_are_divided() {
    assert_eq!([0, 1, 2].map(|k| places(k, 3, 10)), [0..3, 3..6, 6..10]);
    assert_eq!([0, 1, 2].map(|k| places(k, 3, 2)), [0..0, 0..1, 1..2]);
}

const N_VALUES: usize = 37;

/// What shard `k` adds, of which every seventh has no example.
fn of_shard(k: usize, gradient: &mut [f32]) -> Option<f64> {
    let mut words = vec![0; N_VALUES];
    Key::new(5, Purpose::Sample).at_row(k as u64).fill(&mut words);
    for (value, word) in gradient.iter_mut().zip(words) {
        *value = (unit(word) - 0.5) * (1.0 + k as f32);
    }
    (k % 7 != 6).then(|| 1.0 / (1.0 + k as f64))
}

/// The bits of the sum that each of so many ranks comes to after two steps, and what all have sent.
fn simulated(n_ranks: usize, n_shards: usize) -> (Vec<Vec<u32>>, Traffic) {
    let groups = Group::in_process(n_ranks, &[n_shards]);
    let work = |group: &Group| {
        let context = Context::new(Some(1)).unwrap().with_group(group.clone());
        let mut shards = Shards::new(n_shards, N_VALUES);
        let own = group.run(n_shards);
        let mut bits = Vec::new();
        for _ in 0..2 {
            let sum = shards.sum(&context, &mut |k, mut buffer| {
                assert!(own.contains(&k));
                Ok((of_shard(k, &mut buffer), buffer))
            });
            let sum = sum.unwrap().unwrap();
            let loss = sum.loss.to_bits();
            bits.extend([loss as u32, (loss >> 32) as u32]);
            bits.extend(sum.gradient.iter().map(|value| value.to_bits()));
            shards.release(sum);
        }
        bits
    };
    let bits = std::thread::scope(|scope| {
        let small = || std::thread::Builder::new().stack_size(256 << 10);
        let ranks =
            groups.iter().map(|group| small().spawn_scoped(scope, move || work(group)).unwrap());
        let ranks: Vec<_> = ranks.collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    });
    let traffic = groups.iter().map(Group::traffic).fold(Traffic::default(), |all, one| Traffic {
        n_messages: all.n_messages + one.n_messages,
        n_bytes: all.n_bytes + one.n_bytes,
    });
    (bits, traffic)
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "needs threads")]
fn any_number_of_ranks_comes_to_the_same_bits() {
    for n_shards in [5, 16, 23] {
        let (alone, none) = simulated(1, n_shards);
        assert_eq!(none, Traffic::default());
        for n_ranks in [2, 3, 5] {
            let (bits, traffic) = simulated(n_ranks, n_shards);
            assert!(bits.iter().all(|bits| *bits == alone[0]), "{n_ranks} of {n_shards}");
            // Down once to each; up once from each run that ends where a node of the tree does.
            let at_least = 2 * 2 * (n_ranks as u64 - 1);
            assert!((at_least..=3 * at_least).contains(&traffic.n_messages), "{traffic:?}");
        }
    }
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "needs threads")]
fn a_thousand_ranks_come_to_the_same_bits_with_two_messages_each() {
    let (alone, _) = simulated(1, 1024);
    for n_ranks in [128, 512, 1024] {
        let (bits, Traffic { n_messages, n_bytes }) = simulated(n_ranks, 1024);
        assert!(bits.iter().all(|bits| *bits == alone[0]), "{n_ranks}");
        // Two steps, up and down the tree.
        let n = 2 * 2 * (n_ranks as u64 - 1);
        assert!(n_messages == n && n_bytes <= n * (8 + 4 * N_VALUES as u64), "{n_messages}");
        println!("{n_ranks} ranks, 1024 shards: {} messages a step, the same bits", n / 2);
    }
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "needs threads")]
fn a_rank_whose_rows_cannot_be_read_tells_the_others() {
    let groups = Group::in_process(3, &[3]);
    let work = |group: &Group| {
        let context = Context::new(Some(1)).unwrap().with_group(group.clone());
        let sum = Shards::new(3, 1).sum(&context, &mut |k, buffer| match k {
            1 => Err(Error::shape("rows", 1, 0)),
            _ => Ok((Some(1.0), buffer)),
        });
        sum.err().unwrap().to_string()
    };
    let errors: Vec<String> = std::thread::scope(|scope| {
        let ranks: Vec<_> = groups.iter().map(|group| scope.spawn(move || work(group))).collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    });
    assert_eq!(errors[1], "rows: expected 1, found 0");
    for error in [&errors[0], &errors[2]] {
        assert_eq!(*error, "rank 1: rows: expected 1, found 0");
    }
}
