//! Event triggers.

use super::{Done, Session, duplicate, unresolved};
use crate::catalogue::EventTrigger;
use crate::parse::Parser;

impl Session {
    pub(crate) fn create_event_trigger(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        p.expect("on")?;
        let event = p.name()?;
        let mut tags = Vec::new();
        if p.eat("when") {
            loop {
                p.name()?;
                p.expect("in")?;
                p.expect_sign("(")?;
                tags.extend(p.list(Parser::string)?);
                p.expect_sign(")")?;
                if !p.eat("and") {
                    break;
                }
            }
        }
        p.expect("execute")?;
        p.eat_any(&["function", "procedure"]);
        let function = p.qualified()?;
        p.parenthesised()?;
        p.end()?;
        if self.catalogue.event_triggers.contains_key(&name) {
            return duplicate(format!("event trigger \"{name}\" already exists"));
        }
        let function = match self.find_function(&function, Some(&[]))? {
            Some(found) => found,
            None => self.foreign_function(&function)?,
        };
        let trigger = EventTrigger {
            name: name.clone(),
            event,
            tags,
            function,
            enabled: true,
            owner: self.user.clone(),
            origin: self.origin.clone(),
        };
        self.catalogue.event_triggers.insert(name, trigger);
        Ok(())
    }

    pub(crate) fn alter_event_trigger(&mut self, p: &mut Parser<'_>) -> Done {
        let name = p.name()?;
        let Some(mut trigger) = self.catalogue.event_triggers.remove(&name) else {
            p.rest();
            return unresolved(format!("event trigger \"{name}\" does not exist"));
        };
        if p.eat("disable") {
            trigger.enabled = false;
        } else if p.eat("enable") {
            trigger.enabled = true;
        } else if p.eat("rename to")
            && let Ok(new) = p.name()
        {
            trigger.name = new;
        } else if p.eat("owner to")
            && let Ok(owner) = self.role_name(p)
        {
            trigger.owner = owner;
        }
        p.rest();
        self.catalogue.event_triggers.insert(trigger.name.clone(), trigger);
        Ok(())
    }
}
