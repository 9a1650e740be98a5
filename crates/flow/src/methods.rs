//! What the languages' own methods do with data, by the method's name, on receivers that no model knows.

/// What a method does with untrusted data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Method {
    /// Gives text made of its receiver.
    Text,
    /// Gives text made of its receiver and its arguments.
    Joined,
    /// Gives its receiver's content (an element, a copy, a part), keys and all.
    Content,
    /// Gives an element of its receiver.
    Element,
    /// Gives the entry under the key that the first argument names, or the second argument.
    Entry,
    /// Gives its receiver with its arguments added.
    Merged,
    /// Puts its arguments into its receiver, as elements.
    Adds,
    /// Puts what its argument holds into its receiver.
    Extends,
    /// Puts its second argument into its receiver, under the first.
    Puts,
    /// Gives its receiver with one thing replaced by another.
    Replaces,
    /// Gives nothing of its receiver: a number, a truth value.
    Nothing,
    /// Calls its first argument with the elements of its receiver; gives a list of what that gives.
    Maps,
    /// Calls its first argument with the elements of its receiver; gives (some of) them.
    Filters,
    /// Calls its first argument with the elements of its receiver; gives nothing.
    Visits,
    /// Calls its first argument with an accumulator and the elements of its receiver; gives what that gives.
    Folds,
    /// Calls its first argument with what its receiver holds; gives what that gives (promises).
    Then,
    /// Calls its receiver with its further arguments (`call`), or as a list (`apply`).
    Invokes,
}

/// What a method of that name does.
pub(crate) fn method(name: &str) -> Option<Method> {
    use Method::{
        Adds, Content, Element, Entry, Extends, Filters, Folds, Invokes, Joined, Maps, Merged, Nothing, Puts, Replaces,
        Text, Then, Visits,
    };
    Some(match name {
        "strip" | "lstrip" | "rstrip" | "lower" | "upper" | "title" | "capitalize" | "casefold" | "swapcase"
        | "expandtabs" | "zfill" | "encode" | "decode" | "trim" | "trimStart" | "trimEnd" | "trimLeft"
        | "trimRight" | "toLowerCase" | "toUpperCase" | "toLocaleLowerCase" | "toLocaleUpperCase" | "toString"
        | "normalize" | "charAt" | "substring" | "substr" | "repeat" | "hex" | "removeprefix" | "removesuffix"
        | "tobytes" | "getvalue" | "read" | "readline" | "text" | "toWellFormed" | "splitlines" | "isoformat" => Text,
        "split" | "rsplit" | "partition" | "rpartition" | "match" | "matchAll" | "readlines" => Text,
        "format" | "join" | "padStart" | "padEnd" | "center" | "ljust" | "rjust" | "format_map" | "toLocaleString" => {
            Joined
        }
        "replace" | "replaceAll" | "translate" => Replaces,
        "copy" | "slice" | "reverse" | "reversed" | "toReversed" | "sort" | "toSorted" | "flat" | "values"
        | "items" | "entries" | "keys" | "valueOf" | "toArray" | "tolist" | "to_dict" | "toObject" | "toJSON"
        | "asdict" | "__iter__" | "splice" | "toSpliced" | "subarray" | "lean" | "all" => Content,
        "pop" | "shift" | "popleft" | "next" | "at" | "popitem" | "peek" | "__next__" | "first" | "last" => Element,
        "get" | "getlist" | "getAll" | "get_all" | "__getitem__" | "getFirst" => Entry,
        "concat" | "union" | "with" | "__add__" => Merged,
        "append" | "push" | "unshift" | "add" | "appendleft" | "write" | "insert" | "enqueue" | "put" => Adds,
        "extend" | "update" => Extends,
        "set" | "setdefault" | "__setitem__" | "setItem" => Puts,
        "map" | "flatMap" => Maps,
        "filter" | "find" | "findLast" => Filters,
        "forEach" | "some" | "every" | "findIndex" => Visits,
        "reduce" | "reduceRight" => Folds,
        "then" | "catch" | "finally" | "tap" => Then,
        "call" | "apply" | "bind" => Invokes,
        "startswith"
        | "endswith"
        | "startsWith"
        | "endsWith"
        | "includes"
        | "has"
        | "hasOwnProperty"
        | "isdigit"
        | "isalpha"
        | "isalnum"
        | "isnumeric"
        | "isdecimal"
        | "isidentifier"
        | "islower"
        | "isupper"
        | "isspace"
        | "istitle"
        | "isascii"
        | "index"
        | "rindex"
        | "rfind"
        | "count"
        | "indexOf"
        | "lastIndexOf"
        | "charCodeAt"
        | "codePointAt"
        | "localeCompare"
        | "test"
        | "clear"
        | "remove"
        | "discard"
        | "delete"
        | "__contains__"
        | "__len__"
        | "getTime"
        | "valueOfNumber"
        | "toFixed"
        | "isPrototypeOf"
        | "propertyIsEnumerable"
        | "close"
        | "flush"
        | "tell"
        | "seek"
        | "end"
        | "size" => Nothing,
        _ => return None,
    })
}

/// Functions that find a record by what they are given.
pub(crate) fn is_lookup(name: &str) -> bool {
    matches!(
        name,
        "get_or_404"
            | "get_or_none"
            | "get_or_create"
            | "get_object_or_404"
            | "get_list_or_404"
            | "first_or_404"
            | "one_or_404"
            | "get_by_id"
            | "find_by_id"
            | "load_by_id"
            | "filter_by"
    ) || ["get_by_", "find_by_", "load_by_", "fetch_by_", "lookup_by_"].iter().any(|start| name.starts_with(start))
}

/// Members that tell of a value and are not part of it.
pub(crate) fn is_measure(name: &str) -> bool {
    matches!(name, "length" | "size" | "byteLength" | "__class__" | "__len__" | "constructor" | "prototype")
}

/// Tests of a text that only harmless texts pass: digits, letters.
pub(crate) fn is_strict_test(name: &str) -> bool {
    matches!(name, "isdigit" | "isnumeric" | "isdecimal" | "isalnum" | "isalpha" | "isidentifier")
}

/// Types that hold nothing harmful.
pub(crate) fn is_harmless_type(name: &str) -> bool {
    matches!(
        name,
        "int"
            | "float"
            | "bool"
            | "complex"
            | "Decimal"
            | "number"
            | "boolean"
            | "bigint"
            | "UUID"
            | "date"
            | "datetime"
            | "Number"
            | "Date"
    )
}
