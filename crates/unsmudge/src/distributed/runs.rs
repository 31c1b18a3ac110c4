//! Which rank has which shards, and who sends to whom: pure functions of the numbers of ranks and
//! shards.

use std::collections::BTreeSet;
use std::ops::Range;

/// The shards of a rank: a run, as long as that of any other but for one.
pub(super) fn run(rank: usize, n_ranks: usize, n_shards: usize) -> Range<usize> {
    rank * n_shards / n_ranks..(rank + 1) * n_shards / n_ranks
}

/// The rank that has a shard.
pub(crate) fn owner(shard: usize, n_ranks: usize, n_shards: usize) -> usize {
    ((shard + 1) * n_ranks - 1) / n_shards
}

/// The halves of a node of the tree of sums.
pub(crate) fn halves(shards: &Range<usize>) -> [Range<usize>; 2] {
    let middle = shards.start + shards.len() / 2;
    [shards.start..middle, middle..shards.end]
}

/// Where a rank has the weights' change from, which begins at rank 0: a binomial tree.
pub(super) fn parent(rank: usize) -> Option<usize> {
    (rank > 0).then(|| rank & (rank - 1))
}

/// To whom it passes it on, those with the most below them first.
pub(super) fn children(rank: usize, n_ranks: usize) -> Vec<usize> {
    let below = if rank == 0 { usize::BITS } else { rank.trailing_zeros() };
    let distances = (0..below).rev().filter_map(|bit| 1usize.checked_shl(bit));
    distances.filter_map(|distance| rank.checked_add(distance)).filter(|r| *r < n_ranks).collect()
}

/// The ranks that a rank exchanges anything with, for stages of these numbers of shards.
pub(super) fn peers(rank: usize, n_ranks: usize, shards: &[usize]) -> BTreeSet<usize> {
    let mut peers: BTreeSet<usize> =
        children(rank, n_ranks).into_iter().chain(parent(rank)).collect();
    for n_shards in shards.iter().filter(|n| **n >= n_ranks) {
        add_peers(&(0..*n_shards), (rank, n_ranks, *n_shards), &mut peers);
    }
    peers
}

fn add_peers(
    shards: &Range<usize>,
    (rank, n_ranks, n_shards): (usize, usize, usize),
    peers: &mut BTreeSet<usize>,
) {
    let own = run(rank, n_ranks, n_shards);
    if shards.len() < 2 || own.end <= shards.start || own.start >= shards.end {
        return;
    }
    let halves = halves(shards);
    let [first, second] = halves.clone().map(|half| owner(half.start, n_ranks, n_shards));
    match (first == rank, second == rank) {
        (true, false) => _ = peers.insert(second),
        (false, true) => _ = peers.insert(first),
        _ => {}
    }
    halves.iter().for_each(|half| add_peers(half, (rank, n_ranks, n_shards), peers));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shard_is_in_the_run_of_its_owner() {
        for (n_ranks, n_shards) in [(1, 1), (1, 7), (3, 3), (3, 8), (5, 16), (128, 128), (96, 1024)]
        {
            for shard in 0..n_shards {
                let owner = owner(shard, n_ranks, n_shards);
                assert!(
                    run(owner, n_ranks, n_shards).contains(&shard),
                    "{n_ranks} {n_shards} {shard}"
                );
            }
            let lengths = (0..n_ranks).map(|rank| run(rank, n_ranks, n_shards).len());
            assert!(lengths.max().unwrap() <= n_shards.div_ceil(n_ranks));
        }
    }

    #[test]
    fn every_rank_but_the_first_has_one_parent_whose_child_it_is() {
        for n_ranks in [1, 2, 5, 8, 1000] {
            let mut n_children = 0;
            for rank in 0..n_ranks {
                let children = children(rank, n_ranks);
                assert!(children.iter().all(|child| parent(*child) == Some(rank)));
                n_children += children.len();
            }
            assert_eq!(n_children, n_ranks - 1);
        }
    }

    #[test]
    fn peers_know_each_other_and_are_few() {
        for (n_ranks, shards) in [(2, &[2][..]), (3, &[8, 5]), (5, &[16]), (128, &[128, 1000])] {
            let peers: Vec<_> = (0..n_ranks).map(|rank| peers(rank, n_ranks, shards)).collect();
            for (rank, of_rank) in peers.iter().enumerate() {
                assert!(of_rank.iter().all(|peer| peers[*peer].contains(&rank) && *peer != rank));
                assert!(
                    of_rank.len() <= 2 * (n_ranks.ilog2() as usize + 1) + 6,
                    "{rank}: {of_rank:?}"
                );
            }
        }
    }
}
