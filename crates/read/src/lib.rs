//! The only door to the disk: rules first, confinement, caps and the skip ledger.
