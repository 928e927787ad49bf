//! Commands as the bytes that are sent: each an array of words with their lengths ahead, as RESP has it.

/// How much a command takes beside its words, as a rule.
const ROOM: usize = 64;

/// One command.
#[derive(Clone)]
pub(in crate::backends::redis) struct Command(Words);

/// Several that are sent in one go.
#[derive(Clone, Default)]
pub(in crate::backends::redis) struct Commands {
    words: Words,
    /// Where each but the first begins.
    begins: Vec<usize>,
    atomic: bool,
}

/// The bytes, and which command of them words are added to.
#[derive(Clone, Default)]
struct Words {
    bytes: Vec<u8>,
    /// Where it begins.
    begin: usize,
    /// How many words it has.
    count: usize,
}

impl Command {
    /// The command of that name.
    pub(in crate::backends::redis) fn new(name: &str) -> Self {
        Self::with_room(name, 0)
    }

    /// The same, with room for words of so many bytes.
    pub(in crate::backends::redis) fn with_room(name: &str, room: usize) -> Self {
        Self::of(room, |say| say(name.as_bytes()))
    }

    /// The command of the words that are said, its name first.
    pub(in crate::backends::redis) fn of(room: usize, words: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Self {
        let mut said = Words { bytes: Vec::with_capacity(ROOM + room), ..Words::default() };
        said.begin();
        words(&mut |word| said.add(word));
        Self(said)
    }

    /// Adds a word.
    pub(in crate::backends::redis) fn arg(mut self, word: impl AsRef<[u8]>) -> Self {
        self.0.add(word.as_ref());
        self
    }

    /// Adds a number.
    pub(in crate::backends::redis) fn number(self, number: impl itoa::Integer) -> Self {
        self.arg(itoa::Buffer::new().format(number))
    }

    /// As it is sent.
    pub(in crate::backends::redis) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Commands {
    /// None yet, with room for so many bytes.
    pub(in crate::backends::redis) fn with_room(room: usize) -> Self {
        let words = Words { bytes: Vec::with_capacity(room), ..Words::default() };
        Self { words, ..Self::default() }
    }

    /// Adds a command, as it is sent.
    pub(in crate::backends::redis) fn push(&mut self, command: &[u8]) {
        self.begin();
        self.words.bytes.extend_from_slice(command);
    }

    /// Adds the command of the words that are said, its name first.
    pub(in crate::backends::redis) fn say(&mut self, words: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        self.begin();
        self.words.begin();
        words(&mut |word| self.words.add(word));
    }

    fn begin(&mut self) {
        if !self.is_empty() {
            self.begins.push(self.words.bytes.len());
        }
    }

    /// Makes them one MULTI.
    pub(in crate::backends::redis) fn atomic(&mut self) {
        self.atomic = true;
    }

    pub(in crate::backends::redis) fn is_atomic(&self) -> bool {
        self.atomic
    }

    pub(in crate::backends::redis) fn is_empty(&self) -> bool {
        self.words.bytes.is_empty()
    }

    /// How many there are; MULTI and EXEC are not counted.
    pub(in crate::backends::redis) fn len(&self) -> usize {
        if self.is_empty() { 0 } else { self.begins.len() + 1 }
    }

    /// Each as it is sent.
    pub(in crate::backends::redis) fn each(&self) -> impl Iterator<Item = &[u8]> {
        let last = (!self.is_empty()).then_some(self.words.bytes.len());
        let mut begin = 0;
        self.begins.iter().copied().chain(last).map(move |end| {
            let command = &self.words.bytes[begin..end];
            begin = end;
            command
        })
    }

    /// How many replies come to them, those to MULTI and EXEC included.
    pub(super) fn replies(&self) -> usize {
        self.len() + if self.atomic { 2 } else { 0 }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.atomic { b"*1\r\n$5\r\nMULTI\r\n" } else { b"" });
        out.extend_from_slice(&self.words.bytes);
        out.extend_from_slice(if self.atomic { b"*1\r\n$4\r\nEXEC\r\n" } else { b"" });
    }
}

impl Words {
    fn begin(&mut self) {
        (self.begin, self.count) = (self.bytes.len(), 0);
        self.bytes.extend_from_slice(b"*0\r\n");
    }

    fn add(&mut self, word: &[u8]) {
        let mut digits = itoa::Buffer::new();
        self.count += 1;
        let count = digits.format(self.count).as_bytes();
        let place = self.begin + 1;
        // It takes another digit.
        if self.bytes[place + count.len() - 1] == b'\r' {
            self.bytes.insert(place, b'0');
        }
        self.bytes[place..place + count.len()].copy_from_slice(count);
        self.bytes.push(b'$');
        self.bytes.extend_from_slice(digits.format(word.len()).as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
        self.bytes.extend_from_slice(word);
        self.bytes.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn packed(words: &[Vec<u8>]) -> Vec<u8> {
        let mut command = redis::Cmd::new();
        words.iter().for_each(|word| {
            command.arg(word.as_slice());
        });
        command.get_packed_command()
    }

    proptest! {
        #[test]
        fn commands_are_packed_as_redis_rs_packs_them(all in vec(vec(vec(any::<u8>(), 0..12), 1..13), 1..5)) {
            let mut commands = Commands::default();
            for words in &all {
                commands.say(|say| words.iter().for_each(|word| say(word)));
            }
            let expected: Vec<_> = all.iter().map(|words| packed(words)).collect();
            prop_assert_eq!(commands.each().collect::<Vec<_>>(), expected.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(commands.len(), all.len());
            let mut out = Vec::new();
            commands.write(&mut out);
            prop_assert_eq!(out, expected.concat());
        }
    }

    #[test]
    fn a_command_of_many_words_says_how_many_they_are() {
        for count in [9, 10, 99, 100, 1000, 1001] {
            let words = vec![b"w".to_vec(); count];
            let command = words[1..].iter().fold(Command::new("w"), Command::arg);
            assert!(command.bytes() == packed(&words), "{count}");
        }
    }

    #[test]
    fn what_is_atomic_stands_in_a_multi() {
        let mut commands = Commands::default();
        commands.push(Command::new("GET").arg("k").bytes());
        commands.push(Command::new("PEXPIRE").arg("k").number(7).bytes());
        commands.atomic();
        let mut out = Vec::new();
        commands.write(&mut out);
        let mut pipeline = redis::pipe();
        pipeline.atomic().cmd("GET").arg("k").cmd("PEXPIRE").arg("k").arg(7);
        assert!(out == pipeline.get_packed_pipeline());
        assert_eq!((commands.len(), commands.replies()), (2, 4));
        assert_eq!(Commands::default().each().count(), 0);
    }
}
