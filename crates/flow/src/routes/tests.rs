//! Tests of routes, one per feature of a framework.
