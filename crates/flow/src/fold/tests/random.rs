//! Random straight-line programs over a list and a dictionary, compared with a small interpreter.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::py;

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    Insert(i64, usize),
    Pop(Option<i64>),
    SetItem(i64, usize),
    Extend(Vec<usize>),
    Reverse,
    Copy,
    Put(usize, usize),
    Take(usize),
    Default(usize, usize),
    Alias,
}

fn step() -> impl Strategy<Value = Step> {
    let (index, value, key) = (-4i64..4, 0usize..6, 0usize..3);
    prop_oneof![
        value.clone().prop_map(Step::Append),
        (index.clone(), value.clone()).prop_map(|(at, value)| Step::Insert(at, value)),
        proptest::option::of(index.clone()).prop_map(Step::Pop),
        (index, value.clone()).prop_map(|(at, value)| Step::SetItem(at, value)),
        proptest::collection::vec(value.clone(), 0..3).prop_map(Step::Extend),
        Just(Step::Reverse),
        Just(Step::Copy),
        (key.clone(), value.clone()).prop_map(|(key, value)| Step::Put(key, value)),
        key.clone().prop_map(Step::Take),
        (key, value).prop_map(|(key, value)| Step::Default(key, value)),
        Just(Step::Alias),
    ]
}

/// The program's text, and what it would give; steps that would raise are left out.
fn interpret(steps: &[Step]) -> (String, Vec<String>) {
    let mut text = "def f(p0, p1, p2, p3, p4, p5):\n    xs = []\n    d = {}\n".to_owned();
    let mut list: Vec<usize> = Vec::new();
    let mut dict: Vec<(usize, usize)> = Vec::new();
    let mut found = Vec::new();
    let place = |at: i64, length: usize| {
        let at = if at < 0 { at + i64::try_from(length).unwrap() } else { at };
        usize::try_from(at).ok().filter(|&at| at < length)
    };
    for step in steps {
        let _ = match step {
            Step::Append(value) => {
                list.push(*value);
                writeln!(text, "    xs.append(p{value})")
            }
            Step::Insert(at, value) => {
                let length = i64::try_from(list.len()).unwrap();
                let place = if *at < 0 { (*at + length).max(0) } else { (*at).min(length) };
                list.insert(usize::try_from(place).unwrap(), *value);
                writeln!(text, "    xs.insert({at}, p{value})")
            }
            Step::Pop(at) => {
                let Some(place) = place(at.unwrap_or(-1), list.len()) else { continue };
                found.push(format!("p{}", list.remove(place)));
                let at = at.map(|at| at.to_string()).unwrap_or_default();
                writeln!(text, "    sink(xs.pop({at}))")
            }
            Step::SetItem(at, value) => {
                let Some(place) = place(*at, list.len()) else { continue };
                list[place] = *value;
                writeln!(text, "    xs[{at}] = p{value}")
            }
            Step::Extend(values) => {
                list.extend(values);
                let values = values.iter().map(|value| format!("p{value}")).collect::<Vec<_>>().join(", ");
                writeln!(text, "    xs += [{values}]")
            }
            Step::Reverse => {
                list.reverse();
                writeln!(text, "    xs.reverse()")
            }
            Step::Copy => writeln!(text, "    old = xs\n    xs = list(xs)\n    old.clear()"),
            Step::Alias => writeln!(text, "    ys = xs\n    xs = ys"),
            Step::Put(key, value) => {
                dict.retain(|(found, _)| found != key);
                dict.push((*key, *value));
                writeln!(text, "    d['k{key}'] = p{value}")
            }
            Step::Take(key) => {
                let Some(at) = dict.iter().position(|(found, _)| found == key) else { continue };
                found.push(format!("p{}", dict.remove(at).1));
                writeln!(text, "    sink(d.pop('k{key}'))")
            }
            Step::Default(key, value) => {
                let given = dict.iter().find(|(found, _)| found == key).map_or(*value, |(_, value)| *value);
                dict.retain(|(found, _)| found != key);
                dict.push((*key, given));
                found.push(format!("p{given}"));
                writeln!(text, "    d.setdefault('k{key}', p{value})\n    sink(d['k{key}'])")
            }
        };
    }
    for (at, value) in list.iter().enumerate() {
        let _ = writeln!(text, "    sink(xs[{at}])");
        found.push(format!("p{value}"));
    }
    for (key, value) in dict {
        let _ = writeln!(text, "    sink(d['k{key}'])");
        found.push(format!("p{value}"));
    }
    (text, found)
}

proptest! {
    #[test]
    fn straight_lines_are_followed_exactly(steps in proptest::collection::vec(step(), 0..24)) {
        let (text, expected) = interpret(&steps);
        prop_assert_eq!(py(&text), expected, "{}", text);
    }

    /// In a loop or behind a condition nothing may be told that does not hold on every way.
    #[test]
    fn branches_only_lose(before in proptest::collection::vec(step(), 0..6), within in proptest::collection::vec(step(), 0..4), looped: bool) {
        let plain = |step: &Step| !matches!(step, Step::Pop(_) | Step::Take(_) | Step::Default(..));
        let first: Vec<Step> = before.into_iter().filter(plain).collect();
        let mut both = first.clone();
        both.extend(within.into_iter().filter(plain));
        let lines = |steps: &[Step]| interpret(steps).0.lines().filter(|line| !line.contains("sink")).map(str::to_owned).collect::<Vec<_>>();
        let (start, all) = (lines(&first), lines(&both));
        let mut code = start.join("\n");
        let _ = write!(code, "\n    {} p0:\n        pass\n", if looped { "while" } else { "if" });
        for line in &all[start.len()..] {
            let _ = writeln!(code, "    {line}");
        }
        code.push_str("    sink(xs[0])\n    sink(d.get('k0', 'none'))\n");
        let ((first, changed), (second, also)) = (outcome(&first), outcome(&both));
        let found = py(&code);
        if first != second && first != "nothing" && second != "nothing" {
            prop_assert!(found[0] == "?" || (found[0].contains(&first) && found[0].contains(&second)), "{:?}\n{}", found, code);
        }
        if changed != also {
            prop_assert!(found[1] == "?" || (found[1].contains(&changed) && found[1].contains(&also)), "{:?}\n{}", found, code);
        }
    }
}

/// What the first element and the entry `k0` are after some steps.
fn outcome(steps: &[Step]) -> (String, String) {
    let (text, found) = interpret(steps);
    let sinks: Vec<&str> = text.lines().filter(|line| line.contains("sink(")).collect();
    let of = |what: &str| sinks.iter().position(|line| line.contains(what)).map(|at| found[at].clone());
    (
        of("sink(xs[0])").unwrap_or_else(|| "nothing".to_owned()),
        of("sink(d['k0'])").unwrap_or_else(|| "\"none\"".to_owned()),
    )
}
