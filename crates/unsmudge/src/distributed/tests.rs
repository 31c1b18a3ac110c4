//! Ranks that are threads, over the loopback interface: who is let in, who is turned away, and how
//! losses are told.

use super::*;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const SECRET: &[u8] = b"only for tests: 1";

/// An address that nobody listens at.
fn address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Runs `work` on each of so many ranks that meet, with as many shards.
fn on_ranks<R: Send>(n_ranks: usize, work: impl Fn(Group) -> R + Sync) -> Vec<R> {
    let (address, work) = (address(), &work);
    thread::scope(|scope| {
        let ranks = (0..n_ranks).map(|rank| {
            let group = Group::new(rank, n_ranks, &address, SECRET).unwrap();
            scope.spawn(move || {
                group.join(&[n_ranks]).unwrap();
                work(group)
            })
        });
        let ranks: Vec<_> = ranks.collect();
        ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

fn rank_of<T: fmt::Debug>(result: Result<T>) -> (usize, String) {
    match result {
        Err(Error::Rank { rank, problem, .. }) => (rank, problem),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_rank_0_says_comes_to_all_and_they_part_when_all_are_done() {
    for n_ranks in [1, 2, 3, 5] {
        let heard = on_ranks(n_ranks, |group| {
            let long = if group.rank() == 0 { vec![7; 3 << 20] } else { Vec::new() };
            let heard = group.broadcast(long).unwrap();
            let next = group.broadcast(b"next".to_vec()).unwrap();
            group.leave().unwrap();
            (heard.len(), next, group.traffic())
        });
        assert!(heard.iter().all(|(n, next, _)| (*n, &next[..]) == (3 << 20, b"next")));
        let n_messages: u64 = heard.iter().map(|(.., traffic)| traffic.n_messages).sum();
        assert_eq!(n_messages, 2 * (n_ranks as u64 - 1));
    }
}

#[test]
fn ranks_meet_again_after_they_have_parted() {
    let heard = on_ranks(2, |group| {
        group.leave().unwrap();
        group.join(&[2]).unwrap();
        let heard = group.broadcast(vec![3]).unwrap();
        group.leave().unwrap();
        heard
    });
    assert_eq!(heard, [[3], [3]]);
}

#[test]
fn a_rank_that_ends_is_named_on_every_other_within_seconds() {
    let losses = on_ranks(5, |group| {
        let started = Instant::now();
        // Ranks 0 and 1 have no connection to it: they hear of it.
        let from = match group.rank() {
            3 => return (3, Duration::ZERO),
            0 => 4,
            _ => 0,
        };
        (rank_of(group.receive(from)).0, started.elapsed())
    });
    let is_named = |(rank, took): &(usize, Duration)| *rank == 3 && took.as_secs() < 10;
    assert!(losses.iter().all(is_named), "{losses:?}");
}

#[test]
fn a_rank_that_fails_says_why_on_every_other() {
    let told = on_ranks(3, |group| {
        if group.rank() == 1 {
            return rank_of::<()>(Err(group.fail("its disk is full")));
        }
        let from = if group.rank() == 0 { 1 } else { 0 };
        rank_of(group.receive(from))
    });
    assert_eq!(told[0], (1, "its disk is full".to_string()));
    assert_eq!(told[2], told[0]);
}

#[test]
fn strangers_and_other_secrets_are_turned_away_and_the_others_meet() {
    let address = address();
    let join = |rank: usize, secret: &[u8]| {
        let group = Group::new(rank, 2, &address, secret).unwrap();
        thread::spawn(move || group.join(&[2]).map(|()| group))
    };
    let first = join(0, SECRET);
    // Somebody who says nothing, and somebody who says something else.
    let silent = loop {
        match TcpStream::connect(&address) {
            Ok(stream) => break stream,
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    };
    let mut other = TcpStream::connect(&address).unwrap();
    other.write_all(&[b'x'; 500]).unwrap();
    let (rank, problem) = rank_of(join(1, b"only for tests: 2").join().unwrap());
    assert!(rank == 1 && problem.contains("its secret is another one"), "{problem}");
    let of_others = Group::new(2, 3, &address, SECRET).unwrap();
    let (_, problem) = rank_of(of_others.join(&[3]));
    assert!(problem.contains("another number of ranks"), "{problem}");
    let second = join(1, SECRET).join().unwrap().unwrap();
    let first = first.join().unwrap().unwrap();
    drop((silent, other));
    first.send(1, b"here").unwrap();
    assert_eq!(second.receive(0).unwrap(), b"here");
    // What comes later is nobody's.
    assert!(!format!("{first:?}").contains("tests"));
}

#[test]
fn a_rank_comes_once() {
    let address = address();
    let join = |rank| {
        let group = Group::new(rank, 3, &address, SECRET).unwrap();
        thread::spawn(move || group.join(&[3]).map(|()| group))
    };
    let mut twice = [join(1), join(1)];
    let first = join(0);
    // The other one is in, and waits for rank 2.
    let is_refused = loop {
        match twice.iter().position(|rank| rank.is_finished()) {
            Some(place) => break place,
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    let last = join(2);
    twice.swap(0, is_refused);
    let [refused, other] = twice.map(|rank| rank.join().unwrap());
    let (_, problem) = rank_of(refused);
    assert!(problem.contains("has this rank already"), "{problem}");
    assert!(other.is_ok() && first.join().unwrap().is_ok() && last.join().unwrap().is_ok());
}

#[test]
fn what_is_no_rank_is_refused_before_anybody_meets() {
    let refused = |rank, n_ranks, address: &str, secret: &[u8]| {
        Group::new(rank, n_ranks, address, secret).unwrap_err().to_string()
    };
    assert!(refused(0, 0, "a:1", SECRET).contains("`rank` = 0/0"));
    assert!(refused(3, 3, "a:1", SECRET).contains("`rank` = 3/3"));
    for address in ["head", "head:", "head:0", "head:70000"] {
        assert!(refused(0, 2, address, SECRET).contains("HOST:PORT"), "{address}");
    }
    let short = refused(0, 2, "a:1", b"hunter2");
    assert!(short.contains("16") && !short.contains("hunter2"), "{short}");
    let group = Group::new(0, 4, "127.0.0.1:1", SECRET).unwrap();
    for shards in [&[1][..], &[2, 8], &[1, 1]] {
        let error = group.join(shards).unwrap_err().to_string();
        assert!(error.contains("`shards`") && error.contains("which is 4"), "{error}");
    }
}
