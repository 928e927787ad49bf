use std::ops::Deref;
use std::sync::Arc;

use super::{Repr, Term};

/// The terms inside a term, shared by its clones.
#[derive(Clone)]
pub(super) struct Children(Arc<[Term]>);

impl Children {
    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<Vec<Term>> for Children {
    fn from(terms: Vec<Term>) -> Self {
        Self(terms.into())
    }
}

impl Deref for Children {
    type Target = [Term];

    fn deref(&self) -> &[Term] {
        &self.0
    }
}

/// Frees nested terms from a list of work: the compiler's own way is one stack frame a level.
impl Drop for Children {
    fn drop(&mut self) {
        let mut doomed = Vec::new();
        take_nested(self, &mut doomed);
        while let Some(mut term) = doomed.pop() {
            if let Repr::Tuple(children) | Repr::List(children) | Repr::Improper(children) | Repr::Map(children) =
                &mut term.0
            {
                take_nested(children, &mut doomed);
            }
        }
    }
}

/// Moves out what would be dropped with these children and holds children itself.
fn take_nested(children: &mut Children, doomed: &mut Vec<Term>) {
    let Some(terms) = Arc::get_mut(&mut children.0) else {
        return;
    };
    for term in terms {
        if !term.children().is_empty() {
            doomed.push(std::mem::replace(term, Term(Repr::Small(0))));
        }
    }
}
