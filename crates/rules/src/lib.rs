//! Rule files and what they ask of the rooms below.
