//! A team of threads as its callers see it.

use super::*;

#[test]
fn a_part_that_shares_out_parts_does_them_itself() {
    let threads = Threads::start(3).unwrap();
    let within = threads.share(0..4, |part| {
        let here = thread::current().id();
        threads.share(0..3, |inner| (thread::current().id() == here, 10 * part + inner))
    });
    let expected = (0..4).map(|part| [0, 1, 2].map(|inner| (true, 10 * part + inner)));
    assert_eq!(within, expected.collect::<Vec<_>>());
}

#[test]
fn every_part_is_done_once_and_results_keep_their_order() {
    for n_threads in [1, 2, 3, 7] {
        let threads = Threads::start(n_threads).unwrap();
        for round in 0..300 {
            let n_parts = round % 40;
            if round % 100 == 99 {
                thread::sleep(3 * PATIENCE); // so that helpers have to be woken
            }
            let doubled = threads.share(0..n_parts, |part| 2 * part);
            assert_eq!(doubled, (0..n_parts).map(|part| 2 * part).collect::<Vec<_>>());
        }
    }
}

#[test]
fn threads_that_are_not_to_work_sleep_and_are_woken_when_they_are() {
    let threads = Threads::start(3).unwrap();
    let workers = |n_parts: usize| {
        let by = threads.share(0..n_parts, |part| {
            thread::sleep(Duration::from_millis(1)); // so that all who work take parts
            (part, thread::current().id())
        });
        assert!(by.iter().map(|(part, _)| *part).eq(0..n_parts));
        by.into_iter().map(|(_, id)| id).collect::<std::collections::HashSet<_>>().len()
    };
    for n_threads in [1, 3, 2, 1, 2, 3] {
        threads.use_threads(n_threads);
        assert_eq!(threads.count(), n_threads);
        // One that is told to sleep may still do a part at first, and one that is woken may be late.
        let counts: Vec<usize> = (0..20).map(|_| workers(24)).collect();
        assert!(counts[19] <= n_threads, "{counts:?}");
        assert!(counts.contains(&n_threads), "{counts:?}");
    }
    threads.use_threads(0);
    assert_eq!(threads.count(), 1);
    threads.use_threads(9);
    assert_eq!(threads.count(), 3);
}

#[test]
fn several_callers_of_one_team_do_not_disturb_each_other() {
    let threads = Threads::start(2).unwrap();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for round in 0..300 {
                    let sums = threads.share(0..8, |part| part + round);
                    assert_eq!(sums, (round..round + 8).collect::<Vec<_>>());
                }
            });
        }
    });
}

#[test]
fn a_panic_in_a_part_comes_back_and_the_team_goes_on() {
    let threads = Threads::start(2).unwrap();
    let broken = || threads.share(0..4, |part| assert_ne!(part, 3, "part three"));
    let panic = catch_unwind(AssertUnwindSafe(broken)).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("part three"));
    assert_eq!(threads.share(0..3, |part| part), [0, 1, 2]);
}
