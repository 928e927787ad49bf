//! A store of ours and one of Erlang's on one Redis server: what either puts, the other gets, lists and deletes.

use std::collections::BTreeMap;

use fastrand::Rng;
use larder::{Key, Pattern, Store, Term, When};
use larder_test_redis::{Reply, Server};

use crate::oracle::Oracle;
use crate::{Result, atom, elements};

const SPACE: &str = "credentials";

/// So many keys are in use in one run.
const KEYS: usize = 60;

/// Calls both sides at random, in each layout and each way of writing atoms, and holds every answer against a model.
pub fn check(oracle: &mut Oracle, seed: u64, calls: usize) -> Result<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let server = Server::start();
    oracle.ask(Term::tuple([atom("connect")?, server.port().into()]))?;
    let mut counted = 0;
    for layout in ["pow", "pow-indexed"] {
        for otp in [25, 26] {
            server.command(&["FLUSHALL"]);
            let call = async {
                let mut run = Run::new(oracle, &server, layout, otp, seed, calls.div_ceil(4)).await?;
                run.random().await?;
                run.log_out_everywhere().await
            };
            let calls: usize = runtime.block_on(call).map_err(|error| format!("{layout}, otp={otp}: {error}"))?;
            println!("{calls} calls in {layout} with atoms of OTP {otp}: equal");
            counted += calls;
        }
    }
    Ok(counted)
}

struct Run<'r> {
    oracle: &'r mut Oracle,
    server: &'r Server,
    layout: &'static str,
    /// How Erlang and our first store write atoms.
    otp: u8,
    ours: Store<Term>,
    /// Writes atoms in the other way, and so puts nothing here that Erlang could not find.
    other: Store<Term>,
    records: Vec<(Key, Term, Term)>,
    random: Rng,
    model: BTreeMap<Key, Term>,
    calls: usize,
}

impl<'r> Run<'r> {
    async fn new(
        oracle: &'r mut Oracle,
        server: &'r Server,
        layout: &'static str,
        otp: u8,
        seed: u64,
        calls: usize,
    ) -> Result<Self> {
        let open = async |otp: u8| -> Result<Store<Term>> {
            let tail = format!("?layout={layout}&otp={otp}&namespace={SPACE}&ttl=1h&timeout=20s");
            Ok(larder::open(&server.url_with(&tail)).await?.store())
        };
        let asked = Term::tuple([atom("records")?, seed.into(), u64::from(otp).into(), calls.max(KEYS).into()]);
        let answer = oracle.ask(asked)?;
        let mut records = Vec::new();
        for record in answer.as_list().ok_or("records are a list")? {
            let [key, value, pattern] = elements(record)?;
            if !has_wide_map(key) {
                records.push((Key::new(key.as_list().ok_or("a key is a list")?)?, value.clone(), pattern.clone()));
            }
        }
        let (ours, other) = (open(otp).await?, open(51 - otp).await?);
        let random = Rng::with_seed(seed ^ u64::from(otp));
        Ok(Self { oracle, server, layout, otp, ours, other, records, random, model: BTreeMap::new(), calls })
    }

    /// What Erlang answers.
    fn erlang(&mut self, otp: u8, call: Term) -> Result<Term> {
        let minor = if otp == 25 { 1 } else { 2 };
        let indexed = Term::from(self.layout == "pow-indexed");
        self.oracle.ask(Term::tuple([atom("pow")?, minor.into(), indexed, SPACE.into(), call]))
    }

    async fn random(&mut self) -> Result<()> {
        for call in 0..self.calls {
            self.call(call).await.map_err(|error| format!("call {call}: {error}"))?;
        }
        Ok(())
    }

