//! Facts about values: linking, constants, API values, routes.
