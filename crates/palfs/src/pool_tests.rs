//! Latches instead of sleeps: a test waits for what it claims, and hangs (under the runner's limit) where that never comes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

fn small(cores: usize, most: usize) -> Limits {
    Limits { cores, most, patience: Duration::from_millis(5), idle: Duration::from_millis(5) }
}

/// Queues `count` jobs that say when they run and then block until the returned sender is dropped.
fn block(pool: &Pool, count: usize) -> (Vec<Sender<()>>, Receiver<()>) {
    let (started, running) = channel();
    let gates = (0..count)
        .map(|_| {
            let (gate, closed) = channel::<()>();
            let started = started.clone();
            pool.submit(move || {
                started.send(()).unwrap();
                closed.recv().unwrap_err();
            })
            .unwrap();
            gate
        })
        .collect();
    (gates, running)
}

#[test]
fn no_thread_is_started_before_the_first_job() {
    let pool = Pool::new(small(2, 8));
    assert_eq!(pool.threads(), 0);
    let (done, result) = channel();
    pool.submit(move || done.send(7).unwrap()).unwrap();
    assert_eq!(result.recv().unwrap(), 7);
    assert_eq!(pool.threads(), 1);
}

#[test]
fn jobs_in_sequence_reuse_one_thread() {
    let pool = Pool::new(Limits { cores: 4, ..Limits::default() });
    for _ in 0..100 {
        let (done, result) = channel();
        pool.submit(move || done.send(()).unwrap()).unwrap();
        result.recv().unwrap();
        // The worker counts itself idle a moment after the job's last act.
        while pool.shared.lock().idle == 0 {
            thread::yield_now();
        }
    }
    assert_eq!(pool.threads(), 1);
}

#[test]
fn four_blocked_jobs_do_not_stop_a_fifth() {
    let pool = Pool::new(small(2, 8));
    let (gates, running) = block(&pool, 4);
    for _ in 0..4 {
        running.recv().unwrap();
    }
    let (done, result) = channel();
    pool.submit(move || done.send("fifth").unwrap()).unwrap();
    assert_eq!(result.recv().unwrap(), "fifth");
    drop(gates);
}

#[test]
fn however_many_jobs_block_there_are_never_more_threads_than_the_limit() {
    let pool = Pool::new(Limits { patience: Duration::from_millis(1), ..Limits::default() });
    let (gates, running) = block(&pool, 100);
    for _ in 0..32 {
        running.recv().unwrap();
    }
    assert_eq!(pool.threads(), 32);
    assert!(running.try_recv().is_err());
    drop(gates);
    for _ in 32..100 {
        running.recv().unwrap();
    }
    assert!(pool.threads() <= 32);
}

#[test]
fn a_job_that_panics_does_not_cost_a_thread() {
    let pool = Pool::new(small(1, 1));
    for _ in 0..10 {
        pool.submit(|| std::panic::resume_unwind(Box::new("on purpose"))).unwrap();
    }
    let (done, result) = channel();
    pool.submit(move || done.send(thread::current().name().map(str::to_owned)).unwrap()).unwrap();
    assert_eq!(result.recv().unwrap().as_deref(), Some("palfs"));
    assert_eq!(pool.threads(), 1);
}

#[test]
fn threads_beyond_the_number_of_cores_end_when_they_are_idle() {
    let pool = Pool::new(small(2, 8));
    let (gates, running) = block(&pool, 6);
    for _ in 0..6 {
        running.recv().unwrap();
    }
    assert!(pool.threads() >= 6);
    drop(gates);
    while pool.threads() > 2 {
        thread::yield_now();
    }
    let (gates, running) = block(&pool, 3);
    for _ in 0..3 {
        running.recv().unwrap();
    }
    drop(gates);
}

#[test]
fn every_job_runs_once_when_many_threads_submit() {
    let pool = Pool::new(small(3, 8));
    let runs = Arc::new(AtomicUsize::new(0));
    let (done, finished) = channel();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let (runs, done) = (Arc::clone(&runs), done.clone());
                    pool.submit(move || {
                        runs.fetch_add(1, Ordering::Relaxed);
                        done.send(()).unwrap();
                    })
                    .unwrap();
                }
            });
        }
    });
    for _ in 0..4000 {
        finished.recv().unwrap();
    }
    assert_eq!(runs.load(Ordering::Relaxed), 4000);
}
