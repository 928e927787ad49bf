//! The command line: what all commands share, and the list of them.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand};

use crate::commands::{
    all, clear, compact, completions, copy, count, delete, explain, export, get, import, keys, man, put, stats, take,
    term, touch,
};
use crate::format::Format;
use crate::literal::Otp;
use crate::output::say;
use crate::store::StoreArgs;
use crate::value::{Codec, Coding};

/// Looks into a store of expiring records, changes it and moves it.
///
/// A KEY is a path: `user/int:42/session/f3` has the four parts "user", 42, "session" and "f3". Parts are text, `int:42`
/// or `atom:name`; `\` takes the next character as text. What begins with `=`, `[` or `"` is an Elixir literal instead:
/// `=["user", 42]`. A PATTERN is a KEY with holes: `_` is one part, `..` at the end is the rest.
#[derive(Debug, Parser)]
#[command(name = "larder", version, max_term_width = 100, after_long_help = AFTER, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
EXAMPLES:
  larder put --ttl 30m user/int:42/session/f3 '{\"device\":\"phone\"}'
  larder get user/int:42/session/f3
  larder keys user/int:42/..
  larder delete --all user/int:42/.. --yes

`larder COMMAND --help` tells more and shows examples.";

const AFTER: &str = "\
EXAMPLES:
  larder put --ttl 30m user/int:42/session/f3 '{\"device\":\"phone\"}'
  larder get user/int:42/session/f3
  larder keys user/int:42/..
  larder delete --all user/int:42/.. --yes

EXIT CODES:
  0  done
  1  a negative answer: nothing was there, or the condition of --if did not hold
  2  a wrong argument or configuration; nothing was done
  3  the store is unavailable or overloaded, or it is unknown whether a write was done
  4  what is stored is damaged or does not decode
  5  denied, or full
  6  partly done

ENVIRONMENT:
  LARDER_STORE      the URL of the store
  LARDER_NAMESPACE  the namespace
  LARDER_TTL        how long records live that are written
  NO_COLOR          no colours, where it is not empty";

/// What all commands understand.
#[derive(Args, Debug)]
pub(crate) struct Shared {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// What the bytes of values are [default: json, and etf in Pow's layouts]
    #[arg(long, value_enum, value_name = "CODEC", global = true, help_heading = "Values")]
    codec: Option<Codec>,
    /// The Erlang release whose way of writing atoms is followed under etf [default: the store's `otp`, else 26]
    #[arg(long, value_enum, value_name = "RELEASE", global = true, help_heading = "Values")]
    otp: Option<Otp>,
    /// How records are printed [default: table on a terminal, jsonl on a pipe]
    #[arg(long, value_enum, value_name = "FORMAT", global = true, help_heading = "Output")]
    pub(crate) format: Option<Format>,
    /// Say nothing on standard error but errors
    #[arg(long, short, global = true, help_heading = "Output")]
    quiet: bool,
}

impl Shared {
    /// The codec and its dialect: as told, else as the layout of the store has it, where that fixes it.
    pub(crate) fn coding(&self, layout: Option<Otp>) -> Coding {
        let codec = self.codec.unwrap_or(if layout.is_some() { Codec::Etf } else { Codec::Json });
        Coding { codec, otp: self.otp(layout) }
    }

    /// The dialect: as told, else as the layout of the store has it.
    pub(crate) fn otp(&self, layout: Option<Otp>) -> Otp {
        self.otp.or(layout).unwrap_or_default()
    }

    /// Whether results are to be printed on standard output as JSON, where they are else only told.
    pub(crate) fn wants_json(&self) -> bool {
        self.format == Some(Format::Jsonl)
    }

    /// Whether only errors are to be said.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says on standard error what was done.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Put(put::Put),
    Get(get::Get),
    Take(take::Take),
    Touch(touch::Touch),
    Delete(delete::Delete),
    #[command(visible_alias = "list")]
    All(all::All),
    Keys(keys::Keys),
    Count(count::Count),
    Explain(explain::Explain),
    Clear(clear::Clear),
    Import(import::Import),
    Export(export::Export),
    Copy(copy::Copy),
    Stats(stats::Stats),
    Compact(compact::Compact),
    Term(term::Terms),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Cli {
    /// Reads the command line; where that ends the command, as `--help` does, the exit code.
    pub(crate) fn read() -> Result<Self, u8> {
        Self::try_parse().map_err(|error| {
            if let (ErrorKind::UnknownArgument, Some(ContextValue::String(argument)), Some(usage)) =
                (error.kind(), error.get(ContextKind::InvalidArg), error.get(ContextKind::Usage))
                && !argument.starts_with('-')
            {
                // It can be a value or a key, so it is not repeated.
                say(&format!(
                    "error: there is an argument too many: quote what belongs together\n\n{usage}\n\nFor more information, \
                     try '--help'."
                ));
                return error.exit_code() as u8;
            }
            // A pipe that was closed has read enough of the help.
            let _ = error.print();
            error.exit_code() as u8
        })
    }
}
