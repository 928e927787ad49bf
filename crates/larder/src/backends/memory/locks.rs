//! Locks that do not give up: no code of ours panics under one, so that poison never means a broken record.

use std::sync::PoisonError;

use super::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

#[inline]
pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

#[inline]
pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// What a lock guards, where nobody else can have it.
pub(super) fn exclusive<T>(lock: &mut RwLock<T>) -> &mut T {
    lock.get_mut().unwrap_or_else(PoisonError::into_inner)
}