    async fn call(&mut self, call: usize) -> Result<()> {
        let at = self.random.usize(..KEYS.min(self.records.len()));
        let key = self.records[at].0.clone();
        let (_, value, pattern) = self.records[call % self.records.len()].clone();
        let parts = Term::list(key.parts());
        let before = self.model.get(&key).cloned();
        // Whichever of ours: both read both ways.
        let ours = if self.random.bool() { self.ours.clone() } else { self.other.clone() };
        match self.random.u8(..12) {
            0..3 => {
                self.erlang(self.otp, Term::tuple([atom("put")?, parts, value.clone()]))?;
                self.model.insert(key, value);
            }
            3 => {
                self.ours.put(&key, &value).await?;
                self.model.insert(key, value);
            }
            4 => {
                let when = if self.random.bool() { When::Absent } else { When::Present };
                let written = self.ours.put_when(&key, &value, when).await?;
                same(&written, &(before.is_some() == (when == When::Present)))?;
                if written {
                    self.model.insert(key, value);
                }
            }
            5 => {
                let found = self.erlang(self.otp, Term::tuple([atom("get")?, parts]))?;
                let expected =
                    before.map_or_else(|| atom("absent"), |value| Ok(Term::tuple([atom("found")?, value])))?;
                same(&found, &expected)?;
            }
            6 => same(&ours.get(&key).await?, &before)?,
            7 => {
                self.erlang(self.otp, Term::tuple([atom("delete")?, parts]))?;
                self.model.remove(&key);
            }
            8 => same(&ours.delete(&key).await?, &self.model.remove(&key).is_some())?,
            9 if self.random.bool() => same(&ours.take(&key).await?, &self.model.remove(&key))?,
            9 => same(&ours.touch(&key).await?, &before.is_some())?,
            10 => {
                let found = self.erlang(self.otp, Term::tuple([atom("all")?, pattern.clone()]))?;
                let expected = self.matching(&pattern);
                same(&pairs(&found)?, &expected)?;
            }
            _ => {
                let found = match Pattern::from_term(&pattern) {
                    Ok(pattern) => Some(ours.all(&pattern).await?.records.into_iter().collect()),
                    Err(_) => None,
                };
                same(&found, &self.matching(&pattern))?;
            }
        }
        Ok(())
    }

    /// What a pattern lists by the model; `None` where it is refused.
    fn matching(&self, pattern: &Term) -> Option<BTreeMap<Key, Term>> {
        let pattern = Pattern::from_term(pattern).ok()?;
        let matching = self.model.iter().filter(|(key, _)| pattern.matches(key));
        Some(matching.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// A user's sessions, written by Erlang before and after its upgrade and by us, are ended for certain.
    async fn log_out_everywhere(&mut self) -> Result<usize> {
        self.ours.clear().await?;
        let user = [atom("Elixir.MyApp.Users.User")?, atom("user")?, 42.into(), atom("session")?];
        let key = |name: &str| user.iter().cloned().chain([Term::from(name)]).collect::<Vec<_>>();
        for at in 0..20 {
            for otp in [25, 26] {
                let parts = Term::list(key(&format!("erlang {otp} {at}")));
                self.erlang(otp, Term::tuple([atom("put")?, parts, 1.into()]))?;
            }
            // The same session in both spellings, as after an upgrade, and one of ours.
            let both = Term::list(key(&format!("both {at}")));
            self.erlang(51 - self.otp, Term::tuple([atom("put")?, both.clone(), 1.into()]))?;
            self.erlang(self.otp, Term::tuple([atom("put")?, both, 2.into()]))?;
            self.ours.put(Key::new(key(&format!("ours {at}")))?, &1.into()).await?;
        }
        let sessions = Term::list(user.iter().cloned().chain([atom("_")?]).collect::<Vec<_>>());
        let pattern = Pattern::from_term(&sessions)?;
        same(&self.ours.count(&pattern).await?, &80)?;
        same(&self.other.count(&pattern).await?, &80)?;
        let ending = if self.random.bool() { &self.ours } else { &self.other };
        same(&ending.delete_all(&pattern).await?, &80)?;
        for otp in [25, 26] {
            let left = self.erlang(otp, Term::tuple([atom("all")?, sessions.clone()]))?;
            same(&left, &Term::empty_list())?;
        }
        let left = self.server.command(&["KEYS", "g*"]);
        if left != Reply::Array(Vec::new()) {
            return Err("a session is left in one of its spellings".into());
        }
        Ok(self.calls)
    }
}

/// The records that Erlang listed; `None` where it refused the pattern.
fn pairs(answer: &Term) -> Result<Option<BTreeMap<Key, Term>>> {
    let Some(records) = answer.as_list() else { return Ok(None) };
    let pair = |record: &Term| -> Result<(Key, Term)> {
        let [key, value] = elements(record)?;
        Ok((Key::new(key.as_list().ok_or("a key is a list")?)?, value.clone()))
    };
    let pairs: BTreeMap<_, _> = records.iter().map(pair).collect::<Result<_>>()?;
    if pairs.len() != records.len() {
        return Err("Erlang listed a record twice".into());
    }
    Ok(Some(pairs))
}

fn same<T: PartialEq>(found: &T, expected: &T) -> Result<()> {
    if found == expected { Ok(()) } else { Err("the answer is not the model's".into()) }
}

/// Whether Erlang writes a term in no fixed order, so that no key holds it.
fn has_wide_map(term: &Term) -> bool {
    if let Some(pairs) = term.as_map() {
        return pairs.len() > 1 || pairs.into_iter().any(|(key, value)| has_wide_map(key) || has_wide_map(value));
    }
    let list = term.as_tuple().or_else(|| term.as_list()).unwrap_or_default();
    let (elements, tail) = term.as_improper().map_or((list, None), |(elements, tail)| (elements, Some(tail)));
    elements.iter().chain(tail).any(has_wide_map)
}
