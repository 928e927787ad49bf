//! A candidate's own process: it fills itself, then does what it is asked and answers what that took.

use std::hint::{black_box, spin_loop};
use std::io::{Write, stdin, stdout};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use larder_bench::{Random, Zipf, process_time, resident_bytes, shuffled, thread_time};

use super::candidate::{A_USER, BRIEFLY, Candidate, name_of, value};
use super::ours::{Direct, Through};
use super::peers::{Dash, Moka, Quick, Sharded};
use super::row::{Operation, Question};

/// How many operations are prepared at a time. What is prepared stays in the cache nearest to the core, as the name in a
/// request just read would.
const CHUNK: usize = 256;

/// Is a candidate until nobody asks any more.
pub fn serve(name: &str, records: usize, bytes: usize) {
    let before = resident_bytes();
    match name {
        "larder" => answer(&Direct::new(), records, bytes, before),
        "larder, through Store" => answer(&Through::new(), records, bytes, before),
        "dashmap" => answer(&Dash::new(), records, bytes, before),
        "sharded hashbrown" => answer(&Sharded::new(), records, bytes, before),
        "quick_cache" => answer(&Quick::new(records), records, bytes, before),
        "moka" => answer(&Moka::new(), records, bytes, before),
        _ => panic!("no candidate is called {name}"),
    }
}

fn answer<C: Candidate>(candidate: &C, records: usize, bytes: usize, before: u64) {
    for item in 0..records {
        candidate.put(C::name(shuffled(item, records)), value(bytes));
    }
    let payload = records * (bytes + name_of(0).len());
    let over = (resident_bytes() - before).saturating_sub(payload as u64) as f64 / records as f64;
    let filled = Filled { candidate, records, bytes, zipf: Zipf::new(records) };
    println!("filled");
    for line in stdin().lines() {
        let line = line.expect("questions are text");
        let question = Question::read(&line).expect("questions are understood");
        let (cpu, wall) = match question.operation {
            Operation::Size => (over, over),
            Operation::Expire => filled.expire(&question),
            _ => filled.run(&question),
        };
        println!("{cpu} {wall}");
        stdout().flush().expect("somebody asked");
    }
}

/// A candidate that holds its records.
struct Filled<'c, C: Candidate> {
    candidate: &'c C,
    records: usize,
    bytes: usize,
    zipf: Zipf,
}

impl<C: Candidate> Filled<'_, C> {
    /// Answers CPU nanoseconds an operation, and those on the wall's clock from one operation's end to the next one's.
    fn run(&self, question: &Question) -> (f64, f64) {
        let operations = match question.operation {
            // Each looks at all that there is.
            Operation::All if !C::ORDERED => 2 * question.threads,
            _ => question.operations,
        };
        let threads = question.threads;
        let (each, barrier) = (operations / threads, Barrier::new(threads));
        let worker = |thread: usize| self.work(question, thread * each, each, &barrier);
        let spent: Vec<(Duration, Duration)> = if threads == 1 {
            vec![worker(0)] // In the thread that made the records: allocators tell threads apart.
        } else {
            thread::scope(|scope| {
                let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || worker(thread))).collect();
                workers.into_iter().map(|worker| worker.join().expect("no worker panics")).collect()
            })
        };
        let cpu = spent.iter().map(|(cpu, _)| cpu.as_nanos() as f64).sum::<f64>() / operations as f64;
        let rate: f64 = spent.iter().map(|(_, wall)| each as f64 / wall.as_nanos() as f64).sum();
        (cpu, 1.0 / rate)
    }

    /// One thread's part: so many operations, from the first on. Threads begin each chunk together.
    fn work(&self, question: &Question, first: usize, operations: usize, barrier: &Barrier) -> (Duration, Duration) {
        let (candidate, operation) = (self.candidate, question.operation);
        let mut random = Random::new((first as u64) << 16 | (question.round as u64) << 8 | u64::from(question.zipf));
        let (mut cpu, mut wall) = (Duration::ZERO, Duration::ZERO);
        let mut done = 0;
        while done < operations {
            let chunk = CHUNK.min(operations - done);
            let items: Vec<usize> = (0..chunk)
                .map(|at| match operation {
                    Operation::New | Operation::Delete => {
                        self.records + shuffled(first + done + at, question.operations)
                    }
                    Operation::All => random.below(self.records / A_USER),
                    _ if question.zipf => self.zipf.choose(&mut random),
                    _ => random.below(self.records),
                })
                .collect();
            done += chunk;
            let mut timed = |work: &mut dyn FnMut()| {
                barrier.wait();
                let (cpu_before, wall_before) = (thread_time(), Instant::now());
                work();
                wall += wall_before.elapsed();
                cpu += thread_time() - cpu_before;
            };
            if operation == Operation::All {
                let users: Vec<_> = items.iter().map(|user| C::user(*user)).collect();
                timed(&mut || users.iter().for_each(|user| assert_eq!(candidate.all(user), A_USER)));
                continue;
            }
            let mut names: Vec<_> = items.iter().map(|item| C::name(*item)).collect();
            timed(&mut || match operation {
                Operation::Get => names.iter().for_each(|name| self.get(name)),
                Operation::Delete => names.iter().for_each(|name| assert!(candidate.delete(name))),
                Operation::Mixed => {
                    for (at, name) in names.drain(..).enumerate() {
                        if at.is_multiple_of(10) { candidate.put(name, value(self.bytes)) } else { self.get(&name) }
                    }
                }
                _ => names.drain(..).for_each(|name| candidate.put(name, value(self.bytes))),
            });
        }
        (cpu, wall)
    }

    fn get(&self, name: &C::Name) {
        black_box(self.candidate.get(name).expect("it was put"));
    }

    /// Puts some records for a moment and answers what it takes, all threads together, until they are gone again.
    fn expire(&self, question: &Question) -> (f64, f64) {
        let began = Instant::now();
        for item in 0..question.operations {
            self.candidate.put_briefly(C::name(self.records + shuffled(item, question.operations)), value(self.bytes));
        }
        if began.elapsed() > BRIEFLY {
            eprintln!("the first records expired before the last was put: what an expiry takes is told too low");
        }
        // What a cache has put off until now belongs to the puts.
        self.candidate.len();
        let before = process_time();
        thread::sleep(BRIEFLY + Duration::from_millis(10) + C::GRACE);
        let wall_before = Instant::now();
        self.candidate.expire();
        let (cpu, wall) = (process_time() - before, wall_before.elapsed());
        assert_eq!(self.candidate.len(), self.records, "what expires is removed, and nothing else");
        (cpu.as_nanos() as f64 / question.operations as f64, wall.as_nanos() as f64 / question.operations as f64)
    }
}

/// Where threads wait for each other without a sleep, so that none begins late.
struct Barrier {
    threads: usize,
    arrivals: AtomicUsize,
}

impl Barrier {
    fn new(threads: usize) -> Self {
        Self { threads, arrivals: AtomicUsize::new(0) }
    }

    fn wait(&self) {
        let mine = self.arrivals.fetch_add(1, Ordering::AcqRel);
        let all = (mine / self.threads + 1) * self.threads;
        let mut turns = 0u32;
        while self.arrivals.load(Ordering::Acquire) < all {
            turns += 1;
            // Where there are fewer cores than threads, waiting would keep the other from arriving.
            if turns.is_multiple_of(1000) { thread::yield_now() } else { spin_loop() }
        }
    }
}
